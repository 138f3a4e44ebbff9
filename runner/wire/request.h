/* What processes ask of the wire; abi/wire.h. */
#ifndef SF_WIRE_REQUEST_H
#define SF_WIRE_REQUEST_H

#include "wire/loop.h"

/* Listen on the session's abstract socket; non-blocking. -1 with errno. */
int sf_requests_listen(const struct sf_session *session);

/* sf_watch.ready of that listener: take who waits on it. */
void sf_requests_take(struct sf_wire *wire, struct sf_watch *listener, uint32_t events);

/* Free those that are over, at the end of a turn. */
void sf_requests_free(struct sf_wire *wire);

#endif
