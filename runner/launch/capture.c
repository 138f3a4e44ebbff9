#include "launch/capture.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { READ_BYTES_MAX = 1 << 20 }; /* in one go */

_Static_assert(SF_OUTPUT_LIMIT_BYTES % SF_OUTPUT_TAIL_BYTES == 0, "position LIMIT is the ring's first byte");

static void close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* Where the next bytes go, and how many fit there in one piece. */
static char *next_room(const struct sf_capture *capture, size_t *bytes)
{
    uint64_t at = capture->output->total_bytes;
    char *ring = capture->room + SF_OUTPUT_LIMIT_BYTES;
    if (at < SF_OUTPUT_LIMIT_BYTES) {
        *bytes = SF_OUTPUT_LIMIT_BYTES - at;
        return capture->room + at;
    }
    if (at == SF_OUTPUT_LIMIT_BYTES) /* the tail may begin before the limit */
        memcpy(ring, ring - SF_OUTPUT_TAIL_BYTES, SF_OUTPUT_TAIL_BYTES);
    *bytes = SF_OUTPUT_TAIL_BYTES - at % SF_OUTPUT_TAIL_BYTES;
    return ring + at % SF_OUTPUT_TAIL_BYTES;
}

/* false: there is nothing to read now, or ever. */
static bool read_piece(struct sf_capture *capture, size_t *bytes)
{
    size_t fits;
    char *room = next_room(capture, &fits);
    ssize_t got = read(capture->fd, room, fits < READ_BYTES_MAX ? fits : READ_BYTES_MAX);
    if (got < 0 && errno == EINTR)
        return true;
    if (got < 0 && errno == EAGAIN)
        return false;
    if (got <= 0) {
        close_fd(&capture->fd);
        return false;
    }
    struct sf_output *output = capture->output;
    output->total_bytes += (size_t)got;
    if (output->bytes < SF_OUTPUT_LIMIT_BYTES)
        output->bytes = output->total_bytes;
    *bytes += (size_t)got;
    return true;
}

void sf_capture_read(struct sf_capture *capture)
{
    size_t bytes = 0;
    while (capture->fd >= 0 && bytes < READ_BYTES_MAX && read_piece(capture, &bytes))
        ;
}

/* Turn the ring so that its oldest byte comes first. */
static void straighten(char *ring, size_t oldest)
{
    static char copy[SF_OUTPUT_TAIL_BYTES];
    memcpy(copy, ring, SF_OUTPUT_TAIL_BYTES);
    memcpy(ring, copy + oldest, SF_OUTPUT_TAIL_BYTES - oldest);
    memcpy(ring + SF_OUTPUT_TAIL_BYTES - oldest, copy, oldest);
}

void sf_capture_finish(struct sf_capture *capture)
{
    if (!capture->room)
        return;
    size_t bytes = 0;
    while (capture->fd >= 0 && read_piece(capture, &bytes))
        ;
    close_fd(&capture->fd);

    struct sf_output *output = capture->output;
    if (output->total_bytes <= SF_OUTPUT_LIMIT_BYTES) {
        output->tail_bytes = output->bytes < SF_OUTPUT_TAIL_BYTES ? output->bytes : SF_OUTPUT_TAIL_BYTES;
        output->tail = output->data + (output->bytes - output->tail_bytes);
        return;
    }
    straighten(capture->room + SF_OUTPUT_LIMIT_BYTES, output->total_bytes % SF_OUTPUT_TAIL_BYTES);
    output->tail = capture->room + SF_OUTPUT_LIMIT_BYTES;
    output->tail_bytes = SF_OUTPUT_TAIL_BYTES;
}

void sf_feed_write(struct sf_feed *feed)
{
    while (feed->fd >= 0 && feed->left_bytes > 0) {
        ssize_t sent = write(feed->fd, feed->text, feed->left_bytes);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN)
            return;
        if (sent < 0) /* EPIPE: nobody reads; the program is free not to */
            break;
        feed->text += sent;
        feed->left_bytes -= (size_t)sent;
    }
    close_fd(&feed->fd);
}
