#include "wire/datagrams.h"

#include "base/memory.h"
#include "engine/directory.h"
#include "wire/datagram.h"
#include "wire/udp_sockets.h"
#include "wire/unix_sockets.h"
#include "wire/wired.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#define NS_PER_MS UINT64_C(1000000)
#define RUN_NS (100 * NS_PER_MS)   /* a run of reorder waits so long for the rest */
#define AGAIN_NS NS_PER_MS         /* the kernel has no room */
#define LINGER_NS (50 * NS_PER_MS) /* an ICMP error may yet come */
#define SWEEP_NS (500 * NS_PER_MS) /* who closed a socket without telling */
#define LOOK_NS (NS_PER_MS / 10)   /* is it known who sent it? */
#define AWAIT_NS (1000 * NS_PER_MS)
#define QUEUE_BYTES_MAX (6u << 20) /* as of a stream: then datagrams are lost, as in a router */

enum { BUCKETS = 1024 };

struct carried {
    struct sf_datagram_socket base;
    struct carried *next, *next_gone;
    struct sf_datagram_queue ways[SF_WAYS];
    struct sf_datagram_queue strangers; /* came in, and it is not known yet from which program */
    struct sf_deadline deadline;
    int own; /* a duplicate of the program's socket, while something waits to be sent from it; -1 */
    uint64_t own_until_ns;            /* … or may come back */
    struct sf_watch taker;            /* what is for the program comes here … */
    int giver;                        /* … and goes on from here; -1: nothing is carried in */
    struct sf_watch process;          /* the one that told us of it */
    union sf_wire_address name, peer; /* of the program's socket; peer: family 0: none */
    bool is_seen, is_ended, is_gone;
};

struct sf_datagrams {
    struct sf_watch watch;
    struct carried *sockets[BUCKETS];
    struct carried *gone; /* freed at the end of the turn: events may still name them */
    struct sf_deadlines deadlines;
    uint64_t sweep_ns;
    size_t carried_in, out_count;
};

/* ---- sockets ---- */

static struct carried **bucket_of(struct sf_datagrams *all, uint64_t cookie)
{
    return &all->sockets[cookie % BUCKETS];
}

static struct carried *find(struct sf_datagrams *all, uint64_t cookie)
{
    struct carried *socket = *bucket_of(all, cookie);
    while (socket && socket->base.cookie != cookie)
        socket = socket->next;
    return socket;
}

static void close_some(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* A datagram that a rule meant has met none. */
static void note_escape(const struct sf_wire *wire, uint32_t program)
{
    if (program < wire->engine.plan->program_count)
        atomic_fetch_or(&wire->session->programs[program].escapes, SF_ESCAPE_DATAGRAM);
}

/* What reaches the program's socket does so by itself again. */
static void carry_no_more(struct sf_wire *wire, struct carried *socket)
{
    wire->datagrams->carried_in -= socket->giver >= 0;
    sf_watch_end(wire, &socket->taker);
    sf_watch_end(wire, &socket->process);
    close_some(&socket->giver);
    sf_datagram_queue_free(&socket->ways[SF_WAY_IN]);
    sf_datagram_queue_free(&socket->strangers);
}

static void forget(struct sf_wire *wire, struct carried *socket)
{
    struct carried **at = bucket_of(wire->datagrams, socket->base.cookie);
    if (socket->is_gone)
        return;
    while (*at != socket)
        at = &(*at)->next;
    *at = socket->next;
    carry_no_more(wire, socket);
    close_some(&socket->own);
    sf_deadline_set(&wire->datagrams->deadlines, &socket->deadline, SF_NEVER);
    socket->is_gone = true;
    socket->next_gone = wire->datagrams->gone;
    wire->datagrams->gone = socket;
}

/* Places of the records of closed sockets go to others: what was in this bucket is not kept longer. */
static void forget_replaced(struct sf_wire *wire, struct carried *first)
{
    for (struct carried *socket = first, *next; socket; socket = next) {
        next = socket->next;
        if (atomic_load(&socket->base.record->cookie) != socket->base.cookie &&
            !socket->ways[SF_WAY_OUT].first)
            forget(wire, socket);
    }
}

static struct carried *find_or_make(struct sf_wire *wire, uint64_t cookie, uint64_t record_at,
                                    uint32_t program, pid_t pid)
{
    struct carried *socket = find(wire->datagrams, cookie);
    struct sf_socket *record = sf_wired_record(wire, record_at, cookie);
    if (socket || !record || program >= wire->engine.plan->program_count)
        return socket;
    forget_replaced(wire, *bucket_of(wire->datagrams, cookie));
    socket = sf_memory_new(sizeof *socket);
    socket->base.cookie = cookie;
    socket->base.record = record;
    socket->base.program = program;
    socket->base.pid = pid;
    socket->own = socket->giver = socket->taker.fd = socket->process.fd = -1;
    sf_datagram_rules_begin(wire, &socket->base);
    socket->next = *bucket_of(wire->datagrams, cookie);
    *bucket_of(wire->datagrams, cookie) = socket;
    return socket;
}

static void note_seen(void *context, uint64_t cookie)
{
    struct sf_wire *wire = context;
    struct carried *socket = find(wire->datagrams, cookie);
    if (socket)
        socket->is_seen = true;
}

/* Sockets that nobody has any more: their addresses are free, as soon as we let them go. */
static bool sweep(struct sf_wire *wire)
{
    struct sf_datagrams *all = wire->datagrams;
    for (unsigned i = 0; i < BUCKETS; i++)
        for (struct carried *socket = all->sockets[i]; socket; socket = socket->next)
            socket->is_seen = socket->giver < 0 || socket->own >= 0;
    bool is_told = sf_udp_sockets(note_seen, wire);
    for (unsigned i = 0; is_told && i < BUCKETS; i++)
        for (struct carried *socket = all->sockets[i], *next; socket; socket = next) {
            next = socket->next;
            if (!socket->is_seen)
                forget(wire, socket);
        }
    all->sweep_ns = wire->now_ns + SWEEP_NS;
    return is_told;
}

/* ---- on the way ---- */

/* Does something wait to be sent from the program's socket? */
static bool has_more_to_send(const struct carried *socket)
{
    bool has_more = socket->ways[SF_WAY_OUT].first != NULL;
    for (size_t i = 0; i < socket->base.rule_count; i++)
        has_more |= socket->base.rules[i].on[SF_WAY_OUT].run.first != NULL;
    return has_more;
}

static void set_deadline(struct sf_wire *wire, struct carried *socket)
{
    uint64_t at_ns = SF_NEVER;
    for (unsigned way = 0; way < SF_WAYS; way++) {
        const struct sf_datagram *first = socket->ways[way].first;
        at_ns = first && first->due_ns < at_ns ? first->due_ns : at_ns;
        for (size_t i = 0; i < socket->base.rule_count; i++) {
            const struct sf_datagram_rule *on = &socket->base.rules[i];
            if (on->on[way].run.first && on->on[way].run_until_ns < at_ns)
                at_ns = on->on[way].run_until_ns;
        }
    }
    if (socket->own >= 0 && !has_more_to_send(socket) && socket->own_until_ns < at_ns)
        at_ns = socket->own_until_ns;
    if (socket->strangers.first && wire->now_ns + LOOK_NS < at_ns)
        at_ns = wire->now_ns + LOOK_NS;
    sf_deadline_set(&wire->datagrams->deadlines, &socket->deadline, at_ns);
}

/* Source, of the control data: ip(7), IP_PKTINFO: the address that the program's peer sent to is the
 * one that its socket gets it at. */
static bool give(const struct sf_wire *wire, struct carried *socket, const struct sf_datagram *datagram)
{
    struct sf_wire_carried mark = {.from = datagram->peer};
    memcpy(mark.key, datagram->data, sizeof mark.key);
    struct iovec parts[] = {{&mark, sizeof mark},
                            {(void *)(datagram->data + datagram->control_bytes), datagram->bytes}};
    const struct msghdr message = {.msg_name = (void *)&datagram->local,
                                   .msg_namelen = sf_wire_address_bytes(&datagram->local),
                                   .msg_iov = parts,
                                   .msg_iovlen = 2};
    for (int tries = 0; tries < 2; tries++) /* an error of an earlier one is told first */
        if (sendmsg(socket->giver, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
            return true;
    if (errno == EMSGSIZE) /* with its mark it is longer than a datagram can be */
        note_escape(wire, socket->base.program);
    return errno != EAGAIN && errno != ENOBUFS;
}

static bool send_on(struct carried *socket, const struct sf_datagram *datagram)
{
    struct iovec part = {(void *)(datagram->data + datagram->control_bytes), datagram->bytes};
    bool is_named = datagram->peer.any.sa_family != 0;
    const struct msghdr message = {.msg_name = is_named ? (void *)&datagram->peer : NULL,
                                   .msg_namelen = is_named ? sf_wire_address_bytes(&datagram->peer) : 0,
                                   .msg_iov = &part,
                                   .msg_iovlen = 1,
                                   .msg_control = datagram->control_bytes ? (void *)datagram->data : NULL,
                                   .msg_controllen = datagram->control_bytes};
    /* What an ICMP error has left there is the program's: sent again, this one brings it back. */
    for (int tries = 0; tries < 2; tries++)
        if (sendmsg(socket->own, &message, datagram->flags | MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
            return true;
    return errno != EAGAIN && errno != ENOBUFS;
}

static void send_due(struct sf_wire *wire, struct carried *socket, unsigned way)
{
    struct sf_datagram_queue *queue = &socket->ways[way];
    while (queue->first && queue->first->due_ns <= wire->now_ns) {
        bool is_done = way == SF_WAY_IN   ? give(wire, socket, queue->first)
                       : socket->own >= 0 ? send_on(socket, queue->first)
                                          : true;
        if (!is_done) {
            queue->first->due_ns = wire->now_ns + AGAIN_NS;
            return;
        }
        wire->datagrams->out_count -= way == SF_WAY_OUT;
        free(sf_datagram_queue_take(queue));
    }
}

static void enqueue(struct sf_wire *wire, struct carried *socket, unsigned way, struct sf_datagram *datagram)
{
    if (socket->ways[way].bytes + datagram->bytes > QUEUE_BYTES_MAX) {
        free(datagram);
        return;
    }
    wire->datagrams->out_count += way == SF_WAY_OUT;
    sf_datagram_queue_put(&socket->ways[way], datagram);
}

/* Those that waited for others set out, first or last first. */
static void let_run(struct sf_wire *wire, struct carried *socket, unsigned way, struct sf_datagram_rule *on)
{
    bool is_full = on->on[way].waiting >= on->rule->link.datagrams;
    bool is_reversed = is_full && sf_datagram_reverses(wire, on);
    struct sf_datagram_queue run = on->on[way].run, reversed = {0};
    struct sf_datagram *datagram;

    on->on[way].run = (struct sf_datagram_queue){0};
    on->on[way].waiting = 0;
    while (is_reversed && (datagram = sf_datagram_queue_take(&run))) {
        datagram->next = reversed.first;
        reversed.first = datagram;
    }
    while ((datagram = is_reversed ? reversed.first : sf_datagram_queue_take(&run))) {
        if (is_reversed)
            reversed.first = datagram->next;
        datagram->previous = datagram->next = NULL;
        datagram->due_ns = datagram->due_ns + wire->now_ns; /* so far it was how much later it is to be */
        wire->datagrams->out_count -= way == SF_WAY_OUT;
        enqueue(wire, socket, way, datagram);
    }
}

static void wait_for_others(struct sf_wire *wire, struct carried *socket, unsigned way,
                            struct sf_datagram_rule *on, struct sf_datagram *datagram)
{
    datagram->due_ns -= wire->now_ns;
    sf_datagram_queue_append(&on->on[way].run, datagram);
    wire->datagrams->out_count += way == SF_WAY_OUT;
    if (on->on[way].waiting++ == 0)
        on->on[way].run_until_ns = wire->now_ns + RUN_NS;
    if (on->on[way].waiting >= on->rule->link.datagrams)
        let_run(wire, socket, way, on);
}

/* The program's socket is to learn ECONNREFUSED, from the kernel: what it sends to where its datagrams come
 * from meets a port that is closed to it for the moment. One without a peer learns of no such
 * error: udp_err(). */
static void refuse(const struct carried *socket)
{
    union sf_wire_address self;
    socklen_t bytes = sizeof self;

    if (socket->own < 0 || socket->peer.any.sa_family == 0 ||
        getsockname(socket->giver, &self.any, &bytes) != 0 || connect(socket->giver, &self.any, bytes) != 0)
        return;
    for (int tries = 0; tries < 2; tries++) /* an error that is still there is told first */
        if (sendto(socket->own, "", 0, MSG_DONTWAIT | MSG_NOSIGNAL, &self.any, bytes) >= 0)
            break;
    (void)connect(socket->giver, &socket->name.any, sf_wire_address_bytes(&socket->name));
}

/* Owns the datagram. */
static void take(struct sf_wire *wire, struct carried *socket, unsigned way, struct sf_datagram *datagram)
{
    struct sf_fate fate = sf_datagram_judge(wire, &socket->base, way, datagram);

    if (fate.is_refused)
        refuse(socket);
    if (fate.is_lost) {
        free(datagram);
        return;
    }
    datagram->due_ns = wire->now_ns + fate.delay_ns;
    if (fate.not_before_ns > datagram->due_ns)
        datagram->due_ns = fate.not_before_ns;
    for (uint32_t copy = 0; copy <= fate.copies; copy++) {
        struct sf_datagram *one = copy < fate.copies ? sf_datagram_copy(datagram) : datagram;
        if (fate.reorders)
            wait_for_others(wire, socket, way, fate.reorders, one);
        else
            enqueue(wire, socket, way, one);
    }
}

/* In the order in which they came. */
static void meet(struct sf_wire *wire, struct carried *socket)
{
    struct sf_datagram *first;

    while ((first = socket->strangers.first)) {
        if (sf_datagram_is_awaited(wire, &socket->base, first)) {
            if (first->due_ns > wire->now_ns)
                return;
            sf_datagram_give_up(wire, first);
        }
        take(wire, socket, SF_WAY_IN, sf_datagram_queue_take(&socket->strangers));
    }
}

static void pump(struct sf_wire *wire, struct carried *socket)
{
    meet(wire, socket);
    for (unsigned way = 0; way < SF_WAYS; way++) {
        for (size_t i = 0; i < socket->base.rule_count; i++) {
            struct sf_datagram_rule *on = &socket->base.rules[i];
            if (on->on[way].run.first && on->on[way].run_until_ns <= wire->now_ns)
                let_run(wire, socket, way, on);
        }
        send_due(wire, socket, way);
    }
    if (socket->own >= 0 && !has_more_to_send(socket) && socket->own_until_ns <= wire->now_ns) {
        close_some(&socket->own);
        if (socket->is_ended)
            wire->datagrams->sweep_ns = wire->now_ns; /* its address waits for that */
    }
    set_deadline(wire, socket);
}

/* ---- out ---- */

static bool is_ours(const struct sf_wire *wire, const struct sf_wire_sent *sent, ssize_t bytes)
{
    return bytes >= (ssize_t)sizeof *sent &&
           memcmp(sent->key, wire->session->session->wire_key, sizeof sent->key) == 0 &&
           sent->control_bytes <= (size_t)bytes - sizeof *sent;
}

static void take_out(struct sf_wire *wire, const char *data, ssize_t bytes, int *own, pid_t pid)
{
    struct sf_wire_sent sent;
    memcpy(&sent, data, bytes < (ssize_t)sizeof sent ? (size_t)bytes : sizeof sent);
    if (!is_ours(wire, &sent, bytes))
        return;
    struct carried *socket = find_or_make(wire, sent.cookie, sent.record, sent.program, pid);
    if (!socket || (socket->own < 0 && *own < 0)) { /* no descriptor was left for its socket */
        note_escape(wire, sent.program);
        return;
    }
    size_t rest = (size_t)bytes - sizeof sent;
    struct sf_datagram *datagram = sf_memory_new(sizeof *datagram + rest);
    datagram->peer = sent.to;
    datagram->flags = sent.flags;
    datagram->control_bytes = sent.control_bytes;
    datagram->bytes = (uint32_t)(rest - sent.control_bytes);
    memcpy(datagram->data, data + sizeof sent, rest);
    if (socket->own < 0) {
        socket->own = *own;
        *own = -1;
    }
    socket->own_until_ns = wire->now_ns + (socket->peer.any.sa_family ? LINGER_NS : 0);
    take(wire, socket, SF_WAY_OUT, datagram);
    pump(wire, socket);
}

/* The descriptor that came along, and who sent it. */
static void take_control(struct msghdr *message, int *own, pid_t *pid)
{
    struct ucred who = {0};
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS)
            memcpy(own, CMSG_DATA(header), sizeof *own);
        else if (header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_CREDENTIALS)
            memcpy(&who, CMSG_DATA(header), sizeof who);
    }
    *pid = who.pid;
}

static void out_ready(struct sf_wire *wire, struct sf_watch *watch, uint32_t events)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
    } control;
    ssize_t got;

    (void)events;
    for (;;) {
        struct iovec part = {wire->scratch, SF_SCRATCH_BYTES};
        struct msghdr message = {.msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = control.bytes,
                                 .msg_controllen = sizeof control.bytes};
        int own = -1;
        pid_t pid;
        got = recvmsg(watch->fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
        if (got < 0)
            return;
        take_control(&message, &own, &pid);
        take_out(wire, wire->scratch, got, &own, pid);
        close_some(&own);
    }
}

/* Rules that would keep it back cannot: whoever sends it is whom the receiver takes it from. */
bool sf_datagrams_sends(struct sf_wire *wire, const struct sf_wire_request *request, pid_t pid,
                        const struct sf_wire_unix *where, char *bytes, size_t count,
                        struct sf_wire_answer *answer)
{
    *answer = (struct sf_wire_answer){.state = sf_unix_may_send(wire->diag, where)};
    if (answer->state != SF_WIRE_PASSES)
        return answer->state != SF_WIRE_FAILED;
    struct carried *socket = find_or_make(wire, request->cookie, request->record, request->program, pid);
    if (!socket)
        return false;
    struct sf_datagram *datagram = sf_memory_new(sizeof *datagram + count);
    datagram->named = where->peer.domain ? &where->peer : NULL;
    datagram->bytes = (uint32_t)count;
    memcpy(datagram->data, bytes, count);
    struct sf_fate fate = sf_datagram_judge(wire, &socket->base, SF_WAY_OUT, datagram);
    if (fate.delay_ns || fate.not_before_ns || fate.reorders)
        note_escape(wire, request->program);
    answer->state = fate.is_refused ? SF_WIRE_REFUSED : fate.is_lost ? SF_WIRE_LOST : SF_WIRE_PASSES;
    answer->copies = fate.copies;
    answer->has_bytes = memcmp(datagram->data, bytes, count) == 0 ? 0 : (uint32_t)count;
    memcpy(bytes, datagram->data, count);
    free(datagram);
    return true;
}

/* ---- in ---- */

/* Which address of the program's it came to; false: one that many have, each of which got it. */
static bool take_local(const struct carried *socket, struct msghdr *message, union sf_wire_address *local)
{
    bool is_for_one = true;
    *local = socket->name;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header; header = CMSG_NXTHDR(message, header)) {
        struct in_pktinfo v4;
        struct in6_pktinfo v6;
        if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
            memcpy(&v4, CMSG_DATA(header), sizeof v4);
            is_for_one = is_for_one && v4.ipi_addr.s_addr == v4.ipi_spec_dst.s_addr;
            if (local->any.sa_family == AF_INET)
                local->v4.sin_addr = v4.ipi_addr;
        } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
            memcpy(&v6, CMSG_DATA(header), sizeof v6);
            is_for_one = is_for_one && !IN6_IS_ADDR_MULTICAST(&v6.ipi6_addr);
            local->v6.sin6_addr = v6.ipi6_addr;
        }
    }
    return is_for_one;
}

static void take_in(struct sf_wire *wire, struct carried *socket, struct msghdr *message, size_t bytes)
{
    const uint8_t *key = wire->session->session->wire_key;
    union sf_wire_address local;

    if (!take_local(socket, message, &local))
        return;
    struct sf_datagram *datagram = sf_memory_new(sizeof *datagram + SF_WIRE_KEY_BYTES + bytes);
    memcpy(&datagram->peer, message->msg_name,
           message->msg_namelen < sizeof datagram->peer ? message->msg_namelen : sizeof datagram->peer);
    datagram->local = local;
    datagram->control_bytes = SF_WIRE_KEY_BYTES; /* its mark, for give() */
    datagram->bytes = (uint32_t)bytes;
    memcpy(datagram->data, key, SF_WIRE_KEY_BYTES);
    memcpy(datagram->data + SF_WIRE_KEY_BYTES, wire->scratch, bytes);
    datagram->due_ns = wire->now_ns + AWAIT_NS;
    sf_datagram_came(wire, datagram);
    sf_datagram_queue_append(&socket->strangers, datagram);
    meet(wire, socket);
}

static void taker_ready(struct sf_wire *wire, struct sf_watch *watch, uint32_t events)
{
    struct carried *socket = (struct carried *)((char *)watch - offsetof(struct carried, taker));
    _Alignas(struct cmsghdr) char control[256];

    (void)events;
    while (!socket->is_gone && watch->fd >= 0) {
        union sf_wire_address from = {0};
        struct iovec part = {wire->scratch, SF_SCRATCH_BYTES};
        struct msghdr message = {.msg_name = &from,
                                 .msg_namelen = sizeof from,
                                 .msg_iov = &part,
                                 .msg_iovlen = 1,
                                 .msg_control = control,
                                 .msg_controllen = sizeof control};
        ssize_t got = recvmsg(watch->fd, &message, MSG_DONTWAIT);
        if (got >= 0)
            take_in(wire, socket, &message, (size_t)got);
        else if (errno == ECONNREFUSED)
            refuse(socket);
        else
            break;
    }
    if (!socket->is_gone)
        pump(wire, socket);
}

static void process_ready(struct sf_wire *wire, struct sf_watch *watch, uint32_t events)
{
    (void)events;
    sf_watch_end(wire, watch);
    wire->datagrams->sweep_ns = wire->now_ns;
}

bool sf_datagrams_carry(struct sf_wire *wire, const struct sf_wire_request *request, pid_t pid, int fds[2])
{
    struct carried *socket = find_or_make(wire, request->cookie, request->record, request->program, pid);
    socklen_t bytes = sizeof socket->peer;

    if (!socket || fds[0] < 0 || fds[1] < 0)
        return false;
    carry_no_more(wire, socket);
    socket->taker = (struct sf_watch){taker_ready, fds[0]};
    socket->process = (struct sf_watch){process_ready, pidfd_open(pid, 0)};
    socket->giver = fds[1];
    fds[0] = fds[1] = -1;
    wire->datagrams->carried_in++;
    socket->name = request->own;
    memset(&socket->peer, 0, sizeof socket->peer);
    if (request->to.any.sa_family)
        getsockname(socket->giver, &socket->peer.any, &bytes); /* as the kernel knows it */
    bool is_watched = socket->process.fd < 0 || sf_watch_begin(wire, &socket->process);
    if (is_watched && sf_watch_begin(wire, &socket->taker) && sweep(wire) && !socket->is_gone)
        return true;
    carry_no_more(wire, socket);
    return false;
}

void sf_datagrams_ended(struct sf_wire *wire, const struct sf_wire_request *request)
{
    struct carried *socket = find(wire->datagrams, request->cookie);
    if (socket && request->error) {
        carry_no_more(wire, socket);
        return;
    }
    if (socket) {
        socket->is_ended = true;
        socket->own_until_ns = 0;
        pump(wire, socket);
    }
    sweep(wire);
}

/* ---- all ---- */

int sf_datagrams_open(const struct sf_session *session)
{
    struct sockaddr_un name;
    socklen_t bytes = sf_wire_name(&name, SF_WIRE_DATAGRAMS_PREFIX, session->id);
    int yes = 1, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) == 0 &&
        bind(fd, (struct sockaddr *)&name, bytes) == 0)
        return fd;
    int error = errno;
    close_some(&fd);
    errno = error;
    return -1;
}

bool sf_datagrams_begin(struct sf_wire *wire, int socket)
{
    static struct sf_directory directory;
    const struct sf_session *session = wire->session->session;
    directory =
        (struct sf_directory){(void *)((char *)session + session->directory_at), session->directory_count};
    wire->engine.directory = &directory;
    wire->datagrams = sf_memory_new(sizeof *wire->datagrams);
    wire->datagrams->watch = (struct sf_watch){out_ready, socket};
    return socket < 0 || sf_watch_begin(wire, &wire->datagrams->watch);
}

static struct carried *carried_of(struct sf_deadline *deadline)
{
    return (struct carried *)((char *)deadline - offsetof(struct carried, deadline));
}

static void free_the_gone(struct sf_datagrams *all)
{
    while (all->gone) {
        struct carried *socket = all->gone;
        all->gone = socket->next_gone;
        sf_datagram_queue_free(&socket->ways[SF_WAY_OUT]);
        sf_datagram_rules_free(&socket->base);
        free(socket);
    }
}

void sf_datagrams_do(struct sf_wire *wire)
{
    struct sf_datagrams *all = wire->datagrams;
    struct sf_deadline *first;

    while ((first = sf_deadlines_first(&all->deadlines)) && first->at_ns <= wire->now_ns) {
        sf_deadline_set(&all->deadlines, first, SF_NEVER);
        pump(wire, carried_of(first));
    }
    if (all->carried_in && all->sweep_ns <= wire->now_ns)
        sweep(wire);
    free_the_gone(all);
}

uint64_t sf_datagrams_when(const struct sf_wire *wire)
{
    const struct sf_deadline *first = sf_deadlines_first(&wire->datagrams->deadlines);
    uint64_t at_ns = first ? first->at_ns : SF_NEVER;
    return wire->datagrams->carried_in && wire->datagrams->sweep_ns < at_ns ? wire->datagrams->sweep_ns
                                                                            : at_ns;
}

bool sf_datagrams_are_under_way(const struct sf_wire *wire)
{
    return wire->datagrams->out_count != 0;
}
