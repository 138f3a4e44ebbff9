/* What is tried at the calls of a program. */
#include "explore/maker.h"

#include "abi/link.h"
#include "abi/plan.h"
#include "engine/legality.h"

#include <errno.h>
#include <netdb.h>

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
void sf_maker_add_everywhere(struct sf_maker *maker)
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
            sf_maker_add_one(
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

static void add_row(struct sf_maker *maker, const struct row *row, const struct sf_site *site)
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
    sf_maker_add_one(maker, &injection, site->place);
}

/* Each fault at each of the sites that are chosen: the first fault everywhere, then the second, … */
void sf_maker_add_calls(struct sf_maker *maker, bool (*chosen)(const struct sf_site *site))
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
void sf_maker_add_waits(struct sf_maker *maker)
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
        sf_maker_add(maker, &wait);
    }
}
