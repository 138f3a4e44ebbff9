#include "launch/descriptors.h"

#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

/* The lowest of the kept from `from` on; UINT_MAX: none. */
static unsigned next_kept(const int *kept, size_t count, unsigned from)
{
    unsigned next = UINT_MAX;
    for (size_t i = 0; i < count; i++)
        if (kept[i] >= 0 && (unsigned)kept[i] >= from && (unsigned)kept[i] < next)
            next = (unsigned)kept[i];
    return next;
}

void sf_descriptors_close_others(const int *kept, size_t count)
{
    unsigned from = 0;
    for (;;) {
        unsigned next = next_kept(kept, count, from);
        if (next > from)
            close_range(from, next == UINT_MAX ? UINT_MAX : next - 1, 0);
        if (next == UINT_MAX)
            break;
        from = next + 1;
    }
    for (int fd = 0; fd <= 2; fd++)
        if (fcntl(fd, F_GETFD) < 0)
            open("/dev/null", O_RDWR | O_CLOEXEC); /* takes the lowest number: fd */
}

int sf_descriptor_above_stdio(int fd)
{
    if (fd < 0 || fd > 2)
        return fd;
    int moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    close(fd);
    return moved;
}
