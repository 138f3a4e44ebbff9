#include "launch/process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* The text behind the name in /proc/PID/stat, which may hold anything, brackets
 * included: go by the last one. NULL: there is no such process. */
static const char *read_stat(pid_t pid, char *text, size_t bytes)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    ssize_t got = read(fd, text, bytes - 1);
    close(fd);
    if (got <= 0)
        return NULL;
    text[got] = '\0';
    const char *behind = strrchr(text, ')');
    return behind ? behind + 1 : NULL;
}

struct sf_process sf_process_look(pid_t pid)
{
    struct sf_process process = {0};
    char text[1024];
    const char *fields = read_stat(pid, text, sizeof text);
    if (!fields || sscanf(fields, " %c %d %d", &process.state, &process.parent, &process.group) != 3)
        return (struct sf_process){0};
    return process;
}

bool sf_process_maps(pid_t pid, const char *ending)
{
    char path[64], line[4352];
    snprintf(path, sizeof path, "/proc/%d/maps", (int)pid);
    FILE *maps = fopen(path, "re");
    if (!maps)
        return false;
    bool found = false;
    size_t tail = strlen(ending);
    while (!found && fgets(line, sizeof line, maps)) {
        size_t length = strcspn(line, "\n");
        found = length >= tail && memcmp(line + length - tail, ending, tail) == 0;
    }
    fclose(maps);
    return found;
}

void sf_process_rename(const char *name)
{
    prctl(PR_SET_NAME, name);

    /* The command line is our own memory; proc(5) tells where: fields 48 and 49,
     * the first behind the name being the third. */
    char text[1024];
    const char *fields = read_stat(getpid(), text, sizeof text);
    for (unsigned field = 3; fields && field < 48; field++) {
        fields = strchr(fields + 1, ' ');
    }
    unsigned long start, end;
    if (!fields || sscanf(fields, " %lu %lu", &start, &end) != 2 || start == 0 || end <= start)
        return;
    /* Of a process under valgrind that is valgrind's own command line. */
    if (start != (uintptr_t)program_invocation_name)
        return;
    memset((void *)start, 0, end - start); /* NOLINT(performance-no-int-to-ptr) */
    size_t room = end - start - 1;
    size_t length = strlen(name);
    memcpy((void *)start, name, length < room ? length : room); /* NOLINT(performance-no-int-to-ptr) */
}
