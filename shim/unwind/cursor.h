/* Reads the pieces that DWARF is made of, within bounds.
 *
 * Source: DWARF 5, section 7.6 (LEB128); LSB 5.0, "DWARF Extensions" (encoded pointers). */
#ifndef SF_UNWIND_CURSOR_H
#define SF_UNWIND_CURSOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How an encoded pointer is written (low four bits) and what it counts from (the next three). */
enum {
    SF_POINTER_NATIVE = 0x00,
    SF_POINTER_ULEB = 0x01,
    SF_POINTER_U16 = 0x02,
    SF_POINTER_U32 = 0x03,
    SF_POINTER_U64 = 0x04,
    SF_POINTER_SLEB = 0x09,
    SF_POINTER_S16 = 0x0a,
    SF_POINTER_S32 = 0x0b,
    SF_POINTER_S64 = 0x0c,
    SF_POINTER_FORMAT = 0x0f,
    SF_POINTER_FROM_HERE = 0x10,
    SF_POINTER_FROM_DATA = 0x30,
    SF_POINTER_BASE = 0x70,
    SF_POINTER_INDIRECT = 0x80,
    SF_POINTER_OMITTED = 0xff
};

/* From `at` to `end`. What would lie beyond is 0, and `failed` says so from then on. */
struct sf_cursor {
    const uint8_t *at, *end;
    bool failed;
};

/* An unsigned number of `bytes` bytes, at most 8, in host order. */
uint64_t sf_cursor_number(struct sf_cursor *cursor, unsigned bytes);
uint64_t sf_cursor_uleb(struct sf_cursor *cursor);
int64_t sf_cursor_sleb(struct sf_cursor *cursor);

/* `bytes` bytes as a cursor of their own, which stands behind them afterwards. */
struct sf_cursor sf_cursor_cut(struct sf_cursor *cursor, uint64_t bytes);

/* data  what SF_POINTER_FROM_DATA counts from.
 * An encoding that would have to follow a pointer, or that is none, fails. */
uintptr_t sf_cursor_pointer(struct sf_cursor *cursor, uint8_t encoding, uintptr_t data);

#endif
