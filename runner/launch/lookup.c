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

/* The kernel follows as many, BINPRM_BUF_SIZE bytes each. */
enum { SCRIPTS_MAX = 5, SCRIPT_LINE_BYTES = 256 };

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

/* "#!  /bin/sh -e" → "/bin/sh"; false: it is no script. */
static bool read_script(int fd, char *interpreter, size_t bytes)
{
    char line[SCRIPT_LINE_BYTES + 1];
    ssize_t got = pread(fd, line, SCRIPT_LINE_BYTES, 0);
    if (got < 2 || memcmp(line, "#!", 2) != 0)
        return false;
    line[got] = '\0';
    line[strcspn(line, "\n")] = '\0';
    const char *start = line + 2 + strspn(line + 2, " \t");
    size_t length = strcspn(start, " \t");
    return length > 0 && snprintf(interpreter, bytes, "%.*s", (int)length, start) < (int)bytes;
}

bool sf_program_follow(const char *found, const char *cwd, char *file, size_t file_bytes)
{
    char interpreter[SCRIPT_LINE_BYTES];
    if (file != found && snprintf(file, file_bytes, "%s", found) >= (int)file_bytes)
        return false;
    for (unsigned script = 0; script <= SCRIPTS_MAX; script++) {
        int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        bool is_script = fd >= 0 && read_script(fd, interpreter, sizeof interpreter);
        if (fd >= 0)
            close(fd);
        if (!is_script)
            return true;
        if (!join(cwd, "", 0, interpreter, file, file_bytes))
            return false;
    }
    return false;
}
