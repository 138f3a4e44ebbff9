/* The states of a TCP connection, RFC 9293, 3.3.2, as far as the calls of a program tell them.
 *
 * A call shows what the program asked for and what came of it, not when segments arrived: a
 * model. Where the shim has asked the kernel (sf_trace_call.state), the kernel's word wins:
 * FIN_WAIT_2, CLOSING and LAST_ACK -> CLOSED are known by it alone, and after the last close
 * nobody can ask any more: the state stays what the close made it. */
#ifndef SF_TRACE_STATES_H
#define SF_TRACE_STATES_H

#include "trace/sink.h"

/* The state behind a call on a TCP socket that was in `before`; SF_STATE_NONE: nothing is known
 * of it yet. Pure. Of an accept that gave a connection: of that. is_faked: a rule answered and did nothing
 * to the connection, so that the call tells nothing. */
enum sf_state sf_state_next(enum sf_state before, const struct sf_trace_call *call, bool is_faked);

/* Does the call close its descriptor, by whatever name? */
bool sf_call_closes(unsigned call);

/* The state of a socket that was met in mid-life. */
enum sf_state sf_state_met(const struct sf_trace_socket *socket);

#endif
