#include "trace/page.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { WRITE_BYTES = 64 * 1024 }; /* time to write */

static char *reserve(struct sf_page *page, size_t bytes)
{
    if (page->length + bytes > page->room) {
        page->room = 2 * (page->length + bytes) + WRITE_BYTES;
        page->text = realloc(page->text, page->room);
        if (!page->text)
            sf_out_of_memory();
    }
    return page->text + page->length;
}

void sf_page_bytes(struct sf_page *page, const void *bytes, size_t count)
{
    memcpy(reserve(page, count), bytes, count);
    page->length += count;
}

void sf_page_text(struct sf_page *page, const char *text)
{
    sf_page_bytes(page, text, strlen(text));
}

void sf_page_char(struct sf_page *page, char byte)
{
    *reserve(page, 1) = byte;
    page->length++;
}

void sf_page_pad(struct sf_page *page, size_t count)
{
    memset(reserve(page, count), ' ', count);
    page->length += count;
}

enum { DIGITS_MAX = 20 };

/* The digits end before `end`; at least `least` of them. */
static char *put_digits(char *end, uint64_t number, unsigned least)
{
    char *at = end;
    for (unsigned count = 0; number || count < least; count++, number /= 10)
        *--at = (char)('0' + number % 10);
    return at;
}

void sf_page_number(struct sf_page *page, uint64_t number)
{
    char digits[DIGITS_MAX], *end = digits + sizeof digits;
    char *at = put_digits(end, number, 1);
    sf_page_bytes(page, at, (size_t)(end - at));
}

void sf_page_signed(struct sf_page *page, int64_t number)
{
    if (number < 0)
        sf_page_char(page, '-');
    sf_page_number(page, number < 0 ? -(uint64_t)number : (uint64_t)number);
}

void sf_page_seconds(struct sf_page *page, double seconds, size_t width)
{
    enum { PLACES = 6, SCALE = 1000000, MOST = 1000000000 };
    double bounded = seconds < 0 ? 0 : seconds > MOST ? MOST : seconds;
    uint64_t us = (uint64_t)(bounded * SCALE + 0.5);
    char digits[DIGITS_MAX + 2], *end = digits + sizeof digits;
    char *at = put_digits(end, us % SCALE, PLACES);
    *--at = '.';
    at = put_digits(at, us / SCALE, 1);
    size_t length = (size_t)(end - at);
    sf_page_pad(page, length < width ? width - length : 0);
    sf_page_bytes(page, at, length);
}

/* Regular files and pipes alike: a pipe would cut what is longer than PIPE_BUF between writers. */
static void lock(const struct sf_page *page, short type)
{
    struct flock whole = {.l_type = type, .l_whence = SEEK_SET};
    while (page->lock >= 0 && fcntl(page->lock, F_SETLKW, &whole) != 0 && errno == EINTR)
        ;
}

void sf_page_write(struct sf_page *page)
{
    size_t done = 0;
    if (page->length == 0)
        return;
    lock(page, F_WRLCK);
    while (!page->error && done < page->length) {
        ssize_t count = write(page->fd, page->text + done, page->length - done);
        struct pollfd out = {.fd = page->fd, .events = POLLOUT};
        if (count > 0)
            done += (size_t)count;
        else if (count < 0 && errno == EAGAIN) /* a program made the terminal non-blocking, for us too */
            poll(&out, 1, -1);
        else if (count < 0 && errno != EINTR)
            page->error = errno;
    }
    lock(page, F_UNLCK);
    page->length = 0;
}

void sf_page_line(struct sf_page *page)
{
    sf_page_char(page, '\n');
    if (page->length >= WRITE_BYTES)
        sf_page_write(page);
}

int sf_page_close(struct sf_page *page)
{
    sf_page_write(page);
    free(page->text);
    page->text = NULL;
    page->room = 0;
    return page->error;
}
