/* The session: the shared memory that the runner makes for one scenario and
 * every wrapped process maps.
 *
 *   header | plan image      mapped read-only: a stray write cannot change rules
 *   control | counters | …   mapped read-write
 *
 * All offsets are bytes from the start of the session and page-aligned where
 * protection changes. Nothing here holds a pointer. All shared words are
 * updated with C11 atomics; a writer that dies half-way leaves at worst one
 * lost record, never a lock. */
#ifndef SF_ABI_SESSION_H
#define SF_ABI_SESSION_H

#include "abi/plan.h"

#include <stdatomic.h>
#include <stdint.h>

#define SF_SESSION_MAGIC "SFSESS\r\n"
#define SF_SESSION_VERSION 2u
#define SF_SESSION_ID_BYTES 16
#define SF_WIRE_KEY_BYTES 16

/* Exit status of a target that could not be set up: sockfault itself failed. */
#define SF_EXIT_INTERNAL 125

/* Environment of a wrapped process.
 *
 * SOCKFAULT_SESSION  "PID:FD:ID:PROGRAM": open /proc/PID/fd/FD, or, where the
 *                    process may not (another uid, chroot), ask for the same
 *                    descriptor on the abstract socket SF_SOCKET_PREFIX + ID.
 *                    ID is 32 hex digits and must equal the header's.
 *                    PROGRAM is the index into the plan's programs.
 * SOCKFAULT_PLAN     a plan file, for use without the runner.
 * SOCKFAULT_PROGRAM  with SOCKFAULT_PLAN: the name for `program:`; default:
 *                    the base name by which the executable was called, or that of
 *                    its file, or of argv[0]. Handed on to children. */
#define SF_ENV_SESSION "SOCKFAULT_SESSION"
#define SF_ENV_PLAN "SOCKFAULT_PLAN"
#define SF_ENV_PROGRAM "SOCKFAULT_PROGRAM"
#define SF_SOCKET_PREFIX "sockfault-" /* behind the NUL of an abstract name */
#define SF_REFUSED_PREFIX "sockfault-refused-" /* likewise, with refused_port behind it */

struct sf_session {
    char magic[8];
    uint32_t version;
    uint32_t pad;
    uint64_t total_bytes;
    uint8_t id[SF_SESSION_ID_BYTES];
    uint64_t plan_at, plan_bytes;
    uint64_t shared_at; /* from here on mapped read-write */
    uint64_t control_at;
    uint64_t programs_at; /* struct sf_program_state[plan->program_count] */
    uint64_t rules_at;    /* struct sf_rule_state[plan->rule_count] */
    uint64_t calls_at;    /* _Atomic uint32_t[rule_count][program_count]: per program */
    uint64_t tallies_at;
    uint64_t execs_at;
    uint64_t sockets_at;
    uint64_t directory_at; /* _Atomic uint64_t[directory_count], see engine/directory.h */
    uint64_t arrivals_at;  /* struct sf_arrivals */
    uint64_t events_at;
    uint32_t tally_count, exec_count;
    uint32_t socket_count, socket_stride; /* count: a power of two */
    uint32_t directory_count;             /* likewise */
    uint64_t events_bytes;                /* capacity of sf_event_log.bytes */
    uint32_t refused_port; /* the runner holds it on all loopback addresses and never listens; 0: none */
    uint32_t silent_port;  /* held likewise: it leaves every SYN without an answer; 0: no rule needs it */
    uint64_t kept_at, kept_bytes; /* where unread bytes of reset connections are kept */
    uint64_t trace_at;            /* struct sf_trace (abi/trace.h); 0: its calls are not traced */
    uint8_t wire_key[SF_WIRE_KEY_BYTES]; /* what the wire knows our processes by; abi/wire.h */
};

/* How the calls of a session are to be traced. */
struct sf_trace_wish {
    uint32_t data_bytes; /* as sf_trace.data_bytes */
};

/* What every idle call compares with. One cache line, written only when rules change or
 * a connection leaves unread bytes to us (apply/keep.h): the generation is what cached "no
 * rule selects this" carry. */
struct sf_control {
    _Atomic uint32_t generation; /* from 1 */
    _Atomic uint32_t families;   /* bits of enum sf_family that some rule may select */
    _Atomic uint64_t plan_at;    /* the plan in force */
    uint64_t pad[6];
    /* The next line is written while programs run. */
    _Atomic uint32_t sockets; /* how many were given a number */
    _Atomic uint32_t stirred; /* counts what sleepers are to look at (apply/clock.h) */
    _Atomic uint64_t turn; /* which connection is being numbered (engine/number.c) */
    _Atomic uint64_t kept_bytes; /* taken of the session's kept_bytes; never given back */
    uint64_t pad3[5];
};

enum sf_escape { /* what a process did that the shim cannot follow */
    SF_ESCAPE_IO_URING = 1, /* in a process that some rule means, or whose address some rule may name */
    SF_ESCAPE_SOCKETS = 2, /* the socket table was full: some sockets met no rule */
    SF_ESCAPE_EXECS = 4,   /* the exec table was full: escaped children may go unseen */
    SF_ESCAPE_UNREAD = 8,  /* no room was left for what reset connections had not read: it was lost */
    SF_ESCAPE_DIRECTORY = 16, /* the directory was full: some of its addresses are nobody's */
    SF_ESCAPE_WATCHES = 32, /* the table of registrations was full: some edges that faults owed never came */
    SF_ESCAPE_RING = 64,    /* io_uring, in a process that no rule means: its calls are not counted */
    SF_ESCAPE_BUSY = 128,   /* the kernel refused to disconnect while a thread waited: its peer saw a FIN */
    SF_ESCAPE_SANDBOX = 256, /* it has forbidden itself by seccomp(2) what a rule needs: calls met none */
    SF_ESCAPE_UNCOUNTED = 512, /* … or what it takes to count its sockets at the end, */
    SF_ESCAPE_BLIND = 1024, /* … or to tell which calls are on sockets */
    SF_ESCAPE_STREAM = 2048, /* fdopen of a socket, some of whose calls in that direction rules may select */
    SF_ESCAPE_PRINT = 4096,  /* dprintf to a socket on which rules may select sends */
    SF_ESCAPE_UNSEEN_READS = 8192, /* either, rule or none: what libc reads is not counted … */
    SF_ESCAPE_UNSEEN_SENDS = 16384, /* … what it writes */
    SF_ESCAPE_FCLOSE = 32768, /* fclose or freopen of a socket on which some rule may select close */
    SF_ESCAPE_WIRE = 65536,   /* a connection that the wire was to have could not be given to it */
    SF_ESCAPE_DATAGRAM = 131072 /* link rules selected datagrams that the wire cannot carry */
};

/* Calls under way that will give a socket an address which others may meet before
 * it stands in the directory; see sockets/arrival.h. The ticket of a process that
 * dies on the way stays. */
#define SF_ARRIVALS 1024u
struct sf_arrivals {
    _Atomic uint32_t newest; /* the number of the ticket that was taken last */
    _Atomic uint32_t used;   /* places, from the first on, that ever held one */
    uint64_t pad[7];
    _Atomic uint64_t tickets[SF_ARRIVALS]; /* 0: none */
};


struct sf_rule_state {
    _Atomic uint64_t fired; /* calls that it changed */
    _Atomic uint64_t taken; /* … and those under way that it may yet change: what `times` bounds */
    _Atomic uint64_t illegal;
    _Atomic uint32_t illegal_reason; /* enum sf_illegal of the first refusal */
    _Atomic uint32_t calls;          /* SF_PER_SCENARIO: calls that place and scope selected */
    _Atomic uint32_t connections;    /* connections that the scope selected */
    _Atomic uint32_t selected;       /* calls for which place, scope and trigger held */
    _Atomic uint32_t sockets;        /* without a connection, on which it has counted calls */
    _Atomic uint32_t has_site;       /* 1: some process has the function that its trigger names */
    uint32_t pad[4];
};

/* Calls on sockets by family, of one thread at a time. A thread claims a tally
 * and then adds without locked instructions. The first program_count tallies are
 * never free: tally i is shared by the threads of program i that found none, and
 * is added to atomically. The sum over a program is exact. */
struct sf_tally {
    _Atomic uint32_t claimed; /* 0 free */
    uint32_t program;
    uint64_t calls[SF_FAMILY_COUNT];
    uint64_t pad[3];
};

/* One exec that is under way. The caller (or the supervisor, for a program's
 * first) writes PENDING before the exec, the shim in the new image removes it;
 * posix_spawn learns the pid only afterwards, so a shim that finds no PENDING
 * leaves LOADED for it. What is PENDING when the process ends ran unwrapped, or
 * was killed on the way, which the supervisor sorts out at the end. */
#define SF_EXEC_OPEN_FILE "(an open file)" /* in place of a path: fexecve */
enum { SF_EXEC_FREE, SF_EXEC_CLAIMED, SF_EXEC_PENDING, SF_EXEC_LOADED };
struct sf_exec {
    _Atomic uint32_t state;
    _Atomic uint32_t pid;
    uint32_t program;
    uint32_t pad;
    char path[240]; /* its tail when longer */
};

/* A socket address without pointers. Zero (domain 0) means unknown or unconnected. */
struct sf_addr {
    uint8_t domain; /* SF_DOMAIN_… */
    uint8_t path_len;
    uint16_t port; /* host order */
    uint8_t ip[16];  /* IPv4 as ::ffff:a.b.c.d */
    union {
        char path[108]; /* AF_UNIX; an abstract name starts with '@' in place of its NUL */
        uint32_t scope; /* AF_INET6: sin6_scope_id */
    };
    uint8_t owner;   /* the program whose address it is, as the directory has them; 0: none, or not asked */
    uint8_t pad[3];
};

static inline int sf_ip_is_mapped(const uint8_t ip[16])
{
    static const uint8_t prefix[12] = {[10] = 0xff, [11] = 0xff};
    return __builtin_memcmp(ip, prefix, sizeof prefix) == 0;
}

/* A socket that a program should have closed. Domain 0: it has no such address. */
struct sf_leak {
    struct sf_addr local, peer;
    uint32_t state; /* of TCP, as tcpi_state; 0: another kind, or not known */
};

/* The first of them are told by their addresses. */
#define SF_LEAKS_NAMED 4u
struct sf_leaks {
    _Atomic uint32_t count;
    _Atomic uint32_t named; /* bit i: list[i] is complete */
    struct sf_leak list[SF_LEAKS_NAMED];
};

struct sf_program_state {
    _Atomic uint32_t loaded;   /* processes that mapped the session as this program */
    _Atomic uint32_t escapes;  /* bits of enum sf_escape */
    _Atomic uint64_t start_ns; /* CLOCK_MONOTONIC when it was started */
    uint64_t pad[6];
    struct sf_leaks leaks; /* that its processes had opened and still held when they ended by themselves */
};

/* What is known of a socket. Keyed by SO_COOKIE: dups, forks and descriptors
 * passed over sockets are one record. The table is set-associative: a cookie
 * may live in any of the SF_SOCKET_WAYS records from its hash on, so there are
 * no tombstones; a record whose socket was seen closed may be reused. */
#define SF_SOCKET_WAYS 16u
enum { SF_SHUT_READS, SF_SHUT_SENDS };
/* How: as ever; on a connection that was made without waiting, and of which nobody has asked how
 * it went; on one whose peer had ended its direction. */
enum sf_reset_kind { SF_RESET_HEARD = 1, SF_RESET_UNHEARD, SF_RESET_BEHIND_END };
struct sf_socket {
    _Atomic uint64_t cookie;   /* 0 free; bits 62, 63: being taken, filled in */
    _Atomic uint64_t closed_ns; /* when a descriptor of it was last closed, by whoever opened it or
                                 * behind that; 0: in use */
    _Atomic uint32_t generation; /* of the control page when `selected` was computed */
    uint32_t number;             /* in order of discovery, from 1 */
    uint8_t domain, type, role;
    _Atomic uint8_t resetting;    /* somebody has set about resetting it: enum sf_resetting */
    _Atomic uint32_t ended;       /* a rule said that the peer has half-closed: reads give 0 for ever */
    _Atomic uint32_t reset;       /* a rule has reset it, enum sf_reset_kind: `local` is what it was */
    _Atomic uint32_t interrupted; /* the last call was given EINTR: the next is not */
    _Atomic uint32_t silent;      /* a rule's time-out is running on it, or has struck */
    uint32_t user_timeout_ms;     /* silent: its own TCP_USER_TIMEOUT */
    _Atomic uint32_t shut[2];     /* how often the program has shut this direction, shutdown(2) */
    struct { int32_t pid; uint32_t uid, gid; } peer_process; /* wired, Unix: SO_PEERCRED */
    _Atomic uint32_t wired;       /* the wire has it: `peer` and `local` are its names, not the kernel's */
    _Atomic uint32_t carried;     /* datagrams reach it by way of the wire: the port that they come from */
    uint64_t kept_at;             /* reset: what it had not read, from the session's start; 0: nothing */
    _Atomic uint32_t kept_bytes;  /* written behind kept_at */
    _Atomic uint32_t kept_read;   /* how much of it was read since */
    struct sf_addr peer, local;
    /* Reads under way that were looked at; more where a handler jumped out of one. */
    _Atomic uint32_t readers;
    _Atomic uint32_t left;    /* a process that opened it has closed it, or has ended or executed another */
    _Atomic uint64_t bytes_in, bytes_out; /* counted where a rule's trigger watches them */
    /* uint64_t selected[words]: rules whose scope may select this socket, of
     * whatever program: sockets are passed on,
     * then struct sf_socket_rule rules[rule_count]. */
};

enum sf_resetting { SF_RESETTING = 1, SF_RESETTING_READ /* a read, which takes the error */ };

#define SF_NUMBER_ASKED UINT32_MAX
struct sf_socket_rule {
    _Atomic uint32_t connection; /* its ordinal among those that the rule's scope selects, from 1; 0: none;
                                  * SF_NUMBER_ASKED: it is to be given one */
    _Atomic uint32_t calls;   /* calls on it that the rule's place and scope selected */
    _Atomic uint32_t matched; /* how much of `match` the bytes so far end in */
    _Atomic uint32_t socket;  /* its ordinal among those without a connection at their first call; 0: none */
    _Atomic uint32_t armed;   /* a link rule: SF_LINK_ARMED once it is known to mean this connection */
};

/* `calls` of a link rule is which of the connections that it counts this is. */
enum { SF_LINK_UNDECIDED, SF_LINK_UNARMED, SF_LINK_ARMED };

/* The size and place of every area for this plan, magic and version; the id is
 * the caller's. Pure. wish NULL: no trace, and no room for one. page is the size of a
 * page, in bytes. */
void sf_session_lay_out(struct sf_session *session, const struct sf_plan *plan,
                        const struct sf_trace_wish *wish, uint64_t page);

/* Make zeroed memory of header->total_bytes a session that runs `plan`, laid out with `wish`. */
void sf_session_fill(void *memory, const struct sf_session *header, const struct sf_plan *plan,
                     const struct sf_trace_wish *wish);

#endif
