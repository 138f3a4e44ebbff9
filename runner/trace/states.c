#include "trace/states.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#define BIT(state) (1u << (state))

enum {
    /* The program has ended its direction; the peer may have as well. */
    ENDING = BIT(SF_STATE_FIN_WAIT_1) | BIT(SF_STATE_FIN_WAIT_2) | BIT(SF_STATE_CLOSING) |
             BIT(SF_STATE_LAST_ACK) | BIT(SF_STATE_TIME_WAIT),
    /* Bytes that pass show that the handshake is over. */
    OPENING = BIT(SF_STATE_NONE) | BIT(SF_STATE_CLOSED) | BIT(SF_STATE_SYN_SENT) | BIT(SF_STATE_SYN_RECEIVED)
};

static bool is_in(enum sf_state state, unsigned states)
{
    return BIT(state) & states;
}

/* The program ends its direction, by shutdown or close. */
static enum sf_state end_direction(enum sf_state before)
{
    switch (before) {
    case SF_STATE_SYN_RECEIVED:
    case SF_STATE_ESTABLISHED:
        return SF_STATE_FIN_WAIT_1;
    case SF_STATE_CLOSE_WAIT:
        return SF_STATE_LAST_ACK;
    case SF_STATE_SYN_SENT:
    case SF_STATE_LISTEN:
        return SF_STATE_CLOSED;
    default:
        return before;
    }
}

/* The program reads the peer's FIN. One that comes behind our own acknowledges that as a rule:
 * the other case, CLOSING, is for the kernel to tell. */
static enum sf_state end_peer(enum sf_state before)
{
    switch (before) {
    case SF_STATE_FIN_WAIT_1:
    case SF_STATE_FIN_WAIT_2:
        return SF_STATE_TIME_WAIT;
    case SF_STATE_NONE:
    case SF_STATE_SYN_SENT:
    case SF_STATE_SYN_RECEIVED:
    case SF_STATE_ESTABLISHED:
        return SF_STATE_CLOSE_WAIT;
    default: /* CLOSED: after a reset too reads give 0 */
        return before;
    }
}

/* Is it the end of the connection that a call on it failed so? */
static bool is_fatal(int error)
{
    return error == ECONNRESET || error == ECONNREFUSED || error == ECONNABORTED || error == ETIMEDOUT;
}

static enum sf_state connected(enum sf_state before, const struct sf_trace_call *call)
{
    if (call->result == 0)
        return SF_STATE_ESTABLISHED;
    switch (call->error) {
    case EINPROGRESS:
    case EALREADY:
    case EINTR: /* it goes on by itself */
        return SF_STATE_SYN_SENT;
    case EISCONN:
        return is_in(before, OPENING) ? SF_STATE_ESTABLISHED : before;
    case EBADF:
    case EFAULT:
    case EINVAL:
    case EAFNOSUPPORT:
        return before;
    default:
        return SF_STATE_CLOSED;
    }
}

static enum sf_state moved(enum sf_state before, const struct sf_trace_call *call, bool is_recv)
{
    if (call->result < 0) {
        bool is_broken = is_fatal(call->error) || (call->error == EPIPE && !is_in(before, ENDING));
        return is_broken ? SF_STATE_CLOSED : before;
    }
    if (is_recv && call->result == 0)
        return call->asked ? end_peer(before) : before;
    return is_in(before, OPENING) && call->result > 0 ? SF_STATE_ESTABLISHED : before;
}

static enum sf_state shut(enum sf_state before, const struct sf_trace_call *call)
{
    if (call->result != 0)
        return before;
    if (before == SF_STATE_LISTEN)
        return call->argument == SHUT_WR ? before : SF_STATE_CLOSED;
    return call->argument == SHUT_RD ? before : end_direction(before);
}

static enum sf_state model(enum sf_state before, const struct sf_trace_call *call)
{
    switch (sf_call_families[call->call]) {
    case SF_FAMILY_SOCKET:
        return call->result >= 0 ? SF_STATE_CLOSED : before;
    case SF_FAMILY_LISTEN:
        return call->result == 0 ? SF_STATE_LISTEN : before;
    case SF_FAMILY_CONNECT:
        return connected(before, call);
    case SF_FAMILY_SEND:
        return moved(before, call, false);
    case SF_FAMILY_RECV:
        return moved(before, call, true);
    case SF_FAMILY_SHUTDOWN:
        return shut(before, call);
    default: /* Linux releases the descriptor whatever a close returns */
        return sf_call_closes(call->call) && call->error != EBADF ? end_direction(before) : before;
    }
}

bool sf_call_closes(unsigned call)
{
    switch (call) {
    case SF_CALL_close:
    case SF_CALL_close_range:
    case SF_CALL_closefrom:
    case SF_CALL_fclose:
    case SF_CALL_freopen:
    case SF_CALL_freopen64:
        return true;
    default:
        return false;
    }
}

/* The kernel has no socket for TIME_WAIT: the program's own one is CLOSED by then. */
static enum sf_state believe(enum sf_state modelled, const struct sf_trace_call *call)
{
    enum { NEW_SYN_RECV = 12 }; /* within the kernel alone */
    if (call->state == NEW_SYN_RECV)
        return SF_STATE_SYN_RECEIVED;
    if (call->state == SF_STATE_CLOSED && !call->error && is_in(modelled, ENDING) &&
        modelled != SF_STATE_LAST_ACK)
        return SF_STATE_TIME_WAIT;
    return (enum sf_state)call->state;
}

enum sf_state sf_state_next(enum sf_state before, const struct sf_trace_call *call, bool is_faked)
{
    /* Of a close the kernel could be asked only before. */
    if (sf_call_closes(call->call) && call->state)
        return model(believe(before, call), call);
    enum sf_state modelled = is_faked ? before : model(before, call);
    return call->state ? believe(modelled, call) : modelled;
}

enum sf_state sf_state_met(const struct sf_trace_socket *socket)
{
    if (socket->type != SF_TYPE_STREAM || !(socket->domain & (SF_DOMAIN_INET | SF_DOMAIN_INET6)))
        return SF_STATE_NONE;
    if (socket->role == SF_ROLE_SERVER)
        return socket->peer.domain ? SF_STATE_ESTABLISHED : SF_STATE_LISTEN;
    return socket->role == 0 && socket->peer.domain ? SF_STATE_ESTABLISHED : SF_STATE_CLOSED;
}
