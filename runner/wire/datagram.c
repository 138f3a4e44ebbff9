#include "wire/datagram.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

static void link_behind(struct sf_datagram_queue *queue, struct sf_datagram *before,
                        struct sf_datagram *datagram)
{
    datagram->previous = before;
    datagram->next = before ? before->next : queue->first;
    if (before)
        before->next = datagram;
    else
        queue->first = datagram;
    if (datagram->next)
        datagram->next->previous = datagram;
    else
        queue->last = datagram;
    queue->bytes += datagram->bytes;
}

static bool is_same(const union sf_wire_address *a, const union sf_wire_address *b)
{
    if (a->any.sa_family != b->any.sa_family)
        return false;
    if (a->any.sa_family == AF_INET)
        return a->v4.sin_port == b->v4.sin_port && a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
    return a->any.sa_family != AF_INET6 ||
           (a->v6.sin6_port == b->v6.sin6_port && a->v6.sin6_scope_id == b->v6.sin6_scope_id &&
            IN6_ARE_ADDR_EQUAL(&a->v6.sin6_addr, &b->v6.sin6_addr));
}

void sf_datagram_queue_put(struct sf_datagram_queue *queue, struct sf_datagram *datagram)
{
    struct sf_datagram *before = queue->last;
    while (before && before->due_ns > datagram->due_ns) {
        if (is_same(&before->peer, &datagram->peer))
            datagram->due_ns = before->due_ns;
        else
            before = before->previous;
    }
    link_behind(queue, before, datagram);
}

void sf_datagram_queue_append(struct sf_datagram_queue *queue, struct sf_datagram *datagram)
{
    link_behind(queue, queue->last, datagram);
}

struct sf_datagram *sf_datagram_queue_take(struct sf_datagram_queue *queue)
{
    struct sf_datagram *first = queue->first;
    if (!first)
        return NULL;
    queue->first = first->next;
    if (first->next)
        first->next->previous = NULL;
    else
        queue->last = NULL;
    queue->bytes -= first->bytes;
    first->next = NULL;
    return first;
}

void sf_datagram_queue_free(struct sf_datagram_queue *queue)
{
    struct sf_datagram *datagram;
    while ((datagram = sf_datagram_queue_take(queue)))
        free(datagram);
}

struct sf_datagram *sf_datagram_copy(const struct sf_datagram *datagram)
{
    size_t bytes = sizeof *datagram + datagram->control_bytes + datagram->bytes;
    struct sf_datagram *copy = sf_memory_new(bytes);
    memcpy(copy, datagram, bytes);
    copy->previous = copy->next = NULL;
    return copy;
}
