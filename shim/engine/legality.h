/* Legality: could this kernel give this fault at this call? One table, used by
 * the engine, by `check` and by whatever chooses faults. Pure. */
#ifndef SF_ENGINE_LEGALITY_H
#define SF_ENGINE_LEGALITY_H

#include "engine/verdict.h"

/* May a call of this family fail with this errno on a healthy program? EBADF,
 * EFAULT, ENOTSOCK and their like are a program's own mistakes: never. For the
 * resolve family `error` is an EAI_* code.
 *
 * Source: the man page of each call (ERRORS), POSIX.1-2017, and tcp(7), ip(7),
 * unix(7) for what a socket reports of its connection. */
bool sf_errno_is_known(enum sf_family family, int error);

/* Is the rule's fault legal at this call, in the state that call->fact tells? */
enum sf_illegal sf_legality(const struct sf_plan_rule *rule, const struct sf_call_info *call);

#endif
