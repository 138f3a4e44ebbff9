/* Scopes: which rules may select a socket. Pure, like all of the engine. */
#ifndef SF_ENGINE_SCOPE_H
#define SF_ENGINE_SCOPE_H

#include "abi/session.h"
#include "engine/directory.h"

#include <stdbool.h>

#define SF_PROGRAM_ANY UINT32_MAX

/* The addresses that a program was told for names. */
struct sf_names {
    const struct sf_directory *directory; /* NULL: none */
    uint32_t program;                     /* the one that looked them up */
};

/* What is known of a socket when the question is asked. */
struct sf_scope {
    uint32_t program;            /* SF_PROGRAM_ANY: rules of all programs */
    uint8_t domain, type, role;  /* role 0: neither connected nor accepted nor listening */
    const struct sf_addr *peer;  /* NULL or domain 0: none */
    const struct sf_addr *local; /* likewise: not bound, or not asked for */
    const char *host;            /* of a look-up: the name that is asked for; NULL: none, or no look-up */
    struct sf_names names;
    const uint64_t *excluded; /* bit i: rule i names other executables; NULL: none does */
};

/* Does one rule's scope (connection ordinals aside) select the socket? A rule
 * with `peer` does not select a socket without one, except that of a datagram
 * socket, whose every datagram may have another peer: then it *may*, as it may where
 * sf_peer_is_open. Of look-ups it selects those of a host name that it gives. */
bool sf_scope_selects(const struct sf_plan *plan, uint32_t rule, const struct sf_scope *scope);

/* Does a glob of `exe` fit an executable's path, or its base name? */
bool sf_exe_matches(const char *glob, const char *path);

/* The rules that an executable is not meant by: neither as the file that it is nor as
 * what it was called by, which may be a symbolic link (python3) or a script. */
void sf_exe_exclude(const struct sf_plan *plan, const char *file, const char *called, uint64_t *excluded);

/* Is it not known yet whether a rule's patterns mean this peer of a datagram socket? A program may bind
 * its socket after others have connected theirs to it. */
bool sf_peer_is_open(const struct sf_plan *plan, const struct sf_plan_rule *rule, const struct sf_addr *peer);

/* Does an address fit one of a rule's peer patterns? No patterns: yes. */
bool sf_peer_matches(const struct sf_plan *plan, const struct sf_plan_rule *rule,
                     const struct sf_addr *address, const struct sf_names *names);

/* Does a partition lie between a program and who has this address? */
bool sf_partition_cuts(const struct sf_plan *plan, const struct sf_plan_rule *rule, uint32_t program,
                       const struct sf_addr *address);

/* Is a name as a program looked it up meant by a pattern of kind SF_PATTERN_HOST?
 * The case and a dot at the end are nothing. */
bool sf_host_matches(const struct sf_plan *plan, const struct sf_plan_pattern *pattern, const char *host);

/* A first look that costs nothing: the ports of the peers that a program's rules
 * name, hashed. `any` when some rule may select a connection whatever its port. */
struct sf_ports {
    bool any;
    uint64_t bits[16];
};

void sf_ports_collect(const struct sf_plan *plan, uint32_t program, struct sf_ports *ports);

static inline bool sf_ports_may_select(const struct sf_ports *ports, const struct sf_addr *peer)
{
    return ports->any || ports->bits[peer->port / 64 % 16] >> (peer->port % 64) & 1;
}

/* Fill `selected` (sf_selection_words words) and return the families that the
 * selected rules can touch: 0 when no rule selects the socket. */
uint32_t sf_scope_select(const struct sf_plan *plan, const struct sf_scope *scope, uint64_t *selected);

#endif
