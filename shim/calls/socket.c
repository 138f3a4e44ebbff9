/* The life of a socket before and around its data: socket, bind, listen,
 * accept, connect, shutdown, options, names. */
#include "apply/refuse.h"
#include "apply/reset.h"
#include "calls/call.h"
#include "load/memory.h"
#include "sockets/address.h"
#include "sockets/connection.h"
#include "sockets/record.h"

#include <errno.h>

static int opened(int fd, int domain, int type)
{
    if (fd >= 0 && sf_shim.session)
        sf_socket_opened(fd, domain, type);
    return fd;
}

/* socket and socketpair have properties where others have a descriptor. */
#define NEW_CALL(name, domain_, type_)             \
    struct sf_call call = SF_CALL(name, -1, 0, 0); \
    call.domain = sf_domain_bit(domain_);          \
    call.info.type = sf_type_bit(type_);           \
    if (!sf_call_enter(&call))                     \
    return -1

SF_SELECTED int selected_socket(int domain, int type, int protocol)
{
    NEW_CALL(socket, domain, type);
    return opened((int)sf_call_leave(&call, sf_real.socket(domain, type, protocol)), domain, type);
}

SF_EXPORT int socket(int domain, int type, int protocol)
{
    if (sf_is_idle_program(SF_FAMILY_SOCKET))
        return opened(sf_real.socket(domain, type, protocol), domain, type);
    return selected_socket(domain, type, protocol);
}

static int both_opened(int result, int domain, int type, const int pair[2])
{
    if (result == 0) {
        opened(pair[0], domain, type);
        opened(pair[1], domain, type);
    }
    return result;
}

SF_SELECTED int selected_socketpair(int domain, int type, int protocol, int pair[2])
{
    NEW_CALL(socketpair, domain, type);
    int result = (int)sf_call_leave(&call, sf_real.socketpair(domain, type, protocol, pair));
    return both_opened(result, domain, type, pair);
}

SF_EXPORT int socketpair(int domain, int type, int protocol, int pair[2])
{
    if (sf_is_idle_program(SF_FAMILY_SOCKET))
        return both_opened(sf_real.socketpair(domain, type, protocol, pair), domain, type, pair);
    return selected_socketpair(domain, type, protocol, pair);
}

SF_INTERPOSE(BIND, bind, (int fd, const struct sockaddr *addr, socklen_t length), (fd, addr, length), fd)

/* The record of a socket that a rule has reset, or NULL. */
static struct sf_socket *reset_socket(int fd)
{
    if (!(sf_descriptor_word(fd) & SF_WORD_FAMILIES))
        return NULL;
    struct sf_socket *socket = sf_record_find(sf_cookie(fd));
    return socket && sf_is_reset(socket) ? socket : NULL;
}

/* What the kernel would let a disconnected socket do, but not a reset one. */
static bool is_over(int fd, int error)
{
    if (!reset_socket(fd))
        return false;
    errno = error;
    return true;
}

static int listening(int fd, int result)
{
    if (result == 0 && sf_shim.session)
        sf_socket_listens(fd);
    return result;
}

SF_SELECTED int selected_listen(int fd, int backlog)
{
    struct sf_call call = SF_CALL(listen, fd, 0, 0);
    if (!sf_call_enter(&call))
        return -1;
    return listening(fd, (int)sf_call_leave(&call, sf_real.listen(fd, backlog)));
}

SF_EXPORT int listen(int fd, int backlog)
{
    if (is_over(fd, EINVAL))
        return -1;
    if (sf_is_idle(fd, SF_FAMILY_LISTEN))
        return listening(fd, sf_real.listen(fd, backlog));
    return selected_listen(fd, backlog);
}

/* Where the program does not ask for the peer's address we do: the kernel
 * writes it along, and a getpeername is saved. */
struct room {
    struct sockaddr_storage address;
    socklen_t length;
};

static int accepted(int listener, int fd, const struct room *room)
{
    if (fd < 0 || !sf_shim.session)
        return fd;
    if (room->length && room->length <= sizeof room->address)
        sf_socket_accepted(listener, fd, (const struct sockaddr *)&room->address, room->length);
    else
        sf_socket_accepted(listener, fd, NULL, 0);
    return fd;
}

#define ROOM_FOR_PEER                             \
    struct room room;                             \
    room.length = addr ? 0 : sizeof room.address; \
    length = addr ? length : &room.length;        \
    addr = addr ? addr : (struct sockaddr *)&room.address

#define INTERPOSE_ACCEPT(name, params, arguments)                 \
    SF_SELECTED int selected_##name params                        \
    {                                                             \
        struct sf_call call = SF_CALL(name, fd, 0, 0);            \
        ROOM_FOR_PEER;                                            \
        if (!sf_call_enter(&call))                                \
            return -1;                                            \
        int result = accepted(fd, sf_real.name arguments, &room); \
        sf_call_established(&call, result);                       \
        return (int)sf_call_leave(&call, result);                 \
    }                                                             \
    SF_EXPORT int name params                                     \
    {                                                             \
        if (sf_shim.bare)                                         \
            return sf_real.name arguments;                        \
        if (!sf_is_idle(fd, SF_FAMILY_ACCEPT))                    \
            return selected_##name arguments;                     \
        ROOM_FOR_PEER;                                            \
        return accepted(fd, sf_real.name arguments, &room);       \
    }

INTERPOSE_ACCEPT(accept, (int fd, struct sockaddr *addr, socklen_t *length), (fd, addr, length))
INTERPOSE_ACCEPT(accept4, (int fd, struct sockaddr *addr, socklen_t *length, int flags),
                 (fd, addr, length, flags))

SF_SELECTED int selected_connect(int fd, const struct sockaddr *addr, socklen_t length)
{
    struct sf_call call = SF_CALL(connect, fd, 0, 0);
    if (!sf_call_enter(&call))
        return -1;
    int result = call.verdict.refuse ? sf_refuse_connect(fd) : sf_real.connect(fd, addr, length);
    sf_call_established(&call, result == 0 ? fd : -1);
    return (int)sf_call_leave(&call, result);
}

SF_EXPORT int connect(int fd, const struct sockaddr *addr, socklen_t length)
{
    if (is_over(fd, EISCONN))
        return -1;
    /* The peer decides which rules select the socket from now on, this call included. */
    bool is_known = sf_shim.families && !sf_is_quiet() && sf_memory_is_readable(addr, length);
    if (is_known)
        sf_socket_connects(fd, addr, length);
    int result = sf_is_idle(fd, SF_FAMILY_CONNECT) ? sf_real.connect(fd, addr, length)
                                                   : selected_connect(fd, addr, length);
    /* The kernel has chosen an address for it only now. */
    if (is_known && sf_shim.has_locals && (result == 0 || errno == EINPROGRESS))
        sf_socket_connects(fd, addr, length);
    if (is_known && result < 0 && errno == EISCONN)
        sf_socket_was_connected(fd);
    return result;
}

SF_INTERPOSE(SHUTDOWN, shutdown, (int fd, int how), (fd, how), fd)
SF_INTERPOSE(OPTION, getsockopt, (int fd, int level, int name, void *value, socklen_t *length),
             (fd, level, name, value, length), fd)
SF_INTERPOSE(OPTION, setsockopt, (int fd, int level, int name, const void *value, socklen_t length),
             (fd, level, name, value, length), fd)

/* No rule names these two; but the own address of a connection that a rule has
 * reset is the record's to tell. */
SF_EXPORT int getsockname(int fd, struct sockaddr *addr, socklen_t *length)
{
    sf_ensure_loaded();
    struct sf_socket *socket = reset_socket(fd);
    return socket ? sf_reset_name(socket, addr, length) : sf_real.getsockname(fd, addr, length);
}

SF_EXPORT int getpeername(int fd, struct sockaddr *addr, socklen_t *length)
{
    sf_ensure_loaded();
    return sf_real.getpeername(fd, addr, length);
}
