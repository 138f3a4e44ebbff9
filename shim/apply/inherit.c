#include "apply/inherit.h"

#include "load/real.h"

#include <linux/in6.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

/* Newer than the headers of some systems. */
#ifndef SO_BUF_LOCK
#define SO_BUF_LOCK 72 /* Linux 5.14 */
#endif
#ifndef SO_TXREHASH
#define SO_TXREHASH 74 /* 5.18 */
#endif
#ifndef SO_RCVMARK
#define SO_RCVMARK 75 /* 5.19 */
#endif
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76 /* 6.5 */
#endif
#ifndef SO_RCVPRIORITY
#define SO_RCVPRIORITY 82 /* 6.14 */
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83 /* 6.16 */
#endif
#ifndef IP_RECVERR_RFC4884
#define IP_RECVERR_RFC4884 26 /* 5.9 */
#endif
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51 /* 6.3 */
#endif
#ifndef IPV6_RECVERR_RFC4884
#define IPV6_RECVERR_RFC4884 31 /* 5.9 */
#endif
#ifndef TCP_RTO_MAX_MS
#define TCP_RTO_MAX_MS 44 /* 6.15 */
#endif
#ifndef TCP_RTO_MIN_US
#define TCP_RTO_MIN_US 45 /* 6.15 */
#endif
#ifndef TCP_DELACK_MAX_US
#define TCP_DELACK_MAX_US 46 /* 6.15 */
#endif
enum { LOCKS_SENDS = 1, LOCKS_READS = 2 };

#define OPTION_BYTES_MAX 16 /* struct timeval; TCP_CA_NAME_MAX */

struct option {
    uint8_t level, name;
};

/* SO_TIMESTAMPING_NEW asks for another form of what SO_TIMESTAMPING_OLD tells as well: so it comes later. */
static const struct option options[] = {
    {SOL_SOCKET, SO_KEEPALIVE},
    {SOL_SOCKET, SO_LINGER},
    {SOL_SOCKET, SO_RCVTIMEO},
    {SOL_SOCKET, SO_SNDTIMEO},
    {SOL_SOCKET, SO_RCVLOWAT},
    {SOL_SOCKET, SO_OOBINLINE},
    {SOL_SOCKET, SO_PRIORITY},
    {SOL_SOCKET, SO_MARK},
    {SOL_SOCKET, SO_REUSEADDR},
    {SOL_SOCKET, SO_REUSEPORT},
    {SOL_SOCKET, SO_PASSCRED},
    {SOL_SOCKET, SO_PASSSEC},
    {SOL_SOCKET, SO_PASSPIDFD},
    {SOL_SOCKET, SO_PASSRIGHTS},
    {SOL_SOCKET, SO_ZEROCOPY},
    {SOL_SOCKET, SO_BUSY_POLL},
    {SOL_SOCKET, SO_PREFER_BUSY_POLL},
    {SOL_SOCKET, SO_DEBUG},
    {SOL_SOCKET, SO_DONTROUTE},
    {SOL_SOCKET, SO_BROADCAST},
    {SOL_SOCKET, SO_NO_CHECK},
    {SOL_SOCKET, SO_TIMESTAMP_OLD},
    {SOL_SOCKET, SO_TIMESTAMPNS_OLD},
    {SOL_SOCKET, SO_TIMESTAMPING_OLD},
    {SOL_SOCKET, SO_TIMESTAMP_NEW},
    {SOL_SOCKET, SO_TIMESTAMPNS_NEW},
    {SOL_SOCKET, SO_TIMESTAMPING_NEW},
    {SOL_SOCKET, SO_TXTIME},
    {SOL_SOCKET, SO_RXQ_OVFL},
    {SOL_SOCKET, SO_WIFI_STATUS},
    {SOL_SOCKET, SO_PEEK_OFF},
    {SOL_SOCKET, SO_NOFCS},
    {SOL_SOCKET, SO_SELECT_ERR_QUEUE},
    {SOL_SOCKET, SO_MAX_PACING_RATE},
    {SOL_SOCKET, SO_TXREHASH},
    {SOL_SOCKET, SO_RCVMARK},
    {SOL_SOCKET, SO_RCVPRIORITY},
    {IPPROTO_IP, IP_TOS},
    {IPPROTO_IP, IP_TTL},
    {IPPROTO_IP, IP_RECVOPTS},
    {IPPROTO_IP, IP_RETOPTS},
    {IPPROTO_IP, IP_PKTINFO},
    {IPPROTO_IP, IP_MTU_DISCOVER},
    {IPPROTO_IP, IP_RECVERR},
    {IPPROTO_IP, IP_RECVTTL},
    {IPPROTO_IP, IP_RECVTOS},
    {IPPROTO_IP, IP_FREEBIND},
    {IPPROTO_IP, IP_PASSSEC},
    {IPPROTO_IP, IP_TRANSPARENT},
    {IPPROTO_IP, IP_ORIGDSTADDR},
    {IPPROTO_IP, IP_MINTTL},
    {IPPROTO_IP, IP_CHECKSUM},
    {IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT},
    {IPPROTO_IP, IP_RECVERR_RFC4884},
    {IPPROTO_IP, IP_MULTICAST_LOOP},
    {IPPROTO_IP, IP_MULTICAST_ALL},
    {IPPROTO_IPV6, IPV6_V6ONLY},
    {IPPROTO_IPV6, IPV6_TCLASS},
    {IPPROTO_IPV6, IPV6_UNICAST_HOPS},
    {IPPROTO_IPV6, IPV6_2292PKTINFO},
    {IPPROTO_IPV6, IPV6_2292HOPOPTS},
    {IPPROTO_IPV6, IPV6_2292DSTOPTS},
    {IPPROTO_IPV6, IPV6_2292RTHDR},
    {IPPROTO_IPV6, IPV6_2292HOPLIMIT},
    {IPPROTO_IPV6, IPV6_FLOWINFO},
    {IPPROTO_IPV6, IPV6_FLOWINFO_SEND},
    {IPPROTO_IPV6, IPV6_MULTICAST_LOOP},
    {IPPROTO_IPV6, IPV6_MULTICAST_ALL},
    {IPPROTO_IPV6, IPV6_MTU_DISCOVER},
    {IPPROTO_IPV6, IPV6_RECVERR},
    {IPPROTO_IPV6, IPV6_ROUTER_ALERT_ISOLATE},
    {IPPROTO_IPV6, IPV6_RECVERR_RFC4884},
    {IPPROTO_IPV6, IPV6_RECVPKTINFO},
    {IPPROTO_IPV6, IPV6_RECVHOPLIMIT},
    {IPPROTO_IPV6, IPV6_RECVHOPOPTS},
    {IPPROTO_IPV6, IPV6_RECVRTHDR},
    {IPPROTO_IPV6, IPV6_RECVDSTOPTS},
    {IPPROTO_IPV6, IPV6_RECVPATHMTU},
    {IPPROTO_IPV6, IPV6_DONTFRAG},
    {IPPROTO_IPV6, IPV6_RECVTCLASS},
    {IPPROTO_IPV6, IPV6_AUTOFLOWLABEL},
    {IPPROTO_IPV6, IPV6_ADDR_PREFERENCES},
    {IPPROTO_IPV6, IPV6_MINHOPCOUNT},
    {IPPROTO_IPV6, IPV6_ORIGDSTADDR},
    {IPPROTO_IPV6, IPV6_TRANSPARENT},
    {IPPROTO_IPV6, IPV6_RECVFRAGSIZE},
    {IPPROTO_IPV6, IPV6_FREEBIND},
    {IPPROTO_TCP, TCP_NODELAY},
    {IPPROTO_TCP, TCP_CORK},
    {IPPROTO_TCP, TCP_KEEPIDLE},
    {IPPROTO_TCP, TCP_KEEPINTVL},
    {IPPROTO_TCP, TCP_KEEPCNT},
    {IPPROTO_TCP, TCP_USER_TIMEOUT},
    {IPPROTO_TCP, TCP_LINGER2},
    {IPPROTO_TCP, TCP_NOTSENT_LOWAT},
    {IPPROTO_TCP, TCP_SYNCNT},
    {IPPROTO_TCP, TCP_CONGESTION},
    {IPPROTO_TCP, TCP_THIN_LINEAR_TIMEOUTS},
    {IPPROTO_TCP, TCP_SAVE_SYN},
    {IPPROTO_TCP, TCP_FASTOPEN_NO_COOKIE},
    {IPPROTO_TCP, TCP_INQ},
    {IPPROTO_TCP, TCP_RTO_MAX_MS},
    {IPPROTO_TCP, TCP_RTO_MIN_US},
    {IPPROTO_TCP, TCP_DELACK_MAX_US},
};
enum { OPTIONS = sizeof options / sizeof *options };

struct value {
    socklen_t bytes; /* 0: there is no such option here */
    char data[OPTION_BYTES_MAX];
};

static void get(int fd, struct option option, struct value *value)
{
    *value = (struct value){.bytes = sizeof value->data};
    if (sf_real.getsockopt(fd, option.level, option.name, value->data, &value->bytes) != 0)
        value->bytes = 0;
}

static void copy(int from, int to, struct option option, const struct value *now)
{
    struct value value;
    if (now->bytes == 0)
        return;
    get(from, option, &value);
    if (value.bytes != now->bytes || memcmp(value.data, now->data, value.bytes) != 0)
        sf_real.setsockopt(to, option.level, option.name, value.data, value.bytes);
}

/* ---- what new sockets have ---- */

enum { UNKNOWN, ASKED, KNOWN };

/* Asked once in a process: each question is a system call. */
struct usual {
    _Atomic int state; /* ASKED for good: who asked was ended, or forked */
    struct value values[OPTIONS];
};

static struct usual usual_inet, usual_inet6, usual_unix;

static bool is_of(struct option option, int domain)
{
    if (option.level == IPPROTO_IPV6)
        return domain == AF_INET6;
    return option.level == SOL_SOCKET || domain != AF_UNIX;
}

static void ask(struct usual *usual, int fresh, int domain)
{
    for (unsigned i = 0; i < OPTIONS; i++)
        if (is_of(options[i], domain)) {
            struct value value; /* ThreadSanitizer sees what a call fills in, and not what `state` orders */
            get(fresh, options[i], &value);
            usual->values[i] = value;
        }
}

/* NULL: it is not known; `fresh` tells. */
static const struct value *usual_values(int fresh)
{
    int domain = AF_UNIX, state = UNKNOWN;
    socklen_t bytes = sizeof domain;
    sf_real.getsockopt(fresh, SOL_SOCKET, SO_DOMAIN, &domain, &bytes);
    struct usual *usual = domain == AF_INET ? &usual_inet : domain == AF_INET6 ? &usual_inet6 : &usual_unix;

    if (atomic_compare_exchange_strong(&usual->state, &state, ASKED)) {
        ask(usual, fresh, domain);
        atomic_store(&usual->state, state = KNOWN);
    }
    return state == KNOWN ? usual->values : NULL;
}

/* ---- sizes ---- */

/* A size that nobody has set grows with the traffic. The kernel doubles what it is told. */
static void copy_size(int from, int to, int name, int lock)
{
    int locks = 0, size = 0;
    socklen_t bytes = sizeof locks;
    if (sf_real.getsockopt(from, SOL_SOCKET, SO_BUF_LOCK, &locks, &bytes) != 0 || !(locks & lock))
        return;
    bytes = sizeof size;
    sf_real.getsockopt(from, SOL_SOCKET, name, &size, &bytes);
    size /= 2;
    sf_real.setsockopt(to, SOL_SOCKET, name, &size, sizeof size);
}

void sf_inherit(int from, int to)
{
    const struct value *usual = usual_values(to);
    for (unsigned i = 0; i < OPTIONS; i++) {
        struct value now;
        if (!usual)
            get(to, options[i], &now);
        copy(from, to, options[i], usual ? &usual[i] : &now);
    }
    copy_size(from, to, SO_SNDBUF, LOCKS_SENDS);
    copy_size(from, to, SO_RCVBUF, LOCKS_READS);
}

void sf_inherit_limits(int listener, int to)
{
    static const struct option limits[] = {{IPPROTO_TCP, TCP_MAXSEG}, {IPPROTO_TCP, TCP_WINDOW_CLAMP}};
    for (unsigned i = 0; i < sizeof limits / sizeof *limits; i++) {
        struct value now;
        get(to, limits[i], &now);
        copy(listener, to, limits[i], &now);
    }
}

void sf_inherit_late(int from, int to)
{
    const struct option ports = {IPPROTO_IP, IP_LOCAL_PORT_RANGE};
    struct value now;
    get(to, ports, &now);
    copy(from, to, ports, &now);
}
