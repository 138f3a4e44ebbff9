#include "apply/keep.h"

#include "load/real.h"
#include "load/shim.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

static char *kept_memory(uint64_t at)
{
    return (char *)sf_shim.session + at;
}

/* Room for `bytes` in the session, or 0. */
static uint64_t reserve(uint64_t bytes)
{
    uint64_t used = atomic_load_explicit(&sf_shim.control->kept_bytes, memory_order_relaxed);
    do {
        if (bytes > sf_shim.session->kept_bytes - used)
            return 0;
    } while (!atomic_compare_exchange_weak_explicit(&sf_shim.control->kept_bytes, &used, used + bytes,
                                                    memory_order_relaxed, memory_order_relaxed));
    return sf_shim.session->kept_at + used;
}

void sf_keep_unread(int fd, struct sf_socket *socket)
{
    int unread = 0;
    uint32_t held = 0;
    ssize_t got;

    if (sf_real.ioctl(fd, FIONREAD, &unread) != 0 || unread <= 0)
        return;
    uint64_t at = reserve((uint64_t)unread);
    if (at == 0) {
        atomic_fetch_or_explicit(&sf_shim.state->escapes, SF_ESCAPE_UNREAD, memory_order_relaxed);
        return;
    }
    while (held < (uint32_t)unread &&
           (got = sf_real.recv(fd, kept_memory(at) + held, (uint32_t)unread - held, MSG_DONTWAIT)) > 0)
        held += (uint32_t)got;
    socket->kept_at = at;
    atomic_store_explicit(&socket->kept_bytes, held, memory_order_release);
    /* Whoever has read from it before, by another number or in another process, holds
     * its reads for idle. */
    atomic_fetch_add_explicit(&sf_shim.control->generation, 1, memory_order_release);
}

static uint32_t left_behind(struct sf_socket *socket, uint32_t read)
{
    uint32_t kept = atomic_load_explicit(&socket->kept_bytes, memory_order_acquire);
    return read < kept ? kept - read : 0;
}

uint32_t sf_kept_left(struct sf_socket *socket)
{
    return left_behind(socket, atomic_load_explicit(&socket->kept_read, memory_order_relaxed));
}

/* Take up to `limit` bytes; their place in the session is in `at`. */
static uint32_t take(struct sf_socket *socket, uint64_t limit, bool is_look, uint64_t *at)
{
    uint32_t read = atomic_load_explicit(&socket->kept_read, memory_order_relaxed), bytes;
    do {
        uint32_t left = left_behind(socket, read);
        bytes = left < limit ? left : (uint32_t)limit;
        *at = socket->kept_at + read;
    } while (!is_look && bytes &&
             !atomic_compare_exchange_weak_explicit(&socket->kept_read, &read, read + bytes,
                                                    memory_order_relaxed, memory_order_relaxed));
    return bytes;
}

size_t sf_kept_read(struct sf_socket *socket, const struct iovec *vector, size_t count, uint64_t limit,
                    bool is_look)
{
    uint64_t room = count ? 0 : limit, at;
    for (size_t i = 0; i < count; i++)
        room += vector[i].iov_len;
    uint32_t bytes = take(socket, limit < room ? limit : room, is_look, &at), given = 0;
    for (size_t i = 0; i < count && given < bytes; i++) {
        uint32_t part = vector[i].iov_len < bytes - given ? (uint32_t)vector[i].iov_len : bytes - given;
        __builtin_memcpy(vector[i].iov_base, kept_memory(at) + given, part);
        given += part;
    }
    return bytes;
}

ssize_t sf_kept_splice(struct sf_socket *socket, int fd, uint64_t limit, bool may_wait)
{
    struct pollfd room = {.fd = fd, .events = POLLOUT};
    uint64_t at;

    if (!may_wait && sf_real.poll(&room, 1, 0) == 0) {
        errno = EAGAIN;
        return -1;
    }
    uint32_t bytes = take(socket, limit < PIPE_BUF ? limit : PIPE_BUF, false, &at);
    ssize_t moved = sf_real.write(fd, kept_memory(at), bytes);
    uint32_t read = (uint32_t)(at - socket->kept_at) + bytes;
    if (moved < 0) /* a write of that size moves all or nothing */
        atomic_compare_exchange_strong(&socket->kept_read, &read, read - bytes);
    return moved;
}
