#include "apply/reset.h"

#include "load/memory.h"
#include "load/real.h"
#include "sockets/address.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

bool sf_is_reset(struct sf_socket *socket)
{
    return atomic_load_explicit(&socket->reset, memory_order_acquire);
}

void sf_reset(int fd, struct sf_socket *socket)
{
    struct sockaddr none = {.sa_family = AF_UNSPEC};
    struct sockaddr_storage own;
    socklen_t length = sizeof own;

    if (sf_is_reset(socket))
        return;
    if (sf_real.getsockname(fd, (struct sockaddr *)&own, &length) == 0)
        sf_address_from(&socket->local, (struct sockaddr *)&own, length);
    atomic_store_explicit(&socket->reset, 1, memory_order_release);
    sf_real.connect(fd, &none, sizeof none);
    /* ENOTCONN, and yet it takes effect: sends are over, sleepers wake. */
    sf_real.shutdown(fd, SHUT_RDWR);
}

/* As the kernel: cut to the room there is, the full length told. */
static int give(const void *address, socklen_t bytes, struct sockaddr *to, socklen_t *length)
{
    if (!sf_memory_is_readable(length, sizeof *length) || !sf_memory_is_readable(to, *length)) {
        errno = EFAULT;
        return -1;
    }
    memcpy(to, address, *length < bytes ? *length : bytes);
    *length = bytes;
    return 0;
}

int sf_reset_name(const struct sf_socket *socket, struct sockaddr *address, socklen_t *length)
{
    const struct sf_addr *own = &socket->local;
    struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(own->port)};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(own->port)};

    if (own->domain == SF_DOMAIN_INET) {
        memcpy(&v4.sin_addr, own->ip + 12, sizeof v4.sin_addr);
        return give(&v4, sizeof v4, address, length);
    }
    memcpy(&v6.sin6_addr, own->ip, sizeof v6.sin6_addr);
    return give(&v6, sizeof v6, address, length);
}
