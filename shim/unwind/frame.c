#include "unwind/frame.h"

#include "unwind/row.h"

#include <ucontext.h>

#define FRAME_BYTES_MAX (UINT64_C(1) << 23) /* what a chain of frame pointers may skip at once */

static struct sf_cursor expression_at(const struct sf_cfi *cfi, int32_t at)
{
    struct sf_cursor cursor = {.at = cfi->start + at, .end = cfi->end};
    return sf_cursor_cut(&cursor, sf_cursor_uleb(&cursor));
}

static bool find_frame(const struct sf_frame *frame, const struct sf_cfi *cfi, const struct sf_row *row,
                       const struct sf_reader *reader, uintptr_t *address)
{
    if (row->frame.how != SF_KEPT_IN)
        return sf_expression_compute(expression_at(cfi, row->frame.value), frame->registers, reader, NULL,
                                     address);
    *address = frame->registers[row->frame.value] + (uintptr_t)(intptr_t)row->offset;
    return true;
}

static bool find_register(const struct sf_frame *frame, const struct sf_cfi *cfi, const struct sf_kept *kept,
                          const struct sf_reader *reader, uintptr_t address, uintptr_t *value)
{
    uintptr_t near = address + (uintptr_t)(intptr_t)kept->value;

    switch (kept->how) {
    case SF_KEPT_AT:
        return reader->read(reader->context, near, value);
    case SF_KEPT_AS:
        *value = near;
        return true;
    case SF_KEPT_IN:
        if (kept->value < 0 || kept->value >= SF_REGISTERS)
            return false;
        *value = frame->registers[kept->value];
        return true;
    case SF_KEPT_AT_COMPUTED:
    case SF_KEPT_AS_COMPUTED:
        if (!sf_expression_compute(expression_at(cfi, kept->value), frame->registers, reader, &address,
                                   value))
            return false;
        return kept->how == SF_KEPT_AS_COMPUTED || reader->read(reader->context, *value, value);
    default:
        return true;
    }
}

static bool leave_by_row(struct sf_frame *frame, const struct sf_cfi *cfi, const struct sf_entry *entry,
                         const struct sf_row *row, const struct sf_reader *reader)
{
    struct sf_frame caller = *frame;
    uintptr_t address;

    if (entry->return_register >= SF_REGISTERS || row->registers[entry->return_register].how == SF_LOST ||
        !find_frame(frame, cfi, row, reader, &address))
        return false;
    caller.registers[SF_REGISTER_STACK] = address;
    for (unsigned i = 0; i < SF_REGISTERS; i++)
        if (row->registers[i].how > SF_LOST &&
            !find_register(frame, cfi, &row->registers[i], reader, address, &caller.registers[i]))
            return false;
    caller.code = caller.registers[entry->return_register];
    if (row->is_signed)
        caller.code = sf_return_plain(caller.code);
    caller.is_exact = entry->is_signal;
    /* Only a handler may run on another stack than whom it interrupted. */
    if (caller.code == 0 || (!entry->is_signal && address < frame->registers[SF_REGISTER_STACK]))
        return false;
    *frame = caller;
    return true;
}

/* A frame record is the caller's frame pointer and the return address, on both machines. */
static bool leave_by_record(struct sf_frame *frame, const struct sf_reader *reader)
{
    uintptr_t record = frame->registers[SF_REGISTER_FRAME], stack = frame->registers[SF_REGISTER_STACK];
    uintptr_t next, code;

    if (record < stack || record - stack > FRAME_BYTES_MAX || record % sizeof record != 0 ||
        !reader->read(reader->context, record, &next) ||
        !reader->read(reader->context, record + sizeof record, &code))
        return false;
    frame->registers[SF_REGISTER_FRAME] = next;
    frame->registers[SF_REGISTER_STACK] = record + 2 * sizeof record;
    frame->code = sf_return_plain(code);
    frame->is_exact = false;
    return frame->code != 0;
}

#if defined __aarch64__

#define FRAME_OF_HANDLER 128u /* a siginfo_t lies on the stack, then the ucontext_t */
#define RETURN_FROM_HANDLER UINT64_C(0xd4000001d2801168) /* mov x8, #139; svc #0 */

/* The kernel's own code that handlers return to says nothing of its frame.
 * Source: struct rt_sigframe, arch/arm64/kernel/signal.c. */
static bool leave_handler(struct sf_frame *frame, const struct sf_reader *reader)
{
    uintptr_t at =
        frame->registers[SF_REGISTER_STACK] + FRAME_OF_HANDLER + offsetof(ucontext_t, uc_mcontext.regs);
    uintptr_t word;

    if (frame->code % 4 != 0 || !reader->read(reader->context, frame->code, &word) ||
        word != RETURN_FROM_HANDLER)
        return false;
    for (unsigned i = 0; i < SF_REGISTERS; i++)
        if (!reader->read(reader->context, at + i * sizeof word, &frame->registers[i]))
            return false;
    frame->is_exact = reader->read(reader->context, at + SF_REGISTERS * sizeof word, &frame->code);
    return frame->is_exact;
}

#else

static bool leave_handler(struct sf_frame *frame, const struct sf_reader *reader)
{
    (void)frame;
    (void)reader;
    return false;
}

#endif

bool sf_frame_leave(struct sf_frame *frame, const struct sf_cfi *cfi, const struct sf_reader *reader)
{
    struct sf_entry entry;
    struct sf_row row;
    uintptr_t place = sf_frame_place(frame);

    if (!sf_entry_find(cfi, place, &entry))
        return leave_handler(frame, reader) || leave_by_record(frame, reader);
    return sf_row_compute(cfi, &entry, place, &row) && leave_by_row(frame, cfi, &entry, &row, reader);
}
