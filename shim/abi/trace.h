/* The trace: every call on a socket, told by the process that makes it while it runs.
 *
 * A session that is traced has SF_LANES lanes, each a ring of bytes. A thread that has something
 * to tell takes a lane that is free (one compare-and-swap), appends whole records, publishes them
 * by one store of `written` and lets the lane go. The reader takes them out and stores `read`.
 * Nobody ever waits: where no lane is free and has room, the call that was to be told is
 * counted as dropped. What was published survives whoever published it; a process that is killed while it
 * has a lane leaves that lane taken, and nothing half-written in it.
 *
 * Records of one lane are in the order of their publication; over all lanes `end_ns` tells it. */
#ifndef SF_ABI_TRACE_H
#define SF_ABI_TRACE_H

#include "abi/event.h"
#include "abi/session.h"

#define SF_TRACE_VERSION 1u
#define SF_LANES 64u
#define SF_LANE_BYTES (UINT64_C(1) << 20) /* of the ring; a power of two */
#define SF_TRACE_ALIGNMENT 8u

struct sf_lane {
    _Atomic uint32_t taken; /* tid of the thread that has it; 0: free */
    uint32_t pad;
    _Atomic uint64_t written; /* bytes ever published */
    uint64_t pad2[6];
    _Atomic uint64_t read; /* bytes ever taken out: the reader's */
    uint64_t pad3[7];
    /* SF_LANE_BYTES follow. A record lies in one piece: what is left before the end of the
     * ring is filled by a record of kind SF_TRACE_FILLER. */
};

/* The call that a thread is in, for those that never come back. One for each tally
 * (log/tally.h), of the thread that has it; threads without a tally of their own have none.
 * A handler that makes calls, and returns to the call that it interrupted, ends its presence. */
struct sf_presence {
    _Atomic uint64_t begin_ns; /* CLOCK_MONOTONIC; 0: it is in no call on a socket */
    uint32_t pid, tid;
    uint32_t program, call; /* enum sf_call_id */
    int32_t fd;
    uint32_t socket;
    uint64_t return_address;
    uint64_t asked;
    uint64_t pad[2];
};

/* At session->trace_at. */
struct sf_trace {
    _Atomic uint64_t dropped; /* calls that found no room */
    uint32_t data_bytes;      /* of what a call moved keep the first so many; UINT32_MAX: all */
    uint32_t pad[13];
    struct sf_lane lanes[]; /* SF_LANES, sf_trace_lane(); then presences, sf_trace_presence() */
};

enum sf_trace_kind {
    SF_TRACE_FILLER, /* `bytes` alone counts */
    SF_TRACE_CALL,   /* struct sf_trace_call */
    SF_TRACE_SOCKET, /* struct sf_trace_socket: what a socket is now, before the call that tells of it */
    SF_TRACE_IMAGE   /* struct sf_trace_image: an executable or a library of a process */
};

struct sf_trace_record {
    uint32_t bytes; /* whole, a multiple of SF_TRACE_ALIGNMENT */
    uint8_t version;
    uint8_t producer; /* enum sf_producer */
    uint8_t kind;     /* enum sf_trace_kind */
    uint8_t pad;
};

/* Bits of sf_trace_call.flags. */
enum {
    SF_TRACE_ADDRESS = 1,     /* a struct sf_addr follows the firings: to or from whom a datagram went, whom
                               * connect, bind and accept name */
    SF_TRACE_WAITED = 2,      /* it took long enough for the next two to be asked */
    SF_TRACE_NONBLOCKING = 4, /* O_NONBLOCK or MSG_DONTWAIT */
    SF_TRACE_BOUNDED = 8,     /* SO_RCVTIMEO or SO_SNDTIMEO bounds it; of poll: a time-out of its own */
    SF_TRACE_CUT = 16,        /* less data is kept than was moved, for want of room */
    SF_TRACE_TRUNCATED = 32,  /* a datagram was longer than its room: MSG_TRUNC */
    SF_TRACE_NOT_MADE = 64,   /* a rule answered in place of the kernel; a close is made all the same */
    SF_TRACE_LEFT = 128,      /* a rule shortened the read of a stream, and more lies there to be read */
    SF_TRACE_CONTINUED = 256, /* of its data more follows, in records with … */
    SF_TRACE_MORE = 512       /* … this: no call by itself, but data of the one before. `result` is how many
                               * bytes, SF_TRACE_ADDRESS whose; of a call that moves several messages each has
                               * one. Where all data is asked for (data_bytes UINT32_MAX) alone */
};

/* struct sf_firing[rule_count], then the struct sf_addr of SF_TRACE_ADDRESS, then `data_bytes`
 * bytes follow: of what was moved, of several messages one behind the other; of a look-up the name,
 * whatever was wished. What is sent is as the program gave it, what a rule flips later included.
 *
 * Every call on a socket is told, whatever became of it, but not those that libc makes while it
 * looks a name up, nor those of a vfork child. Of what no rule can name these are told: the dup
 * family and fcntl's F_DUPFD; F_SETFL and FIONBIO (SF_TRACE_NONBLOCKING: it does not wait from now
 * on); and where close_range, closefrom, fclose, freopen, dup2 or dup3 end sockets, a record for
 * each number that is one, just before that; of the last two its result is its `fd`.
 * close: the number is gone, whatever the error says. */
struct sf_trace_call {
    struct sf_trace_record record;
    uint32_t pid, tid;
    uint16_t program; /* index in the plan */
    uint16_t call;    /* enum sf_call_id */
    int32_t fd;       /* -1: none */
    uint32_t socket;  /* sf_socket.number; 0: none; of socket and socketpair: of the (first) new one */
    uint32_t flags;
    uint64_t begin_ns, end_ns; /* CLOCK_MONOTONIC; what rules let the call wait is within */
    uint64_t return_address;
    uint64_t asked;     /* bytes, of all messages; entries of poll, events of epoll, bits of select; of
                         * fcntl and ioctl the value */
    int64_t result;     /* as the program got it; of several messages their number */
    int32_t error;      /* errno, or EAI_*; 0: none */
    uint32_t argument;  /* MSG_ flags, but of recvmmsg and sendmmsg the bytes that were moved; `how` of
                         * shutdown, backlog of listen, ms of a wait (UINT32_MAX: for ever), number of
                         * the socket that accept gave, domain << 16 | type of socket, level << 16 | name
                         * of an option, command of fcntl, the low half of an ioctl's request */
    uint8_t state;      /* of TCP behind the call, as tcpi_state; 0: not asked. Asked behind accept (of the
                         * socket that it gave), connect, listen, shutdown, a read that gave 0 and errors
                         * that do not pass by themselves; of what closes: before it */
    uint8_t rule_count; /* that fired at it */
    uint16_t pad;
    uint32_t data_bytes;
};

struct sf_trace_socket {
    struct sf_trace_record record;
    uint32_t number;
    uint16_t program;
    uint8_t domain, type, role; /* SF_DOMAIN_…, SF_TYPE_…, SF_ROLE_… */
    uint8_t pad[3];
    struct sf_addr local, peer; /* domain 0: not known, none, or without a name */
};

/* One for each object that is there when the shim is loaded, the executable first: with it
 * begins another image of the process. */
struct sf_trace_image {
    struct sf_trace_record record;
    uint32_t pid;
    uint32_t is_executable;
    uint64_t time_ns;    /* CLOCK_MONOTONIC */
    uint64_t bias;       /* what was added to the addresses of its file */
    uint64_t start, end; /* where it lies in memory */
    char path[];         /* with its NUL; absolute */
};

static inline struct sf_lane *sf_trace_lane(struct sf_trace *trace, uint32_t index)
{
    return (struct sf_lane *)(void *)((char *)trace->lanes +
                                      index * (sizeof(struct sf_lane) + SF_LANE_BYTES));
}

static inline struct sf_presence *sf_trace_presence(struct sf_trace *trace, uint32_t tally)
{
    return (struct sf_presence *)(void *)sf_trace_lane(trace, SF_LANES) + tally;
}

#endif
