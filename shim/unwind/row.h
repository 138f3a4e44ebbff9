/* How a caller's registers are found at one place of the code: what the programs of its entry
 * come to there.
 *
 * Source: DWARF 5, section 6.4.2 (call frame instructions). */
#ifndef SF_UNWIND_ROW_H
#define SF_UNWIND_ROW_H

#include "unwind/entry.h"
#include "unwind/registers.h"

enum sf_keeping {
    SF_KEPT,             /* it is what it was */
    SF_LOST,             /* nobody knows; of the return address: there is no caller */
    SF_KEPT_AT,          /* in memory, `value` bytes from the frame's address */
    SF_KEPT_AS,          /* it is that address itself, plus `value` */
    SF_KEPT_IN,          /* in the register `value` */
    SF_KEPT_AT_COMPUTED, /* in memory, where an expression says … */
    SF_KEPT_AS_COMPUTED  /* … or what it says. `value`: its bytes from sf_cfi.start, its length first */
};

struct sf_kept {
    uint8_t how; /* enum sf_keeping */
    int32_t value;
};

struct sf_row {
    struct sf_kept registers[SF_REGISTERS];
    struct sf_kept frame; /* the frame's address: SF_KEPT_IN with `offset`, or SF_KEPT_AS_COMPUTED */
    int32_t offset;
    bool is_signed; /* the return address (aarch64) */
};

/* False: the programs are damaged, or do what no compiler lets them. Pure. */
bool sf_row_compute(const struct sf_cfi *cfi, const struct sf_entry *entry, uintptr_t place,
                    struct sf_row *row);

#endif
