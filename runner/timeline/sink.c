/* From calls in their order to the lives of connections. */
#include "timeline/timeline.h"

#include "base/clock.h"
#include "base/memory.h"
#include "trace/follow.h"
#include "trace/sinks.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FIRST_BUCKET_NS UINT64_C(20000)
#define NONE UINT32_MAX

/* What is kept beside a connection while it is collected. */
struct growing {
    struct sf_timeline_connection connection;
    const struct sf_followed *socket; /* NULL: a program's own */
    uint64_t seen_in, seen_out;
    uint32_t events, last; /* how many, and the last; NONE: none */
};

struct collector {
    const struct sf_recording *recording;
    struct growing **list;
    struct sf_timeline_event *events;
    uint32_t *of_socket,
        *of_program; /* index + 1, by socket number and by program; 0: none, NONE: not kept */
    size_t count, room, event_count, event_room, socket_room;
    uint64_t more, bucket_ns, first_ns, end_ns;
    bool is_begun;
};

/* Its index + 1; NONE: there are too many. */
static uint32_t add(struct collector *collector, uint16_t program, const struct sf_followed *socket)
{
    if (collector->count == SF_TIMELINE_CONNECTIONS_MAX && socket) {
        collector->more++;
        return NONE;
    }
    sf_memory_grow(&collector->list, &collector->room, collector->count + 1, sizeof *collector->list);
    struct growing *growing = sf_memory_new(sizeof *growing);
    growing->connection.program = program;
    growing->connection.opened_ns = UINT64_MAX;
    growing->socket = socket;
    growing->last = NONE;
    collector->list[collector->count] = growing;
    return (uint32_t)++collector->count;
}

/* Its place, made where there is none; NONE: it is not kept. */
static uint32_t find(struct collector *collector, const struct sf_traced *call)
{
    const struct sf_followed *socket = call->socket;
    uint32_t *place;
    if (socket && socket->number && socket->number < SF_FOLLOWED_MAX) {
        sf_memory_grow(&collector->of_socket, &collector->socket_room, (size_t)socket->number + 1,
                       sizeof *collector->of_socket);
        place = &collector->of_socket[socket->number];
    } else {
        socket = NULL;
        place = &collector->of_program[call->record->program];
    }
    if (*place == 0)
        *place = add(collector, call->record->program, socket);
    return *place == NONE ? NONE : *place - 1;
}

static bool is_like(const struct sf_timeline_event *last, const struct sf_timeline_event *event)
{
    return last->kind == event->kind && event->kind != SF_TIMELINE_STATE && last->call == event->call &&
           last->rule == event->rule && last->error == event->error;
}

static void put(struct collector *collector, uint32_t index, struct sf_timeline_event event)
{
    struct growing *growing = collector->list[index];
    struct sf_timeline_event *last = growing->last == NONE ? NULL : &collector->events[growing->last];
    if (last && is_like(last, &event)) {
        last->times++;
        last->last_ns = event.ns;
        last->result = event.result;
        return;
    }
    if (growing->events == SF_TIMELINE_EVENTS_MAX) {
        growing->connection.events_more++;
        return;
    }
    sf_memory_grow(&collector->events, &collector->event_room, collector->event_count + 1,
                   sizeof *collector->events);
    event.last_ns = event.ns;
    event.times = 1;
    event.connection = index;
    growing->events++;
    growing->last = (uint32_t)collector->event_count;
    collector->events[collector->event_count++] = event;
}

/* What every correct program meets and goes on from, unless a rule made it. */
static bool is_ordinary(int error)
{
    return error == 0 || error == EAGAIN || error == EINPROGRESS || error == EINTR;
}

static void take_events(struct collector *collector, uint32_t index, const struct sf_traced *call,
                        uint64_t ns)
{
    const struct sf_trace_call *record = call->record;
    struct sf_timeline_event event = {.ns = ns,
                                      .call = record->call,
                                      .rule = SF_TIMELINE_NO_RULE,
                                      .error = record->error,
                                      .result = record->result};
    event.kind = SF_TIMELINE_FAULT;
    for (unsigned i = 0; i < record->rule_count; i++) {
        event.rule = call->firings[i].rule;
        put(collector, index, event);
    }
    event.rule = SF_TIMELINE_NO_RULE;
    event.kind = SF_TIMELINE_ERROR;
    if (record->rule_count == 0 && !is_ordinary(record->error) && !call->is_unfinished)
        put(collector, index, event);
    event.kind = SF_TIMELINE_STATE;
    event.state = call->socket ? (uint8_t)call->socket->state : 0;
    struct growing *growing = collector->list[index];
    if (event.state != growing->connection.state)
        put(collector, index, event);
    growing->connection.state = event.state;
}

/* All buckets are twice as wide from now on. */
static void widen(struct collector *collector)
{
    collector->bucket_ns *= 2;
    for (size_t i = 0; i < collector->count; i++) {
        struct sf_timeline_connection *connection = &collector->list[i]->connection;
        for (size_t at = 0; at < SF_TIMELINE_BUCKETS; at++) {
            bool is_there = at < SF_TIMELINE_BUCKETS / 2;
            connection->in[at] = is_there ? connection->in[2 * at] + connection->in[2 * at + 1] : 0;
            connection->out[at] = is_there ? connection->out[2 * at] + connection->out[2 * at + 1] : 0;
        }
    }
}

static void take_bytes(struct collector *collector, struct growing *growing, uint64_t ns)
{
    const struct sf_followed *socket = growing->socket;
    struct sf_timeline_connection *connection = &growing->connection;
    if (socket->bytes_in == growing->seen_in && socket->bytes_out == growing->seen_out)
        return;
    if (!collector->is_begun)
        collector->first_ns = ns;
    collector->is_begun = true;
    ns = ns > collector->first_ns ? ns - collector->first_ns : 0;
    while (ns / collector->bucket_ns >= SF_TIMELINE_BUCKETS)
        widen(collector);
    uint64_t at = ns / collector->bucket_ns;
    connection->in[at] += socket->bytes_in - growing->seen_in;
    connection->out[at] += socket->bytes_out - growing->seen_out;
    growing->seen_in = socket->bytes_in;
    growing->seen_out = socket->bytes_out;
}

static uint64_t since(const struct collector *collector, uint64_t ns)
{
    return ns > collector->recording->start_ns ? ns - collector->recording->start_ns : 0;
}

/* It waits for a connection, which is there when it returns. */
static bool is_accept(const struct sf_traced *call)
{
    return sf_call_families[call->record->call] == SF_FAMILY_ACCEPT;
}

static void take(void *context, const struct sf_traced *call)
{
    struct collector *collector = context;
    uint64_t ns = since(collector, call->record->end_ns);
    uint32_t index = find(collector, call);
    if (index == NONE)
        return;
    struct growing *growing = collector->list[index];
    uint64_t begin_ns = since(collector, call->record->begin_ns);
    collector->end_ns = ns > collector->end_ns ? ns : collector->end_ns;
    if (growing->connection.opened_ns == UINT64_MAX)
        growing->connection.opened_ns = is_accept(call) ? ns : begin_ns;
    growing->connection.calls++;
    take_events(collector, index, call, ns);
    if (growing->socket)
        take_bytes(collector, growing, ns);
}

/* What is known of its socket at the end. */
static void settle(const struct collector *collector, struct growing *growing)
{
    const struct sf_followed *socket = growing->socket;
    struct sf_timeline_connection *connection = &growing->connection;
    connection->closed_ns = UINT64_MAX;
    if (!socket)
        return;
    connection->number = socket->number;
    connection->connection = socket->connection;
    connection->program = socket->program;
    connection->domain = socket->domain;
    connection->type = socket->type;
    connection->role = socket->role;
    connection->local = socket->local;
    connection->peer = socket->peer;
    if (socket->peer_name)
        strncpy(connection->peer_name, socket->peer_name, sizeof connection->peer_name - 1);
    if (socket->closed_ns)
        connection->closed_ns = since(collector, socket->closed_ns);
    connection->bytes_in = socket->bytes_in;
    connection->bytes_out = socket->bytes_out;
}

static int write_all(int fd, const void *data, uint64_t bytes)
{
    for (const char *at = data; bytes > 0;) {
        ssize_t part = write(fd, at, bytes);
        if (part < 0 && errno != EINTR)
            return errno;
        at += part > 0 ? part : 0;
        bytes -= part > 0 ? (uint64_t)part : 0;
    }
    return 0;
}

static int write_timeline(const struct collector *collector, uint64_t dropped, int fd)
{
    struct sf_timeline head = {.start_ns = collector->recording->start_ns,
                               .first_ns = collector->first_ns,
                               .end_ns = collector->end_ns,
                               .bucket_ns = collector->bucket_ns,
                               .dropped = dropped,
                               .connections_more = collector->more,
                               .connection_count = (uint32_t)collector->count,
                               .event_count = (uint32_t)collector->event_count};
    head.bytes = sizeof head + collector->count * sizeof(struct sf_timeline_connection) +
                 collector->event_count * sizeof(struct sf_timeline_event);
    int error = write_all(fd, &head, sizeof head);
    for (size_t i = 0; i < collector->count && !error; i++)
        error = write_all(fd, &collector->list[i]->connection, sizeof collector->list[i]->connection);
    return error ? error
                 : write_all(fd, collector->events, collector->event_count * sizeof *collector->events);
}

static int end(void *context, uint64_t dropped)
{
    struct collector *collector = context;
    for (size_t i = 0; i < collector->count; i++)
        settle(collector, collector->list[i]);
    int error = write_timeline(collector, dropped, collector->recording->timeline);
    for (size_t i = 0; i < collector->count; i++)
        free(collector->list[i]);
    free(collector->list);
    free(collector->events);
    free(collector->of_socket);
    free(collector->of_program);
    free(collector);
    return error;
}

bool sf_timeline_sink(const struct sf_recording *recording, struct sf_trace_sink *sink)
{
    if (!recording->draws_timeline)
        return false;
    struct collector *collector = sf_memory_new(sizeof *collector);
    collector->recording = recording;
    collector->bucket_ns = FIRST_BUCKET_NS;
    collector->of_program =
        sf_memory_new(recording->session->plan->program_count * sizeof *collector->of_program);
    *sink = (struct sf_trace_sink){.context = collector, .take = take, .end = end};
    return true;
}
