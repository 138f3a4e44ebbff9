/* The ordinals of connections under the rules that select them.
 *
 * Connections that open at once, in several threads or processes, are numbered one
 * after the other: who comes first does so under every rule. Without locks, since a
 * process may die, or its thread stand still, anywhere: whoever finds a numbering
 * under way completes it first. Async-signal-safe. */
#ifndef SF_ENGINE_NUMBER_H
#define SF_ENGINE_NUMBER_H

#include "abi/session.h"

struct sf_numbering {
    _Atomic uint64_t *turn; /* sf_control.turn */
    struct sf_rule_state *rules;
    uint32_t rule_count;
    char *first;     /* the struct sf_socket_rule[rule_count] of the first record … */
    uint64_t stride; /* … and how far it is to that of the next */
};

/* Number a record's connection under each rule that asks for it. */
void sf_number(const struct sf_numbering *numbering, uint32_t record);

/* Ask for an ordinal under this rule, unless there is one. */
void sf_number_ask(struct sf_socket_rule *rule);

/* The ordinal, from 1; 0: there is none, or not yet. */
static inline uint32_t sf_number_of(const struct sf_socket_rule *rule)
{
    uint32_t ordinal = atomic_load_explicit(&rule->connection, memory_order_acquire);
    return ordinal == SF_NUMBER_ASKED ? 0 : ordinal;
}

#endif
