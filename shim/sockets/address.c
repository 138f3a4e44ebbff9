#include "sockets/address.h"

#include "load/real.h"
#include "load/sandbox.h"
#include "load/shim.h"
#include "sockets/record.h"

#include <errno.h>
#include <stdbool.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/un.h>

static void from_unix(struct sf_addr *to, const struct sockaddr_un *from, socklen_t length)
{
    size_t bytes = length - offsetof(struct sockaddr_un, sun_path);
    if (bytes > sizeof to->path)
        bytes = sizeof to->path;
    bool is_abstract = bytes > 0 && from->sun_path[0] == '\0';
    if (!is_abstract)
        bytes = strnlen(from->sun_path, bytes);
    memcpy(to->path, from->sun_path, bytes);
    if (is_abstract)
        to->path[0] = '@';
    to->path_len = (uint8_t)bytes;
    to->domain = SF_DOMAIN_UNIX;
}

void sf_address_from(struct sf_addr *to, const struct sockaddr *from, socklen_t length)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    const struct sockaddr_in *v4 = (const void *)from;
    const struct sockaddr_in6 *v6 = (const void *)from;

    memset(to, 0, sizeof *to);
    if (length < sizeof(sa_family_t) || from->sa_family == AF_UNSPEC)
        return;
    if (from->sa_family == AF_INET && length >= sizeof *v4) {
        to->domain = SF_DOMAIN_INET;
        to->port = ntohs(v4->sin_port);
        memcpy(to->ip, mapped, sizeof mapped);
        memcpy(to->ip + sizeof mapped, &v4->sin_addr, 4);
    } else if (from->sa_family == AF_INET6 && length >= offsetof(struct sockaddr_in6, sin6_scope_id)) {
        to->domain = SF_DOMAIN_INET6;
        to->port = ntohs(v6->sin6_port);
        memcpy(to->ip, &v6->sin6_addr, sizeof to->ip);
        to->scope = length >= sizeof *v6 ? v6->sin6_scope_id : 0;
    } else if (from->sa_family == AF_UNIX) {
        from_unix(to, (const void *)from, length);
    } else {
        to->domain = SF_DOMAIN_OTHER;
    }
}

static void ask(struct sf_addr *to, int fd, enum sf_own_call call,
                int (*name)(int, struct sockaddr *, socklen_t *))
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t length = sizeof address;
    int saved_errno = errno;
    if (sf_sandbox_permits(call) && name(fd, (struct sockaddr *)&address, &length) == 0)
        sf_address_from(to, (struct sockaddr *)&address,
                        length < sizeof address ? length : (socklen_t)sizeof address);
    else
        memset(to, 0, sizeof *to);
    errno = saved_errno;
}

/* The record of a connection that the wire has; NULL: it has not. */
static struct sf_socket *wired(int fd)
{
    struct sf_socket *socket = sf_shim.has_links ? sf_record_find(sf_cookie(fd)) : NULL;
    return socket && atomic_load_explicit(&socket->wired, memory_order_acquire) ? socket : NULL;
}

void sf_address_of_own(struct sf_addr *to, int fd)
{
    ask(to, fd, SF_OWN_GETSOCKNAME, sf_real.getsockname);
    struct sf_socket *socket = wired(fd);
    if (!socket)
        return;
    /* Where a connect has failed the kernel has given its address up, but for the port: inet_reset_saddr().
     */
    const struct sf_addr own = *to, any = sf_address_any(to);
    *to = socket->local;
    if (own.domain & (SF_DOMAIN_INET | SF_DOMAIN_INET6) && memcmp(own.ip, any.ip, sizeof own.ip) == 0)
        memcpy(to->ip, own.ip, sizeof own.ip);
}

void sf_address_of_peer(struct sf_addr *to, int fd)
{
    ask(to, fd, SF_OWN_GETPEERNAME, sf_real.getpeername);
    struct sf_socket *socket = to->domain ? wired(fd) : NULL;
    if (socket)
        *to = socket->peer;
}

const struct sf_addr *sf_local_of(struct sf_addr *to, int fd)
{
    if (!sf_shim.has_locals)
        return NULL;
    sf_address_of_own(to, fd);
    return to;
}
