#include "sites/file.h"

#include "load/real.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* By number: open(2) is a place where a thread may be cancelled, and the call that is under way
 * here need not be. */
bool sf_file_open(struct sf_file *file, const char *path)
{
    struct stat status;
    int flags = O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
    int fd = (int)sf_real.syscall(SYS_openat, AT_FDCWD, path, flags, 0);
    void *bytes = MAP_FAILED;

    if (fd < 0)
        return false;
    if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && status.st_size > 0)
        bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    sf_real.syscall(SYS_close, fd);
    if (bytes == MAP_FAILED)
        return false;
    *file = (struct sf_file){bytes, (uint64_t)status.st_size};
    return true;
}

void sf_file_close(const struct sf_file *file)
{
    munmap((void *)file->bytes, file->length);
}

bool sf_file_debug_path(const struct sf_file *file, char path[SF_DEBUG_PATH_BYTES])
{
    static const char folder[] = "/usr/lib/debug/.build-id/", digits[] = "0123456789abcdef";
    uint8_t id[SF_BUILD_ID_MAX];
    size_t length = sf_file_build_id(file, id);
    char *at = path + sizeof folder - 1;

    if (length < 2)
        return false;
    memcpy(path, folder, sizeof folder);
    for (size_t i = 0; i < length; i++) {
        *at++ = digits[id[i] >> 4];
        *at++ = digits[id[i] & 15];
        if (i == 0)
            *at++ = '/';
    }
    memcpy(at, ".debug", sizeof ".debug");
    return true;
}
