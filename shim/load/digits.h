/* Numbers as text without stdio, which wants much stack and may be what a signal handler has
 * interrupted. */
#ifndef SF_LOAD_DIGITS_H
#define SF_LOAD_DIGITS_H

#include <stddef.h>

#define SF_DIGITS_MAX 10u /* of an unsigned */

/* Write `number` in decimal and a NUL behind it: `to` has room for SF_DIGITS_MAX + 1.
 * Returns how many digits that are. */
static inline size_t sf_digits_write(char *to, unsigned number)
{
    size_t digits = 1;
    for (unsigned rest = number / 10; rest; rest /= 10)
        digits++;
    to[digits] = '\0';
    for (size_t at = digits; at; number /= 10)
        to[--at] = (char)('0' + number % 10);
    return digits;
}

#endif
