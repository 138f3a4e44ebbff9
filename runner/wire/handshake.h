/* The making of a connection to the real peer: at once, or when rules let its SYN pass. */
#ifndef SF_WIRE_HANDSHAKE_H
#define SF_WIRE_HANDSHAKE_H

#include "wire/wired.h"

/* A connection of phase SF_WIRED_HELD: call the peer, without waiting, or get ready to call it later.
 * `answer` is what the program is to be told; its phase is the one that follows. */
void sf_handshake_begin(struct sf_wire *wire, struct sf_wired *wired, const struct sf_wire_request *request,
                        struct sf_wire_answer *answer);

/* Do rules keep the program's SYN, or its answer, back now? Where they have until now, the handshake goes on
 * when its TCP sends the SYN again. True: the deadline is set, or the program has given up and the
 * connection is closed. */
bool sf_handshake_is_held(struct sf_wire *wire, struct sf_wired *wired);

/* Nothing keeps it back any more: call the peer. */
void sf_handshake_go_on(struct sf_wire *wire, struct sf_wired *wired);

#endif
