/* What leaves the program with flipped bits. */
#ifndef SF_CALLS_OUTGOING_H
#define SF_CALLS_OUTGOING_H

#include "apply/wire_datagram.h"
#include "calls/vector.h"

/* sendmsg(2), or what takes its place where the wire has the datagrams. */
static inline ssize_t sf_call_sendmsg(const struct sf_call *call, const struct msghdr *message, int flags)
{
    return call->verdict.route ? sf_datagram_send(call->fd, call->socket, message, flags)
                               : sf_real.sendmsg(call->fd, message, flags);
}

/* sendmsg on a copy of the message whose first bytes are corrupted as the
 * verdict says: the program's own memory is not ours to change. The verdict says
 * afterwards how many flipped bits have left.
 *
 * message->msg_iov must be readable; call->verdict.limit is kept. */
ssize_t sf_send_corrupted(struct sf_call *call, const struct msghdr *message, int flags);

#endif
