#include "explore/candidate.h"

#include "abi/link.h"
#include "abi/session.h"
#include "base/arena.h"
#include "save/pin.h"
#include "save/tree.h"
#include "scenario/faults.h"
#include "scenario/link.h"

#include <inttypes.h>
#include <string.h>

const char *const sf_class_names[SF_CLASS_COUNT] = {
    [SF_CLASS_GIVEN] = "given",       [SF_CLASS_SHORT] = "short",     [SF_CLASS_INTERRUPT] = "interrupt",
    [SF_CLASS_AGAIN] = "again",       [SF_CLASS_DELAY] = "delay",     [SF_CLASS_END] = "end",
    [SF_CLASS_RESET] = "reset",       [SF_CLASS_SILENCE] = "silence", [SF_CLASS_ERROR] = "error",
    [SF_CLASS_DATAGRAM] = "datagram",
};

static struct sf_node *number(struct sf_arena *arena, uint64_t value)
{
    return sf_tree_text(arena, sf_arena_printf(arena, "%" PRIu64, value));
}

static const char *range(struct sf_arena *arena, const struct sf_injection *injection)
{
    if (injection->last == UINT32_MAX)
        return sf_arena_printf(arena, "%u..", injection->first);
    if (injection->last == injection->first)
        return sf_arena_printf(arena, "%u", injection->first);
    return sf_arena_printf(arena, "%u..%u", injection->first, injection->last);
}

static const struct sf_node *trigger_node(struct sf_arena *arena, const struct sf_injection *injection)
{
    struct sf_node *when = sf_tree_mapping(arena);
    if (injection->first)
        sf_tree_set(arena, when, "nth", sf_tree_text(arena, range(arena, injection)));
    if (injection->every)
        sf_tree_set(arena, when, "every", number(arena, injection->every));
    if (injection->has_after_bytes)
        sf_tree_set(arena, when, "after_bytes", number(arena, injection->after_bytes));
    return when;
}

static void put_place(struct sf_arena *arena, struct sf_node *rule, const struct sf_injection *injection)
{
    static const char *const directions[] = {"both", "in", "out", "both"};
    if (injection->family == SF_FAMILY_NONE)
        sf_tree_set(arena, rule, "link", sf_tree_text(arena, directions[injection->directions & 3]));
    else
        sf_tree_set(arena, rule, "call", sf_tree_text(arena, sf_family_names[injection->family]));
}

/* A rule that the user wrote stays as it is, but for being optional. */
static const struct sf_node *given_node(struct sf_arena *arena, const struct sf_node *given, bool optional)
{
    struct sf_node *rule = sf_tree_mapping(arena);
    for (size_t i = 0; i < given->count; i++)
        if (!optional || strcmp(given->pairs[i].key->text, "optional") != 0)
            sf_tree_set(arena, rule, given->pairs[i].key->text, given->pairs[i].value);
    if (optional)
        sf_tree_set(arena, rule, "optional", sf_tree_text(arena, "true"));
    return rule;
}

const struct sf_node *sf_injection_node(struct sf_arena *arena, const struct sf_injection *injection,
                                        bool optional)
{
    if (injection->given)
        return given_node(arena, injection->given, optional);
    struct sf_node *rule = sf_tree_mapping(arena);
    put_place(arena, rule, injection);
    sf_tree_set(arena, rule, "program", sf_tree_text(arena, sf_pin_literal(arena, injection->program)));
    if (injection->type)
        sf_tree_set(arena, rule, "type",
                    sf_tree_text(arena, injection->type == SF_TYPE_DGRAM ? "dgram" : "stream"));
    if (injection->connection)
        sf_tree_set(arena, rule, "connection", number(arena, injection->connection));
    const struct sf_node *when = trigger_node(arena, injection);
    if (when->count)
        sf_tree_set(arena, rule, "when", when);
    sf_tree_set(arena, rule, injection->fault, sf_tree_text(arena, injection->value));
    if (optional)
        sf_tree_set(arena, rule, "optional", sf_tree_text(arena, "true"));
    return rule;
}

static const char *node_text(struct sf_arena *arena, const struct sf_node *node);

static const char *enclosed(struct sf_arena *arena, const struct sf_node *node)
{
    const char *text = node_text(arena, node);
    return node->kind == SF_NODE_MAPPING ? sf_arena_printf(arena, "{%s}", text)
           : node->kind == SF_NODE_LIST  ? sf_arena_printf(arena, "[%s]", text)
                                         : text;
}

static const char *pair_text(struct sf_arena *arena, const struct sf_pair *pair)
{
    return sf_arena_printf(arena, "%s: %s", pair->key->text, enclosed(arena, pair->value));
}

/* In flow style; long enough for what rules hold. */
static const char *node_text(struct sf_arena *arena, const struct sf_node *node)
{
    const char *text = "";
    if (node->kind == SF_NODE_SCALAR)
        return node->text;
    for (size_t i = 0; i < node->count; i++)
        text = sf_arena_printf(arena, "%s%s%s", text, i ? ", " : "",
                               node->kind == SF_NODE_LIST ? node_text(arena, node->items[i])
                                                          : pair_text(arena, &node->pairs[i]));
    return text;
}

/* Of a rule that the user wrote. NULL: it has none that we know, and cannot have come here. */
static const struct sf_pair *given_fault(const struct sf_node *rule)
{
    for (size_t i = 0; i < rule->count; i++) {
        const char *key = rule->pairs[i].key->text;
        for (size_t j = 0; j < SF_FAULT_COUNT; j++)
            if (strcmp(sf_faults[j].name, key) == 0)
                return &rule->pairs[i];
        for (size_t j = 0; j < SF_LINK_FAULT_COUNT; j++)
            if (strcmp(sf_link_faults[j].name, key) == 0)
                return &rule->pairs[i];
    }
    return NULL;
}

const char *sf_injection_fault(const struct sf_injection *injection)
{
    const struct sf_pair *fault = injection->given ? given_fault(injection->given) : NULL;
    return fault ? fault->key->text : injection->given ? "rule" : injection->fault;
}

const char *sf_injection_text(struct sf_arena *arena, const struct sf_injection *injection)
{
    return node_text(arena, sf_injection_node(arena, injection, false));
}

const char *sf_candidate_fault(struct sf_arena *arena, const struct sf_candidate *candidate)
{
    const char *text = "";
    for (unsigned i = 0; i < candidate->count; i++) {
        const struct sf_injection *injection = &candidate->injections[i];
        const struct sf_pair *fault = injection->given ? given_fault(injection->given) : NULL;
        const char *one = fault ? pair_text(arena, fault)
                          : injection->given
                              ? sf_injection_text(arena, injection)
                              : sf_arena_printf(arena, "%s: %s", injection->fault, injection->value);
        text = sf_arena_printf(arena, "%s%s%s", text, i ? " + " : "", one);
    }
    return text;
}

const char *sf_candidate_text(struct sf_arena *arena, const struct sf_candidate *candidate)
{
    const char *text = "";
    for (unsigned i = 0; i < candidate->count; i++)
        text = sf_arena_printf(arena, "%s%s%s", text, i ? " + " : "",
                               sf_injection_text(arena, &candidate->injections[i]));
    return text;
}

bool sf_candidate_is_benign(const struct sf_candidate *candidate)
{
    bool is_benign = true;
    for (unsigned i = 0; i < candidate->count; i++)
        is_benign &= candidate->injections[i].is_benign;
    return is_benign;
}

static bool counts_over_program(const struct sf_injection *injection)
{
    return injection->family != SF_FAMILY_NONE && injection->family != SF_FAMILY_RECV &&
           injection->family != SF_FAMILY_SEND && injection->family != SF_FAMILY_CLOSE &&
           injection->family != SF_FAMILY_SHUTDOWN && injection->family != SF_FAMILY_OPTION;
}

/* What is bound to a connection, or to calls that have been, is over when another client comes. */
static bool lasts(const struct sf_injection *injection)
{
    bool is_bounded = injection->first && injection->last != UINT32_MAX;
    if (injection->given)
        return true;
    if (!counts_over_program(injection))
        return injection->connection == 0;
    return !is_bounded;
}

/* Behind one fault calls and connections come otherwise than they did, but for what strikes the same
 * connection: what another one counts may be a later client's. */
static bool may_strike_later(const struct sf_candidate *candidate)
{
    const struct sf_injection *one = &candidate->injections[0], *other = &candidate->injections[1];
    return candidate->count > 1 &&
           (counts_over_program(one) || counts_over_program(other) ||
            one->program_index != other->program_index || one->connection != other->connection);
}

bool sf_candidate_lasts(const struct sf_candidate *candidate)
{
    bool any = may_strike_later(candidate);
    for (unsigned i = 0; i < candidate->count; i++)
        any |= lasts(&candidate->injections[i]);
    return any;
}

const char *sf_injection_place(const struct sf_injection *injection)
{
    const struct sf_node *call = injection->given ? sf_node_get(injection->given, "call") : NULL;
    if (injection->given)
        return !call ? "link" : call->kind == SF_NODE_SCALAR ? call->text : "call";
    return injection->family == SF_FAMILY_NONE ? "link" : sf_family_names[injection->family];
}
