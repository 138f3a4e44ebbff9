#include "base/progress.h"

#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

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

/* The bytes of the character at `text`, and its columns: two of most of East Asia's, none of a
 * combining one. The thread's locale is one of UTF-8, or every byte is a character. */
static size_t character_at(const char *text, size_t *columns)
{
    wchar_t character;
    size_t bytes = mbrtowc(&character, text, strlen(text), &(mbstate_t){0});
    int width = bytes > 0 && bytes <= MB_LEN_MAX ? wcwidth(character) : -1;
    *columns = width < 0 ? 1 : (size_t)width;
    return width < 0 ? 1 : bytes;
}

/* How many bytes of the text go into `columns`. */
static size_t bytes_in(const char *text, size_t columns)
{
    size_t at = 0, wide;
    while (text[at]) {
        size_t bytes = character_at(text + at, &wide);
        if (wide > columns)
            break;
        columns -= wide;
        at += bytes;
    }
    return at;
}

void sf_progress_cut(char *room, const char *text, size_t columns, bool is_utf8_)
{
    /* Names are UTF-8 whatever the terminal's locale. */
    locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", NULL), before = utf8 ? uselocale(utf8) : NULL;
    const char *mark = is_utf8_ ? "…" : "...";
    size_t marked = is_utf8_ ? 1 : 3;
    size_t kept = bytes_in(text, columns);
    if (text[kept]) {
        kept = columns > marked ? bytes_in(text, columns - marked) : 0;
        memcpy(room, text, kept);
        strcpy(room + kept, columns >= marked ? mark : "");
    } else {
        strcpy(room, text);
    }
    if (utf8) {
        uselocale(before);
        freelocale(utf8);
    }
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
