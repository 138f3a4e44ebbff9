/* Regular expressions: PCRE2, unanchored, UTF-8.
 *
 * Text to search need not be UTF-8: bytes that are none match nothing. A search
 * is bounded in steps, memory and time, so that a pattern that backtracks
 * without end is given up instead of waited for. */
#ifndef SF_BASE_REGEX_H
#define SF_BASE_REGEX_H

#include <stddef.h>

struct sf_regex;

#define SF_REGEX_ERROR_BYTES 256u

/* NULL: `error` (SF_REGEX_ERROR_BYTES of room) says what is wrong and behind how
 * many bytes of the pattern, as "missing closing parenthesis (at offset 3)".
 * Freed by the caller. */
struct sf_regex *sf_regex_compile(const char *pattern, char *error);

void sf_regex_free(struct sf_regex *regex); /* NULL is fine */

enum sf_regex_result {
    SF_REGEX_NONE,    /* nothing matches */
    SF_REGEX_FOUND,   /* something does */
    SF_REGEX_GIVEN_UP /* it took more than its bounds: nobody knows */
};

/* data may be NULL with bytes 0. */
enum sf_regex_result sf_regex_search(const struct sf_regex *regex, const char *data, size_t bytes);

#endif
