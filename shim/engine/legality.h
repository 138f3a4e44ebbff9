/* Legality: could this kernel give this fault at this call? One table, used by
 * the engine, by `check` and by whatever chooses faults. Pure. */
#ifndef SF_ENGINE_LEGALITY_H
#define SF_ENGINE_LEGALITY_H

#include "engine/verdict.h"

/* Is the rule's fault legal at this call, in the state that call->fact tells?
 *
 * An errno is legal where it may come to a healthy program: EBADF, EFAULT, ENOTSOCK
 * and their like are a program's own mistakes.
 *
 * rule  only its fault is looked at, and whether it is forced: then all is legal that
 *       can be brought about at all.
 *
 * Source: the man page of each call (ERRORS), POSIX.1-2017, tcp(7), ip(7), unix(7),
 * and where these are silent the kernel's own functions. */
enum sf_illegal sf_legality(const struct sf_plan_rule *rule, const struct sf_call_info *call);

/* Could it be, at some call of this function on such a socket, whatever its state?
 * Where it could not, why. domain and type: SF_DOMAIN_… and SF_TYPE_…, 0: any. */
enum sf_illegal sf_legality_ever(const struct sf_plan_rule *rule, enum sf_call_id call, uint8_t domain,
                                 uint8_t type);

/* Is it a read of no bytes? It gives 0 at once, whatever the socket: sock_read_iter(). */
bool sf_asks_for_nothing(const struct sf_call_info *call);

#endif
