#include "scenario/marks.h"

#include <string.h>

/* Going back means starting over. libyaml goes back for an error only; should
 * it ever do so for each node, columns become inexact rather than slow. */
enum { REWINDS_MAX = 16 };

static bool begins(const char *text, size_t bytes, const char *with)
{
    size_t with_bytes = strlen(with);
    return bytes >= with_bytes && memcmp(text, with, with_bytes) == 0;
}

struct sf_marks sf_marks_new(const char *text, size_t bytes)
{
    struct sf_marks marks = {.text = text, .bytes = bytes, .line = 1};
    if (begins(text, bytes, "\xef\xbb\xbf"))
        marks.at = marks.line_at = 3; /* no editor counts the byte order mark as a column */
    marks.wide = begins(text, bytes, "\xff\xfe") || begins(text, bytes, "\xfe\xff");
    return marks;
}

/* The line breaks of YAML 1.1: LF, CR LF, CR, NEL, LS and PS. */
static bool ends_line(const char *text, size_t bytes)
{
    return text[0] == '\n' || (text[0] == '\r' && !begins(text, bytes, "\r\n")) ||
           begins(text, bytes, "\xc2\x85") || begins(text, bytes, "\xe2\x80\xa8") ||
           begins(text, bytes, "\xe2\x80\xa9");
}

static size_t character_bytes(unsigned char first)
{
    return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}

void sf_marks_seek(struct sf_marks *marks, const yaml_mark_t *mark, unsigned *line, unsigned *column)
{
    if (mark->index < marks->index && marks->rewinds < REWINDS_MAX) {
        unsigned rewinds = marks->rewinds + 1;
        *marks = sf_marks_new(marks->text, marks->bytes);
        marks->rewinds = rewinds;
    }
    if (marks->wide || mark->index < marks->index) {
        *line = (unsigned)mark->line + 1;
        *column = (unsigned)mark->column + 1;
        return;
    }
    while (marks->index < mark->index && marks->at < marks->bytes) {
        const char *here = marks->text + marks->at;
        bool last = ends_line(here, marks->bytes - marks->at);
        marks->at += character_bytes((unsigned char)*here);
        marks->index++;
        if (last) {
            marks->line_at = marks->at;
            marks->line++;
        }
    }
    if (marks->at > marks->bytes)
        marks->at = marks->bytes; /* a character cut off by the end */
    *line = marks->line;
    *column = (unsigned)(marks->at - marks->line_at) + 1;
}
