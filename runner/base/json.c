#include "base/json.h"

#include <errno.h>

int sf_json_put(json_t *root, FILE *out)
{
    int error = 0;
    errno = 0;
    if (json_dumpf(root, out, JSON_INDENT(2) | JSON_REAL_PRECISION(15)) != 0 || fputc('\n', out) == EOF)
        error = errno ? errno : EIO;
    json_decref(root);
    return error;
}
