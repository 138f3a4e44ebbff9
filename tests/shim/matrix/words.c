/* The transcript of a cell: collected, then written at once, for cells run side by side. */
#include "matrix.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

static char words[4000];
static size_t length;

void say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int count = vsnprintf(words + length, sizeof words - length, format, arguments);
    va_end(arguments);
    length += (size_t)count;
    if (length < sizeof words - 1)
        words[length++] = '\n';
    if (length > sizeof words)
        length = sizeof words;
}

void say_result(const char *what, long result)
{
    if (result < 0)
        say("%s: %s", what, strerrorname_np(errno));
    else
        say("%s: %ld", what, result);
}

static const char *flags_text(unsigned flags, char text[static 64])
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {{POLLIN, "IN "},   {POLLPRI, "PRI "}, {POLLOUT, "OUT "},
                 {POLLERR, "ERR "}, {POLLHUP, "HUP "}, {POLLRDHUP, "RDHUP "}};
    text[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (flags & names[i].bit)
            strcat(text, names[i].name);
    return *text ? text : "nothing";
}

void say_readiness(const char *what, int fd, int timeout_ms)
{
    struct pollfd look = {.fd = fd, .events = POLLIN | POLLOUT | POLLRDHUP};
    char text[64];
    poll(&look, 1, timeout_ms);
    say("%s: %s", what, flags_text((unsigned)look.revents, text));
}

void say_edge(const char *what, int set, int timeout_ms)
{
    struct epoll_event event = {0};
    char text[64];
    int count = epoll_wait(set, &event, 1, timeout_ms);
    say("%s: %s", what, count == 1 ? flags_text(event.events, text) : "no event");
}

void say_rule(const struct cell *cell)
{
    if (!cell->real)
        return; /* the report will tell */
    if (cell->illegal)
        say("rule: refused, %s", cell->illegal);
    else
        say("rule: %s", cell->is_fired ? "fired" : "idle");
}

void flush_words(const char *name)
{
    char record[sizeof words + 256];
    int count = snprintf(record, sizeof record, "== %s\n%.*s", name, (int)length, words);
    if (write(STDOUT_FILENO, record, (size_t)count) != count)
        _exit(3);
}
