/* Scopes: which rules may select a socket. Pure, like all of the engine. */
#ifndef SF_ENGINE_SCOPE_H
#define SF_ENGINE_SCOPE_H

#include "abi/session.h"

#include <stdbool.h>

/* What is known of a socket when the question is asked. */
struct sf_scope {
    uint32_t program;
    uint8_t domain, type, role; /* role 0: neither connected nor accepted nor listening */
    const struct sf_addr *peer; /* NULL or domain 0: none */
};

/* Does one rule's scope (connection ordinals aside) select the socket? A rule
 * with `peer` does not select a socket without one, except that of a datagram
 * socket, whose every datagram may have another peer: then it *may*. */
bool sf_scope_selects(const struct sf_plan *plan, const struct sf_plan_rule *rule, const struct sf_scope *scope);

/* Does an address fit one of a rule's peer patterns? No patterns: yes. */
bool sf_peer_matches(const struct sf_plan *plan, const struct sf_plan_rule *rule, const struct sf_addr *address);

/* Fill `selected` (sf_selection_words words) and return the families that the
 * selected rules can touch: 0 when no rule selects the socket. */
uint32_t sf_scope_select(const struct sf_plan *plan, const struct sf_scope *scope, uint64_t *selected);

#endif
