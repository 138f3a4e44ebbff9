#include "trace/follow.h"

#include "base/memory.h"
#include "trace/lanes.h"
#include "trace/states.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { DIRECTORY = 65536, FIRST_ROOM = 256, NAME_BYTES_MAX = 254 };

struct socket {
    struct sf_followed followed; /* first: what others are given */
    enum sf_state before_close;  /* what it was if that close was not the last */
    uint64_t asked_at;           /* how much was learnt when its peer's name was last looked for */
};

/* A host name that a program has looked up. */
struct host {
    uint32_t program;
    char name[NAME_BYTES_MAX];
};

struct sf_follower {
    const struct sf_plan *plan;
    struct socket **list; /* in the order in which they were met */
    size_t count, room;
    struct socket **table;         /* by number, open addressing */
    size_t table_room;             /* a power of two */
    uint32_t *connections;         /* of each program */
    struct sf_directory addresses; /* whose they are */
    struct sf_directory told;      /* for which names */
    struct host *hosts;
    size_t host_count, host_room;
    uint64_t learnt; /* addresses and hosts so far, from 1 */
};

struct sf_follower *sf_follower_new(const struct sf_plan *plan, struct sf_directory told)
{
    struct sf_follower *follower = sf_memory_new(sizeof *follower);
    follower->plan = plan;
    follower->told = told;
    follower->table_room = FIRST_ROOM;
    follower->table = sf_memory_new(FIRST_ROOM * sizeof(struct socket *));
    follower->connections = sf_memory_new(plan->program_count * sizeof *follower->connections);
    follower->addresses.entries = sf_memory_new(DIRECTORY * sizeof *follower->addresses.entries);
    follower->addresses.count = DIRECTORY;
    follower->learnt = 1;
    return follower;
}

void sf_follower_free(struct sf_follower *follower)
{
    if (!follower)
        return;
    for (size_t i = 0; i < follower->count; i++)
        free(follower->list[i]);
    free(follower->list);
    free(follower->table);
    free(follower->connections);
    free((void *)follower->addresses.entries);
    free(follower->hosts);
    free(follower);
}

static void *grow(void *array, size_t *room, size_t size)
{
    *room = *room ? 2 * *room : FIRST_ROOM;
    array = realloc(array, *room * size);
    if (!array)
        sf_out_of_memory();
    return array;
}

static struct socket **place_of(struct socket **table, size_t room, uint32_t number)
{
    size_t at = (number * UINT64_C(0x9e3779b97f4a7c15) >> 32) & (room - 1);
    while (table[at] && table[at]->followed.number != number)
        at = (at + 1) & (room - 1);
    return &table[at];
}

static void widen_table(struct sf_follower *follower)
{
    size_t room = 2 * follower->table_room;
    struct socket **wider = sf_memory_new(room * sizeof(struct socket *));
    for (size_t i = 0; i < follower->count; i++)
        *place_of(wider, room, follower->list[i]->followed.number) = follower->list[i];
    free(follower->table);
    follower->table = wider;
    follower->table_room = room;
}

/* The socket of a number, made where it is the first time; NULL: 0, or too many. */
static struct socket *socket_of(struct sf_follower *follower, uint32_t number, uint16_t program)
{
    struct socket **place = place_of(follower->table, follower->table_room, number);
    if (*place || number == 0 || follower->count == SF_FOLLOWED_MAX)
        return number ? *place : NULL;
    struct socket *made = *place = sf_memory_new(sizeof *made);
    made->followed.number = number;
    made->followed.program = program;
    if (follower->count == follower->room)
        follower->list = grow(follower->list, &follower->room, sizeof *follower->list);
    follower->list[follower->count++] = made;
    if (2 * follower->count > follower->table_room)
        widen_table(follower);
    return made;
}

const struct sf_followed *sf_follower_socket(const struct sf_follower *follower, size_t index)
{
    return index < follower->count ? &follower->list[index]->followed : NULL;
}

static bool is_tcp(const struct sf_followed *socket)
{
    return socket->type == SF_TYPE_STREAM && socket->domain & (SF_DOMAIN_INET | SF_DOMAIN_INET6);
}

static void count_connection(struct sf_follower *follower, struct sf_followed *socket)
{
    if (!socket->connection)
        socket->connection = ++follower->connections[socket->program];
}

static bool is_named(const struct sf_addr *address)
{
    return address->domain == SF_DOMAIN_UNIX ? address->path_len > 0
                                             : address->domain != 0 && address->port != 0;
}

/* Enter whose a socket's own address is. A Unix socket that was accepted has its listener's. */
static void enter_address(struct sf_follower *follower, const struct sf_followed *socket)
{
    if (!is_named(&socket->local))
        return;
    follower->learnt++;
    sf_directory_enter(&follower->addresses, sf_key_of_address(socket->type, &socket->local),
                       sf_owner_of_program(socket->program), false);
}

/* The name that was looked up last, of those for which the program was told this address. */
static const char *host_of(const struct sf_follower *follower, uint32_t program,
                           const struct sf_addr *address)
{
    if (address->domain == SF_DOMAIN_UNIX)
        return NULL;
    for (size_t i = follower->host_count; i > 0; i--) {
        const struct host *host = &follower->hosts[i - 1];
        if (host->program == program &&
            sf_directory_find(&follower->told, sf_key_of_name(host->name, program, address->ip)) !=
                SF_OWNER_NONE)
            return host->name;
    }
    return NULL;
}

static const char *name_of(const struct sf_follower *follower, const struct sf_followed *socket)
{
    const struct sf_plan *plan = follower->plan;
    const struct sf_addr *peer = &socket->peer;
    if (!is_named(peer))
        return NULL;
    uint8_t owner = peer->owner;
    if (owner == SF_OWNER_NONE || owner > plan->program_count)
        owner = sf_directory_owner(&follower->addresses, plan, socket->type, peer);
    /* That it talks to itself its addresses say. */
    if (owner != SF_OWNER_NONE && owner <= plan->program_count &&
        owner != sf_owner_of_program(socket->program))
        return sf_plan_string(plan, sf_plan_programs(plan)[owner - 1].name_at);
    return host_of(follower, socket->program, peer);
}

static bool has_host(const struct sf_follower *follower, const struct host *host)
{
    for (size_t i = 0; i < follower->host_count; i++)
        if (follower->hosts[i].program == host->program && strcmp(follower->hosts[i].name, host->name) == 0)
            return true;
    return false;
}

/* A look-up tells its name in the data. */
static void enter_host(struct sf_follower *follower, const struct sf_trace_call *call)
{
    enum { HOSTS_MAX = 1024 };
    struct host host = {.program = call->program};
    size_t room = sizeof host.name - 1;
    memcpy(host.name, sf_record_data(call), call->data_bytes < room ? call->data_bytes : room);
    if (!*host.name || follower->host_count == HOSTS_MAX || has_host(follower, &host))
        return;
    if (follower->host_count == follower->host_room)
        follower->hosts = grow(follower->hosts, &follower->host_room, sizeof *follower->hosts);
    follower->hosts[follower->host_count++] = host;
    follower->learnt++;
}

void sf_follower_meet(struct sf_follower *follower, const struct sf_trace_socket *record)
{
    struct socket *socket = socket_of(follower, record->number, record->program);
    if (!socket)
        return;
    struct sf_followed *followed = &socket->followed;
    bool is_new = followed->domain == 0;
    followed->domain = record->domain;
    followed->type = record->type;
    followed->role = record->role;
    if (record->local.domain)
        followed->local = record->local;
    if (record->peer.domain)
        followed->peer = record->peer;
    if (is_new)
        followed->state = sf_state_met(record);
    if (record->role && record->peer.domain)
        count_connection(follower, followed);
    enter_address(follower, followed);
}

/* Did rules answer in place of the kernel, by what leaves the connection as it is? */
static bool is_faked(const struct sf_plan *plan, const struct sf_trace_call *call)
{
    if (!(call->flags & SF_TRACE_NOT_MADE))
        return false;
    for (unsigned i = 0; i < call->rule_count; i++) {
        switch (sf_plan_rules(plan)[sf_record_firings(call)[i].rule].fault) {
        case SF_FAULT_REFUSE:
        case SF_FAULT_EOF:
        case SF_FAULT_RESET:
        case SF_FAULT_TIMEOUT:
            return false;
        default:
            break;
        }
    }
    return true;
}

/* Bytes that a call moved, each once. recvmmsg and sendmmsg return messages, and tell bytes apart. */
static void count_bytes(struct sf_followed *socket, const struct sf_trace_call *call)
{
    bool is_batch = call->call == SF_CALL_recvmmsg || call->call == SF_CALL_sendmmsg;
    uint64_t bytes = is_batch ? call->argument : (uint64_t)call->result;
    if (call->result <= 0)
        return;
    if (sf_call_families[call->call] == SF_FAMILY_SEND)
        socket->bytes_out += bytes;
    else if (sf_call_families[call->call] == SF_FAMILY_RECV && (is_batch || !(call->argument & MSG_PEEK)))
        socket->bytes_in += bytes;
}

/* It goes on behind a close: that was of another descriptor of it. */
static void reopen(struct socket *socket, const struct sf_trace_call *call)
{
    if (!socket->followed.closed_ns || call->begin_ns < socket->followed.closed_ns)
        return;
    socket->followed.closed_ns = 0;
    socket->followed.state = socket->before_close;
}

static void note_address(struct sf_follower *follower, struct sf_followed *socket, uint8_t family,
                         const struct sf_trace_call *call, const struct sf_addr *address)
{
    if (!address)
        return;
    if (family == SF_FAMILY_CONNECT && !socket->peer.domain)
        socket->peer = *address;
    if (family == SF_FAMILY_BIND && call->result == 0 && !socket->local.domain) {
        socket->local = *address;
        enter_address(follower, socket);
    }
}

/* It may become known late: an accept comes back before the connect that it answers. */
static void name_peer(struct sf_follower *follower, struct socket *socket)
{
    struct sf_followed *followed = &socket->followed;
    if (followed->peer_name || socket->asked_at == follower->learnt || !followed->peer.domain)
        return;
    socket->asked_at = follower->learnt;
    followed->peer_name = name_of(follower, followed);
}

static void step(struct sf_follower *follower, struct socket *socket, const struct sf_trace_call *call,
                 const struct sf_addr *address)
{
    struct sf_followed *followed = &socket->followed;
    uint8_t family = sf_call_families[call->call];
    enum sf_state before = followed->state;
    note_address(follower, followed, family, call, address);
    if (family == SF_FAMILY_CONNECT)
        count_connection(follower, followed);
    count_bytes(followed, call);
    if (is_tcp(followed))
        followed->state = sf_state_next(before, call, is_faked(follower->plan, call));
    if (sf_call_closes(call->call)) {
        followed->closed_ns = call->end_ns;
        socket->before_close = before;
    }
    name_peer(follower, socket);
}

static struct sf_traced describe(const struct sf_follower *follower, const struct sf_trace_call *call)
{
    const struct sf_plan *plan = follower->plan;
    return (struct sf_traced){.record = call,
                              .firings = sf_record_firings(call),
                              .address = sf_record_address(call),
                              .data = sf_record_data(call),
                              .program = sf_plan_string(plan, sf_plan_programs(plan)[call->program].name_at)};
}

/* A call is made on a socket. */
static void touch(struct socket *socket, const struct sf_trace_call *call)
{
    reopen(socket, call);
    socket->followed.calls++;
    if (!socket->followed.opened_ns)
        socket->followed.opened_ns = call->begin_ns;
}

/* An accept tells of two: the listener, and what it gave. The kernel's word is about that. */
static void accepted(struct sf_follower *follower, struct sf_traced *traced, struct socket *given)
{
    const struct sf_trace_call *call = traced->record;
    traced->listener = traced->socket;
    traced->socket = &given->followed;
    traced->state_before = given->followed.state;
    touch(given, call);
    if (is_tcp(&given->followed) && call->state)
        given->followed.state = sf_state_next(SF_STATE_ESTABLISHED, call, false);
    name_peer(follower, given);
}

struct sf_traced sf_follower_call(struct sf_follower *follower, const struct sf_trace_call *call)
{
    struct sf_traced traced = describe(follower, call);
    struct socket *socket = socket_of(follower, call->socket, call->program);
    uint8_t family = sf_call_families[call->call];
    if (call->flags & SF_TRACE_MORE) {
        traced.socket = socket ? &socket->followed : NULL;
        return traced;
    }
    if (family == SF_FAMILY_RESOLVE)
        enter_host(follower, call);
    if (!socket)
        return traced;
    touch(socket, call);
    traced.socket = &socket->followed;
    traced.state_before = socket->followed.state;
    struct socket *given = family == SF_FAMILY_ACCEPT && call->result >= 0
                               ? socket_of(follower, call->argument, call->program)
                               : NULL;
    if (given)
        accepted(follower, &traced, given);
    else
        step(follower, socket, call, traced.address);
    return traced;
}

struct sf_traced sf_follower_unfinished(struct sf_follower *follower, const struct sf_trace_call *call)
{
    struct sf_traced traced = describe(follower, call);
    struct socket *socket = socket_of(follower, call->socket, call->program);
    traced.is_unfinished = true;
    if (!socket)
        return traced;
    touch(socket, call);
    traced.socket = &socket->followed;
    traced.state_before = socket->followed.state;
    return traced;
}
