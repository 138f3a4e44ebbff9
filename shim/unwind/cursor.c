#include "unwind/cursor.h"

uint64_t sf_cursor_number(struct sf_cursor *cursor, unsigned bytes)
{
    uint64_t number = 0;

    if ((size_t)(cursor->end - cursor->at) < bytes) {
        cursor->failed = true;
        cursor->at = cursor->end;
        return 0;
    }
    for (unsigned i = 0; i < bytes; i++)
        number |= (uint64_t)cursor->at[i] << 8 * i;
    cursor->at += bytes;
    return number;
}

/* `shift` is where the number ended. */
static uint64_t read_leb(struct sf_cursor *cursor, unsigned *shift, bool *is_negative)
{
    uint64_t number = 0;
    uint8_t byte;

    *shift = 0;
    do {
        byte = (uint8_t)sf_cursor_number(cursor, 1);
        if (*shift < 64)
            number |= (uint64_t)(byte & 0x7f) << *shift;
        *shift += 7;
    } while (byte & 0x80);
    *is_negative = byte & 0x40;
    return number;
}

uint64_t sf_cursor_uleb(struct sf_cursor *cursor)
{
    unsigned shift;
    bool is_negative;
    return read_leb(cursor, &shift, &is_negative);
}

int64_t sf_cursor_sleb(struct sf_cursor *cursor)
{
    unsigned shift;
    bool is_negative;
    uint64_t number = read_leb(cursor, &shift, &is_negative);
    if (is_negative && shift < 64)
        number |= ~UINT64_C(0) << shift;
    return (int64_t)number;
}

struct sf_cursor sf_cursor_cut(struct sf_cursor *cursor, uint64_t bytes)
{
    struct sf_cursor piece = {.at = cursor->at, .end = cursor->end};

    if ((uint64_t)(cursor->end - cursor->at) < bytes) {
        cursor->failed = piece.failed = true;
        piece.end = piece.at;
        return piece;
    }
    piece.end = cursor->at += bytes;
    return piece;
}

static uint64_t read_formatted(struct sf_cursor *cursor, uint8_t format)
{
    switch (format) {
    case SF_POINTER_NATIVE:
    case SF_POINTER_U64:
    case SF_POINTER_S64:
        return sf_cursor_number(cursor, 8);
    case SF_POINTER_ULEB:
        return sf_cursor_uleb(cursor);
    case SF_POINTER_SLEB:
        return (uint64_t)sf_cursor_sleb(cursor);
    case SF_POINTER_U16:
        return sf_cursor_number(cursor, 2);
    case SF_POINTER_S16:
        return (uint64_t)(int16_t)sf_cursor_number(cursor, 2);
    case SF_POINTER_U32:
        return sf_cursor_number(cursor, 4);
    case SF_POINTER_S32:
        return (uint64_t)(int32_t)sf_cursor_number(cursor, 4);
    default:
        cursor->failed = true;
        return 0;
    }
}

uintptr_t sf_cursor_pointer(struct sf_cursor *cursor, uint8_t encoding, uintptr_t data)
{
    uintptr_t here = (uintptr_t)cursor->at;
    uintptr_t value = (uintptr_t)read_formatted(cursor, encoding & SF_POINTER_FORMAT);

    if (encoding & SF_POINTER_INDIRECT)
        cursor->failed = true;
    switch (encoding & SF_POINTER_BASE) {
    case 0:
        return value;
    case SF_POINTER_FROM_HERE:
        return here + value;
    case SF_POINTER_FROM_DATA:
        return data + value;
    default:
        cursor->failed = true;
        return 0;
    }
}
