/* What link rules did to connections, for the comments of a capture.
 *
 * The wire logs when a rule begins to act on a connection: in which direction, and behind how many bytes
 * of it. These are read from the session's log while it grows. */
#ifndef SF_CAPTURE_LINKS_H
#define SF_CAPTURE_LINKS_H

#include "plan/session.h"

#include <stdbool.h>
#include <stdint.h>

struct sf_link_note {
    struct sf_link_note *next; /* the reader's of the note */
    uint32_t socket;           /* sf_socket.number */
    uint32_t program;
    uint16_t rule;
    bool is_in;
    uint64_t at_byte; /* so many had passed in that direction */
    uint64_t time_ns;
};

/* How far the log has been read. */
struct sf_links {
    const struct sf_session_memory *session; /* NULL: there is none */
    const struct sf_event *last;             /* NULL: not begun */
};

/* The next that was logged; the caller frees it. NULL: there is none (yet). now_ns: CLOCK_MONOTONIC,
 * UINT64_MAX at the end: an event that lies behind one that is not whole is waited with for a while. */
struct sf_link_note *sf_links_next(struct sf_links *links, uint64_t now_ns);

#endif
