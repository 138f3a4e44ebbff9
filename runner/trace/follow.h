/* From records in their order to what is known of each socket when a call on it returns.
 *
 * Who a peer is: another program of the scenario, where one of its sockets has that address, or
 * the host under whose name the address was looked up. Both are learnt from the trace alone.
 *
 * A connection's ordinal counts those of its program: a socket from its first connect, failed
 * ones included, or from its accept; socketpairs do not count. */
#ifndef SF_TRACE_FOLLOW_H
#define SF_TRACE_FOLLOW_H

#include "engine/directory.h"
#include "trace/sink.h"

#include <stddef.h>

/* More sockets than these are not followed: their calls have none. */
#define SF_FOLLOWED_MAX 4000000u

struct sf_follower;

/* The plan must outlive the follower, and so must `told`: what programs were told for names, the
 * session's directory. */
struct sf_follower *sf_follower_new(const struct sf_plan *plan, struct sf_directory told);
void sf_follower_free(struct sf_follower *follower);

/* A socket's record: what it is now. */
void sf_follower_meet(struct sf_follower *follower, const struct sf_trace_socket *socket);

/* A call's record: fills in firings, address, data, program, socket and state_before; the rest
 * is the caller's. What it points to is valid as long as `call` and the follower are. */
struct sf_traced sf_follower_call(struct sf_follower *follower, const struct sf_trace_call *call);

/* The same of a call that never came back: it changes nothing. */
struct sf_traced sf_follower_unfinished(struct sf_follower *follower, const struct sf_trace_call *call);

/* The sockets in the order in which they were met. NULL: there are no more. */
const struct sf_followed *sf_follower_socket(const struct sf_follower *follower, size_t index);

#endif
