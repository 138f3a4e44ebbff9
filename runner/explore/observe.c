/* The sink of explore: from calls in their order to facts. */
#include "explore/observe.h"

#include "base/clock.h"
#include "base/memory.h"
#include "trace/sinks.h"
#include "trace/sites.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

#define WAIT_NS UINT64_C(1000000) /* a call that took as long may have waited */

enum { BUCKETS = 1024, THREADS = 256, SOCKETS_MAX = 1 << 20 };

/* Where a call returns to, of a program; processes of one image share it. */
struct bucket {
    uint64_t address; /* 0: free */
    uint32_t pid, place;
    uint16_t program;
    bool is_named;
};

struct socket_memory {
    uint32_t calls[SF_FAMILY_COUNT];
    uint32_t connection_slot; /* from 1 */
    uint16_t program;
    bool is_ended, is_closed, has_peeked;
    bool is_bounded, is_send_bounded; /* SO_RCVTIMEO, SO_SNDTIMEO */
};

struct thread_memory {
    uint32_t tid, idle_calls, idle_polls;
};

struct observer {
    struct sf_observation *observation;
    struct sf_sites *sites;
    const struct sf_program_state *programs;
    struct bucket buckets[BUCKETS];
    struct thread_memory threads[THREADS]; /* by tid, modulo */
    struct socket_memory *sockets;         /* by number */
    size_t socket_count;
    uint32_t calls[SF_OBSERVED_PROGRAMS][SF_FAMILY_COUNT];
    bool has_unnamed;
};

struct sf_observation *sf_observation_new(void)
{
    void *memory =
        mmap(NULL, sizeof(struct sf_observation), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct sf_observation *observation = memory == MAP_FAILED ? NULL : memory;
    if (observation)
        observation->probe = observation->before_probe = UINT32_MAX;
    return observation;
}

void sf_observation_free(struct sf_observation *observation)
{
    if (observation)
        munmap(observation, sizeof *observation);
}

const char *sf_observation_place(const struct sf_observation *observation, uint32_t place)
{
    return place < observation->place_count ? observation->places[place] : "";
}

const char *sf_observation_source(const struct sf_observation *observation, uint32_t place)
{
    return place < observation->place_count ? observation->sources[place] : "";
}

/* The place of a call. Its name is asked for at the next rest, while the process still lives. */
static uint32_t find_place(struct observer *observer, const struct sf_trace_call *record)
{
    struct sf_observation *observation = observer->observation;
    uint64_t hash = (record->return_address ^ record->program) * UINT64_C(0x9e3779b97f4a7c15) >> 54;
    if (record->return_address == 0)
        return SF_NO_PLACE;
    for (unsigned i = 0; i < BUCKETS; i++) {
        struct bucket *bucket = &observer->buckets[(hash + i) % BUCKETS];
        if (bucket->address == record->return_address && bucket->program == record->program)
            return bucket->place;
        if (bucket->address)
            continue;
        if (observation->place_count == SF_OBSERVED_PLACES)
            return SF_NO_PLACE;
        *bucket = (struct bucket){.address = record->return_address,
                                  .pid = record->pid,
                                  .program = record->program,
                                  .place = observation->place_count++};
        sf_sites_locate(observer->sites, record->pid, record->return_address);
        observer->has_unnamed = true;
        return bucket->place;
    }
    return SF_NO_PLACE;
}

static void rest(void *context)
{
    struct observer *observer = context;
    for (unsigned i = 0; observer->has_unnamed && i < BUCKETS; i++) {
        struct bucket *bucket = &observer->buckets[i];
        if (!bucket->address || bucket->is_named)
            continue;
        sf_sites_name(observer->sites, bucket->pid, bucket->address,
                      observer->observation->places[bucket->place], SF_PLACE_BYTES);
        sf_sites_source(observer->sites, bucket->pid, bucket->address,
                        observer->observation->sources[bucket->place], SF_SOURCE_BYTES);
        bucket->is_named = true;
    }
    observer->has_unnamed = false;
}

static struct socket_memory *memory_of(struct observer *observer, const struct sf_followed *socket)
{
    if (!socket || socket->number >= SOCKETS_MAX)
        return NULL;
    sf_memory_grow(&observer->sockets, &observer->socket_count, (size_t)socket->number + 1,
                   sizeof *observer->sockets);
    return &observer->sockets[socket->number];
}

/* Which of the calls that a rule counts together this is: contract, `when: {nth}`. */
static uint32_t count_call(struct observer *observer, struct socket_memory *memory, enum sf_family family,
                           unsigned program)
{
    bool is_per_socket = family == SF_FAMILY_RECV || family == SF_FAMILY_SEND || family == SF_FAMILY_CLOSE ||
                         family == SF_FAMILY_SHUTDOWN || family == SF_FAMILY_OPTION;
    if (is_per_socket)
        return memory ? ++memory->calls[family] : 0;
    return ++observer->calls[program][family];
}

/* A read that says that no more will come. */
static bool is_end(const struct sf_traced *call, enum sf_family family)
{
    const struct sf_trace_call *record = call->record;
    return family == SF_FAMILY_RECV && !call->is_unfinished && record->error == 0 && record->result == 0 &&
           record->asked > 0;
}

static void note_connection(struct observer *observer, struct socket_memory *memory,
                            const struct sf_traced *call, enum sf_family family)
{
    struct sf_observation *observation = observer->observation;
    const struct sf_followed *socket = call->socket;
    if (socket->connection == 0 && socket->type != SF_TYPE_DGRAM)
        return;
    if (memory->connection_slot == 0) {
        if (observation->connection_count == SF_OBSERVED_CONNECTIONS)
            return;
        memory->connection_slot = ++observation->connection_count;
        observation->connections[memory->connection_slot - 1].since_call =
            observation->call_count + observation->calls_more;
    }
    struct sf_observed_connection *connection = &observation->connections[memory->connection_slot - 1];
    uint32_t sends = connection->sends + (family == SF_FAMILY_SEND);
    bool was_read_out = connection->was_read_out || is_end(call, family);
    *connection = (struct sf_observed_connection){.since_call = connection->since_call,
                                                  .program = socket->program,
                                                  .domain = socket->domain,
                                                  .type = socket->type,
                                                  .role = socket->role,
                                                  .connection = socket->connection,
                                                  .bytes_in = socket->bytes_in,
                                                  .bytes_out = socket->bytes_out,
                                                  .sends = sends,
                                                  .was_read_out = was_read_out};
}

/* EAGAIN of a socket that waits only so long means that the time is over. */
static void note_bound(struct socket_memory *memory, const struct sf_trace_call *record,
                       enum sf_family family)
{
    bool is_set = record->call == SF_CALL_setsockopt && record->error == 0;
    bool is_send = family == SF_FAMILY_SEND || family == SF_FAMILY_CONNECT;
    memory->is_bounded |= (is_set && record->argument == ((uint32_t)SOL_SOCKET << 16 | SO_RCVTIMEO)) ||
                          (!is_send && record->flags & SF_TRACE_BOUNDED);
    memory->is_send_bounded |= (is_set && record->argument == ((uint32_t)SOL_SOCKET << 16 | SO_SNDTIMEO)) ||
                               (is_send && record->flags & SF_TRACE_BOUNDED);
}

static bool is_bounded(const struct socket_memory *memory, enum sf_family family)
{
    bool is_send = family == SF_FAMILY_SEND || family == SF_FAMILY_CONNECT;
    return memory && (is_send ? memory->is_send_bounded : memory->is_bounded);
}

static bool is_final(int error)
{
    return error == ECONNRESET || error == EPIPE || error == ETIMEDOUT || error == ECONNREFUSED ||
           error == ECONNABORTED || error == EHOSTUNREACH || error == ENETUNREACH;
}

/* Has the program learnt that the connection is over, and has it closed it? */
static void note_end(struct socket_memory *memory, const struct sf_traced *call, enum sf_family family)
{
    const struct sf_trace_call *record = call->record;
    bool moves = family == SF_FAMILY_RECV || family == SF_FAMILY_SEND || family == SF_FAMILY_CONNECT;
    if (call->is_unfinished || !moves || call->socket->type == SF_TYPE_DGRAM)
        return; /* a datagram's error is of it alone */
    if (family == SF_FAMILY_CONNECT && record->error == 0)
        memory->is_ended = false;
    if (is_final(record->error) || is_end(call, family))
        memory->is_ended = true;
}

static bool brought_nothing(const struct sf_traced *call, enum sf_family family)
{
    const struct sf_trace_call *record = call->record;
    switch (family) {
    case SF_FAMILY_RECV:
        return record->error != 0 || is_end(call, family);
    case SF_FAMILY_SEND:
    case SF_FAMILY_ACCEPT:
    case SF_FAMILY_CONNECT:
        return record->error != 0 && record->error != EINPROGRESS;
    default:
        return false;
    }
}

static void note_most(struct sf_observed_program *program, uint32_t idle_calls, uint16_t call, uint32_t place)
{
    if (idle_calls <= program->idle_calls)
        return;
    program->idle_calls = idle_calls;
    program->idle_call = call;
    program->idle_place = place;
}

/* A poll is part of the loop: what was ready shows by what is done about it, unless that is nothing. */
static void note_pace(struct observer *observer, const struct sf_traced *call, enum sf_family family,
                      uint32_t place)
{
    const struct sf_trace_call *record = call->record;
    struct thread_memory *thread = &observer->threads[record->tid % THREADS];
    struct sf_observed_program *program = &observer->observation->programs[record->program];
    if (thread->tid != record->tid)
        *thread = (struct thread_memory){.tid = record->tid};
    if (record->end_ns - record->begin_ns >= WAIT_NS) {
        thread->idle_calls = thread->idle_polls = 0;
        return;
    }
    if (family == SF_FAMILY_POLL && thread->idle_calls == 0)
        note_most(program, ++thread->idle_polls, record->call, place);
    if (family == SF_FAMILY_POLL || family == SF_FAMILY_OPTION || family == SF_FAMILY_NONE)
        return;
    if (brought_nothing(call, family)) {
        note_most(program, ++thread->idle_calls, record->call, place);
        return;
    }
    if (family == SF_FAMILY_RECV || family == SF_FAMILY_SEND || family == SF_FAMILY_ACCEPT)
        thread->idle_calls = thread->idle_polls = 0;
}

/* What passes by itself is no trouble. */
static bool is_trouble(const struct sf_traced *call, enum sf_family family)
{
    const struct sf_trace_call *record = call->record;
    bool passes = record->error == EAGAIN || record->error == EINPROGRESS || record->error == EALREADY;
    return record->rule_count > 0 || (record->error && !passes) || is_end(call, family);
}

static void note_trouble(struct sf_observed_program *program, const struct sf_traced *call,
                         enum sf_family family, uint32_t place)
{
    const struct sf_trace_call *record = call->record;
    if (family == SF_FAMILY_RECV || family == SF_FAMILY_SEND) {
        program->has_data = true;
        program->data_call = record->call;
        program->data_place = place;
    }
    if (family == SF_FAMILY_CLOSE || family == SF_FAMILY_OPTION || family == SF_FAMILY_SHUTDOWN ||
        !is_trouble(call, family))
        return;
    program->has_trouble = true;
    program->trouble_call = record->call;
    program->trouble_place = place;
}

/* Of several waits the one for a peer says most. */
static void note_wait(struct sf_observed_program *program, const struct sf_trace_call *record, uint32_t place)
{
    if (program->waits && sf_call_families[program->wait_call] != SF_FAMILY_POLL)
        return;
    program->waits = true;
    program->wait_call = record->call;
    program->wait_place = place;
}

static void note_probe(struct observer *observer, const struct sf_trace_call *record)
{
    struct sf_observation *observation = observer->observation;
    if (observation->probe == UINT32_MAX || observation->before_probe != UINT32_MAX)
        return;
    uint64_t start_ns = atomic_load(&observer->programs[observation->probe].start_ns);
    if (start_ns && record->end_ns >= start_ns)
        observation->before_probe = observation->call_count + observation->calls_more;
}

/* Returns whether what this call reads has been looked at before. */
static bool note_peek(struct socket_memory *memory, const struct sf_trace_call *record, enum sf_family family,
                      bool peeks)
{
    if (!memory || family != SF_FAMILY_RECV)
        return false;
    bool was_peeked = memory->has_peeked && !peeks;
    memory->has_peeked = peeks && record->error == 0 && record->result > 0;
    return was_peeked;
}

static void note_call(struct observer *observer, const struct sf_traced *call,
                      const struct sf_observed_call *seen)
{
    struct sf_observation *observation = observer->observation;
    if (call->record->rule_count && !observation->has_fired) {
        observation->has_fired = true;
        observation->fired = *seen;
    }
    if (observation->call_count < SF_OBSERVED_CALLS)
        observation->calls[observation->call_count++] = *seen;
    else
        observation->calls_more++;
}

static void take(void *context, const struct sf_traced *call)
{
    struct observer *observer = context;
    const struct sf_trace_call *record = call->record;
    enum sf_family family = (enum sf_family)sf_call_families[record->call];
    struct socket_memory *memory = memory_of(observer, call->socket);
    if (record->program >= SF_OBSERVED_PROGRAMS)
        return;
    uint32_t place = find_place(observer, record);
    note_probe(observer, record);
    if (memory) {
        memory->program = call->socket->program;
        note_bound(memory, record, family);
        note_end(memory, call, family);
        note_connection(observer, memory, call, family);
        memory->is_closed = call->socket->closed_ns != 0;
    }
    if (call->is_unfinished) {
        note_wait(&observer->observation->programs[record->program], record, place);
        return;
    }
    note_pace(observer, call, family, place);
    if ((family == SF_FAMILY_RECV || family == SF_FAMILY_SEND) && !brought_nothing(call, family))
        observer->observation->programs[record->program].moved_ns = record->end_ns;
    note_trouble(&observer->observation->programs[record->program], call, family, place);
    if (family == SF_FAMILY_NONE)
        return;
    bool peeks = family == SF_FAMILY_RECV && record->call != SF_CALL_recvmmsg && record->argument & MSG_PEEK;
    const struct sf_observed_call seen = {.program = record->program,
                                          .call = record->call,
                                          .domain = call->socket ? call->socket->domain : 0,
                                          .type = call->socket ? call->socket->type : 0,
                                          .role = call->socket ? call->socket->role : 0,
                                          .connection = call->socket ? call->socket->connection : 0,
                                          .nth = count_call(observer, memory, family, record->program),
                                          .place = place,
                                          .error = record->error,
                                          .is_bounded = is_bounded(memory, family),
                                          .peeks = peeks,
                                          .was_peeked = note_peek(memory, record, family, peeks)};
    note_call(observer, call, &seen);
}

static int end(void *context, uint64_t dropped)
{
    struct observer *observer = context;
    (void)dropped; /* the runner weighs it */
    observer->observation->end_ns = sf_clock_now_ns();
    rest(observer);
    for (size_t i = 0; i < observer->socket_count; i++) {
        const struct socket_memory *memory = &observer->sockets[i];
        if (memory->connection_slot && memory->is_ended && !memory->is_closed &&
            memory->program < SF_OBSERVED_PROGRAMS)
            observer->observation->programs[memory->program].unclosed++;
    }
    free(observer->sockets);
    free(observer);
    return 0;
}

bool sf_observe_sink(const struct sf_recording *recording, struct sf_trace_sink *sink)
{
    if (!recording->observation)
        return false;
    struct observer *observer = sf_memory_new(sizeof *observer);
    observer->observation = recording->observation;
    observer->sites = recording->sites;
    observer->programs = recording->session->programs;
    *sink = (struct sf_trace_sink){.context = observer, .take = take, .end = end, .rest = rest};
    return true;
}
