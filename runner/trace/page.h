/* What is written of a trace: whole lines, into a file that other recorders may write to as well.
 *
 * Lines collect in memory and go out in one piece. Where several processes share the file they
 * share a lock: another file, locked for the time of a write (fcntl(2): a lock of a process
 * ends with it). An error is kept, and nothing is written behind it. */
#ifndef SF_TRACE_PAGE_H
#define SF_TRACE_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sf_page {
    int fd, lock; /* the caller's; lock -1: nobody else writes */
    char *text;
    size_t length, room;
    int error; /* errno of the write that failed; 0: none did */
};

void sf_page_bytes(struct sf_page *page, const void *bytes, size_t count);
void sf_page_text(struct sf_page *page, const char *text);
void sf_page_char(struct sf_page *page, char byte);
void sf_page_number(struct sf_page *page, uint64_t number);
void sf_page_signed(struct sf_page *page, int64_t number);
void sf_page_pad(struct sf_page *page, size_t count); /* spaces */
/* `width` at least, filled up with spaces in front; six digits behind the point, as a time in seconds. */
void sf_page_seconds(struct sf_page *page, double seconds, size_t width);

/* The line ends, here and in the file if it is time to write. */
void sf_page_line(struct sf_page *page);

void sf_page_write(struct sf_page *page);

/* Write the rest and let its memory go; returns the error. */
int sf_page_close(struct sf_page *page);

#endif
