#include "engine/record.h"

#include <stddef.h>

struct sf_event *sf_record_reserve(struct sf_event_log *log, uint64_t capacity, uint32_t bytes)
{
    uint64_t at = atomic_fetch_add_explicit(&log->reserved_bytes, bytes, memory_order_relaxed);

    if (at + bytes > capacity) {
        atomic_fetch_add_explicit(&log->dropped, 1, memory_order_relaxed);
        return NULL;
    }
    return (struct sf_event *)(void *)((char *)(log + 1) + at);
}
