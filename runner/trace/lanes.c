#include "trace/lanes.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void sf_lanes_open(struct sf_lanes *lanes, struct sf_trace *trace, const struct sf_plan *plan)
{
    *lanes = (struct sf_lanes){.trace = trace,
                               .programs = plan->program_count,
                               .rules = plan->rule_count,
                               .copy = sf_memory_new(SF_LANE_BYTES)};
}

void sf_lanes_close(struct sf_lanes *lanes)
{
    free(lanes->copy);
    lanes->copy = NULL;
}

const struct sf_firing *sf_record_firings(const struct sf_trace_call *call)
{
    return (const void *)(call + 1);
}

const struct sf_addr *sf_record_address(const struct sf_trace_call *call)
{
    if (!(call->flags & SF_TRACE_ADDRESS))
        return NULL;
    return (const void *)(sf_record_firings(call) + call->rule_count);
}

const void *sf_record_data(const struct sf_trace_call *call)
{
    const char *behind = (const char *)(sf_record_firings(call) + call->rule_count);
    return behind + (call->flags & SF_TRACE_ADDRESS ? sizeof(struct sf_addr) : 0);
}

static bool is_address(const struct sf_addr *address)
{
    return (address->domain & (address->domain - 1)) == 0 && address->domain <= SF_DOMAIN_OTHER &&
           address->path_len <= sizeof address->path;
}

static bool is_call(const struct sf_lanes *lanes, const struct sf_trace_call *call)
{
    enum { STATE_MAX = 12 }; /* TCP_NEW_SYN_RECV */
    if (call->record.bytes < sizeof *call)
        return false;
    uint64_t parts = (uint64_t)call->rule_count * sizeof(struct sf_firing) +
                     (call->flags & SF_TRACE_ADDRESS ? sizeof(struct sf_addr) : 0) + call->data_bytes;
    if (parts > call->record.bytes - sizeof *call || call->program >= lanes->programs ||
        call->call >= SF_CALL_COUNT || call->begin_ns > call->end_ns || call->state > STATE_MAX)
        return false;
    for (unsigned i = 0; i < call->rule_count; i++)
        if (sf_record_firings(call)[i].rule >= lanes->rules)
            return false;
    return !sf_record_address(call) || is_address(sf_record_address(call));
}

static bool is_socket(const struct sf_lanes *lanes, const struct sf_trace_socket *socket)
{
    return socket->record.bytes >= sizeof *socket && socket->program < lanes->programs &&
           socket->number != 0 && is_address(&socket->local) && is_address(&socket->peer);
}

static bool is_image(const struct sf_trace_image *image)
{
    return image->record.bytes > sizeof *image && image->start <= image->end &&
           memchr(image->path, '\0', image->record.bytes - sizeof *image);
}

/* All but its length, which is right. */
static bool is_sound(const struct sf_lanes *lanes, const struct sf_trace_record *record)
{
    if (record->version != SF_TRACE_VERSION)
        return false;
    if (record->kind == SF_TRACE_CALL)
        return is_call(lanes, (const void *)record);
    if (record->kind == SF_TRACE_IMAGE)
        return is_image((const void *)record);
    return record->kind == SF_TRACE_SOCKET && is_socket(lanes, (const void *)record);
}

/* Copy the record at `from`, of which `left` bytes at most can be. Returns its length; 0: it has none. */
static uint32_t copy_record(struct sf_trace_record *copy, const char *from, uint64_t left)
{
    struct sf_trace_record head;
    if (left < sizeof head)
        return 0;
    memcpy(&head, from, sizeof head);
    if (head.bytes < sizeof head || head.bytes > left || head.bytes % SF_TRACE_ALIGNMENT != 0)
        return 0;
    /* A filler may be as long as the ring; its content is nothing. */
    memcpy(copy, from, head.kind == SF_TRACE_FILLER ? sizeof head : head.bytes);
    *copy = head; /* it may have changed meanwhile */
    return head.bytes;
}

static size_t take_lane(struct sf_lanes *lanes, unsigned index, sf_lanes_taker *take, void *context)
{
    struct sf_lane *lane = sf_trace_lane(lanes->trace, index);
    struct sf_trace_record *record = lanes->copy;
    uint64_t written = atomic_load_explicit(&lane->written, memory_order_acquire);
    uint64_t read = lanes->read[index];
    size_t taken = 0;
    bool is_damaged = written - read > SF_LANE_BYTES || written % SF_TRACE_ALIGNMENT != 0;
    if (written == read)
        return 0;
    while (!is_damaged && read < written) {
        uint64_t at = read % SF_LANE_BYTES, left = SF_LANE_BYTES - at;
        uint32_t bytes = copy_record(record, (const char *)(lane + 1) + at,
                                     written - read < left ? written - read : left);
        is_damaged = bytes == 0;
        read += bytes;
        if (is_damaged || record->kind == SF_TRACE_FILLER)
            continue;
        bool sound = is_sound(lanes, record);
        lanes->damaged += !sound;
        taken += sound;
        if (sound)
            take(context, index, record);
    }
    lanes->damaged += is_damaged;
    lanes->read[index] = written - written % SF_TRACE_ALIGNMENT;
    atomic_store_explicit(&lane->read, lanes->read[index], memory_order_release);
    take(context, index, NULL);
    return taken;
}

size_t sf_lanes_take(struct sf_lanes *lanes, sf_lanes_taker *take, void *context)
{
    size_t taken = 0;
    for (unsigned index = 0; index < SF_LANES; index++)
        taken += take_lane(lanes, index, take, context);
    return taken;
}
