/* The life of a socket before and around its data: socket, bind, listen,
 * accept, connect, shutdown, options, names. */
#include "calls/call.h"
#include "sockets/address.h"
#include "sockets/connection.h"

/* socket and socketpair have arguments where others have a descriptor. */
static bool enter_new(struct sf_call *call)
{
    return sf_is_idle_program(SF_FAMILY_SOCKET) || sf_call_enter(call);
}

SF_EXPORT int socket(int domain, int type, int protocol)
{
    struct sf_call call = SF_CALL(socket, -1, 0, 0);
    call.verdict.kind = SF_PASS;
    call.domain = sf_domain_bit(domain);
    call.info.type = sf_type_bit(type);
    if (!enter_new(&call))
        return -1;
    int fd = (int)sf_call_leave(&call, sf_real.socket(domain, type, protocol));
    if (fd >= 0 && sf_shim.session)
        sf_socket_opened(fd, domain, type);
    return fd;
}

SF_EXPORT int socketpair(int domain, int type, int protocol, int pair[2])
{
    struct sf_call call = SF_CALL(socketpair, -1, 0, 0);
    call.verdict.kind = SF_PASS;
    call.domain = sf_domain_bit(domain);
    call.info.type = sf_type_bit(type);
    if (!enter_new(&call))
        return -1;
    int result = (int)sf_call_leave(&call, sf_real.socketpair(domain, type, protocol, pair));
    if (result == 0 && sf_shim.session) {
        sf_socket_opened(pair[0], domain, type);
        sf_socket_opened(pair[1], domain, type);
    }
    return result;
}

SF_INTERPOSE(BIND, bind, (int fd, const struct sockaddr *addr, socklen_t length), (fd, addr, length), fd)

SF_EXPORT int listen(int fd, int backlog)
{
    struct sf_call call = SF_CALL(listen, fd, 0, 0);
    call.verdict.kind = SF_PASS;
    if (!sf_is_idle(fd, SF_FAMILY_LISTEN) && !sf_call_enter(&call))
        return -1;
    int result = (int)sf_call_leave(&call, sf_real.listen(fd, backlog));
    if (result == 0 && sf_shim.session)
        sf_socket_listens(fd);
    return result;
}

static int accepted(int listener, int fd)
{
    if (fd >= 0 && sf_shim.session)
        sf_socket_accepted(listener, fd);
    return fd;
}

#define INTERPOSE_ACCEPT(name, params, arguments)                              \
    SF_SELECTED int selected_##name params                                     \
    {                                                                          \
        struct sf_call call = SF_CALL(name, fd, 0, 0);                         \
        if (!sf_call_enter(&call))                                             \
            return -1;                                                         \
        return accepted(fd, (int)sf_call_leave(&call, sf_real.name arguments)); \
    }                                                                          \
    SF_EXPORT int name params                                                  \
    {                                                                          \
        if (sf_is_idle(fd, SF_FAMILY_ACCEPT))                                  \
            return accepted(fd, sf_real.name arguments);                       \
        return selected_##name arguments;                                      \
    }

INTERPOSE_ACCEPT(accept, (int fd, struct sockaddr *addr, socklen_t *length), (fd, addr, length))
INTERPOSE_ACCEPT(accept4, (int fd, struct sockaddr *addr, socklen_t *length, int flags), (fd, addr, length, flags))

SF_SELECTED int selected_connect(int fd, const struct sockaddr *addr, socklen_t length)
{
    struct sf_call call = SF_CALL(connect, fd, 0, 0);
    if (!sf_call_enter(&call))
        return -1;
    return (int)sf_call_leave(&call, sf_real.connect(fd, addr, length));
}

SF_EXPORT int connect(int fd, const struct sockaddr *addr, socklen_t length)
{
    /* The peer decides which rules select the socket from now on, this call included. */
    if (sf_shim.families && !sf_quiet && sf_is_readable(addr, length))
        sf_socket_connects(fd, addr, length);
    if (sf_is_idle(fd, SF_FAMILY_CONNECT))
        return sf_real.connect(fd, addr, length);
    return selected_connect(fd, addr, length);
}

SF_INTERPOSE(SHUTDOWN, shutdown, (int fd, int how), (fd, how), fd)
SF_INTERPOSE(OPTION, getsockopt, (int fd, int level, int name, void *value, socklen_t *length),
             (fd, level, name, value, length), fd)
SF_INTERPOSE(OPTION, setsockopt, (int fd, int level, int name, const void *value, socklen_t length),
             (fd, level, name, value, length), fd)

/* No rule names these two. They are rows since the addresses of a connection
 * that faults have touched are the record's to tell. */
SF_EXPORT int getsockname(int fd, struct sockaddr *addr, socklen_t *length)
{
    sf_ensure_loaded();
    return sf_real.getsockname(fd, addr, length);
}

SF_EXPORT int getpeername(int fd, struct sockaddr *addr, socklen_t *length)
{
    sf_ensure_loaded();
    return sf_real.getpeername(fd, addr, length);
}
