/* Broken habits that a trace shows, and warnings of them.
 *
 * A warning is plain facts without pointers: the recorder, a process of its own, finds them
 * and leaves them in memory that it shares with the runner, which puts them into words
 * (verify/habits.c). docs/hygiene.md says of each habit what it is and what it does not judge. */
#ifndef SF_HYGIENE_WARNING_H
#define SF_HYGIENE_WARNING_H

#include "abi/session.h"
#include "trace/sink.h"

#include <stdbool.h>

/* X(ENUM, spelling, what it is) */
#define SF_HABITS(X)                                                                               \
    X(UNCLOSED, "unclosed", "a socket is never closed")                                            \
    X(UNCLOSED_AFTER_FAULT, "unclosed-after-fault", "a socket is never closed once a call failed") \
    X(ERROR_IGNORED, "error-ignored", "a call failed, and the socket is used on")                  \
    X(NO_TIMEOUT, "no-timeout", "a call waits without a bound for a peer that is silent")          \
    X(READ_AS_MESSAGE, "read-as-message", "what one read brought is taken for all")                \
    X(SHORT_SEND, "short-send", "what a send did not take is never sent")                          \
    X(TRUNCATED_DATAGRAM, "truncated-datagram", "the room for a datagram is too small")            \
    X(TINY_READS, "tiny-reads", "a stream is read byte by byte")                                   \
    X(SIGPIPE, "sigpipe", "a send to a peer that has closed kills the program")                    \
    X(BUSY_LOOP, "busy-loop", "a call that brings nothing is repeated without end")                \
    X(CLOSED_TWICE, "closed-twice", "a descriptor is closed that is closed already")               \
    X(CLOSED_ANOTHERS, "closed-anothers", "a second close hits what another thread has opened")

enum sf_habit {
#define SF_X(id, spelling, about) SF_HABIT_##id,
    SF_HABITS(SF_X)
#undef SF_X
        SF_HABIT_COUNT
};

extern const char *const sf_habit_names[SF_HABIT_COUNT];
extern const char *const sf_habit_abouts[SF_HABIT_COUNT];

#define SF_NO_RULE UINT16_MAX
#define SF_SILENCE_NS UINT64_C(1000000000) /* a peer that says nothing for so long is silent */
#define SF_SITE_BYTES 192u
#define SF_WARNINGS_MAX 256u

struct sf_warning {
    enum sf_habit habit;
    uint32_t times; /* that it was seen at this place */
    uint16_t program, call;
    uint16_t then_call; /* what the program went on with; SF_CALL_COUNT: it says nothing here */
    uint16_t rule;      /* that had struck; SF_NO_RULE: none */
    int32_t fd, error;
    uint32_t pid, connection; /* connection 0: none */
    enum sf_state state;
    struct sf_addr local, peer;
    uint64_t count, of; /* what the habit is counted in: bytes of bytes; calls in nanoseconds; of a wait
                         * nanoseconds, 0: it had not come back, and when it began (CLOCK_MONOTONIC) */
    uint64_t return_address;
    uint64_t gone_ns; /* of a wait that had not come back: when its process was found gone; 0: it was not */
    bool is_due; /* of a candidate of SF_HABIT_UNCLOSED and its like: its use was over before the program was
                  */
    char peer_name[64];       /* "": none */
    char site[SF_SITE_BYTES]; /* "greet (greet.c:27)"; "": not known */
};

struct sf_warnings {
    uint32_t count;
    uint32_t more; /* for which there was no room */
    struct sf_warning list[SF_WARNINGS_MAX];
};

#endif
