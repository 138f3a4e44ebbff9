/* Addresses as rules select them. */
#ifndef SF_SCENARIO_PATTERN_H
#define SF_SCENARIO_PATTERN_H

#include "base/arena.h"
#include "scenario/scenario.h"

/* "*", "HOST:PORT" (each may be *; HOST an IPv4 address or an IPv6 one in [],
 * with or without /PREFIX, or a host name with * and ?) or "unix:GLOB". Sets all
 * but `place`. Programs are not looked for: whoever knows their names does that.
 *
 * An IPv4 pattern also selects AF_INET6 sockets that use the address mapped,
 * as those of Java do. */
bool sf_pattern_parse(struct sf_arena *arena, const char *text, struct sf_pattern *pattern);

/* One IPv4 or IPv6 address, without a port. Sets all but `place`. */
bool sf_address_parse(struct sf_arena *arena, const char *text, struct sf_pattern *pattern);

/* What is probably wrong with a text that is no pattern, as " (…)", or "". */
const char *sf_pattern_hint(const char *text);

#endif
