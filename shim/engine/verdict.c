#include "engine/verdict.h"

#include "engine/hash.h"
#include "engine/legality.h"
#include "engine/number.h"
#include "engine/scope.h"
#include "engine/stretch.h"

#include <errno.h>
#include <netinet/tcp.h>

#define NUMBERING_SPINS 100000 /* then who was to number the socket has died */

/* Whoever counts the first call on a socket without a connection gives it its ordinal;
 * another thread that is as early waits for that. */
static uint32_t socket_ordinal(const struct sf_engine *engine, uint32_t rule,
                               struct sf_socket_rule *on_socket, uint32_t nth)
{
    uint32_t ordinal = 0;

    if (nth == 1) {
        ordinal = atomic_fetch_add_explicit(&engine->rules[rule].sockets, 1, memory_order_relaxed) + 1;
        atomic_store_explicit(&on_socket->socket, ordinal, memory_order_relaxed);
    }
    for (int spin = 0; ordinal == 0 && spin < NUMBERING_SPINS; spin++)
        ordinal = atomic_load_explicit(&on_socket->socket, memory_order_relaxed);
    return ordinal;
}

static uint32_t next(_Atomic uint32_t *counter)
{
    return atomic_fetch_add_explicit(counter, 1, memory_order_relaxed) + 1;
}

/* The call's place among those that the rule counts. */
static struct sf_firing count_call(const struct sf_engine *engine, const struct sf_selection *selection,
                                   uint32_t rule, const struct sf_call_info *call)
{
    enum sf_per per = sf_plan_rules(engine->plan)[rule].per;
    struct sf_firing place = {.rule = 0};

    if (per == SF_PER_SCENARIO) {
        place.counter = SF_COUNTER_ALL;
        place.nth = next(&engine->rules[rule].calls);
    } else if (per == SF_PER_CONNECTION && selection->per_rule) {
        struct sf_socket_rule *on_socket = &selection->per_rule[rule];
        uint32_t connection = sf_number_of(on_socket);
        place.nth = next(&on_socket->calls);
        place.counter = connection ? SF_COUNTER_CONNECTION : SF_COUNTER_SOCKET;
        place.ordinal = connection ? connection : socket_ordinal(engine, rule, on_socket, place.nth);
    } else {
        place.counter = SF_COUNTER_PROGRAM;
        place.ordinal = call->program;
        place.nth = next(&engine->calls[(uint64_t)rule * engine->plan->program_count + call->program]);
    }
    return place;
}

/* Which connection of the rule's scope this is. An accept asks for the next. */
static uint32_t connection_ordinal(const struct sf_engine *engine, const struct sf_selection *selection,
                                   uint32_t rule, const struct sf_call_info *call)
{
    if (sf_call_families[call->call] == SF_FAMILY_ACCEPT)
        return atomic_load_explicit(&engine->rules[rule].connections, memory_order_relaxed) + 1;
    return selection->per_rule ? sf_number_of(&selection->per_rule[rule]) : 0;
}

static bool in_range(uint32_t value, uint32_t first, uint32_t last)
{
    return first == 0 || (value >= first && value <= last);
}

/* Whose call it is, to the draws: the third connection is another than the third socket
 * without one. */
static uint32_t draw_context(const struct sf_firing *place)
{
    return place->ordinal ^ (place->counter == SF_COUNTER_SOCKET ? UINT32_C(1) << 31 : 0);
}

/* Have the bytes that the rule waits for passed? On calls of neither direction
 * those of both count. */
static bool bytes_hold(const struct sf_plan_rule *rule, uint32_t index, const struct sf_selection *selection,
                       const struct sf_call_info *call)
{
    enum sf_family family = sf_call_families[call->call];
    uint64_t bytes = 0;

    if (!rule->watches)
        return true;
    if (!selection->socket)
        return false;
    if (family != SF_FAMILY_SEND)
        bytes += atomic_load_explicit(&selection->socket->bytes_in, memory_order_relaxed);
    if (family != SF_FAMILY_RECV)
        bytes += atomic_load_explicit(&selection->socket->bytes_out, memory_order_relaxed);
    return bytes >= rule->after_bytes &&
           (rule->match_bytes == 0 || atomic_load_explicit(&selection->per_rule[index].matched,
                                                           memory_order_relaxed) >= rule->match_bytes);
}

/* Gives the place the value of the stretch that it lies in. */
static bool is_named(const struct sf_plan *plan, const struct sf_plan_rule *rule, struct sf_firing *place)
{
    if (!(rule->flags & SF_RULE_EXACTLY))
        return true;
    const struct sf_stretch *stretch = sf_stretch_find(plan, rule, place);
    place->value = stretch ? stretch->value : 0;
    return stretch != NULL;
}

/* Is it one of the calls, or connections, that the rule chooses? */
static bool place_holds(const struct sf_plan *plan, struct sf_firing *place)
{
    const struct sf_plan_rule *rule = &sf_plan_rules(plan)[place->rule];
    uint32_t nth = place->nth;

    if (!is_named(plan, rule, place) || !in_range(nth, rule->nth_first, rule->nth_last))
        return false;
    if (rule->every > 1 && nth % rule->every != 0)
        return false;
    return rule->probability >= SF_PROBABILITY_ALWAYS ||
           sf_hash_draw(plan->seed, SF_DRAW_FIRE, rule->draws, draw_context(place), nth) >> 11 <
               rule->probability;
}

/* Is it time for it? */
static bool moment_holds(const struct sf_plan *plan, const struct sf_firing *place,
                         const struct sf_selection *selection, const struct sf_call_info *call)
{
    const struct sf_plan_rule *rule = &sf_plan_rules(plan)[place->rule];

    if (call->elapsed_ns < rule->after_ns || (rule->until_ns != 0 && call->elapsed_ns >= rule->until_ns))
        return false;
    if (!bytes_hold(rule, place->rule, selection, call))
        return false;
    /* What connect meets on the link, it meets once its SYN is out. */
    uint32_t state = !rule->states ? 0 : sf_rule_is_link(rule) ? TCP_SYN_SENT : call->state(call->context);
    if (rule->states && !(rule->states >> (state & 31) & 1))
        return false;
    if (rule->exists && !call->exists(call->context, sf_plan_string(plan, rule->exists_at)))
        return false;
    return !rule->site || call->site(call->context, place->rule); /* by far the dearest question */
}

/* Of 1..len. Programs ask for far more than a message holds, so that a uniform
 * draw would seldom bind: each power of two is as likely as the next. */
static uint64_t draw_any_length(uint64_t draw, uint64_t len)
{
    unsigned powers = 64 - (unsigned)__builtin_clzll(len);
    uint64_t least = UINT64_C(1) << (draw >> 32) % powers;
    uint64_t span = least < len - least + 1 ? least : len - least + 1;
    return least + (draw & UINT32_MAX) % span;
}

/* The place's value is that of the rule's stretch, if it has any. */
static uint64_t draw_length(const struct sf_plan *plan, const struct sf_firing *place, uint64_t len)
{
    const struct sf_plan_rule *rule = &sf_plan_rules(plan)[place->rule];
    uint64_t min = rule->bytes_min, max = rule->bytes_max;

    if (place->value != 0)
        return place->value;
    if (max != 0 && min == max)
        return min;
    uint64_t draw = sf_hash_draw(plan->seed, SF_DRAW_LENGTH, rule->draws, draw_context(place), place->nth);
    return max == 0 ? draw_any_length(draw, len) : min + draw % (max - min + 1);
}

bool sf_rule_may_fire(const struct sf_engine *engine, uint32_t rule)
{
    uint32_t times = sf_plan_rules(engine->plan)[rule].times;
    return times == 0 || atomic_load_explicit(&engine->rules[rule].taken, memory_order_relaxed) < times;
}

/* Take one of the rule's firings; false when another thread took the last. */
bool sf_rule_take(const struct sf_engine *engine, uint32_t rule)
{
    uint32_t times = sf_plan_rules(engine->plan)[rule].times;
    _Atomic uint64_t *taken = &engine->rules[rule].taken;
    uint64_t count = atomic_load_explicit(taken, memory_order_relaxed);

    do {
        if (times != 0 && count >= times)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(taken, &count, count + 1, memory_order_relaxed,
                                                    memory_order_relaxed));
    return true;
}

void sf_rule_count_fired(const struct sf_engine *engine, uint32_t rule)
{
    atomic_fetch_add_explicit(&engine->rules[rule].fired, 1, memory_order_relaxed);
}

static void list(const struct sf_engine *engine, struct sf_verdict *verdict, const struct sf_firing *firing)
{
    verdict->kind = SF_APPLY;
    if (verdict->rule_count < SF_EVENT_RULES_MAX)
        verdict->rules[verdict->rule_count++] = *firing;
    else
        sf_rule_count_fired(engine, firing->rule);
}

static void refuse(const struct sf_engine *engine, uint32_t rule, enum sf_illegal reason)
{
    uint32_t none = SF_LEGAL;
    atomic_fetch_add_explicit(&engine->rules[rule].illegal, 1, memory_order_relaxed);
    atomic_compare_exchange_strong(&engine->rules[rule].illegal_reason, &none, reason);
}

/* The rules that want this call, before it is settled which of them change it. */
struct wishes {
    struct sf_firing failure; /* the first rule that makes the call fail */
    struct sf_firing shortest;
    uint64_t limit; /* of `shortest` */

    uint32_t is_counted; /* bit N: `counted[N - 1]` is the call's place in that count */
    struct sf_firing counted[SF_COUNTS_MAX];
};

#define NO_RULE UINT16_MAX

static bool fails_the_call(const struct sf_plan_rule *rule)
{
    return rule->fault == SF_FAULT_ERROR || rule->fault == SF_FAULT_INTERRUPT ||
           rule->fault == SF_FAULT_AGAIN || rule->fault == SF_FAULT_REFUSE || rule->fault == SF_FAULT_EOF ||
           rule->fault == SF_FAULT_RESET || rule->fault == SF_FAULT_TIMEOUT;
}

static bool is_interrupt(const struct sf_plan_rule *rule)
{
    return rule->fault == SF_FAULT_INTERRUPT || (rule->fault == SF_FAULT_ERROR && rule->error == EINTR);
}

/* A rule with `peer` met a socket without one, on which every datagram may have
 * another: the call says which; or one whose peer nobody was known to be. Of a look-up its scope has seen the
 * name. */
static bool fits_the_peer(const struct sf_engine *engine, const struct sf_selection *selection,
                          const struct sf_call_info *call, const struct sf_plan_rule *rule)
{
    const struct sf_names names = {engine->directory, call->program};

    if (rule->peer_count == 0 || sf_call_families[call->call] == SF_FAMILY_RESOLVE)
        return true;
    if (call->destination)
        return sf_peer_matches(engine->plan, rule, call->destination, &names);
    if (!selection->socket || selection->socket->peer.domain == 0)
        return false;
    const struct sf_addr *peer = &selection->socket->peer;
    return selection->socket->type != SF_TYPE_DGRAM || !sf_peer_is_open(engine->plan, rule, peer) ||
           sf_peer_matches(engine->plan, rule, peer, &names);
}

/* What a rule that may act adds to the call, besides making it fail. */
static void add(const struct sf_engine *engine, const struct sf_firing *firing,
                const struct sf_call_info *call, struct wishes *wishes, struct sf_verdict *verdict)
{
    const struct sf_plan_rule *rule = &sf_plan_rules(engine->plan)[firing->rule];

    if (rule->fault == SF_FAULT_PARTIAL) {
        uint64_t limit = call->len ? draw_length(engine->plan, firing, call->len) : 0;
        if (limit < call->len && limit < wishes->limit) {
            wishes->limit = limit;
            wishes->shortest = *firing;
            wishes->shortest.value = limit <= UINT32_MAX ? (uint32_t)limit : 0; /* no call moves more */
        }
        return;
    }
    if (rule->fault == SF_FAULT_RESOLVE && verdict->answer)
        return; /* one answer is all that there can be */
    if (rule->fault == SF_FAULT_SIGNAL && verdict->signal_count == SF_EVENT_RULES_MAX)
        return;
    if (!sf_rule_take(engine, firing->rule))
        return;
    if (rule->fault == SF_FAULT_DELAY) {
        verdict->delay_ns += rule->delay_ns;
    } else if (rule->fault == SF_FAULT_CORRUPT) {
        verdict->corrupt_bits += rule->bits;
        verdict->corrupt_draw ^=
            sf_hash_draw(engine->plan->seed, SF_DRAW_BITS, rule->draws, draw_context(firing), firing->nth);
    } else if (rule->fault == SF_FAULT_RESOLVE) {
        verdict->answer = rule;
    } else {
        verdict->signals[verdict->signal_count++] = (uint8_t)rule->signal;
    }
    list(engine, verdict, firing);
}

/* The call's place in the rule's count, which may be that of others: the first of them counts. */
static struct sf_firing place_of(const struct sf_engine *engine, const struct sf_selection *selection,
                                 uint32_t index, const struct sf_call_info *call, struct wishes *wishes)
{
    const struct sf_plan_rule *rule = &sf_plan_rules(engine->plan)[index];
    struct sf_firing place;

    if (rule->count && wishes->is_counted >> rule->count & 1) {
        place = wishes->counted[rule->count - 1];
    } else {
        place = count_call(engine, selection, rule->counts_as, call);
        if (rule->count) {
            wishes->is_counted |= UINT32_C(1) << rule->count;
            wishes->counted[rule->count - 1] = place;
        }
    }
    place.rule = (uint16_t)index;
    return place;
}

struct sf_firing sf_link_place(const struct sf_plan *plan, uint32_t rule, uint32_t program,
                               const struct sf_socket_rule *on_socket)
{
    struct sf_firing place = {.rule = (uint16_t)rule,
                              .nth = atomic_load_explicit(&on_socket->calls, memory_order_relaxed)};

    switch (sf_plan_rules(plan)[rule].per) {
    case SF_PER_SCENARIO:
        place.counter = SF_COUNTER_ALL;
        break;
    case SF_PER_CONNECTION:
        place.counter = SF_COUNTER_CONNECTION;
        place.ordinal = sf_number_of(on_socket);
        break;
    default:
        place.counter = SF_COUNTER_PROGRAM;
        place.ordinal = program;
    }
    return place;
}

/* Does the rule mean this connection? Decided and counted once: at its first connect, or its accept. */
static bool is_armed(const struct sf_engine *engine, const struct sf_selection *selection,
                     const struct sf_call_info *call, struct wishes *wishes, struct sf_firing *firing)
{
    struct sf_socket_rule *on_socket = &selection->per_rule[firing->rule];
    uint32_t armed = atomic_load_explicit(&on_socket->armed, memory_order_relaxed);

    if (armed == SF_LINK_UNDECIDED) {
        *firing = place_of(engine, selection, firing->rule, call, wishes);
        armed = place_holds(engine->plan, firing) ? SF_LINK_ARMED : SF_LINK_UNARMED;
        atomic_store_explicit(&on_socket->calls, firing->nth, memory_order_relaxed);
        atomic_store_explicit(&on_socket->armed, armed, memory_order_release);
        if (armed == SF_LINK_ARMED)
            atomic_fetch_add_explicit(&engine->rules[firing->rule].selected, 1, memory_order_relaxed);
        return armed == SF_LINK_ARMED;
    }
    *firing = sf_link_place(engine->plan, firing->rule, call->program, on_socket);
    return armed == SF_LINK_ARMED;
}

/* A partition means what goes from one group to another. */
static bool crosses(const struct sf_engine *engine, const struct sf_selection *selection,
                    const struct sf_call_info *call, const struct sf_plan_rule *rule)
{
    const struct sf_addr *peer = call->destination ? call->destination : &selection->socket->peer;
    return rule->link.fault != SF_LINK_PARTITION ||
           sf_partition_cuts(engine->plan, rule, call->program, peer);
}

/* A rule that chooses no datagrams is met by connect as well, as where there is no route. */
static bool is_for_all(const struct sf_plan_rule *rule)
{
    return rule->nth_first == 0 && rule->every <= 1 && rule->times == 0 &&
           rule->probability >= SF_PROBABILITY_ALWAYS;
}

/* A link rule and a datagram socket. What happens to datagrams under way is the wire's to say. */
static void consider_datagram(const struct sf_engine *engine, const struct sf_selection *selection,
                              const struct sf_call_info *call, uint32_t index, struct wishes *wishes,
                              struct sf_verdict *verdict)
{
    const struct sf_plan_rule *rule = &sf_plan_rules(engine->plan)[index];
    bool is_send = sf_call_families[call->call] == SF_FAMILY_SEND;
    struct sf_firing firing = {.rule = (uint16_t)index};

    /* Of several messages each may go elsewhere: the wire looks at all of them. */
    /* What passes before a trigger that waits for bytes only the wire knows. */
    if (rule->link.fault == SF_LINK_UNREACHABLE && (rule->after_bytes || rule->match_bytes))
        return;
    bool fits = (call->call == SF_CALL_sendmmsg && rule->link.fault != SF_LINK_UNREACHABLE) ||
                fits_the_peer(engine, selection, call, rule);
    if (!fits ||
        !in_range(sf_number_of(&selection->per_rule[index]), rule->connection_first, rule->connection_last))
        return;
    if (rule->link.fault != SF_LINK_UNREACHABLE) {
        verdict->route |= is_send && sf_rule_carries(rule, SF_LINK_OUT) &&
                          (call->call == SF_CALL_sendmmsg || crosses(engine, selection, call, rule));
        return;
    }
    if (is_send)
        firing = place_of(engine, selection, index, call, wishes);
    bool is_chosen = is_send ? place_holds(engine->plan, &firing)
                             : sf_call_families[call->call] == SF_FAMILY_CONNECT && is_for_all(rule);
    if (!is_chosen || wishes->failure.rule != NO_RULE || !sf_rule_may_fire(engine, index) ||
        !moment_holds(engine->plan, &firing, selection, call))
        return;
    atomic_fetch_add_explicit(&engine->rules[index].selected, 1, memory_order_relaxed);
    wishes->failure = firing;
}

bool sf_datagram_chosen(const struct sf_engine *engine, struct sf_firing *place)
{
    return place_holds(engine->plan, place);
}

/* A link rule and a call that makes a connection, or moves datagrams. */
static void consider_link(const struct sf_engine *engine, const struct sf_selection *selection,
                          const struct sf_call_info *call, uint32_t index, struct wishes *wishes,
                          struct sf_verdict *verdict)
{
    const struct sf_plan_rule *rule = &sf_plan_rules(engine->plan)[index];
    struct sf_firing firing = {.rule = (uint16_t)index};

    if (!selection->per_rule)
        return;
    if (call->type == SF_TYPE_DGRAM) {
        consider_datagram(engine, selection, call, index, wishes, verdict);
        return;
    }
    if (sf_call_families[call->call] != SF_FAMILY_CONNECT ||
        !in_range(sf_number_of(&selection->per_rule[index]), rule->connection_first, rule->connection_last) ||
        !crosses(engine, selection, call, rule) || !is_armed(engine, selection, call, wishes, &firing))
        return;
    if (!sf_link_connects(rule->link.fault))
        verdict->route = true;
    else if (wishes->failure.rule == NO_RULE && sf_rule_may_fire(engine, index) &&
             moment_holds(engine->plan, &firing, selection, call) &&
             call->fact(call->context, SF_FACT_UNCONNECTED)) /* else it only hears how that one went */
        wishes->failure = firing;
}

static void consider(const struct sf_engine *engine, const struct sf_selection *selection,
                     const struct sf_call_info *call, uint32_t index, bool was_interrupted,
                     struct wishes *wishes, struct sf_verdict *verdict)
{
    const struct sf_plan_rule *rule = &sf_plan_rules(engine->plan)[index];

    if (sf_rule_is_link(rule))
        consider_link(engine, selection, call, index, wishes, verdict);
    if (!sf_call_set_has(&rule->calls, call->call))
        return;
    uint32_t connection = connection_ordinal(engine, selection, index, call);
    /* A rule that selects sockets selects a poll by those that it waits for, and has done so. */
    if (sf_call_families[call->call] != SF_FAMILY_POLL &&
        (!in_range(connection, rule->connection_first, rule->connection_last) ||
         !fits_the_peer(engine, selection, call, rule)))
        return;

    struct sf_firing firing = place_of(engine, selection, index, call, wishes);
    if (!sf_rule_may_fire(engine, index) || !place_holds(engine->plan, &firing) ||
        !moment_holds(engine->plan, &firing, selection, call))
        return;
    atomic_fetch_add_explicit(&engine->rules[index].selected, 1, memory_order_relaxed);
    if (fails_the_call(rule) && wishes->failure.rule != NO_RULE)
        return; /* the first in the file wins, and only what changes a call has fired */
    if (rule->fault == SF_FAULT_INTERRUPT && was_interrupted)
        return;

    enum sf_illegal reason = sf_legality(rule, call);
    if (reason == SF_LEGAL && call->permits && !call->permits(call->context, rule->fault))
        reason = SF_ILLEGAL_SANDBOXED;
    if (reason != SF_LEGAL)
        refuse(engine, index, reason);
    else if (fails_the_call(rule))
        wishes->failure = firing;
    else
        add(engine, &firing, call, wishes, verdict);
}

static void make_it_fail(const struct sf_engine *engine, const struct sf_selection *selection,
                         const struct sf_firing *firing, struct sf_verdict *verdict)
{
    const struct sf_plan_rule *rule = &sf_plan_rules(engine->plan)[firing->rule];

    list(engine, verdict, firing);
    if (sf_rule_is_link(rule)) {
        verdict->refuse = rule->link.fault == SF_LINK_REFUSE;
        verdict->timeout_ns = rule->link.fault == SF_LINK_SYN_TIMEOUT ? rule->delay_ns : 0;
        if (rule->link.fault == SF_LINK_UNREACHABLE)
            verdict->error = rule->link.unreachable == SF_UNREACHABLE_NET ? ENETUNREACH : EHOSTUNREACH;
        return;
    }
    verdict->interrupt = rule->fault == SF_FAULT_INTERRUPT;
    verdict->again = rule->fault == SF_FAULT_AGAIN;
    verdict->refuse = rule->fault == SF_FAULT_REFUSE;
    verdict->reset = rule->fault == SF_FAULT_RESET;
    verdict->eof = rule->fault == SF_FAULT_EOF;
    verdict->timeout_ns = rule->fault == SF_FAULT_TIMEOUT ? rule->delay_ns : 0;
    verdict->error = is_interrupt(rule) ? EINTR : verdict->again ? EAGAIN : rule->error;
    if (is_interrupt(rule) && selection->socket)
        atomic_store_explicit(&selection->socket->interrupted, 1, memory_order_relaxed);
}

/* The calls among which EINTR never comes twice running. */
static bool waits(const struct sf_call_info *call)
{
    enum sf_family family = sf_call_families[call->call];
    return family == SF_FAMILY_RECV || family == SF_FAMILY_SEND || family == SF_FAMILY_ACCEPT ||
           family == SF_FAMILY_CONNECT;
}

struct sf_verdict sf_verdict_decide(const struct sf_engine *engine, const struct sf_selection *selection,
                                    const struct sf_call_info *call)
{
    struct sf_verdict verdict = {.kind = SF_PASS, .limit = UINT64_MAX};
    struct wishes wishes;
    wishes.failure.rule = wishes.shortest.rule = NO_RULE;
    wishes.limit = UINT64_MAX;
    wishes.is_counted = 0;
    bool was_interrupted = selection->socket && waits(call) &&
                           atomic_exchange_explicit(&selection->socket->interrupted, 0, memory_order_relaxed);

    for (unsigned word = 0; word < sf_selection_words(engine->plan); word++)
        for (uint64_t bits = selection->selected[word]; bits; bits &= bits - 1)
            consider(engine, selection, call, word * 64 + (unsigned)__builtin_ctzll(bits), was_interrupted,
                     &wishes, &verdict);

    if (wishes.failure.rule != NO_RULE && sf_rule_take(engine, wishes.failure.rule)) {
        make_it_fail(engine, selection, &wishes.failure, &verdict);
    } else if (wishes.shortest.rule != NO_RULE && sf_rule_take(engine, wishes.shortest.rule)) {
        verdict.limit = wishes.limit;
        list(engine, &verdict, &wishes.shortest);
    }
    if (verdict.route && verdict.kind == SF_PASS)
        verdict.kind = SF_ROUTE;
    return verdict;
}

bool sf_verdict_routes(const struct sf_engine *engine, const struct sf_selection *selection,
                       const struct sf_call_info *call)
{
    bool routes = false;
    struct wishes wishes;
    wishes.is_counted = 0;

    for (unsigned word = 0; word < sf_selection_words(engine->plan); word++)
        for (uint64_t bits = selection->selected[word]; bits; bits &= bits - 1) {
            struct sf_firing firing = {.rule = (uint16_t)(word * 64 + (unsigned)__builtin_ctzll(bits))};
            const struct sf_plan_rule *rule = &sf_plan_rules(engine->plan)[firing.rule];
            if (sf_rule_is_link(rule) && rule->link.fault != SF_LINK_PARTITION &&
                is_armed(engine, selection, call, &wishes, &firing))
                routes |= !sf_link_connects(rule->link.fault);
        }
    return routes;
}

static bool has_changed(const struct sf_plan_rule *rule, const struct sf_verdict *verdict, int64_t result,
                        bool waited)
{
    if (!waited)
        return sf_rule_acts_before(rule);
    if (rule->fault == SF_FAULT_PARTIAL)
        return result >= 0 && (uint64_t)result == verdict->limit;
    if (rule->fault == SF_FAULT_RESET)
        return verdict->reset; /* a connection that did not come about was not reset */
    if (rule->fault == SF_FAULT_RESOLVE)
        return verdict->error == 0;
    return rule->fault != SF_FAULT_CORRUPT || (result > 0 && verdict->corrupt_bits != 0);
}

void sf_verdict_settle(const struct sf_engine *engine, struct sf_verdict *verdict, int64_t result,
                       bool waited)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < verdict->rule_count; i++) {
        const struct sf_firing firing = verdict->rules[i];
        if (has_changed(&sf_plan_rules(engine->plan)[firing.rule], verdict, result, waited))
            verdict->rules[kept++] = firing;
        else
            atomic_fetch_sub_explicit(&engine->rules[firing.rule].taken, 1, memory_order_relaxed);
    }
    verdict->rule_count = (uint8_t)kept;
}

void sf_verdict_count(const struct sf_engine *engine, const struct sf_verdict *verdict, enum sf_moment moment)
{
    for (unsigned i = 0; i < verdict->rule_count; i++) {
        uint16_t rule = verdict->rules[i].rule;
        if (sf_rule_acts_before(&sf_plan_rules(engine->plan)[rule]) == (moment == SF_BEFORE_CALL))
            sf_rule_count_fired(engine, rule);
    }
}
