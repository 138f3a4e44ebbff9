/* Quantities as users write them. Each function reads the whole of a text and
 * returns false, leaving the results alone, when it is anything else. */
#ifndef SF_BASE_QUANTITY_H
#define SF_BASE_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

/* Decimal digits and nothing else; false as well when it does not fit. */
bool sf_number_parse(const char *text, uint64_t *value);

/* "0.25", "1": digits with at most one point between or behind them. */
bool sf_fraction_parse(const char *text, double *value);

/* "250us", "10ms", "1.5s", "2m", also ns and h; the unit is never left off.
 * At most INT64_MAX nanoseconds; finer than 1 ns is cut off. */
bool sf_duration_parse(const char *text, uint64_t *ns);
#define SF_DURATION_EXAMPLES "a duration such as 250us, 10ms, 1.5s or 2m"

/* "100", "64KiB", "1MB": bytes; KB, MB and GB are powers of 1000, KiB, MiB and GiB of 1024. */
bool sf_size_parse(const char *text, uint64_t *bytes);
#define SF_SIZE_EXAMPLES "a size such as 100, 64KiB or 1MB"

/* "64KiB/s", "10Mbit/s", "100/s": a size, or kbit, Mbit or Gbit (powers of 1000), each second; in bytes. */
bool sf_rate_parse(const char *text, uint64_t *bytes_per_s);
#define SF_RATE_EXAMPLES "a rate such as 64KiB/s or 10Mbit/s"

/* "N", "A..B" (A <= B) or "A..", whose end is *last = UINT64_MAX. */
bool sf_range_parse(const char *text, uint64_t *first, uint64_t *last);

/* "N", "<N", "<=N", ">N", ">=N" or "A..B", with N read by `parse`; both bounds
 * inclusive. False as well when nothing can fit ("<0"). */
bool sf_comparison_parse(const char *text, bool (*parse)(const char *, uint64_t *), uint64_t *min,
                         uint64_t *max);

#endif
