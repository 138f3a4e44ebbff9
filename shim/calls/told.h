/* From a call that has returned to its records in the trace; calls/traced.c finds out what there is to
 * tell. Only in a traced process. */
#ifndef SF_CALLS_TOLD_H
#define SF_CALLS_TOLD_H

#include "calls/call.h"

/* What is told of sockets in front of the call that tells of them. */
struct sf_heard {
    struct sf_trace_socket sockets[2];
    unsigned count;
};

/* What comes with a call that has returned. */
struct sf_told {
    int64_t result;
    int error;
    uint32_t flags;
    uint64_t end_ns, moved;
    const struct sf_addr *address; /* NULL: none */
    uint8_t state;
};

static inline uint32_t sf_record_bytes(uint64_t bytes)
{
    return (uint32_t)((bytes + SF_TRACE_ALIGNMENT - 1) & ~(uint64_t)(SF_TRACE_ALIGNMENT - 1));
}

static inline struct sf_trace_record sf_record_header(enum sf_trace_kind kind, uint32_t bytes)
{
    return (struct sf_trace_record){
        .bytes = bytes, .version = SF_TRACE_VERSION, .producer = SF_PRODUCER_SHIM, .kind = (uint8_t)kind};
}

/* Bytes, or entries of a poll. */
uint64_t sf_told_asked(const struct sf_call *call);

/* As far as the descriptor's word tells. */
bool sf_told_is_tcp(int fd);

/* Write what is told of sockets, each in sf_record_bytes(sizeof(struct sf_trace_socket)). */
void sf_told_write_heard(void *at, const struct sf_heard *heard);

/* Append the records of sockets (NULL: none), of the call, and of the data that has no room there. */
void sf_told_append(const struct sf_call *call, struct sf_told *told, const struct sf_heard *heard);

#endif
