/* Names and texts in messages; declared in diagnostic.h. */
#include "base/arena.h"
#include "base/diagnostic.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST_NAME = 64, LONGEST_QUOTE = 60 };

static size_t smallest(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: insert, delete, replace, swap neighbours. */
static size_t distance(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    size_t rows[3][LONGEST_NAME + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    for (size_t j = 0; j <= b_bytes; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_bytes; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b_bytes; j++) {
            bool same = tolower((unsigned char)a[i - 1]) == tolower((unsigned char)b[j - 1]);
            now[j] = smallest(smallest(last[j], now[j - 1]) + 1, last[j - 1] + !same);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                now[j] = smallest(now[j], before[j - 2] + 1);
        }
        size_t *oldest = before;
        before = last;
        last = now;
        now = oldest;
    }
    return last[b_bytes];
}

const char *sf_nearest(const char *text, const char *const *names, size_t count)
{
    size_t text_bytes = strlen(text);
    if (text_bytes > LONGEST_NAME)
        return NULL;
    /* A third of the letters may be wrong: more is another word. */
    size_t limit = smallest((text_bytes + 1) / 3, 3);
    const char *nearest = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t name_bytes = strlen(names[i]);
        size_t apart = name_bytes > text_bytes ? name_bytes - text_bytes : text_bytes - name_bytes;
        if (name_bytes > LONGEST_NAME || apart > limit)
            continue;
        size_t edits = distance(text, text_bytes, names[i], name_bytes);
        if (edits < limit || (edits == limit && !nearest)) {
            limit = edits;
            nearest = names[i];
        }
    }
    return nearest;
}

const char *sf_suggestion(struct sf_arena *arena, const char *text, const char *const *names, size_t count)
{
    const char *nearest = sf_nearest(text, names, count);
    return nearest ? sf_arena_printf(arena, " (did you mean %s?)", nearest) : "";
}

const char *sf_names_join(struct sf_arena *arena, const char *const *names, size_t count)
{
    size_t bytes = 1;
    for (size_t i = 0; i < count; i++)
        bytes += strlen(names[i]) + 2;
    char *text = sf_arena_alloc(arena, bytes), *end = text;
    for (size_t i = 0; i < count; i++) {
        if (i)
            end = stpcpy(end, ", ");
        end = stpcpy(end, names[i]);
    }
    return text;
}

static char *put_printable(char *end, const char *text, size_t bytes)
{
    static const char hex[] = "0123456789abcdef";
    for (size_t i = 0; i < bytes; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '\n') {
            end = stpcpy(end, "\\n");
        } else if (c < ' ' || c == 0x7f) {
            end = stpcpy(end, "\\x");
            *end++ = hex[c >> 4];
            *end++ = hex[c & 15];
        } else {
            *end++ = (char)c;
        }
    }
    *end = '\0';
    return end;
}

const char *sf_printable(struct sf_arena *arena, const char *text)
{
    size_t bytes = strlen(text);
    char *line = sf_arena_alloc(arena, 4 * bytes + 1);
    put_printable(line, text, bytes);
    return line;
}

const char *sf_quoted(struct sf_arena *arena, const char *text)
{
    size_t bytes = strlen(text), shown = smallest(bytes, LONGEST_QUOTE);
    /* Never half a UTF-8 character. */
    while (shown < bytes && shown > 0 && ((unsigned char)text[shown] & 0xc0) == 0x80)
        shown--;
    char *quoted = sf_arena_alloc(arena, 4 * shown + sizeof "''...");
    quoted[0] = '\'';
    char *end = put_printable(quoted + 1, text, shown);
    stpcpy(end, shown < bytes ? "'..." : "'");
    return quoted;
}

const char *sf_shell_word(struct sf_arena *arena, const char *text)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789%+,-./:@_";
    if (*text && text[strspn(text, plain)] == '\0')
        return text;
    char *word = sf_arena_alloc(arena, 4 * strlen(text) + sizeof "''"), *end = word;
    *end++ = '\'';
    for (; *text; text++)
        if (*text == '\'')
            end = stpcpy(end, "'\\''");
        else
            *end++ = *text;
    stpcpy(end, "'");
    return word;
}
