/* A program's stdio in CAPTURE mode: output into bounded memory, input from text. */
#ifndef SF_LAUNCH_CAPTURE_H
#define SF_LAUNCH_CAPTURE_H

#include "launch/launch.h"

/* Room for one stream: its first bytes, then a ring for its last. */
#define SF_CAPTURE_ROOM_BYTES ((size_t)SF_OUTPUT_LIMIT_BYTES + SF_OUTPUT_TAIL_BYTES)

struct sf_capture {
    int fd; /* read end, non-blocking; -1: closed */
    char *room;
    struct sf_output *output;
};

/* Read what is there, at most a bounded amount, so that a program that never
 * stops writing does not keep the supervisor from its other work. Closes the
 * descriptor at the end of the stream. */
void sf_capture_read(struct sf_capture *capture);

/* No writer is left: read the rest without blocking, close, complete the output. */
void sf_capture_finish(struct sf_capture *capture);

struct sf_feed {
    int fd; /* write end, non-blocking; -1: all was written, or nobody reads any more */
    const char *text;
    size_t left_bytes;
};

void sf_feed_write(struct sf_feed *feed);

#endif
