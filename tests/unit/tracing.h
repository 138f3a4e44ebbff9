/* Traces from thin air: a session whose lanes the tests fill. */
#ifndef SF_TESTS_TRACING_H
#define SF_TESTS_TRACING_H

#include "reader.h"

#include "plan/session.h"
#include "trace/lanes.h"

#include <stdio.h>

struct tracing {
    struct reading *reading;
    struct sf_session_memory *session;
};

/* Two programs, client and server; two rules, one-byte and broken. */
static inline int tracing_setup(void **state)
{
    static const struct sf_trace_wish wish = {.data_bytes = 64};
    struct tracing *tracing = calloc(1, sizeof *tracing);
    tracing->reading = read_valid("name: n\nprograms: {client: 'true', server: 'true'}\n"
                                  "faults:\n"
                                  "- {id: one-byte, call: recv, partial: 1}\n"
                                  "- {id: broken, call: recv, error: EIO}\n"
                                  "- {id: cut, call: recv, reset: true}\n");
    struct sf_plan *plan = sf_plan_compile(tracing->reading->scenario);
    tracing->session = sf_session_create(plan, &wish);
    assert_non_null(tracing->session);
    free(plan);
    *state = tracing;
    return 0;
}

static inline int tracing_teardown(void **state)
{
    struct tracing *tracing = *state;
    sf_session_free(tracing->session);
    release(tracing->reading);
    free(tracing);
    return 0;
}

enum { CLIENT, SERVER };
enum { ONE_BYTE, BROKEN, CUT };

/* A record with what follows it. */
union tracing_record {
    struct sf_trace_record record;
    struct sf_trace_call call;
    struct sf_trace_socket socket;
    char bytes[4096];
};

static inline struct sf_trace_call tracing_call(enum sf_call_id call, uint64_t end_ns)
{
    return (struct sf_trace_call){.record = {.bytes = sizeof(struct sf_trace_call),
                                             .version = SF_TRACE_VERSION,
                                             .producer = SF_PRODUCER_SHIM,
                                             .kind = SF_TRACE_CALL},
                                  .pid = 7,
                                  .tid = 7,
                                  .call = (uint16_t)call,
                                  .fd = 3,
                                  .socket = 1,
                                  .begin_ns = end_ns,
                                  .end_ns = end_ns};
}

static inline union tracing_record tracing_socket(uint32_t number, uint8_t role)
{
    return (union tracing_record){.socket = {.record = {.bytes = (sizeof(struct sf_trace_socket) + 7) & ~7u,
                                                        .version = SF_TRACE_VERSION,
                                                        .producer = SF_PRODUCER_SHIM,
                                                        .kind = SF_TRACE_SOCKET},
                                             .number = number,
                                             .domain = SF_DOMAIN_INET,
                                             .type = SF_TYPE_STREAM,
                                             .role = role}};
}

static inline struct sf_addr tracing_address(uint16_t port)
{
    return (struct sf_addr){.domain = SF_DOMAIN_INET,
                            .port = port,
                            .ip = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1}};
}

/* A call with a rule that fired (-1: none), an address (NULL: none) and data. */
static inline union tracing_record tracing_whole(struct sf_trace_call call, int rule,
                                                 const struct sf_addr *address, const char *data)
{
    union tracing_record whole = {.bytes = {0}};
    char *at = whole.bytes + sizeof call;
    if (rule >= 0) {
        struct sf_firing firing = {.rule = (uint16_t)rule};
        memcpy(at, &firing, sizeof firing);
        at += sizeof firing;
        call.rule_count = 1;
    }
    if (address) {
        memcpy(at, address, sizeof *address);
        at += sizeof *address;
        call.flags |= SF_TRACE_ADDRESS;
    }
    call.data_bytes = (uint32_t)strlen(data);
    memcpy(at, data, call.data_bytes);
    at += call.data_bytes;
    call.record.bytes = (uint32_t)((size_t)(at - whole.bytes) + 7) & ~7u;
    whole.call = call;
    return whole;
}

/* Publish a record; where it does not fit before the ring's end, behind a filler. */
static inline void tracing_tell(struct tracing *tracing, unsigned index, const void *record)
{
    struct sf_lane *lane = sf_trace_lane(tracing->session->trace, index);
    const struct sf_trace_record *head = record;
    uint64_t written = lane->written, at = written % SF_LANE_BYTES;
    char *ring = (char *)(lane + 1);
    if (SF_LANE_BYTES - at < head->bytes) {
        struct sf_trace_record filler = {.bytes = (uint32_t)(SF_LANE_BYTES - at)};
        memcpy(ring + at, &filler, sizeof filler);
        written += filler.bytes;
        at = 0;
    }
    memcpy(ring + at, record, head->bytes);
    lane->written = written + head->bytes;
}

#endif
