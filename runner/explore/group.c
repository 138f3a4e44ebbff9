#include "explore/group.h"

#include <string.h>

bool sf_group_is_same(const char *one, const char *other)
{
    size_t shorter = strlen(one) < strlen(other) ? strlen(one) : strlen(other);
    const char *rest = strlen(one) < strlen(other) ? other + shorter : one + shorter;
    return strncmp(one, other, shorter) == 0 && (!*rest || strncmp(rest, ", ", 2) == 0);
}
