#include "wire/rules.h"

#include "base/memory.h"
#include "engine/bytes.h"
#include "engine/hash.h"
#include "wire/diag.h"
#include "engine/record.h"

#include <limits.h>
#include <math.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LOOK_STEP_NS UINT64_C(5000000) /* between looks at what no event tells */

/* ---- whether a rule holds ---- */

static bool waits_for_bytes(const struct sf_plan_rule *rule)
{
    return rule->after_bytes != 0 || rule->match_bytes != 0;
}

/* A relative path is meant from the folder of the process on. */
static bool exists(const struct sf_wire *wire, pid_t pid, const struct sf_plan_rule *rule)
{
    const char *path = sf_plan_string(wire->engine.plan, rule->exists_at);
    char full[PATH_MAX];
    if (path[0] == '/')
        return access(path, F_OK) == 0;
    snprintf(full, sizeof full, "/proc/%d/cwd/%s", (int)pid, path);
    return access(full, F_OK) == 0;
}

/* A partition's time begins when the last of its programs does. SF_NEVER: that is still to come. */
static uint64_t start_ns(const struct sf_wire *wire, const struct sf_plan_rule *rule,
                         uint64_t program_start_ns)
{
    uint64_t last_ns = 0;
    if (rule->link.fault != SF_LINK_PARTITION)
        return program_start_ns;
    for (uint32_t i = 0; i < wire->engine.plan->program_count; i++) {
        uint64_t began_ns = rule->programs >> i & 1 ? atomic_load(&wire->session->programs[i].start_ns) : 1;
        if (began_ns == 0)
            return SF_NEVER;
        last_ns = began_ns > last_ns ? began_ns : last_ns;
    }
    return last_ns;
}

bool sf_rule_is_time(const struct sf_wire *wire, const struct sf_plan_rule *rule, uint64_t program_start_ns,
                     pid_t pid)
{
    uint64_t began_ns = start_ns(wire, rule, program_start_ns);
    uint64_t elapsed_ns = wire->now_ns > began_ns ? wire->now_ns - began_ns : 0;
    if (elapsed_ns < rule->after_ns || (rule->until_ns != 0 && elapsed_ns >= rule->until_ns))
        return false;
    return !rule->exists || exists(wire, pid, rule);
}

static bool is_time(const struct sf_wire *wire, const struct sf_wired *wired, const struct sf_plan_rule *rule)
{
    return !(rule->states && !(rule->states >> wired->state & 1)) &&
           sf_rule_is_time(wire, rule, wired->program_start_ns, wired->pid);
}

static bool is_for(const struct sf_wired *wired, const struct sf_wired_rule *on, unsigned way)
{
    return !on->is_spent && on->rule->link.directions & wired->ways[way].direction;
}

static bool holds(const struct sf_wire *wire, const struct sf_wired *wired, const struct sf_wired_rule *on,
                  unsigned way)
{
    return is_for(wired, on, way) && (!waits_for_bytes(on->rule) || on->on[way].has_passed) &&
           is_time(wire, wired, on->rule);
}

/* The log comes before the counters, as the shim has it. */
static void log_firing(struct sf_wire *wire, const struct sf_wired *wired, const struct sf_wired_rule *on,
                       unsigned way)
{
    const struct sf_session *session = wire->session->session;
    const struct sf_way *at = &wired->ways[way];
    const uint32_t bytes = sizeof(struct sf_event) + sizeof on->place;
    struct sf_event *event = sf_record_reserve(wire->session->events, session->events_bytes, bytes);
    if (!event)
        return;
    event->version = SF_EVENT_VERSION;
    event->producer = SF_PRODUCER_WIRE;
    event->kind = SF_EVENT_LINK;
    event->rule_count = 1;
    event->time_ns = wire->now_ns;
    event->pid = (uint32_t)wired->pid;
    event->program = wired->program;
    event->fd = -1;
    event->socket = wired->number;
    event->asked = waits_for_bytes(on->rule) ? on->on[way].at_byte : at->sent_bytes;
    event->result = at->direction;
    event->payload_at = (uint64_t)((const char *)wired->record - (const char *)session);
    event->rules[0] = on->place;
    atomic_store_explicit(&event->bytes, bytes, memory_order_release);
}

/* It acts on this connection: count it, once. False: its `times` are used up. */
static bool fire(struct sf_wire *wire, const struct sf_wired *wired, struct sf_wired_rule *on, unsigned way)
{
    if (on->has_fired)
        return true;
    if (!sf_rule_take(&wire->engine, on->index)) {
        on->is_spent = true;
        return false;
    }
    on->has_fired = true;
    log_firing(wire, wired, on, way);
    sf_rule_count_fired(&wire->engine, on->index);
    return true;
}

/* When the time that it waits for begins or ends. */
static uint64_t next_look_ns(const struct sf_wire *wire, const struct sf_wired *wired,
                             const struct sf_plan_rule *rule)
{
    uint64_t began_ns = start_ns(wire, rule, wired->program_start_ns);
    if (began_ns == SF_NEVER)
        return wire->now_ns + LOOK_STEP_NS;
    uint64_t begin_ns = began_ns + rule->after_ns;
    uint64_t end_ns = rule->until_ns ? began_ns + rule->until_ns : SF_NEVER;
    if (wire->now_ns < begin_ns)
        return begin_ns;
    if (wire->now_ns >= end_ns)
        return SF_NEVER;
    if ((rule->exists || rule->states) && wire->now_ns + LOOK_STEP_NS < end_ns)
        return wire->now_ns + LOOK_STEP_NS;
    return end_ns;
}

/* ---- which rules there are ---- */

struct sf_rate *sf_rule_rates(struct sf_wire *wire, uint32_t index, uint32_t program,
                              struct sf_rate own[SF_WAYS])
{
    const struct sf_plan *plan = wire->engine.plan;
    const struct sf_plan_rule *rule = &sf_plan_rules(plan)[index];
    if (!rule->link.is_shared || rule->per == SF_PER_CONNECTION) {
        for (unsigned way = 0; way < SF_WAYS; way++)
            own[way] = sf_rate_new(rule->link.bytes_per_s);
        return own;
    }
    if (!wire->rates) {
        wire->rates =
            sf_memory_new((size_t)plan->rule_count * plan->program_count * SF_WAYS * sizeof *wire->rates);
        for (uint32_t i = 0; i < plan->rule_count * plan->program_count * SF_WAYS; i++)
            wire->rates[i] =
                sf_rate_new(sf_plan_rules(plan)[i / plan->program_count / SF_WAYS].link.bytes_per_s);
    }
    uint32_t whose = rule->per == SF_PER_PROGRAM ? program : 0;
    return &wire->rates[((size_t)index * plan->program_count + whose) * SF_WAYS];
}

void sf_rules_begin(struct sf_wire *wire, struct sf_wired *wired, struct sf_socket *record)
{
    const struct sf_plan *plan = wire->engine.plan;
    _Atomic uint64_t *selected = (void *)(record + 1);
    struct sf_socket_rule *on_socket = (void *)(selected + sf_selection_words(plan));

    wired->rules = sf_memory_new(plan->rule_count * sizeof *wired->rules);
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        const struct sf_plan_rule *rule = &sf_plan_rules(plan)[i];
        if (!sf_rule_is_link(rule) || sf_link_connects(rule->link.fault) ||
            !(atomic_load(&selected[i / 64]) >> (i % 64) & 1) ||
            atomic_load(&on_socket[i].armed) != SF_LINK_ARMED)
            continue;
        struct sf_wired_rule *on = &wired->rules[wired->rule_count++];
        on->rule = rule;
        on->index = i;
        on->connection = atomic_load(&on_socket[i].connection);
        wired->asks_state |= rule->states != 0;
        on->place = sf_link_place(plan, i, wired->program, &on_socket[i]);
        if (rule->link.fault == SF_LINK_THROTTLE)
            on->rates = sf_rule_rates(wire, i, wired->program, on->own);
    }
    struct sf_wired_rule *fit = realloc(wired->rules, (wired->rule_count + 1) * sizeof *fit);
    wired->rules = fit ? fit : wired->rules;
    for (size_t i = 0; i < wired->rule_count; i++) /* they may have moved */
        if (wired->rules[i].rates && !wired->rules[i].rule->link.is_shared)
            wired->rules[i].rates = wired->rules[i].own;
}

/* ---- bytes ---- */

/* Behind how many of these bytes does the rule come to hold? SIZE_MAX: behind none. */
static size_t distance(const struct sf_wire *wire, const struct sf_wired_rule *on, unsigned way,
                       uint64_t passed, const char *data, size_t count)
{
    const uint8_t *needle = (const uint8_t *)sf_plan_string(wire->engine.plan, on->rule->match_at);
    uint32_t matched = on->on[way].matched;
    size_t to_match = 0, to_byte = 0;

    if (on->rule->after_bytes > passed)
        to_byte =
            on->rule->after_bytes - passed > count ? SIZE_MAX : (size_t)(on->rule->after_bytes - passed);
    while (matched < on->rule->match_bytes && to_match < count)
        matched = sf_match_advance(needle, on->rule->match_bytes, matched, (uint8_t)data[to_match++]);
    if (matched < on->rule->match_bytes)
        to_match = SIZE_MAX;
    return to_match > to_byte ? to_match : to_byte;
}

size_t sf_rules_boundary(const struct sf_wire *wire, const struct sf_wired *wired, unsigned way,
                         const char *data, size_t count)
{
    size_t boundary = count;
    for (size_t i = 0; i < wired->rule_count; i++) {
        const struct sf_wired_rule *on = &wired->rules[i];
        if (!is_for(wired, on, way) || !waits_for_bytes(on->rule) || on->on[way].has_passed)
            continue;
        size_t far = distance(wire, on, way, wired->ways[way].read_bytes, data, count);
        if (far > 0 && far < boundary)
            boundary = far;
    }
    return boundary;
}

bool sf_rules_passed(const struct sf_wire *wire, struct sf_wired *wired, unsigned way, const char *data,
                     size_t count)
{
    uint64_t before = wired->ways[way].read_bytes - count;
    bool has_come = false;
    for (size_t i = 0; i < wired->rule_count; i++) {
        struct sf_wired_rule *on = &wired->rules[i];
        if (!is_for(wired, on, way) || !waits_for_bytes(on->rule) || on->on[way].has_passed)
            continue;
        on->on[way].has_passed = distance(wire, on, way, before, data, count) <= count;
        has_come |= on->on[way].has_passed;
        on->on[way].at_byte = wired->ways[way].read_bytes;
        const uint8_t *needle = (const uint8_t *)sf_plan_string(wire->engine.plan, on->rule->match_at);
        for (size_t at = 0; at < count && on->on[way].matched < on->rule->match_bytes; at++)
            on->on[way].matched =
                sf_match_advance(needle, on->rule->match_bytes, on->on[way].matched, (uint8_t)data[at]);
    }
    return has_come;
}

/* ---- faults that act by themselves ---- */

static void act_reset(struct sf_wire *wire, struct sf_wired *wired, struct sf_wired_rule *on, unsigned way)
{
    if (!fire(wire, wired, on, way))
        return;
    on->is_spent = true;
    if (waits_for_bytes(on->rule))
        wired->ways[way].reset_at = on->on[way].at_byte;
    else
        sf_wired_close(wire, wired, true);
}

static void act_close(struct sf_wire *wire, struct sf_wired *wired, struct sf_wired_rule *on, unsigned way)
{
    struct sf_way *at = &wired->ways[way];
    if (at->end_at != UINT64_MAX || !fire(wire, wired, on, way))
        return;
    at->end_at = waits_for_bytes(on->rule) ? on->on[way].at_byte : at->read_bytes;
    at->last_due_ns = at->last_due_ns > wire->now_ns ? at->last_due_ns : wire->now_ns;
}

static bool is_hole(const struct sf_plan_rule *rule)
{
    return rule->link.fault == SF_LINK_BLACKHOLE || rule->link.fault == SF_LINK_PARTITION;
}

/* A black hole takes what is under way: bytes that it does not wait for are held as well. */
static void act_blackhole(struct sf_wire *wire, struct sf_wired *wired, struct sf_wired_rule *on)
{
    bool is_on = false;
    unsigned first = 0;
    for (unsigned way = SF_WAYS; way-- > 0;) {
        if (!holds(wire, wired, on, way))
            continue;
        is_on = true;
        first = way;
    }
    if (is_on && !on->is_on && !fire(wire, wired, on, first))
        return;
    for (unsigned way = 0; is_on && !on->is_on && way < SF_WAYS; way++)
        if (!on->on[way].has_passed)
            on->on[way].at_byte = wired->ways[way].sent_bytes;
    on->is_on = is_on;
}

static void hold_back(struct sf_wire *wire, struct sf_wired *wired)
{
    for (unsigned way = 0; way < SF_WAYS; way++) {
        uint64_t hold_at = UINT64_MAX;
        for (size_t i = 0; i < wired->rule_count; i++) {
            const struct sf_wired_rule *on = &wired->rules[i];
            bool is_cut = on->rule->link.fault == SF_LINK_PARTITION || holds(wire, wired, on, way);
            if (on->is_on && is_cut && on->on[way].at_byte < hold_at)
                hold_at = on->on[way].at_byte;
        }
        wired->ways[way].hold_at = hold_at;
    }
}

bool sf_rules_hold_handshake(struct sf_wire *wire, struct sf_wired *wired, uint64_t *look_ns)
{
    bool is_held = false;
    *look_ns = SF_NEVER;
    for (size_t i = 0; i < wired->rule_count; i++) {
        struct sf_wired_rule *on = &wired->rules[i];
        if (!is_hole(on->rule) || on->is_spent || waits_for_bytes(on->rule))
            continue;
        uint64_t next_ns = next_look_ns(wire, wired, on->rule);
        *look_ns = next_ns < *look_ns ? next_ns : *look_ns;
        unsigned way = is_for(wired, on, 0) ? 0 : 1;
        is_held |= is_time(wire, wired, on->rule) && fire(wire, wired, on, way);
    }
    return is_held;
}

/* The program's own view, which no event tells. */
static void look_at_state(const struct sf_wire *wire, struct sf_wired *wired)
{
    struct inet_diag_msg told;
    if (wired->asks_state && !wired->near.is_unix)
        wired->state = sf_diag_ask(wire->diag, &wired->own.any, &wired->silent.any, &told) ? told.idiag_state
                                                                                           : TCP_CLOSE;
}

uint64_t sf_rules_act(struct sf_wire *wire, struct sf_wired *wired)
{
    uint64_t next_ns = SF_NEVER;
    bool has_holes = false;
    look_at_state(wire, wired);
    for (size_t i = 0; i < wired->rule_count && !wired->is_gone; i++) {
        struct sf_wired_rule *on = &wired->rules[i];
        if (on->is_spent)
            continue;
        uint64_t look_ns = next_look_ns(wire, wired, on->rule);
        next_ns = look_ns < next_ns ? look_ns : next_ns;
        has_holes |= is_hole(on->rule);
        if (is_hole(on->rule))
            act_blackhole(wire, wired, on);
        for (unsigned way = 0; way < SF_WAYS && !wired->is_gone; way++) {
            if (on->rule->link.fault == SF_LINK_RESET && holds(wire, wired, on, way))
                act_reset(wire, wired, on, way);
            else if (on->rule->link.fault == SF_LINK_CLOSE && holds(wire, wired, on, way))
                act_close(wire, wired, on, way);
        }
    }
    if (has_holes && !wired->is_gone)
        hold_back(wire, wired);
    return next_ns;
}

/* ---- what a rule asks of the bytes that pass ---- */

static uint64_t draw(const struct sf_wire *wire, const struct sf_wired_rule *on, enum sf_draw purpose,
                     unsigned way, uint32_t piece)
{
    return sf_hash_draw(wire->engine.plan->seed, purpose, on->rule->draws ^ way, on->connection, piece);
}

/* In [0, 1). */
static double fraction(uint64_t bits)
{
    return (double)(bits >> 11) * 0x1p-53;
}

/* Box and Muller 1958. */
static double normal(uint64_t a, uint64_t b)
{
    return sqrt(-2 * log(1 - fraction(a))) * cos(2 * M_PI * fraction(b));
}

#define PARETO_SHAPE 3.0 /* the mean of what is above 1 is 1 / (shape - 1) */

static double pareto(uint64_t a)
{
    return (pow(1 - fraction(a), -1 / PARETO_SHAPE) - 1) * (PARETO_SHAPE - 1) - 1;
}

uint64_t sf_rule_vary_ns(const struct sf_plan_rule *rule, uint64_t a)
{
    const struct sf_plan_link *link = &rule->link;
    uint64_t b = sf_hash_mix(a);
    double off = link->distribution == SF_DISTRIBUTION_NORMAL   ? normal(a, b)
                 : link->distribution == SF_DISTRIBUTION_PARETO ? pareto(a)
                                                                : 2 * fraction(a) - 1;
    double ns = (double)rule->delay_ns + off * (double)link->jitter_ns;
    return ns > 0 ? (uint64_t)ns : 0;
}

static uint64_t vary(const struct sf_wire *wire, struct sf_wired_rule *on, unsigned way)
{
    if (on->rule->link.jitter_ns == 0)
        return on->rule->delay_ns;
    return sf_rule_vary_ns(on->rule, draw(wire, on, SF_DRAW_DELAY, way, on->on[way].pieces++));
}

uint64_t sf_rules_delay_ns(struct sf_wire *wire, struct sf_wired *wired, unsigned way)
{
    uint64_t delay_ns = 0;
    for (size_t i = 0; i < wired->rule_count; i++) {
        struct sf_wired_rule *on = &wired->rules[i];
        if (on->rule->link.fault == SF_LINK_DELAY && holds(wire, wired, on, way) &&
            fire(wire, wired, on, way))
            delay_ns += vary(wire, on, way);
    }
    return delay_ns;
}

uint64_t sf_rules_allow(struct sf_wire *wire, struct sf_wired *wired, unsigned way, uint64_t *when_ns)
{
    uint64_t allowed = UINT64_MAX;
    *when_ns = wire->now_ns;
    for (size_t i = 0; i < wired->rule_count; i++) {
        struct sf_wired_rule *on = &wired->rules[i];
        if (on->rule->link.fault != SF_LINK_THROTTLE || !holds(wire, wired, on, way))
            continue;
        uint64_t bytes = sf_rate_allows(&on->rates[way], wire->now_ns);
        uint64_t due_ns = sf_rate_when(&on->rates[way]);
        allowed = bytes < allowed ? bytes : allowed;
        *when_ns = due_ns > *when_ns ? due_ns : *when_ns;
    }
    return allowed;
}

bool sf_rules_await_rate(const struct sf_wired *wired, unsigned way)
{
    for (size_t i = 0; i < wired->rule_count; i++) {
        const struct sf_wired_rule *on = &wired->rules[i];
        if (on->rule->link.fault == SF_LINK_THROTTLE && is_for(wired, on, way) && waits_for_bytes(on->rule) &&
            !on->on[way].has_passed)
            return true;
    }
    return false;
}

void sf_rules_take(struct sf_wire *wire, struct sf_wired *wired, unsigned way, uint64_t bytes,
                   bool is_bounded)
{
    for (size_t i = 0; i < wired->rule_count; i++) {
        struct sf_wired_rule *on = &wired->rules[i];
        if (on->rule->link.fault != SF_LINK_THROTTLE || !holds(wire, wired, on, way) ||
            (is_bounded && !fire(wire, wired, on, way)))
            continue;
        sf_rate_take(&on->rates[way], wire->now_ns, bytes);
    }
}

bool sf_rules_cut(const struct sf_wired *wired, unsigned way)
{
    for (size_t i = 0; i < wired->rule_count; i++)
        if (wired->rules[i].rule->link.fault == SF_LINK_CHUNK && is_for(wired, &wired->rules[i], way))
            return true;
    return false;
}

static bool touches(const struct sf_wired_rule *on, unsigned way)
{
    switch (on->rule->link.fault) {
    case SF_LINK_DELAY:
    case SF_LINK_CHUNK:
    case SF_LINK_CORRUPT:
        return true;
    default:
        return waits_for_bytes(on->rule) && !on->on[way].has_passed;
    }
}

bool sf_rules_touch(const struct sf_wired *wired, unsigned way)
{
    for (size_t i = 0; i < wired->rule_count; i++)
        if (is_for(wired, &wired->rules[i], way) && touches(&wired->rules[i], way))
            return true;
    return false;
}

/* How many of the bytes that are sent next lie before the one behind which the rule acts? What waits
 * to be sent was read before it came to hold. */
static uint64_t still_before(const struct sf_wired *wired, const struct sf_wired_rule *on, unsigned way)
{
    uint64_t sent = wired->ways[way].sent_bytes;
    return waits_for_bytes(on->rule) && on->on[way].at_byte > sent ? on->on[way].at_byte - sent : 0;
}

uint64_t sf_rules_whole(const struct sf_wire *wire, const struct sf_wired *wired, unsigned way)
{
    uint64_t whole = UINT64_MAX;
    for (size_t i = 0; i < wired->rule_count; i++) {
        const struct sf_wired_rule *on = &wired->rules[i];
        if (on->rule->link.fault != SF_LINK_CHUNK || !holds(wire, wired, on, way) ||
            (!on->has_fired && !sf_rule_may_fire(&wire->engine, on->index)))
            continue;
        uint64_t before = still_before(wired, on, way);
        whole = before < whole ? before : whole;
    }
    return whole;
}

uint32_t sf_rules_piece(struct sf_wire *wire, struct sf_wired *wired, unsigned way, uint64_t count)
{
    uint32_t smallest = 0;
    for (size_t i = 0; i < wired->rule_count; i++) {
        struct sf_wired_rule *on = &wired->rules[i];
        if (on->rule->link.fault != SF_LINK_CHUNK || !holds(wire, wired, on, way) ||
            still_before(wired, on, way) > 0)
            continue;
        uint32_t span = on->rule->bytes_max - on->rule->bytes_min + 1;
        uint64_t drawn = draw(wire, on, SF_DRAW_LENGTH, way, on->on[way].pieces++);
        uint32_t bytes = on->rule->bytes_min + (uint32_t)(span ? drawn % span : drawn);
        if ((count > bytes && !fire(wire, wired, on, way)) || (smallest && bytes >= smallest))
            continue;
        smallest = bytes;
    }
    return smallest;
}

void sf_rules_corrupt(struct sf_wire *wire, struct sf_wired *wired, unsigned way, char *data, size_t count)
{
    for (size_t i = 0; i < wired->rule_count; i++) {
        struct sf_wired_rule *on = &wired->rules[i];
        if (on->rule->link.fault != SF_LINK_CORRUPT || !holds(wire, wired, on, way))
            continue;
        for (size_t at = 0; at < count && on->on[way].flips < on->rule->bits && fire(wire, wired, on, way);
             at++) {
            uint64_t drawn = draw(wire, on, SF_DRAW_BITS, way, on->on[way].flips++);
            data[at] = (char)(data[at] ^ 1 << drawn % 8);
        }
    }
}
