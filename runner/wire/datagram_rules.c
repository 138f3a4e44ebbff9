/* What the rules make of a datagram. */
#include "base/memory.h"
#include "engine/arrival.h"
#include "engine/bytes.h"
#include "engine/hash.h"
#include "engine/number.h"
#include "engine/scope.h"
#include "wire/datagram.h"
#include "wire/rules.h"

#include <stdlib.h>
#include <string.h>

static bool names_program(const struct sf_plan *plan, const struct sf_plan_rule *rule)
{
    const struct sf_plan_pattern *patterns = sf_plan_patterns(plan) + rule->peer;
    for (uint32_t i = 0; i < rule->peer_count; i++)
        if (patterns[i].kind == SF_PATTERN_PROGRAM)
            return true;
    return false;
}

void sf_datagram_rules_begin(struct sf_wire *wire, struct sf_datagram_socket *socket)
{
    const struct sf_plan *plan = wire->engine.plan;
    _Atomic uint64_t *selected = (void *)(socket->record + 1);

    socket->rules = sf_memory_new((plan->rule_count + 1) * sizeof *socket->rules);
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        const struct sf_plan_rule *rule = &sf_plan_rules(plan)[i];
        if (!sf_rule_is_link(rule) || !sf_rule_carries(rule, SF_LINK_IN | SF_LINK_OUT) ||
            !(atomic_load(&selected[i / 64]) >> (i % 64) & 1))
            continue;
        struct sf_datagram_rule *on = &socket->rules[socket->rule_count++];
        on->rule = rule;
        on->index = i;
        socket->asks_senders |= sf_rule_carries(rule, SF_LINK_IN) && names_program(plan, rule);
        if (rule->link.fault == SF_LINK_THROTTLE)
            on->rates = sf_rule_rates(wire, i, socket->program, on->own);
    }
}

void sf_datagram_rules_free(struct sf_datagram_socket *socket)
{
    for (size_t i = 0; i < socket->rule_count; i++)
        for (unsigned way = 0; way < SF_WAYS; way++)
            sf_datagram_queue_free(&socket->rules[i].on[way].run);
    free(socket->rules);
}

/* ---- whether a rule means it ---- */

static void address_from(struct sf_addr *to, const union sf_wire_address *from)
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    *to = (struct sf_addr){0};
    if (from->any.sa_family == AF_INET) {
        to->domain = SF_DOMAIN_INET;
        to->port = ntohs(from->v4.sin_port);
        memcpy(to->ip, mapped, sizeof mapped);
        memcpy(to->ip + sizeof mapped, &from->v4.sin_addr, sizeof from->v4.sin_addr);
    } else if (from->any.sa_family == AF_INET6) {
        to->domain = SF_DOMAIN_INET6;
        to->port = ntohs(from->v6.sin6_port);
        memcpy(to->ip, &from->v6.sin6_addr, sizeof to->ip);
    }
}

static struct sf_arrivals *arrivals_of(const struct sf_wire *wire)
{
    struct sf_session *session = wire->session->session;
    return (void *)((char *)session + session->arrivals_at);
}

void sf_datagram_came(const struct sf_wire *wire, struct sf_datagram *datagram)
{
    datagram->newest = atomic_load(&arrivals_of(wire)->newest);
}

bool sf_datagram_is_awaited(const struct sf_wire *wire, const struct sf_datagram_socket *socket,
                            const struct sf_datagram *datagram)
{
    struct sf_addr peer;

    if (!socket->asks_senders)
        return false;
    address_from(&peer, &datagram->peer);
    uint8_t owner = sf_directory_owner(wire->engine.directory, wire->engine.plan, SF_TYPE_DGRAM, &peer);
    return sf_arrivals_await(arrivals_of(wire), peer.port, datagram->newest, owner);
}

void sf_datagram_give_up(const struct sf_wire *wire, const struct sf_datagram *datagram)
{
    struct sf_addr peer;
    address_from(&peer, &datagram->peer);
    sf_arrivals_give_up(arrivals_of(wire), peer.port, datagram->newest, NULL);
}

/* Its other end; a socket with a peer has met the scope by that, unless nobody was known to be it. */
static bool fits(struct sf_wire *wire, const struct sf_datagram_socket *socket,
                 const struct sf_plan_rule *rule, const struct sf_datagram *datagram)
{
    const struct sf_plan *plan = wire->engine.plan;
    const struct sf_names names = {wire->engine.directory, socket->program};
    struct sf_addr peer = socket->record->peer;

    bool has_met = rule->peer_count == 0 || (peer.domain != 0 && !sf_peer_is_open(plan, rule, &peer));
    if (has_met && rule->link.fault != SF_LINK_PARTITION)
        return true;
    if (datagram->named)
        peer = *datagram->named;
    else if (datagram->peer.any.sa_family)
        address_from(&peer, &datagram->peer);
    if (peer.domain != SF_DOMAIN_UNIX) /* of a name whoever sends to it knows more */
        peer.owner = sf_directory_owner(wire->engine.directory, plan, SF_TYPE_DGRAM, &peer);
    if (rule->link.fault == SF_LINK_PARTITION)
        return sf_partition_cuts(plan, rule, socket->program, &peer);
    return peer.domain != 0 && sf_peer_matches(plan, rule, &peer, &names);
}

static struct sf_socket_rule *on_record(const struct sf_wire *wire, const struct sf_datagram_socket *socket)
{
    _Atomic uint64_t *selected = (void *)(socket->record + 1);
    return (void *)(selected + sf_selection_words(wire->engine.plan));
}

static bool is_connection(const struct sf_wire *wire, const struct sf_datagram_socket *socket,
                          const struct sf_datagram_rule *on)
{
    uint32_t connection = sf_number_of(&on_record(wire, socket)[on->index]);
    return on->rule->connection_first == 0 ||
           (connection >= on->rule->connection_first && connection <= on->rule->connection_last);
}

static bool waits_for_bytes(const struct sf_plan_rule *rule)
{
    return rule->after_bytes != 0 || rule->match_bytes != 0;
}

/* It acts behind the datagram that holds the byte. */
static void pass(const struct sf_wire *wire, struct sf_datagram_rule *on, unsigned way,
                 const struct sf_datagram *datagram)
{
    const struct sf_plan_rule *rule = on->rule;
    const uint8_t *needle = (const uint8_t *)sf_plan_string(wire->engine.plan, rule->match_at);
    const char *data = datagram->data + datagram->control_bytes;

    on->on[way].bytes += datagram->bytes;
    for (uint32_t at = 0; at < datagram->bytes && on->on[way].matched < rule->match_bytes; at++)
        on->on[way].matched =
            sf_match_advance(needle, rule->match_bytes, on->on[way].matched, (uint8_t)data[at]);
    on->on[way].has_passed =
        on->on[way].bytes >= rule->after_bytes && on->on[way].matched >= rule->match_bytes;
}

/* Its place among those that the rule selects. Each way counts by itself: which of what comes and what
 * goes is first depends on the moment. */
static struct sf_firing count(struct sf_wire *wire, const struct sf_datagram_socket *socket,
                              struct sf_datagram_rule *on, unsigned way)
{
    const struct sf_plan *plan = wire->engine.plan;
    struct sf_firing place = {.rule = (uint16_t)on->index, .counter = SF_COUNTER_ALL};
    uint32_t *counter = &on->on[way].count;

    if (!wire->datagram_counts)
        wire->datagram_counts = sf_memory_new((size_t)plan->rule_count * plan->program_count * SF_WAYS *
                                              sizeof *wire->datagram_counts);
    if (on->rule->per == SF_PER_CONNECTION) {
        uint32_t connection = sf_number_of(&on_record(wire, socket)[on->index]);
        if (!connection && !on->ordinal)
            on->ordinal = atomic_fetch_add(&wire->engine.rules[on->index].sockets, 1) + 1;
        place.counter = connection ? SF_COUNTER_CONNECTION : SF_COUNTER_SOCKET;
        place.ordinal = connection ? connection : on->ordinal;
    } else {
        uint32_t program = on->rule->per == SF_PER_PROGRAM ? socket->program : 0;
        place.counter = on->rule->per == SF_PER_PROGRAM ? SF_COUNTER_PROGRAM : SF_COUNTER_ALL;
        place.ordinal = program;
        counter = &wire->datagram_counts[((size_t)on->index * plan->program_count + program) * SF_WAYS + way];
    }
    place.nth = ++*counter;
    place.ordinal |= (uint32_t)way << 30; /* and so it draws */
    return place;
}

/* ---- what it does ---- */

static uint64_t draw(const struct sf_wire *wire, const struct sf_datagram_rule *on, enum sf_draw purpose,
                     const struct sf_firing *place)
{
    return sf_hash_draw(wire->engine.plan->seed, purpose, on->rule->draws, place->ordinal, place->nth);
}

static bool fire(struct sf_wire *wire, const struct sf_datagram_rule *on)
{
    if (!sf_rule_take(&wire->engine, on->index))
        return false;
    sf_rule_count_fired(&wire->engine, on->index);
    return true;
}

/* One bit in each byte from a drawn one on, and others of them when that is all round. */
static void corrupt(const struct sf_wire *wire, const struct sf_datagram_rule *on,
                    struct sf_datagram *datagram, const struct sf_firing *place)
{
    uint64_t drawn = draw(wire, on, SF_DRAW_BITS, place), bits = (uint64_t)datagram->bytes * 8;
    uint64_t count = on->rule->bits < bits ? on->rule->bits : bits;
    char *data = datagram->data + datagram->control_bytes;

    for (uint64_t i = 0; i < count; i++) {
        uint64_t at = ((drawn >> 8) % datagram->bytes + i) % datagram->bytes;
        data[at] = (char)(data[at] ^ 1 << (drawn + i / datagram->bytes) % 8);
    }
}

/* What has passed is paid for at the rate; more than a burst at once has to wait. */
static void throttle(struct sf_wire *wire, struct sf_datagram_rule *on, unsigned way,
                     const struct sf_datagram *datagram, struct sf_fate *fate)
{
    struct sf_rate *rate = &on->rates[way];
    bool must_wait = rate->paid_ns > wire->now_ns + rate->burst_ns;
    if (must_wait && !fire(wire, on))
        return;
    if (must_wait && rate->paid_ns - rate->burst_ns > fate->not_before_ns)
        fate->not_before_ns = rate->paid_ns - rate->burst_ns;
    sf_rate_take(rate, wire->now_ns, datagram->bytes);
}

static void act(struct sf_wire *wire, struct sf_datagram_rule *on, unsigned way, struct sf_datagram *datagram,
                const struct sf_firing *place, struct sf_fate *fate)
{
    const struct sf_plan_rule *rule = on->rule;
    switch (rule->link.fault) {
    case SF_LINK_DROP:
    case SF_LINK_BLACKHOLE:
    case SF_LINK_PARTITION:
        fate->is_lost = fire(wire, on);
        break;
    case SF_LINK_REFUSE:
        fate->is_lost = fate->is_refused = fire(wire, on);
        break;
    case SF_LINK_DUPLICATE:
        fate->copies += fire(wire, on);
        break;
    case SF_LINK_DELAY:
        if (fire(wire, on))
            fate->delay_ns += rule->link.jitter_ns
                                  ? sf_rule_vary_ns(rule, draw(wire, on, SF_DRAW_DELAY, place))
                                  : rule->delay_ns;
        break;
    case SF_LINK_CORRUPT:
        if (datagram->bytes && fire(wire, on))
            corrupt(wire, on, datagram, place);
        break;
    case SF_LINK_THROTTLE:
        throttle(wire, on, way, datagram, fate);
        break;
    case SF_LINK_REORDER:
        fate->reorders = fate->reorders ? fate->reorders : on;
        break;
    default:
        break;
    }
}

/* Rules of streams that meet a connection count those; here each counts what it selects. */
struct sf_fate sf_datagram_judge(struct sf_wire *wire, struct sf_datagram_socket *socket, unsigned way,
                                 struct sf_datagram *datagram)
{
    uint32_t direction = way == SF_WAY_IN ? SF_LINK_IN : SF_LINK_OUT;
    uint64_t start_ns = atomic_load(&wire->session->programs[socket->program].start_ns);
    struct sf_fate fate = {0};

    for (size_t i = 0; i < socket->rule_count; i++) {
        struct sf_datagram_rule *on = &socket->rules[i];
        bool is_answer = on->rule->link.fault == SF_LINK_REFUSE && way == SF_WAY_IN;
        if (is_answer || !sf_rule_carries(on->rule, direction) || !is_connection(wire, socket, on) ||
            !fits(wire, socket, on->rule, datagram))
            continue;
        bool has_passed = !waits_for_bytes(on->rule) || on->on[way].has_passed;
        if (!has_passed)
            pass(wire, on, way, datagram);
        struct sf_firing place = count(wire, socket, on, way);
        if (!sf_datagram_chosen(&wire->engine, &place))
            continue;
        atomic_fetch_add(&wire->engine.rules[on->index].selected, 1);
        if (has_passed && !fate.is_lost && sf_rule_is_time(wire, on->rule, start_ns, socket->pid))
            act(wire, on, way, datagram, &place, &fate);
    }
    return fate;
}

bool sf_datagram_reverses(struct sf_wire *wire, const struct sf_datagram_rule *on)
{
    bool has_fired = fire(wire, on);
    for (uint32_t i = 1; has_fired && i < on->rule->link.datagrams; i++)
        fire(wire, on);
    return has_fired;
}
