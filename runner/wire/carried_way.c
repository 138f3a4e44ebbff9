#include "wire/carried.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define NS_PER_MS UINT64_C(1000000)
#define RUN_NS (100 * NS_PER_MS)   /* a run of reorder waits so long for the rest */
#define AGAIN_NS NS_PER_MS         /* the kernel has no room */
#define LOOK_NS (NS_PER_MS / 10)   /* is it known who sent it? */
#define QUEUE_BYTES_MAX (6u << 20) /* as of a stream: then datagrams are lost, as in a router */

/* Does something wait to be sent from the program's socket? */
static bool has_more_to_send(const struct sf_carried *socket)
{
    bool has_more = socket->ways[SF_WAY_OUT].first != NULL;
    for (size_t i = 0; i < socket->base.rule_count; i++)
        has_more |= socket->base.rules[i].on[SF_WAY_OUT].run.first != NULL;
    return has_more;
}

static void set_deadline(struct sf_wire *wire, struct sf_carried *socket)
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
static bool give(const struct sf_wire *wire, struct sf_carried *socket, const struct sf_datagram *datagram)
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
        sf_carried_escape(wire, socket->base.program);
    return errno != EAGAIN && errno != ENOBUFS;
}

static bool send_on(struct sf_carried *socket, const struct sf_datagram *datagram)
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

static void send_due(struct sf_wire *wire, struct sf_carried *socket, unsigned way)
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

static void enqueue(struct sf_wire *wire, struct sf_carried *socket, unsigned way,
                    struct sf_datagram *datagram)
{
    if (socket->ways[way].bytes + datagram->bytes > QUEUE_BYTES_MAX) {
        free(datagram);
        return;
    }
    wire->datagrams->out_count += way == SF_WAY_OUT;
    sf_datagram_queue_put(&socket->ways[way], datagram);
}

/* Those that waited for others set out, first or last first. */
static void let_run(struct sf_wire *wire, struct sf_carried *socket, unsigned way,
                    struct sf_datagram_rule *on)
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

static void wait_for_others(struct sf_wire *wire, struct sf_carried *socket, unsigned way,
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
void sf_carried_refuse(const struct sf_carried *socket)
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

void sf_carried_take(struct sf_wire *wire, struct sf_carried *socket, unsigned way,
                     struct sf_datagram *datagram)
{
    struct sf_fate fate = sf_datagram_judge(wire, &socket->base, way, datagram);

    if (fate.is_refused)
        sf_carried_refuse(socket);
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

void sf_carried_meet(struct sf_wire *wire, struct sf_carried *socket)
{
    struct sf_datagram *first;

    while ((first = socket->strangers.first)) {
        if (sf_datagram_is_awaited(wire, &socket->base, first)) {
            if (first->due_ns > wire->now_ns)
                return;
            sf_datagram_give_up(wire, first);
        }
        sf_carried_take(wire, socket, SF_WAY_IN, sf_datagram_queue_take(&socket->strangers));
    }
}

void sf_carried_pump(struct sf_wire *wire, struct sf_carried *socket)
{
    sf_carried_meet(wire, socket);
    for (unsigned way = 0; way < SF_WAYS; way++) {
        for (size_t i = 0; i < socket->base.rule_count; i++) {
            struct sf_datagram_rule *on = &socket->base.rules[i];
            if (on->on[way].run.first && on->on[way].run_until_ns <= wire->now_ns)
                let_run(wire, socket, way, on);
        }
        send_due(wire, socket, way);
    }
    if (socket->own >= 0 && !has_more_to_send(socket) && socket->own_until_ns <= wire->now_ns) {
        sf_carried_close(&socket->own);
        if (socket->is_ended)
            wire->datagrams->sweep_ns = wire->now_ns; /* its address waits for that */
    }
    set_deadline(wire, socket);
}
