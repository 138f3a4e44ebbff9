#include "apply/reset.h"

#include "apply/half_close.h"
#include "apply/keep.h"
#include "load/memory.h"
#include "load/real.h"
#include "load/sandbox.h"
#include "load/shim.h"
#include "sockets/address.h"
#include "sockets/patience.h"
#include "sockets/record.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/un.h>

bool sf_is_reset(struct sf_socket *socket)
{
    return atomic_load_explicit(&socket->reset, memory_order_acquire);
}

void sf_reset_remember(int fd, struct sf_socket *socket)
{
    struct sockaddr_storage own;
    socklen_t length = sizeof own;

    if (sf_real.getsockname(fd, (struct sockaddr *)&own, &length) == 0)
        sf_address_from(&socket->local, (struct sockaddr *)&own, length);
    atomic_store_explicit(&socket->reset, SF_RESET_HEARD, memory_order_release);
}

/* Has the peer ended its direction, and is its end what a read would tell? */
static bool has_heard_the_end(int fd, struct sf_socket *socket, enum sf_unread unread)
{
    int bytes = 0;
    if (sf_is_half_closed(socket)) /* by a rule: the kernel does not know */
        return true;
    return sf_tcp_state(fd) == TCP_CLOSE_WAIT &&
           (unread == SF_UNREAD_KEPT || (sf_real.ioctl(fd, FIONREAD, &bytes) == 0 && bytes == 0));
}

/* Is the reset ours to do? Otherwise it is done, but for a thread that was killed on the way. */
static bool claim(struct sf_socket *socket, enum sf_unread unread)
{
    uint8_t nobody = 0, resetting = unread == SF_UNREAD_GONE ? SF_RESETTING_READ : SF_RESETTING;
    unsigned tries = 0;

    if (atomic_compare_exchange_strong_explicit(&socket->resetting, &nobody, resetting, memory_order_acq_rel,
                                                memory_order_acquire))
        return true;
    while (!sf_is_reset(socket) && sf_patience_lasts(&tries))
        ;
    return false;
}

/* Reads and sends are ours from now on, by whatever number and in whatever process. */
static void go_behind_end(struct sf_socket *socket)
{
    atomic_store_explicit(&socket->reset, SF_RESET_BEHIND_END, memory_order_release);
    atomic_fetch_add_explicit(&sf_shim.control->generation, 1, memory_order_release);
}

void sf_disconnect(int fd)
{
    const struct sockaddr none = {.sa_family = AF_UNSPEC};
    unsigned tries = 0;

    if (sf_real.connect(fd, &none, sizeof none) == 0 || errno != EBUSY)
        return;
    atomic_fetch_or_explicit(&sf_shim.state->escapes, SF_ESCAPE_BUSY, memory_order_relaxed);
    sf_real.shutdown(fd, SHUT_RDWR);
    while (sf_real.connect(fd, &none, sizeof none) != 0 && errno == EBUSY && sf_patience_lasts(&tries))
        ;
}

void sf_reset(int fd, struct sf_socket *socket, enum sf_unread unread)
{
    if (sf_is_reset(socket) || !claim(socket, unread))
        return;
    bool is_behind_end = has_heard_the_end(fd, socket, unread);
    if (unread == SF_UNREAD_KEPT)
        sf_keep_unread(fd, socket);
    sf_reset_remember(fd, socket);
    if (is_behind_end)
        go_behind_end(socket);
    sf_disconnect(fd);
    /* ENOTCONN, and yet it takes effect: sends are over, sleepers wake. */
    sf_real.shutdown(fd, SHUT_RDWR);
}

/* A RST wakes who waits in a read, and that one is told before whoever makes the next call. */
void sf_reset_let_readers_know(struct sf_socket *socket)
{
    unsigned tries = 0;
    while (atomic_load_explicit(&socket->readers, memory_order_acquire) != 0 && sf_patience_lasts(&tries))
        ;
}

int sf_reset_woken(int fd, struct sf_socket *socket)
{
    bool is_taken = atomic_load_explicit(&socket->resetting, memory_order_relaxed) == SF_RESETTING_READ;
    return is_taken ? 0 : sf_take_error(fd);
}

void sf_reset_unheard(struct sf_socket *socket)
{
    atomic_store_explicit(&socket->reset, SF_RESET_UNHEARD, memory_order_release);
}

bool sf_is_reset_unheard(struct sf_socket *socket)
{
    return atomic_load_explicit(&socket->reset, memory_order_acquire) == SF_RESET_UNHEARD;
}

bool sf_is_reset_behind_end(struct sf_socket *socket)
{
    return atomic_load_explicit(&socket->reset, memory_order_acquire) == SF_RESET_BEHIND_END;
}

int sf_reset_take_error(int fd, struct sf_socket *socket)
{
    int error = sf_take_error(fd);
    return error && sf_is_reset_behind_end(socket) ? EPIPE : error;
}

int sf_take_error(int fd)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (sf_sandbox_permits(SF_OWN_ERROR))
        sf_real.getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
    return error;
}

void sf_reset_forget(struct sf_socket *socket)
{
    atomic_store_explicit(&socket->kept_read, socket->kept_bytes, memory_order_relaxed);
    atomic_store_explicit(&socket->resetting, 0, memory_order_relaxed);
    atomic_store_explicit(&socket->reset, 0, memory_order_release);
}

/* Source: __inet_stream_connect(), sock_error. */
int sf_reset_heard(int fd, struct sf_socket *socket)
{
    int error = sf_take_error(fd);

    sf_disconnect(fd);
    sf_reset_forget(socket);
    return error ? error : ECONNABORTED;
}

static int refuse(int error)
{
    errno = error;
    return -1;
}

/* Cut to the room there is, the full length told; there need be memory for what is
 * written alone. Source: move_addr_to_user(). */
static int give(const void *address, socklen_t bytes, struct sockaddr *to, socklen_t *length)
{
    if (!sf_memory_is_readable(length, sizeof *length))
        return refuse(EFAULT);
    if (*length > INT_MAX)
        return refuse(EINVAL);
    socklen_t part = *length < bytes ? *length : bytes;
    *length = bytes;
    if (part == 0) /* there may be no such address */
        return 0;
    if (!sf_memory_is_readable(to, part))
        return refuse(EFAULT);
    memcpy(to, address, part);
    return 0;
}

/* An abstract name has '@' in place of its NUL; a path ends with one. */
static int give_unix(const struct sf_addr *name, struct sockaddr *address, socklen_t *length)
{
    struct sockaddr_un local = {.sun_family = AF_UNIX};
    size_t bytes = name->path_len;

    memcpy(local.sun_path, name->path, bytes);
    bool is_abstract = bytes > 0 && local.sun_path[0] == '@';
    if (is_abstract)
        local.sun_path[0] = '\0';
    else if (bytes > 0 && bytes < sizeof local.sun_path)
        bytes++;
    return give(&local, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + bytes), address, length);
}

int sf_reset_name(const struct sf_addr *name, struct sockaddr *address, socklen_t *length)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(name->port)};
    struct sockaddr_in6 v6 = {
        .sin6_family = AF_INET6, .sin6_port = htons(name->port), .sin6_scope_id = name->scope};

    if (name->domain == SF_DOMAIN_INET) {
        memcpy(&v4.sin_addr, name->ip + 12, sizeof v4.sin_addr);
        return give(&v4, sizeof v4, address, length);
    }
    if (name->domain == SF_DOMAIN_UNIX)
        return give_unix(name, address, length);
    memcpy(&v6.sin6_addr, name->ip, sizeof v6.sin6_addr);
    return give(&v6, sizeof v6, address, length);
}
