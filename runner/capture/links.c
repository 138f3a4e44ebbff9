#include "capture/links.h"

#include "abi/event.h"
#include "base/memory.h"

#include <stddef.h>

/* Whoever has not filled its place in the log by then has died. */
#define PATIENCE_NS UINT64_C(100000000)

static const struct sf_event *next_event(const struct sf_links *links, uint64_t now_ns)
{
    const struct sf_event *last = links->last, *event = sf_session_event(links->session, last);
    const char *expected =
        last ? (const char *)last + (last->bytes + 7) / 8 * 8 : (const char *)(links->session->events + 1);
    bool is_behind_hole = event && (const char *)event != expected;
    return is_behind_hole && event->time_ns + PATIENCE_NS > now_ns ? NULL : event;
}

struct sf_link_note *sf_links_next(struct sf_links *links, uint64_t now_ns)
{
    const struct sf_event *event;
    while (links->session && (event = next_event(links, now_ns))) {
        links->last = event;
        if (event->kind != SF_EVENT_LINK || event->rule_count == 0 || event->socket == 0)
            continue;
        struct sf_link_note *note = sf_memory_new(sizeof *note);
        *note = (struct sf_link_note){.socket = event->socket,
                                      .program = event->program,
                                      .rule = event->rules[0].rule,
                                      .is_in = event->result == SF_LINK_IN,
                                      .at_byte = event->asked,
                                      .time_ns = event->time_ns};
        return note;
    }
    return NULL;
}
