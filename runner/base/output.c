#include "base/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

FILE *sf_output_open(const char *path)
{
    return strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
}

int sf_output_close(FILE *file)
{
    if (!file)
        return 0;
    errno = 0;
    bool failed = ferror(file) != 0;
    failed |= (file == stdout ? fflush(file) : fclose(file)) != 0;
    return failed ? (errno ? errno : EIO) : 0;
}

bool sf_output_colors(int fd)
{
    const char *no = getenv("NO_COLOR"), *terminal = getenv("TERM");
    return !(no && *no) && isatty(fd) && terminal && strcmp(terminal, "dumb") != 0;
}
