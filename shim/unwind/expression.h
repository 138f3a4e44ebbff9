/* DWARF expressions, as far as frames are described by them: those of procedure linkage tables,
 * of signal frames and of functions that align their stack.
 *
 * Source: DWARF 5, section 2.5. */
#ifndef SF_UNWIND_EXPRESSION_H
#define SF_UNWIND_EXPRESSION_H

#include "unwind/cursor.h"
#include "unwind/registers.h"

/* Reads the word at an address, whatever it is; false: it cannot be read. */
struct sf_reader {
    bool (*read)(void *context, uintptr_t address, uintptr_t *word);
    void *context;
};

/* The value of `code`, which may begin with one on the stack. False: it is damaged, reads what
 * cannot be read, or does what the above do not need. */
bool sf_expression_compute(struct sf_cursor code, const uintptr_t registers[SF_REGISTERS],
                           const struct sf_reader *reader, const uintptr_t *first, uintptr_t *value);

#endif
