#include "sockets/owner.h"

#include "apply/clock.h"
#include "load/memory.h"
#include "load/real.h"
#include "load/sandbox.h"
#include "load/shim.h"
#include "load/uncancelled.h"
#include "log/self.h"
#include "sockets/address.h"
#include "sockets/arrival.h"
#include "sockets/descriptor.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/stat.h>

#define AT_ONCE 0 /* calls that do not wait: bind, listen, a send, the connect of a datagram socket */

static void enter(uint64_t key, bool passing)
{
    if (!sf_directory_enter(&sf_shim.directory, key, sf_owner_of_program(sf_shim.program), passing))
        atomic_fetch_or_explicit(&sf_shim.state->escapes, SF_ESCAPE_DIRECTORY, memory_order_relaxed);
}

/* The file that a path leads to: others spell the path otherwise. False: it has
 * none (an abstract name), or none that we see. */
static bool find_file(const struct sf_addr *address, uint64_t *key)
{
    char path[sizeof address->path + 1] = {0};
    struct stat file;
    int saved_errno = errno;

    memcpy(path, address->path, address->path_len);
    bool found = address->path_len > 0 && path[0] != '@' && stat(path, &file) == 0;
    if (found)
        *key = sf_key_of_file(file.st_dev, file.st_ino);
    errno = saved_errno;
    return found;
}

static bool enter_path(const struct sf_addr *own)
{
    uint64_t file;

    if (own->path_len == 0)
        return false;
    enter(sf_key_of_address(0, own), false);
    if (find_file(own, &file))
        enter(file, false);
    return true;
}

/* A socket that is bound to :: and not to IPv6 alone has 0.0.0.0 as well. */
static bool has_both(int fd, const struct sf_addr *own)
{
    const struct sf_addr any = sf_address_any(own);
    int only = 0, saved_errno = errno;
    socklen_t length = sizeof only;

    if (sf_ip_is_mapped(own->ip) || memcmp(any.ip, own->ip, sizeof any.ip) != 0)
        return false;
    if (sf_sandbox_permits(SF_OWN_V6ONLY))
        sf_real.getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only, &length);
    errno = saved_errno;
    return !only;
}

/* False: the socket is bound to nothing. A passing port is told from others by its
 * number alone: where the last one who had it was bound matters no more. */
static bool enter_bound(int fd, uint8_t type, bool passing)
{
    struct sf_addr own;

    sf_address_of_own(&own, fd);
    if (own.domain == SF_DOMAIN_UNIX)
        return enter_path(&own);
    if (own.port == 0)
        return false;
    bool is_both = has_both(fd, &own);
    if (passing)
        own = sf_address_any(&own);
    enter(sf_key_of_address(type, &own), passing);
    if (is_both) {
        own.ip[10] = own.ip[11] = 0xff;
        enter(sf_key_of_address(type, &own), passing);
    }
    return true;
}

int sf_owner_bind(int fd, const struct sockaddr *address, socklen_t length)
{
    struct sf_addr asked;

    if (!sf_shim.has_programs || sf_is_quiet())
        return sf_real.bind(fd, address, length);
    uint64_t arrival = sf_arrival_begin(AT_ONCE);
    int result = sf_real.bind(fd, address, length), error = errno;
    if (result == 0) {
        sf_address_from(&asked, address, length);
        uint8_t type = sf_word_type(sf_descriptor_discover(fd));
        /* A TCP socket may yet become either end: it is entered when it listens or connects. */
        if (asked.domain == SF_DOMAIN_UNIX || type == SF_TYPE_DGRAM)
            enter_bound(fd, type, asked.port == 0);
    }
    sf_arrival_end(arrival);
    errno = error;
    return result;
}

int sf_owner_listen(int fd, int backlog)
{
    if (!sf_shim.has_programs || sf_is_quiet())
        return sf_real.listen(fd, backlog);
    uint64_t arrival = sf_arrival_begin(AT_ONCE);
    int result = sf_real.listen(fd, backlog), error = errno;
    if (result == 0)
        enter_bound(fd, sf_word_type(sf_descriptor_discover(fd)), false);
    sf_arrival_end(arrival);
    errno = error;
    return result;
}

/* The client's end of a TCP connection, which may not stand yet. */
static void enter_pair(int fd, const struct sf_addr *to)
{
    struct sf_addr own, peer;

    sf_address_of_own(&own, fd);
    sf_address_of_peer(&peer, fd);
    if (peer.domain == 0) {
        const struct sf_addr any = sf_address_any(to);
        peer = *to;
        if (memcmp(any.ip, to->ip, sizeof any.ip) == 0) /* then it leads to where it comes from */
            memcpy(peer.ip, own.ip, sizeof peer.ip);
    }
    if (own.port != 0)
        enter(sf_key_of_pair(&own, &peer), true);
}

static int connect_by(__typeof__(&connect) make, int fd, const struct sockaddr *address, socklen_t length)
{
    struct sf_addr to;

    if (!sf_shim.has_programs || sf_is_quiet() || !sf_memory_is_readable(address, length))
        return make(fd, address, length);
    sf_address_from(&to, address, length);
    uint8_t type = sf_word_type(sf_descriptor_discover(fd));
    /* The kernel tells a Unix server who connected: known before it can. */
    if (to.domain == SF_DOMAIN_UNIX)
        enter(sf_key_of_process(sf_self_pid()), true);
    uint64_t arrival = sf_arrival_begin(type == SF_TYPE_STREAM ? to.port : AT_ONCE);
    int result = make(fd, address, length), error = errno;
    if (to.domain == 0)
        sf_descriptor_forget(fd); /* a datagram socket may have lost its address */
    else if (result == 0 || error == EINPROGRESS || error == EINTR) {
        if (type == SF_TYPE_DGRAM)
            enter_bound(fd, type, true);
        else if (to.port != 0)
            enter_pair(fd, &to);
    }
    sf_arrival_end(arrival);
    errno = error;
    return result;
}

int sf_owner_connect(int fd, const struct sockaddr *address, socklen_t length)
{
    return connect_by(sf_real.connect, fd, address, length);
}

int sf_owner_connect_uncancelled(int fd, const struct sockaddr *address, socklen_t length)
{
    return connect_by(sf_uncancelled_connect, fd, address, length);
}

uint64_t sf_owner_calls(const struct sf_addr *to)
{
    return sf_shim.has_programs && !sf_is_quiet() ? sf_arrival_begin(to->port) : 0;
}

void sf_owner_called(uint64_t arrival, const struct sf_addr *own, const struct sf_addr *peer)
{
    if (!sf_shim.has_programs || sf_is_quiet())
        return;
    if (own)
        enter(sf_key_of_pair(own, peer), true);
    sf_arrival_end(arrival);
}

bool sf_owner_discovered(int fd, uint8_t domain, uint8_t type)
{
    int listening = 0, saved_errno = errno;
    socklen_t length = sizeof listening;
    bool is_inet = domain & (SF_DOMAIN_INET | SF_DOMAIN_INET6);

    if (!sf_shim.has_programs)
        return true;
    if (is_inet && type == SF_TYPE_DGRAM)
        return enter_bound(fd, type, true);
    if (is_inet && sf_sandbox_permits(SF_OWN_ACCEPTCONN) &&
        sf_real.getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length) != 0)
        errno = saved_errno;
    if (listening || domain == SF_DOMAIN_UNIX)
        enter_bound(fd, type, false);
    return true;
}

/* The word of a datagram socket is not kept as long as it has no address. */
static bool is_kept(int fd)
{
    return sf_word_is_known(sf_descriptor_word(fd));
}

bool sf_owner_sends(int fd, uint64_t *arrival)
{
    if (!sf_shim.has_programs || sf_is_quiet() || is_kept(fd))
        return false;
    if (!(sf_descriptor_discover(fd) & SF_WORD_SOCKET) || is_kept(fd))
        return false;
    *arrival = sf_arrival_begin(AT_ONCE);
    return true;
}

void sf_owner_sent(int fd, uint64_t arrival)
{
    sf_descriptor_discover(fd);
    sf_arrival_end(arrival);
}

static uint8_t find(uint64_t key)
{
    return sf_directory_find(&sf_shim.directory, key);
}

/* A socket's file, its name, or, of one without a name, the process that connected. */
static uint8_t find_unix(const struct sf_addr *peer, int fd, uint8_t type)
{
    struct ucred process = {0};
    socklen_t length = sizeof process;
    uint64_t file;
    uint8_t owner = find_file(peer, &file) ? find(file) : SF_OWNER_NONE;
    int saved_errno = errno;

    if (!owner && peer->path_len > 0)
        owner = find(sf_key_of_address(0, peer));
    if (!owner && fd >= 0 && type != SF_TYPE_DGRAM && sf_sandbox_permits(SF_OWN_PEERCRED) &&
        sf_real.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &process, &length) == 0 && process.pid > 0)
        owner = find(sf_key_of_process((uint32_t)process.pid));
    errno = saved_errno;
    return owner;
}

/* connect(2) to all addresses leads to loopback. */
static struct sf_addr where_it_leads(const struct sf_addr *peer)
{
    struct sf_addr to = sf_address_any(peer);
    if (memcmp(to.ip, peer->ip, sizeof to.ip) != 0)
        return *peer;
    if (sf_ip_is_mapped(to.ip))
        to.ip[12] = 127;
    to.ip[15] = 1;
    return to;
}

struct question {
    const struct sf_addr *peer;
    struct sf_addr own; /* of a TCP socket that did not connect itself; domain 0: not needed */
    int fd;
    uint8_t type, role;
};

static uint8_t look(const struct question *question)
{
    const struct sf_addr *peer = question->peer;

    if (peer->domain == SF_DOMAIN_UNIX)
        return find_unix(peer, question->fd, question->type);
    if (question->role == SF_ROLE_SERVER)
        return sf_directory_meet(&sf_shim.directory, sf_key_of_pair(peer, &question->own));
    uint8_t owner = question->own.domain ? find(sf_key_of_pair(peer, &question->own)) : SF_OWNER_NONE;
    const struct sf_addr to = where_it_leads(peer);
    return owner ? owner : sf_directory_owner(&sf_shim.directory, sf_shim.plan, question->type, &to);
}

#define PAUSE_NS UINT64_C(50000)
#define PAUSE_MAX_NS UINT64_C(5000000)
#define WAIT_NS UINT64_C(1000000000)     /* for an owner … */
#define WAIT_SURE_NS UINT64_C(100000000) /* … and for another than the last one */

static uint8_t await(const struct question *question)
{
    uint16_t port = question->own.port;
    uint32_t newest = sf_arrival_newest();
    uint8_t owner = SF_OWNER_NONE;
    uint64_t pause_ns = PAUSE_NS, waited_ns = 0;

    for (;;) {
        /* Asked before the look, so that the look sees what has arrived by then. */
        bool is_awaited = sf_arrival_is_awaited(port, newest, owner);
        uint8_t found = look(question);
        bool is_met = found && question->role == SF_ROLE_SERVER;
        if (is_met || (!is_awaited && (found == owner || owner == SF_OWNER_NONE)))
            return found;
        if (found != owner) {
            owner = found;
            continue;
        }
        if (waited_ns >= (owner ? WAIT_SURE_NS : WAIT_NS)) {
            sf_arrival_give_up(port, newest);
            return owner;
        }
        sf_clock_sleep(pause_ns, SF_WAIT_GOES_ON, (struct sf_end){0});
        waited_ns += pause_ns;
        pause_ns = pause_ns * 2 < PAUSE_MAX_NS ? pause_ns * 2 : PAUSE_MAX_NS;
    }
}

void sf_owner_find(struct sf_addr *peer, int fd, uint8_t type, uint8_t role)
{
    struct question question = {.peer = peer, .fd = fd, .type = type, .role = role};

    if (!sf_shim.has_programs || !sf_shim.families || peer->domain == 0 || peer->domain == SF_DOMAIN_OTHER)
        return;
    if (type == SF_TYPE_STREAM && peer->domain != SF_DOMAIN_UNIX && fd >= 0 && role != SF_ROLE_CLIENT)
        sf_address_of_own(&question.own, fd);
    peer->owner = await(&question);
}
