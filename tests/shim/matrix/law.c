/* What may happen where: the promises and the man pages once more, in the fewest
 * words, to hold the engine's table against. */
#include "matrix.h"

#include <errno.h>
#include <netdb.h>
#include <signal.h>
#include <string.h>

enum { INET = TCP | UDP, UNIX = UNIX_STREAM | UNIX_DGRAM | UNIX_SEQPACKET };

struct permit {
    unsigned families, kinds;
    int errors[14];
};

/* ERRORS of the man pages; what only the network has, only INET sockets report. */
static const struct permit permits[] = {
    {OF(SOCKET), ANY_KIND, {EACCES, EAFNOSUPPORT, EMFILE, ENFILE, EPROTONOSUPPORT, EPERM, ENOBUFS, ENOMEM}},
    {OF(BIND), ANY_KIND, {EACCES, EADDRINUSE, EINVAL, EPERM, ENOBUFS, ENOMEM}},
    {OF(BIND), INET, {EADDRNOTAVAIL}},
    {OF(BIND), UNIX, {ENOENT, ENOTDIR, EROFS, ELOOP, ENAMETOOLONG, EIO, ENOSPC}},
    {OF(LISTEN), CONNECTED, {EACCES, EINVAL, ENOBUFS, ENOMEM}},
    {OF(LISTEN), TCP, {EADDRINUSE}},
    {OF(ACCEPT),
     CONNECTED,
     {EAGAIN, EINTR, ECONNABORTED, EINVAL, EMFILE, ENFILE, EPERM, EPROTO, ENOBUFS, ENOMEM}},
    {OF(ACCEPT),
     TCP,
     {ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH, ETIMEDOUT}},
    {OF(CONNECT), ANY_KIND, {EACCES, EPERM, ENOBUFS, ENOMEM}},
    {OF(CONNECT), INET, {EADDRINUSE, EADDRNOTAVAIL, EHOSTUNREACH, ENETUNREACH, ENETDOWN}},
    {OF(CONNECT), TCP, {EINTR, EINPROGRESS, EALREADY, ETIMEDOUT, ECONNRESET, ECONNABORTED, ECONNREFUSED}},
    {OF(CONNECT), TCP, {EHOSTDOWN, ENOPROTOOPT, EPROTO}},
    {OF(CONNECT), UDP, {EAGAIN}},
    {OF(CONNECT), UNIX, {ECONNREFUSED, ENOENT, EPROTOTYPE}},
    {OF(CONNECT), UNIX_STREAM | UNIX_SEQPACKET, {EAGAIN, EINTR}},
    {OF(SEND) | OF(RECV), ANY_KIND, {EAGAIN, EINTR, EIO, ENOBUFS, ENOMEM}},
    {OF(SEND) | OF(RECV), INET, {ECONNREFUSED, EHOSTUNREACH, EHOSTDOWN, ENETUNREACH, ENETDOWN, ENOPROTOOPT}},
    {OF(SEND) | OF(RECV), INET, {EPROTO, EACCES}},
    {OF(SEND) | OF(RECV), TCP, {ECONNRESET, ETIMEDOUT}},
    {OF(SEND) | OF(RECV), UNIX, {ECONNRESET}},
    {OF(RECV), UDP, {EMSGSIZE}},
    {OF(SEND), ANY_KIND, {EPERM}},
    {OF(SEND), UDP | UNIX_DGRAM | UNIX_SEQPACKET, {EMSGSIZE}},
    {OF(SEND), TCP | UNIX, {EPIPE}},
    {OF(SEND), UNIX_DGRAM, {ECONNREFUSED, ENOENT, EACCES}},
    {OF(SHUTDOWN), ANY_KIND, {ENOTCONN}},
    {OF(CLOSE), ANY_KIND, {EINTR, EIO}},
    {OF(POLL), ANY_KIND, {EINTR, ENOMEM}},
    {OF(OPTION), ANY_KIND, {EACCES, EPERM, EINVAL, EDOM, ENOPROTOOPT, EISCONN, ENODEV, ENOBUFS, ENOMEM}},
    {OF(OPTION), INET, {EADDRINUSE, EADDRNOTAVAIL}},
    {OF(RESOLVE), NO_SOCKET, {EAI_AGAIN, EAI_FAIL, EAI_NONAME, EAI_NODATA, EAI_MEMORY}},
};

static bool is_known(const struct cell *cell, int error)
{
    for (size_t row = 0; row < sizeof permits / sizeof *permits; row++)
        for (const int *known = permits[row].errors; *known; known++)
            if (permits[row].families & OF(cell->function->family) && permits[row].kinds & cell->kind->bit &&
                *known == error)
                return true;
    return false;
}

/* signal(7), "Interruption of system calls and library functions by signal handlers" */
static const char *interrupt_law(const struct cell *cell)
{
    bool is_epoll = strstr(cell->function->name, "epoll") != NULL;
    if (cell->function->family == POLL)
        return cell->mode->bit == READY || (cell->mode->bit == LOOK && is_epoll) ? "something was ready"
                                                                                 : NULL;
    if (!is_known(cell, EINTR))
        return "never waits";
    if (cell->mode->bit & (NONBLOCK | DONTWAIT))
        return "non-blocking";
    if (cell->mode->bit == TIMEOUT || (cell->fault->kind != FAULT_ERROR && cell->fault->flags == 0))
        return NULL;
    return "the call restarts";
}

bool is_interrupted(const struct cell *cell)
{
    unsigned waits = OF(RECV) | OF(SEND) | OF(ACCEPT) | OF(CONNECT) | OF(POLL);
    return waits & OF(cell->function->family) && !interrupt_law(cell);
}

static const char *error_law(const struct cell *cell)
{
    int error = (int)cell->fault->number;
    if (!is_known(cell, error))
        return "does not know this errno";
    if (error == EINTR)
        return interrupt_law(cell);
    if (strstr(cell->function->name, "nameinfo") && (error == EAI_FAIL || error == EAI_NODATA))
        return "does not know this errno";
    if (strcmp(cell->function->name, "getnameinfo") == 0 && error == EAI_NONAME)
        return "told as a number";
    if (strstr(cell->function->name, "numeric") &&
        (error == EAI_AGAIN || error == EAI_FAIL || error == EAI_NODATA || error == EAI_NONAME))
        return strstr(cell->function->name, "nameinfo") ? "no name of a host" : "an address already";
    if ((error == EAGAIN || error == EINPROGRESS || error == EALREADY) && cell->mode->bit == BLOCKING)
        return "blocking and has no time-out";
    return NULL;
}

/* send(2), recv(2): MSG_WAITALL and MSG_PEEK */
static const char *partial_law(const struct cell *cell)
{
    if (cell->function->family == SEND && !(cell->kind->bit & STREAM))
        return "whole or not at all";
    if (cell->function->flags & MSG_PEEK)
        return "moves nothing";
    if (cell->function->flags & MSG_WAITALL && cell->kind->bit & STREAM && cell->mode->bit == BLOCKING)
        return "MSG_WAITALL";
    return NULL;
}

static const char *again_law(const struct cell *cell)
{
    if (!is_known(cell, EAGAIN))
        return "does not know this errno";
    return cell->mode->bit == BLOCKING ? "blocking and has no time-out" : NULL;
}

static const char *resolve_law(const struct cell *cell)
{
    const char *name = cell->function->name;
    if (strstr(name, "nameinfo") || strstr(name, "byaddr"))
        return "asked for a name";
    return strstr(name, "numeric") ? "an address already" : NULL;
}

/* read(2): a count of zero may detect errors; that of a Linux socket does not. */
static bool asks_for_nothing(const struct cell *cell)
{
    return strcmp(cell->function->name, "read-0") == 0 && cell->fault->kind != FAULT_DELAY &&
           cell->fault->kind != FAULT_SIGNAL;
}

const char *illegal_at(const struct cell *cell)
{
    if (asks_for_nothing(cell))
        return "asked for nothing";
    switch (cell->fault->kind) {
    case FAULT_ERROR:
        return error_law(cell);
    case FAULT_PARTIAL:
        return partial_law(cell);
    case FAULT_INTERRUPT:
        return interrupt_law(cell);
    case FAULT_AGAIN:
        return again_law(cell);
    case FAULT_EOF:
        return cell->kind->bit & CONNECTED ? NULL : "no connection";
    case FAULT_RESET:
        return cell->kind->bit & TCP ? NULL : "can be reset";
    case FAULT_REFUSE:
        return cell->kind->bit & UDP ? "no connection" : NULL;
    case FAULT_CORRUPT:
        return cell->function->is_opaque          ? "out of reach"
               : cell->function->flags & MSG_PEEK ? "moves nothing"
                                                  : NULL;
    case FAULT_RESOLVE:
        return resolve_law(cell);
    default:
        return NULL;
    }
}
