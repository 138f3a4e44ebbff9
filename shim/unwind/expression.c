#include "unwind/expression.h"

#define DEPTH_MAX 16u
#define STEPS_MAX 256u /* an expression can jump back */

enum {
    OP_ADDRESS = 0x03,
    OP_DEREFERENCE = 0x06,
    OP_CONSTANT_1 = 0x08, /* then its signed form, and so on for 2, 4 and 8 bytes */
    OP_CONSTANT_8_SIGNED = 0x0f,
    OP_CONSTANT = 0x10,
    OP_CONSTANT_SIGNED = 0x11,
    OP_DUPLICATE = 0x12,
    OP_DROP = 0x13,
    OP_OVER = 0x14,
    OP_SWAP = 0x16,
    OP_AND = 0x1a,
    OP_MINUS = 0x1c,
    OP_MULTIPLY = 0x1e,
    OP_NEGATE = 0x1f,
    OP_NOT = 0x20,
    OP_OR = 0x21,
    OP_PLUS = 0x22,
    OP_PLUS_CONSTANT = 0x23,
    OP_SHIFT_LEFT = 0x24,
    OP_SHIFT_RIGHT = 0x25,
    OP_XOR = 0x27,
    OP_BRANCH = 0x28,
    OP_EQUAL = 0x29,
    OP_NOT_LESS = 0x2a,
    OP_GREATER = 0x2b,
    OP_NOT_GREATER = 0x2c,
    OP_LESS = 0x2d,
    OP_NOT_EQUAL = 0x2e,
    OP_SKIP = 0x2f,
    OP_LITERAL_0 = 0x30,
    OP_LITERAL_31 = 0x4f,
    OP_REGISTER_0 = 0x70, /* plus an offset */
    OP_REGISTER_31 = 0x8f,
    OP_REGISTER = 0x92,
    OP_NOP = 0x96
};

struct machine {
    struct sf_cursor code;
    const uint8_t *start;
    const uintptr_t *registers;
    const struct sf_reader *reader;
    uintptr_t stack[DEPTH_MAX];
    unsigned depth;
};

static void push(struct machine *machine, uintptr_t value)
{
    if (machine->depth == DEPTH_MAX)
        machine->code.failed = true;
    else
        machine->stack[machine->depth++] = value;
}

static uintptr_t pop(struct machine *machine)
{
    if (machine->depth == 0) {
        machine->code.failed = true;
        return 0;
    }
    return machine->stack[--machine->depth];
}

static void push_register(struct machine *machine, uint64_t number)
{
    int64_t offset = sf_cursor_sleb(&machine->code);
    machine->code.failed |= number >= SF_REGISTERS;
    push(machine, number < SF_REGISTERS ? machine->registers[number] + (uintptr_t)offset : 0);
}

static void push_constant(struct machine *machine, uint8_t op)
{
    unsigned bytes = 1u << (op - OP_CONSTANT_1) / 2;
    uint64_t value = sf_cursor_number(&machine->code, bytes);
    bool is_signed = (op - OP_CONSTANT_1) % 2;
    unsigned unused = 64 - 8 * bytes;
    push(machine, (uintptr_t)(is_signed ? (uint64_t)((int64_t)(value << unused) >> unused) : value));
}

static void jump(struct machine *machine, bool is_taken)
{
    int64_t by = (int16_t)sf_cursor_number(&machine->code, 2);
    int64_t from = machine->code.at - machine->start, room = machine->code.end - machine->start;
    if (!is_taken)
        return;
    if (from + by < 0 || from + by > room)
        machine->code.failed = true;
    else
        machine->code.at = machine->start + from + by;
}

static void dereference(struct machine *machine)
{
    uintptr_t word = 0, address = pop(machine);
    machine->code.failed |=
        machine->code.failed || !machine->reader->read(machine->reader->context, address, &word);
    push(machine, word);
}

/* False: it takes other than two values, or is unknown. */
static bool combine(uint8_t op, uintptr_t a, uintptr_t b, uintptr_t *value)
{
    intptr_t left = (intptr_t)a, right = (intptr_t)b;

    switch (op) {
    case OP_AND:
        *value = a & b;
        return true;
    case OP_OR:
        *value = a | b;
        return true;
    case OP_XOR:
        *value = a ^ b;
        return true;
    case OP_PLUS:
        *value = a + b;
        return true;
    case OP_MINUS:
        *value = a - b;
        return true;
    case OP_MULTIPLY:
        *value = a * b;
        return true;
    case OP_SHIFT_LEFT:
        *value = b < 64 ? a << b : 0;
        return true;
    case OP_SHIFT_RIGHT:
        *value = b < 64 ? a >> b : 0;
        return true;
    case OP_EQUAL:
        *value = a == b;
        return true;
    case OP_NOT_EQUAL:
        *value = a != b;
        return true;
    case OP_NOT_LESS:
        *value = left >= right;
        return true;
    case OP_GREATER:
        *value = left > right;
        return true;
    case OP_NOT_GREATER:
        *value = left <= right;
        return true;
    case OP_LESS:
        *value = left < right;
        return true;
    default:
        return false;
    }
}

static void run_binary(struct machine *machine, uint8_t op)
{
    uintptr_t b = pop(machine), a = pop(machine), value = 0;
    machine->code.failed |= !combine(op, a, b, &value);
    push(machine, value);
}

static void run_stack(struct machine *machine, uint8_t op)
{
    uintptr_t top = pop(machine), below;

    switch (op) {
    case OP_DROP:
        return;
    case OP_DUPLICATE:
        push(machine, top);
        push(machine, top);
        return;
    case OP_OVER:
        below = pop(machine);
        push(machine, below);
        push(machine, top);
        push(machine, below);
        return;
    case OP_SWAP:
        below = pop(machine);
        push(machine, top);
        push(machine, below);
        return;
    case OP_NEGATE:
        push(machine, 0 - top);
        return;
    default:
        push(machine, ~top);
        return;
    }
}

static void step(struct machine *machine)
{
    struct sf_cursor *code = &machine->code;
    uint8_t op = (uint8_t)sf_cursor_number(code, 1);

    if (op >= OP_LITERAL_0 && op <= OP_LITERAL_31)
        push(machine, op - OP_LITERAL_0);
    else if (op >= OP_REGISTER_0 && op <= OP_REGISTER_31)
        push_register(machine, op - OP_REGISTER_0);
    else if (op == OP_REGISTER)
        push_register(machine, sf_cursor_uleb(code));
    else if (op == OP_DEREFERENCE)
        dereference(machine);
    else if (op == OP_PLUS_CONSTANT)
        push(machine, pop(machine) + (uintptr_t)sf_cursor_uleb(code));
    else if (op >= OP_CONSTANT_1 && op <= OP_CONSTANT_8_SIGNED)
        push_constant(machine, op);
    else if (op == OP_ADDRESS)
        push(machine, (uintptr_t)sf_cursor_number(code, 8));
    else if (op == OP_CONSTANT)
        push(machine, (uintptr_t)sf_cursor_uleb(code));
    else if (op == OP_CONSTANT_SIGNED)
        push(machine, (uintptr_t)sf_cursor_sleb(code));
    else if (op == OP_SKIP || op == OP_BRANCH)
        jump(machine, op == OP_SKIP || pop(machine) != 0);
    else if (op == OP_DUPLICATE || op == OP_DROP || op == OP_OVER || op == OP_SWAP || op == OP_NEGATE ||
             op == OP_NOT)
        run_stack(machine, op);
    else if (op != OP_NOP)
        run_binary(machine, op);
}

bool sf_expression_compute(struct sf_cursor code, const uintptr_t registers[SF_REGISTERS],
                           const struct sf_reader *reader, const uintptr_t *first, uintptr_t *value)
{
    struct machine machine = {.code = code, .start = code.at, .registers = registers, .reader = reader};

    if (first)
        push(&machine, *first);
    for (unsigned steps = 0; machine.code.at < machine.code.end && !machine.code.failed; steps++) {
        if (steps == STEPS_MAX)
            return false;
        step(&machine);
    }
    *value = pop(&machine);
    return !machine.code.failed;
}
