#include "trace/order.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static void *grow(void *block, size_t bytes)
{
    void *grown = realloc(block, bytes);
    if (!grown)
        sf_out_of_memory();
    return grown;
}

static bool is_before(const struct sf_ordered *a, const struct sf_ordered *b)
{
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->place < b->place;
}

static void swap(struct sf_ordered *a, struct sf_ordered *b)
{
    struct sf_ordered kept = *a;
    *a = *b;
    *b = kept;
}

static void push(struct sf_order *order, const struct sf_trace_record *record, uint64_t time_ns)
{
    if (order->count == order->room) {
        order->room = order->room ? 2 * order->room : 256;
        order->heap = grow(order->heap, order->room * sizeof *order->heap);
    }
    struct sf_trace_record *copy = grow(NULL, record->bytes);
    memcpy(copy, record, record->bytes);
    size_t at = order->count++;
    order->heap[at] = (struct sf_ordered){time_ns, order->places++, copy};
    for (; at > 0 && is_before(&order->heap[at], &order->heap[(at - 1) / 2]); at = (at - 1) / 2)
        swap(&order->heap[at], &order->heap[(at - 1) / 2]);
}

static struct sf_trace_record *pop(struct sf_order *order)
{
    struct sf_trace_record *first = order->heap[0].record;
    order->heap[0] = order->heap[--order->count];
    for (size_t at = 0;;) {
        size_t least = at;
        for (size_t child = 2 * at + 1; child <= 2 * at + 2 && child < order->count; child++)
            if (is_before(&order->heap[child], &order->heap[least]))
                least = child;
        if (least == at)
            return first;
        swap(&order->heap[at], &order->heap[least]);
        at = least;
    }
}

static void push_sockets(struct sf_order *order, unsigned lane, uint64_t time_ns)
{
    const char *at = (const char *)order->sockets[lane];
    for (size_t done = 0; done < order->socket_bytes[lane];) {
        const struct sf_trace_record *record = (const void *)(at + done);
        push(order, record, time_ns);
        done += record->bytes;
    }
    order->socket_bytes[lane] = 0;
}

static void keep_socket(struct sf_order *order, unsigned lane, const struct sf_trace_record *record)
{
    size_t before = order->socket_bytes[lane];
    order->socket_bytes[lane] += record->bytes;
    order->sockets[lane] = grow(order->sockets[lane], order->socket_bytes[lane]);
    memcpy((char *)order->sockets[lane] + before, record, record->bytes);
}

static uint64_t time_of(const struct sf_trace_record *record)
{
    if (record->kind == SF_TRACE_IMAGE)
        return ((const struct sf_trace_image *)(const void *)record)->time_ns;
    return ((const struct sf_trace_call *)(const void *)record)->end_ns;
}

void sf_order_add(struct sf_order *order, unsigned lane, const struct sf_trace_record *record,
                  uint64_t now_ns)
{
    if (!record) {
        push_sockets(order, lane, 0); /* better early than behind its call */
        return;
    }
    if (record->kind == SF_TRACE_SOCKET) {
        keep_socket(order, lane, record);
        return;
    }
    uint64_t of_record_ns = time_of(record), time_ns = of_record_ns < now_ns ? of_record_ns : now_ns;
    push_sockets(order, lane, time_ns);
    push(order, record, time_ns);
}

struct sf_trace_record *sf_order_take(struct sf_order *order, uint64_t until_ns)
{
    return order->count && order->heap[0].time_ns <= until_ns ? pop(order) : NULL;
}

void sf_order_free(struct sf_order *order)
{
    for (size_t i = 0; i < order->count; i++)
        free(order->heap[i].record);
    for (unsigned lane = 0; lane < SF_LANES; lane++)
        free(order->sockets[lane]);
    free(order->heap);
    *order = (struct sf_order){0};
}
