#include "launch/lookup.h"

#include "scenario/scenario.h"

#include <errno.h>
#include <fcntl.h>
#include <paths.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *sf_program_path(const struct sf_program *program)
{
    const char *path = getenv("PATH");
    for (size_t i = 0; i < program->env_count; i++)
        if (strcmp(program->env[i].name, "PATH") == 0)
            path = program->env[i].value;
    return path;
}

/* folder/file, below cwd when the folder is relative. */
static bool join(const char *cwd, const char *folder, size_t folder_length, const char *file, char *joined,
                 size_t bytes)
{
    bool below = cwd && !(folder_length > 0 ? folder[0] == '/' : file[0] == '/');
    int length = snprintf(joined, bytes, "%s%s%.*s%s%s", below ? cwd : "", below ? "/" : "",
                          (int)folder_length, folder, folder_length > 0 ? "/" : "", file);
    return length >= 0 && (size_t)length < bytes;
}

static int check(const char *file)
{
    struct stat status;
    if (stat(file, &status) != 0)
        return errno == EACCES ? EACCES : ENOENT;
    return S_ISREG(status.st_mode) && faccessat(AT_FDCWD, file, X_OK, AT_EACCESS) == 0 ? 0 : EACCES;
}

int sf_program_find(const char *file, const char *path, const char *cwd, char *found, size_t found_bytes)
{
    if (!*file)
        return ENOENT;
    if (strchr(file, '/'))
        return join(cwd, "", 0, file, found, found_bytes) ? check(found) : ENAMETOOLONG;

    int error = ENOENT;
    if (!path)
        path = _PATH_DEFPATH;
    for (;;) {
        size_t length = strcspn(path, ":");
        const char *folder = length > 0 ? path : "."; /* an empty element is the current folder */
        if (join(cwd, folder, length > 0 ? length : 1, file, found, found_bytes)) {
            int result = check(found);
            if (result == 0)
                return 0;
            if (result == EACCES)
                error = EACCES;
        }
        if (!path[length])
            return error;
        path += length + 1;
    }
}
