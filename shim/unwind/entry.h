/* What an object says of its frames: from a place in its code to the entry that describes it.
 *
 * Source: LSB 5.0, "Exception Frames": .eh_frame and the search table in .eh_frame_hdr. */
#ifndef SF_UNWIND_ENTRY_H
#define SF_UNWIND_ENTRY_H

#include "unwind/cursor.h"

/* All that is read lies from `start` to `end`, which must be readable. */
struct sf_cfi {
    const uint8_t *start, *end;
    const uint8_t *header; /* .eh_frame_hdr; NULL: the object has none */
};

/* An FDE and its CIE. */
struct sf_entry {
    uintptr_t first, last;        /* the code that it describes, `last` excluded */
    struct sf_cursor common, own; /* the programs of the CIE and of the FDE */
    uint64_t code_unit;
    int64_t data_unit;
    unsigned return_register;
    bool is_signal; /* of a handler's caller: whom it goes back to was interrupted anywhere */
};

/* False: no entry describes that place, or it is damaged. Pure; the entry points into the object. */
bool sf_entry_find(const struct sf_cfi *cfi, uintptr_t place, struct sf_entry *entry);

#endif
