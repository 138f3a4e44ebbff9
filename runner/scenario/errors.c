#include "scenario/errors.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>

enum { LAST_ERRNO = EHWPOISON };

static void add(struct sf_error_names *errors, const char *name, int number)
{
    int known;
    if (sf_error_find(errors, name, &known) || errors->count == SF_ERROR_NAMES_MAX)
        return;
    errors->names[errors->count] = name;
    errors->numbers[errors->count++] = number;
}

void sf_errno_names(struct sf_error_names *errors)
{
    errors->count = 0;
    for (int number = 1; number <= LAST_ERRNO; number++) {
        const char *name = strerrorname_np(number);
        if (name)
            add(errors, name, number);
    }
    add(errors, "EWOULDBLOCK", EWOULDBLOCK);
    add(errors, "EDEADLOCK", EDEADLOCK);
    add(errors, "ENOTSUP", ENOTSUP);
    add(errors, "EOPNOTSUPP", EOPNOTSUPP);
}

#define EAI_NAMES(X)                                                                                         \
    X(EAI_ADDRFAMILY)                                                                                        \
    X(EAI_AGAIN) X(EAI_BADFLAGS) X(EAI_FAIL) X(EAI_FAMILY) X(EAI_MEMORY) X(EAI_NODATA) X(EAI_NONAME)         \
        X(EAI_OVERFLOW) X(EAI_SERVICE) X(EAI_SOCKTYPE) X(EAI_SYSTEM)

void sf_eai_names(struct sf_error_names *errors)
{
    errors->count = 0;
#define SF_X(name) add(errors, #name, name);
    EAI_NAMES(SF_X)
#undef SF_X
}

bool sf_error_find(const struct sf_error_names *errors, const char *name, int *number)
{
    for (size_t i = 0; i < errors->count; i++) {
        if (strcmp(errors->names[i], name) == 0) {
            *number = errors->numbers[i];
            return true;
        }
    }
    return false;
}
