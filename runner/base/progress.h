/* A line on a terminal that says how far long work is. It is standard error's last line: gone before anything
 * else is printed, and at the end. */
#ifndef SF_BASE_PROGRESS_H
#define SF_BASE_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

struct sf_progress {
    bool is_on;    /* standard error is a terminal that can go back on a line */
    bool is_shown; /* the line is there */
};

struct sf_progress sf_progress_new(bool is_wanted);

/* Show the text instead of what was there, cut to the terminal's width. */
void sf_progress_show(struct sf_progress *progress, const char *text);

/* Take it away. */
void sf_progress_clear(struct sf_progress *progress);

/* The text as far as it goes into `columns`, in `room` (as long as the text, and 4 bytes); what is cut off is
 * "…", or "..." where the locale is not UTF-8. A character has the columns that wcwidth(3) says. Pure. */
void sf_progress_cut(char *room, const char *text, size_t columns, bool is_utf8);

#endif
