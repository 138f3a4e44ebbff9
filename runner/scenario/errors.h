/* Errors that calls fail with, by name. */
#ifndef SF_SCENARIO_ERRORS_H
#define SF_SCENARIO_ERRORS_H

#include <stdbool.h>
#include <stddef.h>

#define SF_ERROR_NAMES_MAX 160

struct sf_error_names {
    size_t count;
    const char *names[SF_ERROR_NAMES_MAX];
    int numbers[SF_ERROR_NAMES_MAX];
};

/* errno names of this libc, second names (EWOULDBLOCK) included. */
void sf_errno_names(struct sf_error_names *errors);

/* What getaddrinfo and its kin return: EAI_…, negative. */
void sf_eai_names(struct sf_error_names *errors);

bool sf_error_find(const struct sf_error_names *errors, const char *name, int *number);

#endif
