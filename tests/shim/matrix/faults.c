/* The faults: what is tried where. */
#include "matrix.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>

#define DATA (OF(RECV) | OF(SEND))
#define WAITS (DATA | OF(ACCEPT) | OF(CONNECT))
#define CALLS (WAITS | OF(SOCKET) | OF(BIND) | OF(LISTEN) | OF(SHUTDOWN) | OF(CLOSE) | OF(OPTION) | OF(POLL))
#define EVERY (CALLS | OF(RESOLVE))
#define SOCKETS (ANY_KIND | NO_SOCKET)

/* What else a row says comes last. */
#define FAULT(name_, rule_, kind_, number_, families_, kinds_, modes_, ...)           \
    {                                                                                 \
        .name = (name_), .rule = (rule_), .kind = FAULT_##kind_, .number = (number_), \
        .families = (families_), .kinds = (kinds_), .modes = (modes_), __VA_ARGS__    \
    }
#define COMMON(errno_, families_) \
    FAULT("error-" #errno_, "error: " #errno_, ERROR, errno_, families_, SOCKETS, ANY_MODE, .is_sweep = false)
#define ERROR(errno_, families_, modes_) \
    FAULT("error-" #errno_, "error: " #errno_, ERROR, errno_, families_, SOCKETS, modes_, .is_sweep = true)

const struct fault faults[] = {
    FAULT("delay", "delay: 30ms", DELAY, 30, EVERY, SOCKETS, ANY_MODE, ),
    FAULT("delay-cut", "delay: 200ms", CUT, 0, CALLS, SOCKETS, ANY_MODE & ~READY & ~LOOK, .is_sweep = true),
    FAULT("delay-cut-restarts", "delay: 200ms", CUT, 0, CALLS, SOCKETS, ANY_MODE & ~READY & ~LOOK,
          .is_sweep = true, .flags = SA_RESTART),
    FAULT("signal", "signal: USR1", SIGNAL, 0, EVERY, SOCKETS, ANY_MODE, ),
    FAULT("partial-1", "partial: 1", PARTIAL, 1, DATA, ANY_KIND, ANY_MODE, ),
    FAULT("partial-4", "partial: 4", PARTIAL, 4, DATA, ANY_KIND, ANY_MODE, ),
    FAULT("partial-3..6", "partial: 3..6", PARTIAL, 5, DATA, ANY_KIND, BLOCKING | NONBLOCK, .loose = true),
    FAULT("partial-100", "partial: 100", PARTIAL, 100, DATA, ANY_KIND, BLOCKING, ),
    FAULT("interrupt", "interrupt: true", INTERRUPT, 0, WAITS | OF(POLL), SOCKETS, ANY_MODE, ),
    FAULT("interrupt-restarts", "interrupt: true", INTERRUPT, 0, WAITS | OF(POLL), SOCKETS, ANY_MODE,
          .flags = SA_RESTART),
    FAULT("again", "again: true", AGAIN, 0, WAITS, ANY_KIND, ANY_MODE, ),
    FAULT("eof", "eof: true", EOF, 0, OF(RECV), ANY_KIND, ANY_MODE, ),
    FAULT("reset", "reset: true", RESET, 0, DATA | OF(ACCEPT), TCP | UDP, ANY_MODE, ),
    FAULT("reset", "reset: true", RESET, 0, OF(CONNECT), TCP, BLOCKING | TIMEOUT, ),
    FAULT("refuse", "refuse: true", REFUSE, 0, OF(CONNECT), ANY_KIND, ANY_MODE, ),
    FAULT("corrupt-1", "corrupt: 1", CORRUPT, 1, DATA, ANY_KIND, ANY_MODE, ),
    FAULT("corrupt-7", "corrupt: 7", CORRUPT, 7, DATA, ANY_KIND, NONBLOCK, ),
    FAULT("corrupt-1000", "corrupt: 1000", CORRUPT, 1000, DATA, ANY_KIND, BLOCKING, ),
    FAULT("resolve", "resolve: 127.0.0.9", RESOLVE, 4, OF(RESOLVE), SOCKETS, ANY_MODE, ),
    FAULT("resolve-6", "resolve: \"::9\"", RESOLVE, 6, OF(RESOLVE), SOCKETS, ANY_MODE, ),
    FAULT("resolve-both", "resolve: [\"::9\", 127.0.0.9]", RESOLVE, 46, OF(RESOLVE), SOCKETS, ANY_MODE, ),

    /* At every function: one errno that it knows and one that it does not. */
    COMMON(ENOBUFS, WAITS),
    COMMON(EMFILE, OF(ACCEPT) | OF(SOCKET)),
    COMMON(EACCES, OF(BIND) | OF(LISTEN) | OF(OPTION)),
    COMMON(ENOTCONN, OF(SHUTDOWN)),
    COMMON(EIO, OF(CLOSE)),
    COMMON(ENOMEM, OF(POLL)),
    COMMON(EXDEV, CALLS),
    COMMON(EAI_AGAIN, OF(RESOLVE)),
    COMMON(EAI_FAIL, OF(RESOLVE)),
    COMMON(EAI_NONAME, OF(RESOLVE)),
    COMMON(EAI_NODATA, OF(RESOLVE)),
    COMMON(EAI_OVERFLOW, OF(RESOLVE)),

    /* At one function of each family: all errnos, on every kind of socket. */
    ERROR(EAGAIN, CALLS, BLOCKING | NONBLOCK | TIMEOUT),
    ERROR(EINTR, CALLS, ANY_MODE),
    ERROR(EINPROGRESS, CALLS, BLOCKING | NONBLOCK),
    ERROR(EALREADY, CALLS, BLOCKING | NONBLOCK),
    ERROR(EACCES, WAITS | OF(SOCKET) | OF(SHUTDOWN) | OF(CLOSE), BLOCKING),
    ERROR(EADDRINUSE, CALLS, BLOCKING),
    ERROR(EADDRNOTAVAIL, CALLS, BLOCKING),
    ERROR(EAFNOSUPPORT, CALLS, BLOCKING),
    ERROR(EBADF, CALLS, BLOCKING),
    ERROR(ECONNABORTED, CALLS, BLOCKING),
    ERROR(ECONNREFUSED, CALLS, BLOCKING),
    ERROR(ECONNRESET, CALLS, BLOCKING),
    ERROR(EDESTADDRREQ, CALLS, BLOCKING),
    ERROR(EFAULT, CALLS, BLOCKING),
    ERROR(EHOSTDOWN, CALLS, BLOCKING),
    ERROR(EHOSTUNREACH, CALLS, BLOCKING),
    ERROR(EINVAL, CALLS, BLOCKING),
    ERROR(EIO, WAITS | OF(SOCKET) | OF(SHUTDOWN), BLOCKING),
    ERROR(EISCONN, CALLS, BLOCKING),
    ERROR(EMFILE, DATA | OF(CONNECT) | OF(BIND) | OF(CLOSE), BLOCKING),
    ERROR(EMSGSIZE, CALLS, BLOCKING),
    ERROR(ENETDOWN, CALLS, BLOCKING),
    ERROR(ENETUNREACH, CALLS, BLOCKING),
    ERROR(ENFILE, CALLS, BLOCKING),
    ERROR(ENOENT, CALLS, BLOCKING),
    ERROR(ENOMEM, CALLS, BLOCKING),
    ERROR(ENOPROTOOPT, CALLS, BLOCKING),
    ERROR(ENOTCONN, DATA | OF(CONNECT) | OF(ACCEPT), BLOCKING),
    ERROR(ENOTSOCK, CALLS, BLOCKING),
    ERROR(EPERM, CALLS, BLOCKING),
    ERROR(EPIPE, CALLS, BLOCKING),
    ERROR(EPROTO, CALLS, BLOCKING),
    ERROR(EPROTOTYPE, CALLS, BLOCKING),
    ERROR(EROFS, CALLS, BLOCKING),
    ERROR(ETIMEDOUT, CALLS, BLOCKING),
    {.name = NULL},
};

/* What becomes of a delay in which a signal comes: it ends as the call would, or goes on. */
static const struct fault cuts[2][2] = {
    {{.kind = FAULT_DELAY, .number = 200, .is_cut = true},
     {.kind = FAULT_DELAY, .number = 200, .is_cut = true, .flags = SA_RESTART}},
    {{.kind = FAULT_INTERRUPT, .is_cut = true},
     {.kind = FAULT_INTERRUPT, .is_cut = true, .flags = SA_RESTART}},
};

const struct fault *cut_short(const struct cell *cell)
{
    return &cuts[is_interrupted(cell)][cell->fault->flags != 0];
}

const struct mode modes[] = {
    {"blocking", BLOCKING}, {"timeout", TIMEOUT}, {"nonblock", NONBLOCK}, {"dontwait", DONTWAIT},
    {"ready", READY},       {"idle", IDLE},       {"look", LOOK},         {NULL, 0},
};
