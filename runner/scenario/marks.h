/* libyaml counts characters; places, and the text behind them, want bytes. */
#ifndef SF_SCENARIO_MARKS_H
#define SF_SCENARIO_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <yaml.h>

struct sf_marks {
    const char *text;
    size_t bytes;
    size_t index;   /* the character where the cursor stands */
    size_t at;      /* its byte */
    size_t line_at; /* the byte where its line begins */
    unsigned line;  /* from 1 */
    unsigned rewinds;
    bool wide; /* UTF-16: nothing can be said of bytes */
};

struct sf_marks sf_marks_new(const char *text, size_t bytes);

/* Move the cursor to a mark, at most to the end of the text, and say where that
 * is: line and column from 1, the column in bytes. Marks that do not go back
 * cost one walk over the text altogether. */
void sf_marks_seek(struct sf_marks *marks, const yaml_mark_t *mark, unsigned *line, unsigned *column);

#endif
