#include "apply/wire_datagram.h"

#include "apply/reset.h"
#include "apply/wire_message.h"
#include "apply/wire_unix_datagram.h"
#include "load/memory.h"
#include "load/real.h"
#include "load/room.h"
#include "load/sandbox.h"
#include "load/shim.h"
#include "load/uncancelled.h"
#include "sockets/address.h"
#include "sockets/connection.h"
#include "sockets/descriptor.h"
#include "sockets/record.h"

#include <errno.h>
#include <limits.h>
#include <linux/filter.h>
#include <string.h>
#include <sys/uio.h>

#define PROBE 0x10 /* MSG_PROBE: with MSG_CONFIRM all is looked at, and nothing sent: udp_sendmsg() */

enum { IPV4_BYTES_MAX = 65507, IPV6_BYTES_MAX = 65527 };

/* ---- which sockets ---- */

/* What a rule for datagrams of this direction is asked for: that it is one, whether it does what it cannot do
 * to those of Unix sockets, whether it refuses them. */
enum question { CARRIES, IS_BEYOND_UNIX, REFUSES };

static bool answers(const struct sf_plan_rule *rule, uint32_t direction, enum question question)
{
    if (question == IS_BEYOND_UNIX)
        return sf_rule_is_beyond_unix(rule, direction);
    return sf_rule_carries(rule, direction) && (question == CARRIES || rule->link.fault == SF_LINK_REFUSE);
}

static bool has_rule(struct sf_socket *socket, uint32_t direction, enum question question)
{
    const struct sf_plan_rule *rules = sf_plan_rules(sf_shim.plan);
    for (unsigned word = 0; word < sf_selection_words(sf_shim.plan); word++)
        for (uint64_t bits = sf_record_selected_word(socket, word) & sf_shim.meant[word]; bits;
             bits &= bits - 1) {
            const struct sf_plan_rule *rule = &rules[word * 64 + (unsigned)__builtin_ctzll(bits)];
            if (sf_rule_is_link(rule) && answers(rule, direction, question))
                return true;
        }
    return false;
}

static bool means(struct sf_socket *socket, uint32_t direction)
{
    return has_rule(socket, direction, CARRIES);
}

static bool is_inet(const struct sf_socket *socket)
{
    return (socket->domain & (SF_DOMAIN_INET | SF_DOMAIN_INET6)) != 0;
}

static in_port_t *port_of(union sf_wire_address *address)
{
    return address->any.sa_family == AF_INET ? &address->v4.sin_port : &address->v6.sin6_port;
}

/* What goes to many reaches each socket by itself: there is nothing to hold. */
static bool is_to_many(const union sf_wire_address *address)
{
    if (address->any.sa_family == AF_INET)
        return IN_MULTICAST(ntohl(address->v4.sin_addr.s_addr));
    return IN6_IS_ADDR_MULTICAST(&address->v6.sin6_addr);
}

static void name_of(int fd, int (*ask)(int, struct sockaddr *, socklen_t *), union sf_wire_address *name)
{
    socklen_t bytes = sizeof *name;
    memset(name, 0, sizeof *name);
    if (ask(fd, &name->any, &bytes) != 0)
        name->any.sa_family = 0;
}

/* ---- towards the program ---- */

enum { TAKES, GIVES };

/* The two sockets of the wire's: one at the address of the program's, one that its datagrams come from. */
struct carrier {
    int fd;
    struct sf_socket *socket;
    union sf_wire_address own, peer, from;

    int fds[2];
};

static int option_of(int fd, int level, int name)
{
    int value = 0;
    socklen_t bytes = sizeof value;
    return sf_real.getsockopt(fd, level, name, &value, &bytes) == 0 ? value : 0;
}

static void set(int fd, int level, int name, int value)
{
    sf_real.setsockopt(fd, level, name, &value, sizeof value);
}

static int open_like(const struct carrier *carrier)
{
    int family = carrier->own.any.sa_family;
    int fd = sf_real.socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && family == AF_INET6)
        set(fd, IPPROTO_IPV6, IPV6_V6ONLY, option_of(carrier->fd, IPPROTO_IPV6, IPV6_V6ONLY));
    return fd;
}

/* Of two sockets at one address the first takes what comes from our port, the second all else.
 * Source: socket(7), SO_ATTACH_REUSEPORT_CBPF; reuseport_select_sock(). */
static bool steer(int fd, in_port_t port)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_B | BPF_ABS, (uint32_t)SKF_NET_OFF),
        BPF_STMT(BPF_ALU | BPF_RSH | BPF_K, 4),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 6, 2, 0),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)SKF_NET_OFF + 20),
        BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0),
        BPF_STMT(BPF_LD | BPF_H | BPF_ABS, (uint32_t)SKF_NET_OFF + 40),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ntohs(port), 0, 1),
        BPF_STMT(BPF_RET | BPF_K, 0),
        BPF_STMT(BPF_RET | BPF_K, 1),
    };
    struct sock_fprog program = {sizeof code / sizeof *code, code};
    return sf_real.setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof program) == 0;
}

/* What comes to the address of the program's socket. */
static bool open_taker(struct carrier *carrier)
{
    int fd = carrier->fds[TAKES] = open_like(carrier);
    if (fd < 0)
        return false;
    set(carrier->fd, SOL_SOCKET, SO_REUSEPORT, 1);
    set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
    set(fd, SOL_SOCKET, SO_RCVBUF, INT_MAX / 2);
    set(fd, IPPROTO_IP, IP_PKTINFO, 1);
    set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
    if (carrier->own.any.sa_family == AF_INET6)
        set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1);
    if (sf_real.bind(fd, &carrier->own.any, sf_wire_address_bytes(&carrier->own)) != 0)
        return false;
    return carrier->peer.any.sa_family == 0 ||
           sf_uncancelled_connect(fd, &carrier->peer.any, sf_wire_address_bytes(&carrier->peer)) == 0;
}

static bool open_giver(struct carrier *carrier)
{
    int fd = carrier->fds[GIVES] = open_like(carrier);
    socklen_t bytes = sf_wire_address_bytes(&carrier->own);
    carrier->from = carrier->own;
    *port_of(&carrier->from) = 0;
    if (fd < 0 || sf_real.bind(fd, &carrier->from.any, bytes) != 0)
        return false;
    name_of(fd, sf_real.getsockname, &carrier->from);
    if (carrier->peer.any.sa_family == 0)
        return steer(carrier->fds[TAKES], *port_of(&carrier->from));
    return sf_uncancelled_connect(fd, &carrier->own.any, bytes) == 0 &&
           sf_uncancelled_connect(carrier->fd, &carrier->from.any, bytes) == 0;
}

static bool tell(enum sf_wire_kind kind, struct sf_wire_request *request, struct sf_socket *socket,
                 const int *fds, unsigned count)
{
    struct sf_wire_answer answer;
    int wire = sf_wire_open();
    request->kind = kind;
    bool is_told = wire >= 0 && sf_wire_say(wire, request, socket, fds, count) && sf_wire_hear(wire, &answer);
    if (wire >= 0)
        sf_uncancelled_close(wire);
    return is_told;
}

/* Who was there before the wire still gets what comes, and knows it by its missing the wire's mark. */
static bool carry(struct carrier *carrier)
{
    struct sf_socket *socket = carrier->socket;
    struct sf_wire_request request = {.to = carrier->peer, .own = carrier->own};
    bool has_peer = carrier->peer.any.sa_family != 0;

    if (!open_taker(carrier) || !open_giver(carrier))
        return false;
    if (has_peer) {
        sf_address_from(&socket->local, &carrier->own.any, sf_wire_address_bytes(&carrier->own));
        sf_address_from(&socket->peer, &carrier->peer.any, sf_wire_address_bytes(&carrier->peer));
    }
    atomic_store_explicit(&socket->carried, ntohs(*port_of(&carrier->from)), memory_order_release);
    atomic_store_explicit(&socket->wired, has_peer ? SF_WIRED : 0, memory_order_release);
    return tell(SF_WIRE_CARRIED, &request, socket, carrier->fds, 2);
}

static void release(struct sf_socket *socket)
{
    struct sf_wire_request request = {0};
    atomic_store_explicit(&socket->carried, 0, memory_order_release);
    atomic_store_explicit(&socket->wired, 0, memory_order_release);
    request.error = 1; /* whether or not it is open still */
    tell(SF_WIRE_ENDED, &request, socket, NULL, 0);
}

static void begin(struct carrier *carrier)
{
    carrier->fds[TAKES] = carrier->fds[GIVES] = -1;
    bool is_shared =
        option_of(carrier->fd, SOL_SOCKET, SO_REUSEPORT) && !sf_datagram_is_carried(carrier->socket);
    if (is_shared || !carry(carrier))
        sf_wire_escape(SF_ESCAPE_DATAGRAM);
    for (unsigned i = 0; i < 2; i++)
        if (carrier->fds[i] >= 0)
            sf_uncancelled_close(carrier->fds[i]);
}

static void settle(int fd, struct sf_socket *socket, bool sends)
{
    struct carrier carrier = {.fd = fd, .socket = socket};

    if (!means(socket, SF_LINK_IN)) {
        if (sf_datagram_is_carried(socket))
            release(socket);
        return;
    }
    name_of(fd, sf_real.getsockname, &carrier.own);
    name_of(fd, sf_real.getpeername, &carrier.peer);
    if (*port_of(&carrier.own) == 0 && sends && carrier.peer.any.sa_family == 0 &&
        sf_real.bind(fd, &carrier.own.any, sf_wire_address_bytes(&carrier.own)) == 0)
        name_of(fd, sf_real.getsockname, &carrier.own);
    if (*port_of(&carrier.own) != 0 && !is_to_many(&carrier.own))
        begin(&carrier);
}

void sf_datagram_settle(int fd, struct sf_socket *socket, bool sends)
{
    int saved_errno = errno;
    if (!is_inet(socket)) {
        if (!sends && has_rule(socket, SF_LINK_IN, IS_BEYOND_UNIX))
            sf_wire_escape(SF_ESCAPE_DATAGRAM);
    } else if (!sf_datagram_is_carried(socket) && means(socket, SF_LINK_IN) &&
               sf_sandbox_permits(SF_OWN_WIRE)) {
        settle(fd, socket, sends);
    }
    errno = saved_errno;
}

void sf_datagram_named(int fd)
{
    int saved_errno = errno;
    struct sf_socket *socket = sf_socket_find(fd);
    if (!socket)
        socket = sf_descriptor_discover(fd) & SF_WORD_FAMILIES ? sf_socket_record(fd) : NULL;
    if (socket && socket->type == SF_TYPE_DGRAM && is_inet(socket) &&
        (sf_datagram_is_carried(socket) || means(socket, SF_LINK_IN)) && sf_sandbox_permits(SF_OWN_WIRE))
        settle(fd, socket, false);
    errno = saved_errno;
}

uint64_t sf_datagram_ends(int fd)
{
    struct sf_socket *socket = sf_shim.has_links ? sf_socket_find(fd) : NULL;
    return sf_datagram_is_carried(socket) ? atomic_load_explicit(&socket->cookie, memory_order_relaxed) : 0;
}

void sf_datagram_ended(uint64_t cookie)
{
    int saved_errno = errno;
    struct sf_socket *socket = sf_record_find(cookie);
    struct sf_wire_request request = {0};
    if (socket)
        tell(SF_WIRE_ENDED, &request, socket, NULL, 0);
    errno = saved_errno;
}

bool sf_datagram_frees(int fd)
{
    int saved_errno = errno;
    struct sf_socket *socket = sf_socket_find(fd);
    struct sf_wire_request request = {0};

    if (!socket && sf_descriptor_discover(fd) & SF_WORD_FAMILIES)
        socket = sf_socket_record(fd);
    bool is_asked = socket && socket->type == SF_TYPE_DGRAM && is_inet(socket) && means(socket, SF_LINK_IN) &&
                    sf_sandbox_permits(SF_OWN_WIRE) && tell(SF_WIRE_ENDED, &request, socket, NULL, 0);
    errno = saved_errno;
    return is_asked;
}

/* ---- what comes ---- */

static bool is_ours(const struct sf_socket *socket, const union sf_wire_address *from,
                    const struct sf_wire_carried *mark, ssize_t bytes)
{
    union sf_wire_address copy = *from;
    return bytes >= (ssize_t)sizeof *mark &&
           ntohs(*port_of(&copy)) == atomic_load_explicit(&socket->carried, memory_order_relaxed) &&
           memcmp(mark->key, sf_shim.session->wire_key, sizeof mark->key) == 0;
}

/* Write a byte of the vector; what is behind its end is nowhere. */
static void put(const struct iovec *vector, size_t count, size_t at, char byte)
{
    for (; count > 0; vector++, count--) {
        if (at < vector->iov_len) {
            ((char *)vector->iov_base)[at] = byte;
            return;
        }
        at -= vector->iov_len;
    }
}

static char get(const struct iovec *vector, size_t count, size_t at)
{
    for (; count > 0; vector++, count--) {
        if (at < vector->iov_len)
            return ((char *)vector->iov_base)[at];
        at -= vector->iov_len;
    }
    return 0;
}

/* It came before the wire was there: its first bytes lie where the mark would. */
static void shift(const struct msghdr *message, const char *first, size_t bytes, size_t room)
{
    size_t head = bytes < sizeof(struct sf_wire_carried) ? bytes : sizeof(struct sf_wire_carried);
    size_t end = bytes < room ? bytes : room;
    for (size_t at = end; at > head; at--)
        put(message->msg_iov, message->msg_iovlen, at - 1,
            get(message->msg_iov, message->msg_iovlen, at - 1 - head));
    for (size_t at = 0; at < head && at < end; at++)
        put(message->msg_iov, message->msg_iovlen, at, first[at]);
}

/* Memory that is not there is for the kernel to refuse. */
static bool is_there(const struct msghdr *message)
{
    return sf_memory_is_readable(message, sizeof *message) &&
           (message->msg_iovlen == 0 ||
            (message->msg_iovlen < IOV_MAX &&
             sf_memory_is_readable(message->msg_iov, message->msg_iovlen * sizeof *message->msg_iov)));
}

static void give_name(struct msghdr *message, const void *name, socklen_t bytes, socklen_t room)
{
    if (message->msg_name)
        memcpy(message->msg_name, name, bytes < room ? bytes : room);
    message->msg_namelen = message->msg_name ? bytes : message->msg_namelen;
}

/* The kernel's result of a message with room for the mark becomes that of the program's. */
static ssize_t unmark(const struct sf_socket *socket, struct msghdr *message, const struct msghdr *got,
                      const struct sf_wire_carried *mark, ssize_t result, int flags)
{
    socklen_t room = message->msg_namelen;
    size_t bytes = 0;

    for (size_t i = 0; i < message->msg_iovlen; i++)
        bytes += message->msg_iov[i].iov_len;
    message->msg_controllen = got->msg_controllen;
    message->msg_flags = got->msg_flags;
    if (is_ours(socket, got->msg_name, mark, result)) {
        give_name(message, &mark->from, sf_wire_address_bytes(&mark->from), room);
        return result - (ssize_t)sizeof *mark;
    }
    shift(message, (const char *)mark, (size_t)result, bytes);
    give_name(message, got->msg_name, got->msg_namelen, room);
    if ((size_t)result <= bytes)
        return result;
    message->msg_flags |= MSG_TRUNC;
    return flags & MSG_TRUNC ? result : (ssize_t)bytes;
}

ssize_t sf_datagram_receive(int fd, struct sf_socket *socket, struct msghdr *message, int flags)
{
    struct sf_wire_carried mark;
    union sf_wire_address from;

    if (!sf_datagram_is_carried(socket) || flags & MSG_ERRQUEUE || !is_there(message))
        return sf_real.recvmsg(fd, message, flags);
    struct msghdr with_mark = *message;
    size_t vector_bytes = (message->msg_iovlen + 1) * sizeof(struct iovec);
    struct iovec *vector = SF_ROOM(vector_bytes, SF_ROOM_ON_STACK);
    if (!vector) {
        errno = ENOMEM;
        return -1;
    }
    vector[0] = (struct iovec){&mark, sizeof mark};
    for (size_t i = 0; i < message->msg_iovlen; i++)
        vector[1 + i] = message->msg_iov[i];
    with_mark.msg_iov = vector;
    with_mark.msg_iovlen = message->msg_iovlen + 1;
    with_mark.msg_name = &from;
    with_mark.msg_namelen = sizeof from;
    ssize_t result = sf_real.recvmsg(fd, &with_mark, flags);
    sf_room_give_back(vector, vector_bytes, SF_ROOM_ON_STACK);
    if (result >= 0 && message->msg_name && !sf_memory_is_readable(message->msg_name, message->msg_namelen)) {
        errno = EFAULT;
        return -1;
    }
    return result < 0 ? result : unmark(socket, message, &with_mark, &mark, result, flags);
}

int sf_datagram_unread(int fd, struct sf_socket *socket, int bytes)
{
    int saved_errno = errno;
    struct msghdr look = {0};
    ssize_t result = sf_datagram_is_carried(socket)
                         ? sf_datagram_receive(fd, socket, &look, MSG_PEEK | MSG_TRUNC | MSG_DONTWAIT)
                         : bytes;
    errno = saved_errno;
    return result < 0 ? bytes : (int)result;
}

/* ---- what goes ---- */

static uint64_t bytes_of(const struct msghdr *message)
{
    uint64_t bytes = 0;
    for (size_t i = 0; i < message->msg_iovlen; i++)
        bytes += message->msg_iov[i].iov_len;
    return bytes;
}

/* Is it one that only the kernel can answer, since it will fail, or that it has to put together? */
static bool is_kernels(const struct sf_socket *socket, const struct msghdr *message, int flags)
{
    uint64_t most = socket->domain == SF_DOMAIN_INET ? IPV4_BYTES_MAX : IPV6_BYTES_MAX;
    return flags & (MSG_OOB | MSG_MORE) || message->msg_iovlen > IOV_MAX - 3 || bytes_of(message) > most ||
           message->msg_controllen > SF_WIRE_CONTROL_MAX ||
           atomic_load_explicit(&socket->shut[SF_SHUT_SENDS], memory_order_relaxed);
}

/* All that the kernel would look at. False: the send fails, errno says how. */
static bool would_go(int fd, const struct msghdr *message, int flags)
{
    struct msghdr empty = *message;
    int error = 0;
    socklen_t bytes = sizeof error;

    empty.msg_iov = NULL;
    empty.msg_iovlen = 0;
    if (sf_real.sendmsg(fd, &empty, flags | MSG_CONFIRM | PROBE) < 0)
        return false;
    sf_real.getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &bytes);
    errno = error ? error : errno;
    return error == 0;
}

static ssize_t say(int wire, const struct msghdr *message, int fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof fd)];
    } control = {.header = {CMSG_LEN(sizeof fd), SOL_SOCKET, SCM_RIGHTS}};
    struct msghdr with_socket = *message;
    struct sockaddr_un name;
    ssize_t result;

    with_socket.msg_name = &name;
    with_socket.msg_namelen = sf_wire_name(&name, SF_WIRE_DATAGRAMS_PREFIX, sf_shim.session->id);
    memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
    with_socket.msg_control = control.bytes;
    with_socket.msg_controllen = sizeof control.bytes;
    do
        result = sf_uncancelled_sendmsg(wire, &with_socket, MSG_NOSIGNAL);
    while (result < 0 && errno == EINTR);
    return result;
}

/* One socket for each: the program has no descriptor of ours that it could close, or find. */
static ssize_t hand_over(int fd, struct sf_wire_sent *sent, const struct msghdr *message)
{
    size_t vector_bytes = (message->msg_iovlen + 2) * sizeof(struct iovec);
    struct iovec *vector = SF_ROOM(vector_bytes, SF_ROOM_ON_STACK);
    int wire = vector ? sf_real.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) : -1;
    ssize_t result = -1;

    if (wire >= 0) {
        vector[0] = (struct iovec){sent, sizeof *sent};
        vector[1] = (struct iovec){message->msg_control, sent->control_bytes};
        for (size_t i = 0; i < message->msg_iovlen; i++)
            vector[2 + i] = message->msg_iov[i];
        const struct msghdr all = {.msg_iov = vector, .msg_iovlen = message->msg_iovlen + 2};
        result = say(wire, &all, fd);
        int error = errno;
        sf_uncancelled_close(wire);
        errno = error;
    }
    sf_room_give_back(vector, vector_bytes, SF_ROOM_ON_STACK);
    return result < 0 ? -1 : result - (ssize_t)(sizeof *sent + sent->control_bytes);
}

static void describe(struct sf_wire_sent *sent, struct sf_socket *socket, const struct msghdr *message,
                     int flags)
{
    socklen_t bytes = sizeof sent->to;

    memset(sent, 0, sizeof *sent);
    memcpy(sent->key, sf_shim.session->wire_key, sizeof sent->key);
    sent->program = sf_shim.program;
    sent->cookie = atomic_load_explicit(&socket->cookie, memory_order_relaxed);
    sent->record = (uint64_t)((char *)socket - (char *)sf_shim.session);
    sent->flags = flags & (MSG_DONTROUTE | MSG_CONFIRM);
    sent->control_bytes = (uint32_t)message->msg_controllen;
    if (message->msg_name && message->msg_namelen)
        memcpy(&sent->to, message->msg_name,
               message->msg_namelen < sizeof sent->to ? message->msg_namelen : sizeof sent->to);
    else if (atomic_load_explicit(&socket->wired, memory_order_acquire))
        sf_reset_name(&socket->peer, &sent->to.any, &bytes);
}

/* A port on this machine that is closed has said so when the send returns; nobody without a peer hears of it:
 * udp_err(). */
static void hear_of_refusal(struct sf_socket *socket)
{
    struct sf_wire_request request = {0};
    int saved_errno = errno;
    if (socket->peer.domain != 0 && has_rule(socket, SF_LINK_OUT, REFUSES))
        tell(SF_WIRE_JUDGE, &request, socket, NULL, 0);
    errno = saved_errno;
}

ssize_t sf_datagram_send(int fd, struct sf_socket *socket, const struct msghdr *message, int flags)
{
    struct sf_wire_sent sent;

    if (!is_inet(socket) && is_there(message))
        return sf_unix_datagram_send(fd, socket, message, flags);
    if (!sf_sandbox_permits(SF_OWN_WIRE) || !is_there(message) || is_kernels(socket, message, flags)) {
        if (flags & MSG_MORE)
            sf_wire_escape(SF_ESCAPE_DATAGRAM);
        return sf_real.sendmsg(fd, message, flags);
    }
    if (!would_go(fd, message, flags))
        return -1;
    describe(&sent, socket, message, flags);
    ssize_t result = hand_over(fd, &sent, message);
    if (result >= 0)
        hear_of_refusal(socket);
    if (result >= 0 || errno == EFAULT)
        return result;
    sf_wire_escape(SF_ESCAPE_DATAGRAM);
    return sf_real.sendmsg(fd, message, flags);
}
