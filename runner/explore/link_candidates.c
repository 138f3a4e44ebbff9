/* What the network is tried to do. */
#include "explore/maker.h"

#include "abi/link.h"
#include "abi/plan.h"

static struct sf_injection link_at(const struct sf_maker *maker, const struct sf_site_connection *at,
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

static void add_flow(struct sf_maker *maker, const struct sf_site_connection *at)
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
        sf_maker_add_one(maker, &chunk, SF_NO_PLACE);
    sf_maker_add_one(maker, &soon, SF_NO_PLACE);
    sf_maker_add_one(maker, &late, SF_NO_PLACE);
    if (bytes > 1024 && slow.wait_ns < 2000 * MS)
        sf_maker_add_one(maker, &slow, SF_NO_PLACE);
}

static void add_end(struct sf_maker *maker, const struct sf_site_connection *at, const char *fault,
                    enum sf_fault_class class, uint8_t direction, uint64_t bytes)
{
    struct sf_injection injection = link_at(maker, at, fault, "true", class);
    injection.directions = direction;
    injection.has_after_bytes = bytes > 0;
    injection.after_bytes = bytes;
    sf_maker_add_one(maker, &injection, SF_NO_PLACE);
}

/* The peer has gone: its FIN, then its RST to what is still sent. A second send gets SIGPIPE. */
static void add_gone(struct sf_maker *maker, const struct sf_site_connection *at)
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
        sf_maker_add(maker, &gone);
}

/* After how many bytes: nothing, one, half, all but one, all. */
static void add_ends(struct sf_maker *maker, const struct sf_site_connection *at)
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

static void add_datagrams(struct sf_maker *maker, const struct sf_site_connection *at)
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
            sf_maker_add_one(maker, &injection, SF_NO_PLACE);
        }
}

void sf_maker_add_links(struct sf_maker *maker, bool of_first)
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
            sf_maker_add_one(maker, &lost, SF_NO_PLACE);
            sf_maker_add_one(maker, &refused, SF_NO_PLACE);
        }
    }
}
