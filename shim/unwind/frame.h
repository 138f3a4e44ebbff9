/* From the frame of a function to that of its caller. */
#ifndef SF_UNWIND_FRAME_H
#define SF_UNWIND_FRAME_H

#include "unwind/entry.h"
#include "unwind/expression.h"

struct sf_frame {
    uintptr_t registers[SF_REGISTERS];
    uintptr_t code; /* where the function goes on */
    bool is_exact;  /* it was interrupted there, or asked there; otherwise it had called before that place */
};

/* A place within the instruction that the frame is at: a call may be the last of its function. */
static inline uintptr_t sf_frame_place(const struct sf_frame *frame)
{
    return frame->code - !frame->is_exact;
}

/* Makes `frame` its caller's. False: it has none, or nothing tells.
 *
 * cfi  of the object that the frame's code lies in. Where that says nothing of the place, the
 *      chain of frame pointers is followed. */
bool sf_frame_leave(struct sf_frame *frame, const struct sf_cfi *cfi, const struct sf_reader *reader);

#endif
