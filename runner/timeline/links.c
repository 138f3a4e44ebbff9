#include "timeline/timeline.h"

#include "abi/event.h"
#include "base/arena.h"
#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* A connection's place, by the number of its socket. */
struct place {
    uint32_t number, index;
};

static int compare(const void *left, const void *right)
{
    const struct place *one = left, *other = right;
    return one->number < other->number ? -1 : one->number > other->number;
}

static struct place *places_of(const struct sf_timeline *timeline)
{
    struct place *places = sf_memory_new((timeline->connection_count + 1) * sizeof *places);
    for (uint32_t i = 0; i < timeline->connection_count; i++)
        places[i] = (struct place){timeline->connections[i].number, i};
    qsort(places, timeline->connection_count, sizeof *places, compare);
    return places;
}

static bool is_of_link(const struct sf_event *event)
{
    return event->kind == SF_EVENT_LINK && event->rule_count > 0;
}

static struct sf_timeline_event event_of(const struct sf_timeline *timeline, const struct sf_event *event,
                                         uint32_t connection)
{
    uint64_t ns = event->time_ns > timeline->start_ns ? event->time_ns - timeline->start_ns : 0;
    return (struct sf_timeline_event){.ns = ns,
                                      .last_ns = ns,
                                      .times = 1,
                                      .connection = connection,
                                      .call = SF_CALL_COUNT,
                                      .rule = event->rules[0].rule,
                                      .kind = SF_TIMELINE_FAULT,
                                      .state = (uint8_t)event->result,
                                      .result = (int64_t)event->asked};
}

struct sf_timeline *sf_timeline_with_links(struct sf_arena *arena, const struct sf_timeline *timeline,
                                           const struct sf_session_memory *session)
{
    size_t more = 0;
    for (const struct sf_event *event = NULL; (event = sf_session_event(session, event));)
        more += is_of_link(event);
    struct sf_timeline *kept =
        sf_arena_alloc(arena, timeline->bytes + more * sizeof(struct sf_timeline_event));
    memcpy(kept, timeline, timeline->bytes);
    struct sf_timeline_event *list = (void *)(kept->connections + kept->connection_count);
    struct place *places = places_of(timeline);
    for (const struct sf_event *event = NULL; (event = sf_session_event(session, event));) {
        const struct place wanted = {.number = event->socket};
        const struct place *place =
            is_of_link(event) && wanted.number
                ? bsearch(&wanted, places, timeline->connection_count, sizeof *places, compare)
                : NULL;
        if (place && more-- > 0)
            list[kept->event_count++] = event_of(timeline, event, place->index);
    }
    kept->bytes = timeline->bytes + (kept->event_count - timeline->event_count) * sizeof *list;
    free(places);
    return kept;
}
