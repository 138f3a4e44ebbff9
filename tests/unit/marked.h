/* Find what a test left running, by a mark in its environment: it goes with
 * every fork and exec, whatever becomes of sessions, groups and parents. */
#ifndef TESTS_UNIT_MARKED_H
#define TESTS_UNIT_MARKED_H

#include "launching.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>

/* SF_TEST_MARK=TEXT in the caller's environment, different each time. */
static inline const char *marked_set(void)
{
    static char mark[64];
    static unsigned count;
    snprintf(mark, sizeof mark, "%d.%u.%llu.", (int)getpid(), count++,
             (unsigned long long)launching_now_ns());
    setenv("SF_TEST_MARK", mark, 1);
    return mark;
}

/* Processes that carry the mark, besides `spared` and the caller; `last` gets one of them. */
static inline unsigned marked_count(const char *mark, pid_t spared, pid_t *last)
{
    unsigned found = 0;
    DIR *proc = opendir("/proc");
    assert_non_null(proc);
    for (struct dirent *entry; (entry = readdir(proc));) {
        pid_t pid = atoi(entry->d_name);
        if (!isdigit((unsigned char)entry->d_name[0]) || pid == spared || pid == getpid())
            continue;
        char path[300];
        static char text[1 << 17];
        snprintf(path, sizeof path, "/proc/%s/environ", entry->d_name);
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        ssize_t got = fd < 0 ? -1 : read(fd, text, sizeof text);
        if (fd >= 0)
            close(fd);
        if (got <= 0 || !memmem(text, (size_t)got, mark, strlen(mark)))
            continue;
        found++;
        *last = pid;
    }
    closedir(proc);
    return found;
}

/* None is left after `seconds` at the latest. */
static inline void assert_none_marked(const char *mark, pid_t spared, unsigned seconds)
{
    uint64_t end_ns = launching_now_ns() + seconds * S;
    pid_t last = 0;
    unsigned left;
    while ((left = marked_count(mark, spared, &last)) > 0) {
        if (launching_now_ns() > end_ns)
            fail_msg("%u processes are left, one is %d", left, (int)last);
        launching_sleep_ms(10);
    }
}

#endif
