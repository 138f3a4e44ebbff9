#include "explore/candidates.h"

#include "abi/link.h"
#include "abi/plan.h"
#include "base/arena.h"
#include "engine/hash.h"
#include "engine/legality.h"
#include "save/tree.h"

#include <errno.h>
#include <inttypes.h>
#include <netdb.h>
#include <string.h>

#define MS UINT64_C(1000000)
#define SHORT_DELAY_NS (20 * MS)
#define LONG_DELAY_NS (300 * MS)
#define SHORT_DELAY "20ms"
#define LONG_DELAY "300ms"
#define BYTES_FOR_SMALL (256 * 1024) /* of more a byte at a time takes too long */

enum { ALL = UINT32_MAX };

/* Which calls a fault strikes. */
enum reach {
    ONCE,    /* the one call */
    ON,      /* that one, and all behind it on its connection */
    ANYWHERE /* as ONCE, but on all connections, so that a retry meets it too */
};

/* The faults of a call, the most promising first. */
static const struct row {
    enum sf_family family;
    uint8_t type; /* SF_TYPE_…; 0: any */
    const char *fault, *value;
    enum reach reach;
    enum sf_fault_class class;
    bool is_benign;
    uint64_t wait_ns;
    enum sf_fault_kind kind; /* for the legality table */
    int error;
} rows[] = {
    {SF_FAMILY_RECV, SF_TYPE_STREAM, "eof", "true", ONCE, SF_CLASS_END, false, 0, SF_FAULT_EOF, 0},
    {SF_FAMILY_RECV, SF_TYPE_STREAM, "reset", "true", ONCE, SF_CLASS_RESET, false, 0, SF_FAULT_RESET, 0},
    {SF_FAMILY_RECV, SF_TYPE_STREAM, "partial", "1", ONCE, SF_CLASS_SHORT, true, 0, SF_FAULT_PARTIAL, 0},
    {SF_FAMILY_RECV, 0, "interrupt", "true", ONCE, SF_CLASS_INTERRUPT, true, 0, SF_FAULT_INTERRUPT, 0},
    {SF_FAMILY_RECV, 0, "again", "true", ONCE, SF_CLASS_AGAIN, true, 0, SF_FAULT_AGAIN, 0},
    {SF_FAMILY_RECV, 0, "timeout", LONG_DELAY, ONCE, SF_CLASS_SILENCE, false, LONG_DELAY_NS, SF_FAULT_TIMEOUT,
     0},
    {SF_FAMILY_RECV, SF_TYPE_DGRAM, "error", "ECONNREFUSED", ONCE, SF_CLASS_ERROR, false, 0, SF_FAULT_ERROR,
     ECONNREFUSED},
    {SF_FAMILY_RECV, SF_TYPE_STREAM, "partial", "1", ON, SF_CLASS_SHORT, true, 0, SF_FAULT_PARTIAL, 0},
    {SF_FAMILY_RECV, SF_TYPE_STREAM, "partial", "5", ONCE, SF_CLASS_SHORT, true, 0, SF_FAULT_PARTIAL, 0},
    {SF_FAMILY_RECV, SF_TYPE_STREAM, "partial", "10", ONCE, SF_CLASS_SHORT, true, 0, SF_FAULT_PARTIAL, 0},
    {SF_FAMILY_RECV, SF_TYPE_STREAM, "partial", "100", ONCE, SF_CLASS_SHORT, true, 0, SF_FAULT_PARTIAL, 0},
    {SF_FAMILY_RECV, 0, "delay", SHORT_DELAY, ONCE, SF_CLASS_DELAY, true, SHORT_DELAY_NS, SF_FAULT_DELAY, 0},
    {SF_FAMILY_RECV, 0, "delay", LONG_DELAY, ONCE, SF_CLASS_DELAY, false, LONG_DELAY_NS, SF_FAULT_DELAY, 0},
    {SF_FAMILY_RECV, SF_TYPE_STREAM, "reset", "true", ANYWHERE, SF_CLASS_RESET, false, 0, SF_FAULT_RESET, 0},
    {SF_FAMILY_RECV, SF_TYPE_STREAM, "eof", "true", ANYWHERE, SF_CLASS_END, false, 0, SF_FAULT_EOF, 0},

    {SF_FAMILY_SEND, SF_TYPE_STREAM, "reset", "true", ONCE, SF_CLASS_RESET, false, 0, SF_FAULT_RESET, 0},
    {SF_FAMILY_SEND, SF_TYPE_STREAM, "partial", "1", ONCE, SF_CLASS_SHORT, true, 0, SF_FAULT_PARTIAL, 0},
    {SF_FAMILY_SEND, 0, "interrupt", "true", ONCE, SF_CLASS_INTERRUPT, true, 0, SF_FAULT_INTERRUPT, 0},
    {SF_FAMILY_SEND, 0, "again", "true", ONCE, SF_CLASS_AGAIN, true, 0, SF_FAULT_AGAIN, 0},
    {SF_FAMILY_SEND, SF_TYPE_STREAM, "partial", "1", ON, SF_CLASS_SHORT, true, 0, SF_FAULT_PARTIAL, 0},
    {SF_FAMILY_SEND, SF_TYPE_DGRAM, "error", "ECONNREFUSED", ONCE, SF_CLASS_ERROR, false, 0, SF_FAULT_ERROR,
     ECONNREFUSED},
    {SF_FAMILY_SEND, SF_TYPE_DGRAM, "error", "ENOBUFS", ONCE, SF_CLASS_ERROR, false, 0, SF_FAULT_ERROR,
     ENOBUFS},
    {SF_FAMILY_SEND, SF_TYPE_STREAM, "partial", "10", ONCE, SF_CLASS_SHORT, true, 0, SF_FAULT_PARTIAL, 0},
    {SF_FAMILY_SEND, SF_TYPE_STREAM, "partial", "100", ONCE, SF_CLASS_SHORT, true, 0, SF_FAULT_PARTIAL, 0},
    {SF_FAMILY_SEND, SF_TYPE_STREAM, "timeout", LONG_DELAY, ONCE, SF_CLASS_SILENCE, false, LONG_DELAY_NS,
     SF_FAULT_TIMEOUT, 0},
    {SF_FAMILY_SEND, 0, "delay", SHORT_DELAY, ONCE, SF_CLASS_DELAY, true, SHORT_DELAY_NS, SF_FAULT_DELAY, 0},
    {SF_FAMILY_SEND, 0, "delay", LONG_DELAY, ONCE, SF_CLASS_DELAY, false, LONG_DELAY_NS, SF_FAULT_DELAY, 0},

    {SF_FAMILY_CONNECT, 0, "refuse", "true", ONCE, SF_CLASS_ERROR, false, 0, SF_FAULT_REFUSE, 0},
    {SF_FAMILY_CONNECT, 0, "interrupt", "true", ONCE, SF_CLASS_INTERRUPT, true, 0, SF_FAULT_INTERRUPT, 0},
    {SF_FAMILY_CONNECT, SF_TYPE_STREAM, "reset", "true", ONCE, SF_CLASS_RESET, false, 0, SF_FAULT_RESET, 0},
    {SF_FAMILY_CONNECT, SF_TYPE_STREAM, "timeout", LONG_DELAY, ONCE, SF_CLASS_SILENCE, false, LONG_DELAY_NS,
     SF_FAULT_TIMEOUT, 0},
    {SF_FAMILY_CONNECT, 0, "error", "EHOSTUNREACH", ONCE, SF_CLASS_ERROR, false, 0, SF_FAULT_ERROR,
     EHOSTUNREACH},
    {SF_FAMILY_CONNECT, 0, "error", "EADDRNOTAVAIL", ONCE, SF_CLASS_ERROR, false, 0, SF_FAULT_ERROR,
     EADDRNOTAVAIL},
    {SF_FAMILY_CONNECT, 0, "refuse", "true", ANYWHERE, SF_CLASS_ERROR, false, 0, SF_FAULT_REFUSE, 0},
    {SF_FAMILY_CONNECT, 0, "delay", LONG_DELAY, ONCE, SF_CLASS_DELAY, false, LONG_DELAY_NS, SF_FAULT_DELAY,
     0},

    {SF_FAMILY_ACCEPT, 0, "error", "ECONNABORTED", ONCE, SF_CLASS_ERROR, false, 0, SF_FAULT_ERROR,
     ECONNABORTED},
    {SF_FAMILY_ACCEPT, 0, "interrupt", "true", ONCE, SF_CLASS_INTERRUPT, true, 0, SF_FAULT_INTERRUPT, 0},
    {SF_FAMILY_ACCEPT, 0, "error", "EMFILE", ONCE, SF_CLASS_ERROR, false, 0, SF_FAULT_ERROR, EMFILE},
    {SF_FAMILY_ACCEPT, 0, "again", "true", ONCE, SF_CLASS_AGAIN, true, 0, SF_FAULT_AGAIN, 0},
    {SF_FAMILY_ACCEPT, 0, "reset", "true", ONCE, SF_CLASS_RESET, false, 0, SF_FAULT_RESET, 0},
    {SF_FAMILY_ACCEPT, 0, "delay", LONG_DELAY, ONCE, SF_CLASS_DELAY, false, LONG_DELAY_NS, SF_FAULT_DELAY, 0},

    {SF_FAMILY_POLL, 0, "interrupt", "true", ONCE, SF_CLASS_INTERRUPT, true, 0, SF_FAULT_INTERRUPT, 0},
    {SF_FAMILY_POLL, 0, "reset", "true", ONCE, SF_CLASS_RESET, false, 0, SF_FAULT_RESET, 0},
    {SF_FAMILY_POLL, 0, "delay", SHORT_DELAY, ONCE, SF_CLASS_DELAY, true, SHORT_DELAY_NS, SF_FAULT_DELAY, 0},

    {SF_FAMILY_RESOLVE, 0, "error", "EAI_NONAME", ONCE, SF_CLASS_ERROR, false, 0, SF_FAULT_ERROR, EAI_NONAME},
    {SF_FAMILY_RESOLVE, 0, "error", "EAI_AGAIN", ONCE, SF_CLASS_ERROR, false, 0, SF_FAULT_ERROR, EAI_AGAIN},
    {SF_FAMILY_RESOLVE, 0, "error", "EAI_AGAIN", ANYWHERE, SF_CLASS_ERROR, false, 0, SF_FAULT_ERROR,
     EAI_AGAIN},
    {SF_FAMILY_RESOLVE, 0, "delay", LONG_DELAY, ONCE, SF_CLASS_DELAY, false, LONG_DELAY_NS, SF_FAULT_DELAY,
     0},

    {SF_FAMILY_SOCKET, 0, "error", "EMFILE", ONCE, SF_CLASS_ERROR, false, 0, SF_FAULT_ERROR, EMFILE},
    {SF_FAMILY_BIND, 0, "error", "EADDRINUSE", ONCE, SF_CLASS_ERROR, false, 0, SF_FAULT_ERROR, EADDRINUSE},
    {SF_FAMILY_LISTEN, 0, "error", "EADDRINUSE", ONCE, SF_CLASS_ERROR, false, 0, SF_FAULT_ERROR, EADDRINUSE},
    {SF_FAMILY_SHUTDOWN, 0, "error", "ENOTCONN", ONCE, SF_CLASS_ERROR, false, 0, SF_FAULT_ERROR, ENOTCONN},
};
enum { ROWS = sizeof rows / sizeof *rows };

struct maker {
    struct sf_candidates *candidates;
    const struct sf_baseline *baseline;
    uint64_t *known; /* hashes of what is on the list: a set of known_room */
    size_t known_room;
};

static bool is_new(struct maker *maker, uint64_t hash)
{
    for (size_t i = hash % maker->known_room;; i = (i + 1) % maker->known_room) {
        if (maker->known[i] == hash)
            return false;
        if (maker->known[i] == 0) {
            maker->known[i] = hash;
            return true;
        }
    }
}

static uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash ? hash : 1;
}

static void grow_known(struct maker *maker)
{
    size_t room = 2 * maker->known_room;
    uint64_t *before = maker->known;
    size_t count = maker->known_room;
    maker->known = sf_arena_alloc(maker->candidates->arena, room * sizeof *maker->known);
    maker->known_room = room;
    for (size_t i = 0; i < count; i++)
        if (before[i])
            is_new(maker, before[i]);
}

static void add(struct maker *maker, const struct sf_candidate *candidate)
{
    struct sf_candidates *all = maker->candidates;
    struct sf_arena *scratch = sf_arena_new();
    uint64_t hash = hash_text(sf_candidate_text(scratch, candidate));
    sf_arena_free(scratch);
    if (2 * all->count >= maker->known_room)
        grow_known(maker);
    if (!is_new(maker, hash))
        return;
    struct sf_candidate *slot = sf_arena_push(all->arena, &all->list, &all->count, sizeof *slot);
    *slot = *candidate;
}

static void add_one(struct maker *maker, const struct sf_injection *injection, uint32_t place)
{
    add(maker, &(struct sf_candidate){.injections = {*injection}, .count = 1, .place = place});
}

static bool is_benign(const struct sf_node *rule)
{
    static const char *const benign[] = {"partial", "chunk", "interrupt", "again", "duplicate"};
    bool is_one = false;
    for (size_t i = 0; i < sizeof benign / sizeof *benign; i++)
        is_one |= sf_node_get(rule, benign[i]) != NULL;
    return is_one;
}

/* The user's own rules come first, each by itself. */
static void add_given(struct maker *maker, const struct sf_node *given)
{
    for (size_t i = 0; given && i < given->count; i++)
        add_one(maker,
                &(struct sf_injection){.given = given->items[i],
                                       .class = SF_CLASS_GIVEN,
                                       .is_benign = is_benign(given->items[i])},
                SF_NO_PLACE);
}

static bool is_bounded(const struct sf_site *site)
{
    return site->is_bounded;
}

static bool was_peeked(const struct sf_site *site)
{
    return site->was_peeked;
}

static bool is_local(const struct sf_site *site)
{
    return site->domain == SF_DOMAIN_UNIX;
}

/* Is any site of the program's calls of that family so? */
static bool has_any(const struct sf_baseline *baseline, unsigned program, enum sf_family family,
                    bool (*is_so)(const struct sf_site *site))
{
    for (size_t i = 0; i < baseline->site_count; i++)
        if (baseline->sites[i].program == program && baseline->sites[i].family == family &&
            is_so(&baseline->sites[i]))
            return true;
    return false;
}

/* What lies in the queue of a Unix socket stays there until it is read: nothing takes it back, as a wrong
 * checksum does, behind a poll that told of it. */
static bool belies_queue(enum sf_family family, enum sf_fault_class class)
{
    return family == SF_FAMILY_RECV && class == SF_CLASS_AGAIN;
}

/* What a look has seen is there: it is read at once, and whole, unless the connection was reset. */
static bool belies_peek(enum sf_fault_class class)
{
    return class == SF_CLASS_SHORT || class == SF_CLASS_AGAIN || class == SF_CLASS_INTERRUPT ||
           class == SF_CLASS_END;
}

static bool has_sites(const struct sf_baseline *baseline, unsigned program, enum sf_family family,
                      uint8_t type)
{
    for (size_t i = 0; i < baseline->site_count; i++) {
        const struct sf_site *site = &baseline->sites[i];
        if (site->program == program && site->family == family && (!type || site->type == type))
            return true;
    }
    return false;
}

/* Does it have sockets of the other kind as well, which the fault is not for? */
static uint8_t type_to_say(const struct sf_baseline *baseline, unsigned program, enum sf_family family,
                           uint8_t type)
{
    uint8_t other = type == SF_TYPE_DGRAM ? SF_TYPE_STREAM : SF_TYPE_DGRAM;
    return type && has_sites(baseline, program, family, other) ? type : 0;
}

/* Faults at every call of a program: each place is struck at once, though the first ends the run. */
static void add_everywhere(struct maker *maker)
{
    static const struct {
        enum sf_family family;
        uint8_t type;
        const char *fault, *value;
        uint32_t every;
        enum sf_fault_class class;
    } broad[] = {
        {SF_FAMILY_RECV, SF_TYPE_STREAM, "partial", "1", 0, SF_CLASS_SHORT},
        {SF_FAMILY_SEND, SF_TYPE_STREAM, "partial", "1", 0, SF_CLASS_SHORT},
        {SF_FAMILY_RECV, 0, "again", "true", 2, SF_CLASS_AGAIN},
        {SF_FAMILY_SEND, 0, "again", "true", 2, SF_CLASS_AGAIN},
        {SF_FAMILY_RECV, 0, "interrupt", "true", 2, SF_CLASS_INTERRUPT},
        {SF_FAMILY_POLL, 0, "interrupt", "true", 2, SF_CLASS_INTERRUPT},
    };
    const struct sf_baseline *baseline = maker->baseline;
    for (size_t i = 0; i < sizeof broad / sizeof *broad; i++)
        for (unsigned program = 0; program < baseline->program_count; program++) {
            if (!has_sites(baseline, program, broad[i].family, broad[i].type) ||
                (broad[i].class == SF_CLASS_SHORT && baseline->programs[program].bytes > BYTES_FOR_SMALL) ||
                (broad[i].class != SF_CLASS_SHORT &&
                 has_any(baseline, program, broad[i].family, is_bounded)) ||
                (belies_queue(broad[i].family, broad[i].class) &&
                 has_any(baseline, program, SF_FAMILY_RECV, is_local)) ||
                has_any(baseline, program, broad[i].family, was_peeked))
                continue;
            add_one(
                maker,
                &(struct sf_injection){.program = baseline->programs[program].name,
                                       .program_index = program,
                                       .family = broad[i].family,
                                       .type = type_to_say(baseline, program, broad[i].family, broad[i].type),
                                       .every = broad[i].every,
                                       .fault = broad[i].fault,
                                       .value = broad[i].value,
                                       .class = broad[i].class,
                                       .is_benign = true},
                SF_NO_PLACE);
        }
}

/* Could the kernel ever give it at such a call? */
static bool is_possible(const struct row *row, const struct sf_site *site)
{
    const struct sf_plan_rule rule = {
        .fault = row->kind, .error = row->error, .bytes_min = 1, .bytes_max = 1};
    static const enum sf_call_id calls[SF_FAMILY_COUNT] = {
        [SF_FAMILY_SOCKET] = SF_CALL_socket,       [SF_FAMILY_BIND] = SF_CALL_bind,
        [SF_FAMILY_LISTEN] = SF_CALL_listen,       [SF_FAMILY_ACCEPT] = SF_CALL_accept,
        [SF_FAMILY_CONNECT] = SF_CALL_connect,     [SF_FAMILY_SEND] = SF_CALL_send,
        [SF_FAMILY_RECV] = SF_CALL_recv,           [SF_FAMILY_CLOSE] = SF_CALL_close,
        [SF_FAMILY_SHUTDOWN] = SF_CALL_shutdown,   [SF_FAMILY_POLL] = SF_CALL_poll,
        [SF_FAMILY_RESOLVE] = SF_CALL_getaddrinfo, [SF_FAMILY_OPTION] = SF_CALL_setsockopt,
    };
    return sf_legality_ever(&rule, calls[site->family], site->domain, site->type) == SF_LEGAL;
}

static bool counts_by_connection(enum sf_family family)
{
    return family == SF_FAMILY_RECV || family == SF_FAMILY_SEND || family == SF_FAMILY_SHUTDOWN;
}

/* connection 0: any. */
static bool is_read_out(const struct sf_baseline *baseline, unsigned program, uint32_t connection)
{
    for (size_t i = 0; i < baseline->connection_count; i++) {
        const struct sf_site_connection *at = &baseline->connections[i];
        if (at->program == program && at->was_read_out && (connection == 0 || at->connection == connection))
            return true;
    }
    return false;
}

static void add_row(struct maker *maker, const struct row *row, const struct sf_site *site)
{
    const struct sf_baseline *baseline = maker->baseline;
    bool by_connection = counts_by_connection(site->family);
    /* With a time-out of the socket's own EAGAIN is its end: a silence, which is tried otherwise. EINTR comes
     * there without a handler too, when the program was stopped for a while: few are ready for that. */
    if (site->is_bounded && row->class == SF_CLASS_AGAIN)
        return;
    if (belies_queue(row->family, row->class) && is_local(site))
        return;
    if (belies_peek(row->class) &&
        (site->was_peeked ||
         (row->reach != ONCE && has_any(baseline, site->program, site->family, was_peeked))))
        return;
    if (row->family != site->family || (row->type && row->type != site->type) || !is_possible(row, site))
        return;
    struct sf_injection injection = {
        .program = baseline->programs[site->program].name,
        .program_index = site->program,
        .family = site->family,
        .type = type_to_say(baseline, site->program, site->family, site->type),
        .connection = by_connection ? site->connection : 0,
        .first = site->nth,
        .last = row->reach == ON ? ALL : site->nth,
        .fault = row->fault,
        .value = row->value,
        .class = row->class,
        .is_benign = row->is_benign && !(site->is_bounded && row->class == SF_CLASS_INTERRUPT),
        .wait_ns = row->wait_ns,
    };
    if (row->reach == ANYWHERE && by_connection)
        injection.connection = 0;
    else if (row->reach == ANYWHERE)
        injection.last = ALL;
    if (row->reach == ON && baseline->programs[site->program].bytes > BYTES_FOR_SMALL)
        return;
    injection.ends_alike = row->class == SF_CLASS_END && !maker->candidates->is_thorough &&
                           is_read_out(baseline, injection.program_index, injection.connection);
    add_one(maker, &injection, site->place);
}

/* Each fault at each of the sites that are chosen: the first fault everywhere, then the second, … */
static void add_calls(struct maker *maker, bool (*chosen)(const struct sf_site *site))
{
    unsigned most = 0, counts[SF_FAMILY_COUNT] = {0};
    for (size_t i = 0; i < ROWS; i++)
        if (++counts[rows[i].family] > most)
            most = counts[rows[i].family];
    for (unsigned rank = 0; rank < most; rank++)
        for (size_t i = 0; i < maker->baseline->site_count; i++) {
            const struct sf_site *site = &maker->baseline->sites[i];
            unsigned at = 0;
            for (size_t row = 0; row < ROWS && chosen(site); row++)
                if (rows[row].family == site->family && at++ == rank)
                    add_row(maker, &rows[row], site);
        }
}

/* A wait is interrupted only while there is something to wait for: what comes is late. */
static void add_waits(struct maker *maker)
{
    for (size_t i = 0; i < maker->baseline->site_count; i++) {
        const struct sf_site *site = &maker->baseline->sites[i];
        const char *program = maker->baseline->programs[site->program].name;
        if (site->family != SF_FAMILY_POLL || site->occurrence > 3)
            continue;
        struct sf_candidate wait = {.count = 2, .place = site->place};
        wait.injections[0] = (struct sf_injection){.program = program,
                                                   .program_index = site->program,
                                                   .family = SF_FAMILY_POLL,
                                                   .first = site->nth,
                                                   .last = site->nth,
                                                   .fault = "interrupt",
                                                   .value = "true",
                                                   .class = SF_CLASS_INTERRUPT,
                                                   .is_benign = true};
        wait.injections[1] = (struct sf_injection){.program = program,
                                                   .program_index = site->program,
                                                   .family = SF_FAMILY_NONE,
                                                   .directions = SF_LINK_IN,
                                                   .fault = "delay",
                                                   .value = SHORT_DELAY,
                                                   .class = SF_CLASS_DELAY,
                                                   .is_benign = true,
                                                   .wait_ns = SHORT_DELAY_NS};
        add(maker, &wait);
    }
}

static bool is_first(const struct sf_site *site)
{
    return site->occurrence == 1;
}

static bool is_near(const struct sf_site *site)
{
    return site->occurrence <= 4 || site->is_last;
}

static bool is_deep(const struct sf_site *site)
{
    return site->occurrence <= 1024 && (site->occurrence & (site->occurrence - 1)) == 0;
}

static struct sf_injection link_at(const struct maker *maker, const struct sf_site_connection *at,
                                   const char *fault, const char *value, enum sf_fault_class class)
{
    return (struct sf_injection){.program = maker->baseline->programs[at->program].name,
                                 .program_index = at->program,
                                 .family = SF_FAMILY_NONE,
                                 .connection = at->connection,
                                 .fault = fault,
                                 .value = value,
                                 .class = class};
}

static void add_flow(struct maker *maker, const struct sf_site_connection *at)
{
    struct sf_injection chunk = link_at(maker, at, "chunk", "1", SF_CLASS_SHORT);
    struct sf_injection slow = link_at(maker, at, "throttle", "64KiB/s", SF_CLASS_DELAY);
    struct sf_injection soon = link_at(maker, at, "delay", SHORT_DELAY, SF_CLASS_DELAY);
    struct sf_injection late = link_at(maker, at, "delay", LONG_DELAY, SF_CLASS_DELAY);
    uint64_t bytes = at->bytes_in + at->bytes_out;
    chunk.directions = slow.directions = SF_LINK_IN | SF_LINK_OUT;
    soon.directions = late.directions = SF_LINK_IN;
    chunk.is_benign = soon.is_benign = true;
    soon.wait_ns = SHORT_DELAY_NS;
    late.wait_ns = LONG_DELAY_NS;
    slow.wait_ns = bytes * 1000000 / 64; /* a byte takes 1/64 ms */
    if (bytes <= BYTES_FOR_SMALL / 16)
        add_one(maker, &chunk, SF_NO_PLACE);
    add_one(maker, &soon, SF_NO_PLACE);
    add_one(maker, &late, SF_NO_PLACE);
    if (bytes > 1024 && slow.wait_ns < 2000 * MS)
        add_one(maker, &slow, SF_NO_PLACE);
}

static void add_end(struct maker *maker, const struct sf_site_connection *at, const char *fault,
                    enum sf_fault_class class, uint8_t direction, uint64_t bytes)
{
    struct sf_injection injection = link_at(maker, at, fault, "true", class);
    injection.directions = direction;
    injection.has_after_bytes = bytes > 0;
    injection.after_bytes = bytes;
    add_one(maker, &injection, SF_NO_PLACE);
}

/* The peer has gone: its FIN, then its RST to what is still sent. A second send gets SIGPIPE. */
static void add_gone(struct maker *maker, const struct sf_site_connection *at)
{
    struct sf_candidate gone = {.count = 2, .place = SF_NO_PLACE};
    gone.injections[0] = link_at(maker, at, "close", "true", SF_CLASS_END);
    gone.injections[0].directions = SF_LINK_IN;
    gone.injections[1] = link_at(maker, at, "reset", "true", SF_CLASS_RESET);
    gone.injections[1].directions = SF_LINK_OUT;
    gone.injections[1].has_after_bytes = gone.injections[0].has_after_bytes = true;
    gone.injections[0].after_bytes = at->bytes_in;
    gone.injections[1].after_bytes = 1;
    if (at->bytes_in == 0)
        gone.injections[0].has_after_bytes = false;
    if (at->sends > 1)
        add(maker, &gone);
}

/* After how many bytes: nothing, one, half, all but one, all. */
static void add_ends(struct maker *maker, const struct sf_site_connection *at)
{
    for (unsigned direction = SF_LINK_IN; direction <= SF_LINK_OUT; direction++) {
        uint64_t total = direction == SF_LINK_IN ? at->bytes_in : at->bytes_out;
        const uint64_t after[] = {total / 2, 1, total ? total - 1 : 0, total};
        for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
            if (after[i] == 0 || after[i] > total)
                continue;
            if (maker->candidates->is_thorough && direction == SF_LINK_IN && after[i] < total)
                add_end(maker, at, "close", SF_CLASS_END, SF_LINK_IN, after[i]);
            add_end(maker, at, "reset", SF_CLASS_RESET, (uint8_t)direction, after[i]);
            if (i < 2 && after[i] < total)
                add_end(maker, at, "blackhole", SF_CLASS_SILENCE, (uint8_t)direction, after[i]);
        }
    }
    /* Of a client it would be its connect that waits, for minutes as the kernel has it: see syn_timeout. */
    if (at->role != SF_ROLE_CLIENT)
        add_end(maker, at, "blackhole", SF_CLASS_SILENCE, SF_LINK_IN | SF_LINK_OUT, 0);
    add_gone(maker, at);
}

static void add_datagrams(struct maker *maker, const struct sf_site_connection *at)
{
    static const struct {
        const char *fault, *value;
        bool is_benign, waits;
    } faults[] = {
        {"duplicate", "true", true, false}, {"drop", "true", false, false}, {"reorder", "2", false, true}};
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        for (unsigned direction = SF_LINK_IN; direction <= SF_LINK_OUT; direction++) {
            /* See sf_rule_is_beyond_unix. */
            if (at->domain == SF_DOMAIN_UNIX && (direction == SF_LINK_IN || faults[i].waits))
                continue;
            struct sf_injection injection =
                link_at(maker, at, faults[i].fault, faults[i].value, SF_CLASS_DATAGRAM);
            injection.directions = (uint8_t)direction;
            injection.is_benign = faults[i].is_benign;
            injection.type = SF_TYPE_DGRAM;
            injection.connection = 0;
            injection.first = injection.last = 1;
            add_one(maker, &injection, SF_NO_PLACE);
        }
}

static void add_links(struct maker *maker, bool of_first)
{
    const struct sf_baseline *baseline = maker->baseline;
    for (size_t i = 0; i < baseline->connection_count; i++) {
        const struct sf_site_connection *at = &baseline->connections[i];
        if ((at->connection <= 1) != of_first || at->connection > 8)
            continue;
        if (at->type == SF_TYPE_DGRAM) {
            add_datagrams(maker, at);
            continue;
        }
        if (at->type != SF_TYPE_STREAM)
            continue;
        struct sf_injection lost = link_at(maker, at, "syn_timeout", LONG_DELAY, SF_CLASS_ERROR);
        struct sf_injection refused = link_at(maker, at, "refuse", "true", SF_CLASS_ERROR);
        lost.wait_ns = LONG_DELAY_NS;
        add_flow(maker, at);
        add_ends(maker, at);
        if (at->role == SF_ROLE_CLIENT && at->domain != SF_DOMAIN_UNIX) {
            add_one(maker, &lost, SF_NO_PLACE);
            add_one(maker, &refused, SF_NO_PLACE);
        }
    }
}

void sf_candidates_make(struct sf_candidates *candidates, struct sf_arena *arena,
                        const struct sf_baseline *baseline, const struct sf_node *given, bool is_thorough)
{
    struct maker maker = {.candidates = candidates, .baseline = baseline, .known_room = 1024};
    *candidates = (struct sf_candidates){.arena = arena, .is_thorough = is_thorough};
    maker.known = sf_arena_alloc(arena, maker.known_room * sizeof *maker.known);
    add_given(&maker, given);
    add_everywhere(&maker);
    add_calls(&maker, is_first);
    add_waits(&maker);
    add_links(&maker, true);
    add_calls(&maker, is_near);
    add_links(&maker, false);
    add_calls(&maker, is_deep);
    candidates->singles = candidates->count;
}

/* A silence that lasts hides all that may come behind it. */
static bool may_pair(const struct sf_candidate *candidate)
{
    const struct sf_injection *injection = &candidate->injections[0];
    return candidate->count == 1 &&
           !(injection->family == SF_FAMILY_NONE && injection->class == SF_CLASS_SILENCE);
}

/* A read that is cut, and then the end. */
static bool ends_in_the_midst(const struct sf_candidate *one, const struct sf_candidate *other)
{
    enum sf_fault_class first = one->injections[0].class, second = other->injections[0].class;
    return (first == SF_CLASS_END && second == SF_CLASS_SHORT) ||
           (first == SF_CLASS_SHORT && second == SF_CLASS_END);
}

void sf_candidates_pair(struct sf_candidates *candidates, uint64_t seed, size_t count)
{
    struct maker maker = {.candidates = candidates, .known_room = 1024};
    size_t singles = candidates->singles;
    maker.known = sf_arena_alloc(candidates->arena, maker.known_room * sizeof *maker.known);
    size_t most = candidates->count + (singles > 1 ? count : 0);
    /* Draws that repeat are drawn anew, but not for ever. */
    for (uint64_t draw = 0; candidates->count < most && draw < 4 * count; draw++) {
        uint64_t hash = sf_hash_mix(seed ^ sf_hash_mix(draw));
        const struct sf_candidate *one = &candidates->list[(hash >> 32) % singles];
        const struct sf_candidate *other = &candidates->list[(hash & UINT32_MAX) % singles];
        if (one == other || !may_pair(one) || !may_pair(other) ||
            (!candidates->is_thorough && ends_in_the_midst(one, other)))
            continue;
        add(&maker, &(struct sf_candidate){.injections = {one->injections[0], other->injections[0]},
                                           .count = 2,
                                           .place = one->place});
    }
}
