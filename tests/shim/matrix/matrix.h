/* The matrix: each call fault at each function, on each kind of socket, in each
 * mode. A cell is run twice: `real`, where the thing itself happens to a program
 * without the shim (or, where it cannot be had, is stated), and `injected`, where
 * a rule does it. Both print what the program and its peer see, and must agree.
 *
 * A new function is a row of `functions` in receive.c, send.c, …; a new fault a row
 * of `faults` (faults.c), its law (law.c), and what really happens then, in the
 * `before` and `after` of the families that it is for. */
#ifndef TESTS_SHIM_MATRIX_H
#define TESTS_SHIM_MATRIX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>

/* Bits, for sets of each. */
enum {
    BLOCKING = 1,
    TIMEOUT = 2,
    NONBLOCK = 4,
    DONTWAIT = 8,
    READY = 16,
    IDLE = 32,
    LOOK = 64,
    ANY_MODE = 127
};
enum { TCP = 1, UDP = 2, UNIX_STREAM = 4, UNIX_DGRAM = 8, UNIX_SEQPACKET = 16, NO_SOCKET = 32 };
enum { CONNECTED = TCP | UNIX_STREAM | UNIX_SEQPACKET, STREAM = TCP | UNIX_STREAM, ANY_KIND = 31 };

enum family { RECV, SEND, ACCEPT, CONNECT, POLL, SOCKET, BIND, LISTEN, SHUTDOWN, CLOSE, OPTION, RESOLVE };
#define OF(family) (1u << (family))

enum fault_kind {
    FAULT_ERROR,   /* number: the errno */
    FAULT_DELAY,   /* number: ms */
    FAULT_PARTIAL, /* number: bytes that the twin moves; loose: any number will do */
    FAULT_INTERRUPT,
    FAULT_CUT, /* a delay, and a signal meanwhile: becomes one of these two */
    FAULT_AGAIN,
    FAULT_EOF,
    FAULT_RESET,
    FAULT_REFUSE,
    FAULT_CORRUPT, /* number: bits */
    FAULT_SIGNAL,
    FAULT_RESOLVE
};

struct fault {
    const char *name, *rule; /* "partial-4", "partial: 4" */
    enum fault_kind kind;
    long number;
    bool loose;
    unsigned families; /* OF(…): where it is tried */
    unsigned kinds, modes;
    bool is_sweep; /* tried at the family's first function alone */
    int flags;     /* of the signal handler, where the fault is about signals */
    bool is_cut;   /* the signal comes in a delay */
};

struct kind {
    const char *name;
    unsigned bit;
    int domain, type;
    bool is_open; /* a datagram socket that is not connected */
    bool is_pair; /* of socketpair(2) */
    bool is_like; /* another kind: not tried with functions that are like another */
};

struct mode {
    const char *name;
    unsigned bit;
};

struct cell;

struct function {
    const char *name; /* "recv-peek", "sys_recvfrom" */
    const char *call; /* as a rule names it */
    enum family family;
    long (*run)(struct cell *cell, void *buffer, size_t bytes);
    unsigned kinds, modes;
    int flags;      /* MSG_… of every call */
    bool is_opaque; /* the bytes pass within the kernel */
};

struct cell {
    char name[128];
    void (*run)(struct cell *cell);
    const char *rule;
    const struct fault *fault;
    const struct function *function;
    const struct kind *kind;
    const struct mode *mode;
    bool real;
    const char *illegal; /* words of the reason for which the fault is refused; NULL: it is legal */

    int near, far; /* the socket that the calls are made on, and its peer */
    int listener;
    int flags; /* of this call: the function's, and MSG_DONTWAIT where that is the mode */
    struct sockaddr_storage peer;
    socklen_t peer_length; /* 0: the call gives no address */
    bool is_fired;         /* as the law says; false only where nothing was to change */
};

/* The head of a function that makes a cell's call. */
#define UNUSED __attribute__((unused))
#define CALL(name) static long name(UNUSED struct cell *cell, UNUSED void *buffer, UNUSED size_t bytes)

extern const struct fault faults[];
extern const struct kind kinds[];
extern const struct mode modes[];

/* Tables end with a row without a name. */
extern const struct function receive_functions[], send_functions[], accept_functions[], connect_functions[],
    poll_functions[], other_functions[], resolve_functions[];

/* One for each table: everything that happens in a cell. */
void run_receive(struct cell *cell);
void run_send(struct cell *cell);
void run_accept(struct cell *cell);
void run_connect(struct cell *cell);
void run_poll(struct cell *cell);
void run_other(struct cell *cell);
void run_resolve(struct cell *cell);

/* law.c: words of the reason for which the fault may not act here; NULL: it may.
 * From the man pages and the promises, not from the code under test. */
const char *illegal_at(const struct cell *cell);

/* Would a signal end this call with EINTR, given the handler that the fault speaks of? */
bool is_interrupted(const struct cell *cell);

/* faults.c: what FAULT_CUT comes to in this cell. */
const struct fault *cut_short(const struct cell *cell);

/* Does the real thing happen in this run of the cell? */
static inline bool is_twin(const struct cell *cell, enum fault_kind kind)
{
    return cell->real && !cell->illegal && cell->fault->kind == kind;
}

static inline bool acts(const struct cell *cell, enum fault_kind kind)
{
    return !cell->illegal && cell->fault->kind == kind;
}

/* words.c: the transcript. Each line begins with what was done. */
__attribute__((format(printf, 1, 2))) void say(const char *format, ...);
void say_result(const char *what, long result); /* reads errno */
void say_readiness(const char *what, int fd, int timeout_ms);
void say_edge(const char *what, int set, int timeout_ms);
void say_rule(const struct cell *cell);
void flush_words(const char *name);

/* sockets.c */
void open_pair(struct cell *cell);
void open_listener(struct cell *cell);       /* cell->listener, and its address in cell->peer */
int open_socket(const struct cell *cell);    /* fresh, of the cell's kind */
int connect_client(const struct cell *cell); /* to the listener */
void bind_somewhere(const struct cell *cell, int fd, struct sockaddr_storage *address, socklen_t *length);
void set_mode(struct cell *cell, int fd);
int edge_set(int fd, unsigned events);
void give(struct cell *cell, const char *bytes, size_t count); /* from far to near */
long take(int fd, char *buffer, size_t room, int timeout_ms);  /* what has come; -1: nothing */
void fill(int fd);                                             /* until it takes no more */
void drain(int fd);
void close_hard(int fd);
bool wait_for(int fd, short events, int timeout_ms);
int lack_descriptors(void); /* the limit that was; to be given back to allow_descriptors */
void allow_descriptors(int limit);

/* subject.c: around the one call that the rule may change. */
void handle_signal(int flags); /* of SIGALRM and SIGUSR1, whose handler counts */
void signal_soon(void);        /* SIGALRM every few ms, until the subject has returned */
void handle_pipe(void);        /* SIGPIPE is a word of the transcript */
int signals_handled(void);
long call_subject(struct cell *cell, void *buffer, size_t bytes);
double now(void);

#endif
