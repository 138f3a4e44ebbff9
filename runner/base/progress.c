#include "base/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS = 80 };

/* By the variables that setlocale(3) goes by, in its order. */
static bool is_utf8(void)
{
    static const char *const names[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *value = getenv(names[i]);
        if (value && *value)
            return strcasestr(value, "utf-8") || strcasestr(value, "utf8");
    }
    return false;
}

static size_t columns_of(int fd)
{
    struct winsize size = {0};
    return ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : COLUMNS;
}

struct sf_progress sf_progress_new(bool is_wanted)
{
    const char *terminal = getenv("TERM");
    bool can_go_back = isatty(STDERR_FILENO) && terminal && strcmp(terminal, "dumb") != 0;
    return (struct sf_progress){.is_on = is_wanted && can_go_back};
}

static bool starts_character(char byte)
{
    return ((unsigned char)byte & 0xc0) != 0x80;
}

static size_t columns_in(const char *text)
{
    size_t columns = 0;
    for (; *text; text++)
        columns += starts_character(*text);
    return columns;
}

void sf_progress_cut(char *room, const char *text, size_t columns, bool is_utf8_)
{
    const char *mark = is_utf8_ ? "…" : "...";
    size_t marked = is_utf8_ ? 1 : 3, kept = 0, at = 0;
    if (columns_in(text) <= columns) {
        strcpy(room, text);
        return;
    }
    size_t wanted = columns > marked ? columns - marked : 0;
    for (; text[at] && (kept < wanted || !starts_character(text[at])); at++)
        kept += starts_character(text[at]);
    memcpy(room, text, at);
    strcpy(room + at, columns >= marked ? mark : "");
}

void sf_progress_show(struct sf_progress *progress, const char *text)
{
    char *line = progress->is_on ? malloc(strlen(text) + 4) : NULL;
    if (!line)
        return;
    sf_progress_cut(line, text, columns_of(STDERR_FILENO) - 1, is_utf8()); /* the last column would wrap */
    fprintf(stderr, "\r%s\033[K", line);
    fflush(stderr);
    progress->is_shown = true;
    free(line);
}

void sf_progress_clear(struct sf_progress *progress)
{
    if (progress->is_shown)
        fputs("\r\033[K", stderr);
    fflush(stderr);
    progress->is_shown = false;
}
