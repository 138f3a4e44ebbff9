#include "unwind/row.h"

#define REMEMBERED_MAX 3u /* rows that are set aside; compilers set one aside */

enum {
    OP_NOP = 0x00,
    OP_SET_PLACE = 0x01,
    OP_ADVANCE_1 = 0x02,
    OP_ADVANCE_2 = 0x03,
    OP_ADVANCE_4 = 0x04,
    OP_OFFSET_EXTENDED = 0x05,
    OP_RESTORE_EXTENDED = 0x06,
    OP_UNDEFINED = 0x07,
    OP_SAME_VALUE = 0x08,
    OP_REGISTER = 0x09,
    OP_REMEMBER = 0x0a,
    OP_RESTORE_ROW = 0x0b,
    OP_FRAME = 0x0c,
    OP_FRAME_REGISTER = 0x0d,
    OP_FRAME_OFFSET = 0x0e,
    OP_FRAME_EXPRESSION = 0x0f,
    OP_EXPRESSION = 0x10,
    OP_OFFSET_SIGNED = 0x11,
    OP_FRAME_SIGNED = 0x12,
    OP_FRAME_OFFSET_SIGNED = 0x13,
    OP_VALUE_OFFSET = 0x14,
    OP_VALUE_OFFSET_SIGNED = 0x15,
    OP_VALUE_EXPRESSION = 0x16,
    OP_GNU_WINDOW = 0x2d, /* aarch64: the return address is signed from here on, or no longer */
    OP_GNU_ARGUMENTS = 0x2e,
    OP_GNU_OFFSET_NEGATIVE = 0x2f,
    OP_ADVANCE = 0x40, /* these three hold an operand in their low six bits */
    OP_OFFSET = 0x80,
    OP_RESTORE = 0xc0,
    OP_OPERAND = 0x3f
};

struct machine {
    const struct sf_cfi *cfi;
    const struct sf_entry *entry;
    struct sf_cursor code;
    uintptr_t here;
    struct sf_row *row;
    const struct sf_row *initial; /* what the CIE came to; NULL: that is what runs */
    struct sf_row remembered[REMEMBERED_MAX];
    unsigned remembered_count;
};

static int32_t narrow(struct machine *machine, int64_t value)
{
    machine->code.failed |= value != (int32_t)value;
    return (int32_t)value;
}

/* Registers that nobody follows (those of vectors, say) are none of ours. */
static void keep(struct machine *machine, uint64_t number, enum sf_keeping how, int64_t value)
{
    if (number < SF_REGISTERS)
        machine->row->registers[number] = (struct sf_kept){(uint8_t)how, narrow(machine, value)};
}

static int64_t scaled(const struct machine *machine, int64_t factor)
{
    return (int64_t)((uint64_t)factor * (uint64_t)machine->entry->data_unit);
}

static void keep_scaled(struct machine *machine, uint64_t number, enum sf_keeping how, int64_t factor)
{
    keep(machine, number, how, scaled(machine, factor));
}

static void restore(struct machine *machine, uint64_t number)
{
    if (!machine->initial)
        machine->code.failed = true;
    else if (number < SF_REGISTERS)
        machine->row->registers[number] = machine->initial->registers[number];
}

/* Where the expression is that comes next. */
static int64_t skip_expression(struct machine *machine)
{
    int64_t at = machine->code.at - machine->cfi->start;
    sf_cursor_cut(&machine->code, sf_cursor_uleb(&machine->code));
    return at;
}

static void set_frame(struct machine *machine, uint64_t number, int64_t offset)
{
    machine->code.failed |= number >= SF_REGISTERS;
    machine->row->frame = (struct sf_kept){SF_KEPT_IN, (int32_t)(number & INT32_MAX)};
    machine->row->offset = narrow(machine, offset);
}

static void remember(struct machine *machine)
{
    if (machine->remembered_count == REMEMBERED_MAX)
        machine->code.failed = true;
    else
        machine->remembered[machine->remembered_count++] = *machine->row;
}

static void restore_row(struct machine *machine)
{
    if (machine->remembered_count == 0)
        machine->code.failed = true;
    else
        *machine->row = machine->remembered[--machine->remembered_count];
}

/* The instructions that say where a register is. False: it is none of them. */
static bool run_register(struct machine *machine, uint8_t op)
{
    struct sf_cursor *code = &machine->code;
    uint64_t number;

    if ((op < OP_OFFSET_EXTENDED || op > OP_REGISTER) && (op < OP_EXPRESSION || op > OP_OFFSET_SIGNED) &&
        (op < OP_VALUE_OFFSET || op > OP_VALUE_EXPRESSION) && op != OP_GNU_OFFSET_NEGATIVE)
        return false;
    number = sf_cursor_uleb(code);
    if (op == OP_OFFSET_EXTENDED)
        keep_scaled(machine, number, SF_KEPT_AT, (int64_t)sf_cursor_uleb(code));
    else if (op == OP_OFFSET_SIGNED)
        keep_scaled(machine, number, SF_KEPT_AT, sf_cursor_sleb(code));
    else if (op == OP_GNU_OFFSET_NEGATIVE)
        keep_scaled(machine, number, SF_KEPT_AT, (int64_t)(0 - sf_cursor_uleb(code)));
    else if (op == OP_VALUE_OFFSET)
        keep_scaled(machine, number, SF_KEPT_AS, (int64_t)sf_cursor_uleb(code));
    else if (op == OP_VALUE_OFFSET_SIGNED)
        keep_scaled(machine, number, SF_KEPT_AS, sf_cursor_sleb(code));
    else if (op == OP_RESTORE_EXTENDED)
        restore(machine, number);
    else if (op == OP_UNDEFINED || op == OP_SAME_VALUE)
        keep(machine, number, op == OP_UNDEFINED ? SF_LOST : SF_KEPT, 0);
    else if (op == OP_REGISTER)
        keep(machine, number, SF_KEPT_IN, (int64_t)sf_cursor_uleb(code));
    else
        keep(machine, number, op == OP_EXPRESSION ? SF_KEPT_AT_COMPUTED : SF_KEPT_AS_COMPUTED,
             skip_expression(machine));
    return true;
}

/* The instructions that say where the frame is. False: it is none of them. */
static bool run_frame(struct machine *machine, uint8_t op)
{
    struct sf_cursor *code = &machine->code;
    uint64_t number;

    switch (op) {
    case OP_FRAME:
        number = sf_cursor_uleb(code);
        set_frame(machine, number, (int64_t)sf_cursor_uleb(code));
        return true;
    case OP_FRAME_SIGNED:
        number = sf_cursor_uleb(code);
        set_frame(machine, number, scaled(machine, sf_cursor_sleb(code)));
        return true;
    case OP_FRAME_REGISTER:
        set_frame(machine, sf_cursor_uleb(code), machine->row->offset);
        return true;
    case OP_FRAME_OFFSET:
        machine->row->offset = narrow(machine, (int64_t)sf_cursor_uleb(code));
        return true;
    case OP_FRAME_OFFSET_SIGNED:
        machine->row->offset = narrow(machine, scaled(machine, sf_cursor_sleb(code)));
        return true;
    case OP_FRAME_EXPRESSION:
        machine->row->frame =
            (struct sf_kept){SF_KEPT_AS_COMPUTED, narrow(machine, skip_expression(machine))};
        return true;
    default:
        return false;
    }
}

static void advance(struct machine *machine, uint64_t units)
{
    machine->here += (uintptr_t)(units * machine->entry->code_unit);
}

static void run_other(struct machine *machine, uint8_t op)
{
    struct sf_cursor *code = &machine->code;

    if (op == OP_ADVANCE_1 || op == OP_ADVANCE_2)
        advance(machine, sf_cursor_number(code, op == OP_ADVANCE_1 ? 1 : 2));
    else if (op == OP_ADVANCE_4)
        advance(machine, sf_cursor_number(code, 4));
    else if (op == OP_REMEMBER)
        remember(machine);
    else if (op == OP_RESTORE_ROW)
        restore_row(machine);
    else if (op == OP_GNU_ARGUMENTS)
        sf_cursor_uleb(code);
    else if (op == OP_GNU_WINDOW)
        machine->row->is_signed = !machine->row->is_signed;
    else if (op != OP_NOP) /* OP_SET_PLACE too, which nobody writes */
        code->failed = true;
}

/* Until the code that the instructions are about lies behind `place`. */
static bool run(struct machine *machine, uintptr_t place)
{
    struct sf_cursor *code = &machine->code;

    while (code->at < code->end && !code->failed && machine->here <= place) {
        uint8_t op = (uint8_t)sf_cursor_number(code, 1);
        uint64_t operand = op & OP_OPERAND;
        if ((op & ~OP_OPERAND) == OP_ADVANCE)
            advance(machine, operand);
        else if ((op & ~OP_OPERAND) == OP_OFFSET)
            keep_scaled(machine, operand, SF_KEPT_AT, (int64_t)sf_cursor_uleb(code));
        else if ((op & ~OP_OPERAND) == OP_RESTORE)
            restore(machine, operand);
        else if (!run_register(machine, op) && !run_frame(machine, op))
            run_other(machine, op);
    }
    return !code->failed;
}

bool sf_row_compute(const struct sf_cfi *cfi, const struct sf_entry *entry, uintptr_t place,
                    struct sf_row *row)
{
    struct sf_row initial;
    struct machine machine;

    *row = (struct sf_row){0};
    row->frame.how = SF_LOST;
    machine.cfi = cfi;
    machine.entry = entry;
    machine.code = entry->common;
    machine.here = entry->first;
    machine.row = row;
    machine.initial = NULL;
    machine.remembered_count = 0;
    if (!run(&machine, place))
        return false;
    initial = *row;
    machine.code = entry->own;
    machine.initial = &initial;
    machine.here = entry->first;
    return run(&machine, place) && row->frame.how != SF_LOST;
}
