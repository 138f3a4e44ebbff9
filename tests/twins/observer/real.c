/* What makes the real thing happen: peers that reset, ports where nobody listens, a
 * network that carries nothing, signals, want of descriptors. Needs the capabilities of
 * root in its own network namespace. */
#include "observer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

/* ---- resets ------------------------------------------------------------------ */

/* Who is acted on goes away, and the other one hears a RST. Source: socket(7), SO_LINGER. */
static void act_leave(struct step *step)
{
    struct linger linger = {.l_onoff = 1};
    must(setsockopt(step->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), "SO_LINGER");
    close(step->fd);
    *(step->fd == ends.far ? &ends.far : &ends.near) = -1;
    pause_ms(SETTLE_MS);
}

static void act_rst(struct step *step)
{
    step->fd = ends.far;
    act_leave(step);
}

/* The sequence number that the socket expects next: a RST must have just this one.
 * Source: RFC 5961, section 3.2; TCP_REPAIR in net/ipv4/tcp.c. */
static uint32_t expected_sequence(int fd)
{
    int on = TCP_REPAIR_ON, off = TCP_REPAIR_OFF_NO_WP, queue = TCP_RECV_QUEUE;
    uint32_t sequence = 0;
    socklen_t length = sizeof sequence;

    must(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &on, sizeof on), "TCP_REPAIR");
    must(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_QUEUE, &queue, sizeof queue), "TCP_REPAIR_QUEUE");
    must(getsockopt(fd, IPPROTO_TCP, TCP_QUEUE_SEQ, &sequence, &length), "TCP_QUEUE_SEQ");
    must(setsockopt(fd, IPPROTO_TCP, TCP_REPAIR, &off, sizeof off), "TCP_REPAIR");
    return sequence;
}

/* The sum over the segment behind its pseudo-header, RFC 9293 section 3.1; of IPv6 the
 * kernel makes it. */
static uint16_t checksum(const struct sockaddr_in *from, const struct sockaddr_in *to,
                         const struct tcphdr *segment)
{
    uint16_t words[sizeof *segment / 2];
    uint32_t a = ntohl(from->sin_addr.s_addr), b = ntohl(to->sin_addr.s_addr);
    uint32_t sum = (a >> 16) + (a & 0xffff) + (b >> 16) + (b & 0xffff) + IPPROTO_TCP + sizeof *segment;

    memcpy(words, segment, sizeof words);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        sum += ntohs(words[i]);
    sum = (sum >> 16) + (sum & 0xffff);
    return htons((uint16_t) ~(sum + (sum >> 16)));
}

static void forge_to(int fd)
{
    struct sockaddr_storage from, to;
    struct sockaddr_in *source = (void *)&from, *sink = (void *)&to;
    socklen_t length = sizeof from, sink_length = sizeof to;
    int raw = socket(ends.domain, SOCK_RAW, IPPROTO_TCP);

    must(raw, "raw socket");
    must(getpeername(fd, (void *)&from, &length), "getpeername");
    must(getsockname(fd, (void *)&to, &sink_length), "getsockname");
    struct tcphdr segment = {.source = source->sin_port,
                             .dest = sink->sin_port,
                             .seq = htonl(expected_sequence(fd)),
                             .doff = sizeof segment / 4,
                             .rst = 1};
    int at = offsetof(struct tcphdr, check);
    if (ends.domain == AF_INET)
        segment.check = checksum(source, sink, &segment);
    else
        must(setsockopt(raw, IPPROTO_IPV6, IPV6_CHECKSUM, &at, sizeof at), "IPV6_CHECKSUM");
    source->sin_port = sink->sin_port = 0; /* a raw socket has no use for them */
    must(bind(raw, (void *)&from, length), "bind");
    must(sendto(raw, &segment, sizeof segment, 0, (void *)&to, sink_length), "RST");
    close(raw);
}

/* A box on the way, or a firewall, tells both ends that the connection is over. */
static void act_forge(struct step *step)
{
    (void)step;
    forge_to(ends.far);
    forge_to(ends.near);
    pause_ms(SETTLE_MS);
}

/* ---- silence ----------------------------------------------------------------- */

/* What arrives for the socket is lost. Source: socket(7), SO_ATTACH_FILTER. */
static void lose_all(int fd)
{
    struct sock_filter none = {.code = BPF_RET | BPF_K, .k = 0};
    struct sock_fprog program = {.len = 1, .filter = &none};
    must(setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program), "SO_ATTACH_FILTER");
}

/* TCP gives a peer up that has not answered for so long: tcp(7). Where nothing was sent
 * keep-alive asks. */
static void give_up_after(int fd, long ms)
{
    unsigned user_timeout = (unsigned)ms;
    int on = 1, seconds = 1;
    must(setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout, sizeof user_timeout),
         "TCP_USER_TIMEOUT");
    must(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on), "SO_KEEPALIVE");
    must(setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds), "TCP_KEEPIDLE");
    must(setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &seconds, sizeof seconds), "TCP_KEEPINTVL");
}

static void act_silence(struct step *step)
{
    lose_all(ends.far);
    lose_all(ends.near);
    give_up_after(ends.near, number(step, 1000));
}

/* The listener's queue is full: SYNs are not answered; over AF_UNIX a connect waits.
 * Source: listen(2), tcp_conn_request(), unix_stream_connect(). */
static void act_crowd(struct step *step)
{
    (void)step;
    must(listen(ends.listener, 0), "listen");
    int filler = socket(ends.domain, ends.type, 0);
    must(filler, "socket");
    must(connect(filler, (void *)&ends.target, ends.target_bytes), "connect");
}

/* There is room in it again; =MS: by and by. */
static void act_room(struct step *step)
{
    pause_ms(number(step, 0));
    must(listen(ends.listener, 5), "listen");
    must(accept(ends.listener, NULL, NULL), "accept");
}

static void act_swallow(struct step *step)
{
    act_crowd(step);
    give_up_after(ends.near, number(step, 1000));
}

/* Nobody listens any more; =MS: by and by. */
static void act_deaf(struct step *step)
{
    pause_ms(number(step, 0));
    close(ends.listener);
    ends.listener = -1;
}

/* ---- signals ----------------------------------------------------------------- */

static void on_alarm(int number)
{
    (void)number;
}

static void handle_alarm(int flags)
{
    struct sigaction action = {.sa_handler = on_alarm, .sa_flags = flags};
    must(sigaction(SIGALRM, &action, NULL), "sigaction");
}

static void act_handler(struct step *step)
{
    (void)step;
    handle_alarm(0);
}

static void act_restart(struct step *step)
{
    (void)step;
    handle_alarm(SA_RESTART);
}

static void act_alarm(struct step *step)
{
    struct itimerval timer = {.it_value = {.tv_usec = number(step, 100) * 1000}};
    must(setitimer(ITIMER_REAL, &timer, NULL), "setitimer");
}

static void act_usr1(struct step *step)
{
    (void)step;
    kill(getpid(), SIGUSR1);
}

/* ---- want ---------------------------------------------------------------------- */

/* No descriptor is left; `nofile=off`: there is again. */
static void act_nofile(struct step *step)
{
    static struct rlimit before;
    struct rlimit limit;

    if (step->argument) {
        must(setrlimit(RLIMIT_NOFILE, &before), "setrlimit");
        return;
    }
    must(getrlimit(RLIMIT_NOFILE, &before), "getrlimit");
    int lowest = dup(ends.near);
    must(lowest, "dup");
    close(lowest);
    limit = before;
    limit.rlim_cur = (rlim_t)lowest;
    must(setrlimit(RLIMIT_NOFILE, &limit), "setrlimit");
}

static void act_sleep(struct step *step)
{
    pause_ms(number(step, 100));
}

const struct word real_words[] = {
    {"rst", act_rst},         {"forge", act_forge}, {"silence", act_silence},
    {"crowd", act_crowd},     {"room", act_room},   {"leave", act_leave},
    {"swallow", act_swallow}, {"deaf", act_deaf},   {"handler", act_handler},
    {"restart", act_restart}, {"alarm", act_alarm}, {"usr1", act_usr1},
    {"nofile", act_nofile},   {"sleep", act_sleep}, {NULL, NULL},
};
