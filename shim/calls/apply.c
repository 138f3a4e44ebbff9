/* What a verdict asks for before the call: signals, sleep, a peer that resets the
 * connection or says nothing. */
#include "apply/clock.h"
#include "apply/readiness.h"
#include "apply/reset.h"
#include "apply/timeout.h"
#include "calls/facts.h"
#include "calls/steps.h"
#include "calls/waited.h"
#include "log/event.h"
#include "sockets/record.h"

#include <errno.h>
#include <signal.h>

/* What kind of call this is to a signal that arrives while it is delayed. */
static enum sf_wait wait_of(struct sf_call *call)
{
    switch (sf_call_family(call)) {
    case SF_FAMILY_CONNECT:
        if (call->info.type == SF_TYPE_DGRAM) /* sets a peer, and asks nobody */
            return SF_WAIT_GOES_ON;
        /* fall through */
    case SF_FAMILY_RECV:
    case SF_FAMILY_SEND:
    case SF_FAMILY_ACCEPT:
        if (sf_call_fact(call, SF_FACT_NONBLOCKING))
            return SF_WAIT_GOES_ON;
        return sf_call_fact(call, SF_FACT_TIMEOUT) ? SF_WAIT_ENDS : SF_WAIT_RESTARTS;
    default:
        return SF_WAIT_GOES_ON;
    }
}

static int sleep_for(struct sf_call *call, uint64_t ns, enum sf_wait wait)
{
    const struct sf_end none = {0};
    return sf_clock_sleep(ns, wait, wait == SF_WAIT_GOES_ON ? none : call->end);
}

/* The signals that end a wait for readiness are those that its own mask lets through. */
static int sleep_first(struct sf_call *call)
{
    uint64_t ns = call->verdict.delay_ns;
    return call->waited_for ? sf_clock_sleep_masked(ns, call->waited_for->mask)
                            : sleep_for(call, ns, wait_of(call));
}

/* How long the call waits by itself: 0, its socket's time-out, or UINT64_MAX. */
static uint64_t own_wait_ns(struct sf_call *call)
{
    if (sf_call_fact(call, SF_FACT_NONBLOCKING))
        return 0;
    uint64_t timeout_ns = sf_call_timeout_ns(call);
    return timeout_ns ? timeout_ns : UINT64_MAX;
}

/* What the call fails with whose wait was cut short; 0: it is made. A send over AF_UNIX that
 * a shutdown wakes has no SIGPIPE, unlike one that begins behind it: sock_alloc_send_pskb(). */
static int instead_of(const struct sf_call *call, int ended_by)
{
    if (ended_by != ESHUTDOWN)
        return ended_by;
    return sf_call_family(call) == SF_FAMILY_SEND && call->info.domain == SF_DOMAIN_UNIX ? EPIPE : 0;
}

/* A socket that has nothing to give: the call waits first, for its own time-out but
 * no longer than `ns`, and a socket that has been said to be ready is so again. */
static int again(struct sf_call *call, uint64_t ns)
{
    uint64_t own_ns = own_wait_ns(call), wait_ns = own_ns < ns ? own_ns : ns;
    int ended_by = wait_ns && own_ns != UINT64_MAX ? sleep_for(call, wait_ns, SF_WAIT_ENDS) : 0;
    if (ended_by)
        return instead_of(call, ended_by);
    sf_readiness_renew(call->fd, sf_call_family(call), call->socket);
    return EAGAIN;
}

/* Nobody comes for a while. One without a time-out of its own then waits on. */
static int accept_nobody(struct sf_call *call)
{
    uint64_t ns = call->verdict.timeout_ns;
    if (own_wait_ns(call) != UINT64_MAX)
        return again(call, ns);
    return instead_of(call, sleep_for(call, ns, SF_WAIT_RESTARTS));
}

/* On recv the unread bytes go with the connection, as when they were overtaken;
 * on other calls they can still be read first. */
static enum sf_unread unread_of(const struct sf_call *call)
{
    return sf_call_family(call) == SF_FAMILY_RECV ? SF_UNREAD_GONE : SF_UNREAD_KEPT;
}

/* While we slept another thread may have closed the descriptor, and its number may be
 * that of a connection which nothing is to happen to. */
static bool is_still_there(const struct sf_call *call)
{
    return sf_cookie(call->fd) == atomic_load_explicit(&call->socket->cookie, memory_order_relaxed);
}

static bool is_tcp(const struct sf_call *call)
{
    return call->info.type == SF_TYPE_STREAM && call->info.domain & (SF_DOMAIN_INET | SF_DOMAIN_INET6);
}

/* The peer is silent until TCP gives it up, or the socket's own time-out ends the
 * call first. */
static int hear_nothing(struct sf_call *call)
{
    uint64_t own_ns = own_wait_ns(call), ns = call->verdict.timeout_ns;

    if (own_ns == 0 && is_tcp(call) && is_still_there(call))
        sf_timeout_begin(call->fd, call->socket, ns, unread_of(call));
    bool is_own = own_ns < ns || (own_ns != UINT64_MAX && !is_tcp(call));
    enum sf_wait wait = own_ns == UINT64_MAX ? SF_WAIT_RESTARTS : SF_WAIT_ENDS;
    int ended_by = own_ns ? sleep_for(call, is_own ? own_ns : ns, wait) : 0;
    if (ended_by)
        return instead_of(call, ended_by);
    if (is_own)
        return EAGAIN;
    if (is_tcp(call) && is_still_there(call)) /* others only by force: true */
        sf_timeout_strike(call->fd, call->socket, unread_of(call));
    return ETIMEDOUT;
}

/* It meets none of what else was meant for it. */
static void spare(struct sf_call *call)
{
    struct sf_verdict *verdict = &call->verdict;

    sf_verdict_settle(&sf_shim.engine, verdict, -1, false);
    verdict->limit = UINT64_MAX;
    verdict->timeout_ns = 0;
    verdict->corrupt_bits = 0;
    verdict->error = 0;
    verdict->reset = verdict->refuse = verdict->again = verdict->eof = verdict->interrupt = false;
}

static int time_out(struct sf_call *call)
{
    switch (sf_call_family(call)) {
    case SF_FAMILY_ACCEPT:
        return accept_nobody(call);
    case SF_FAMILY_RECV:
    case SF_FAMILY_SEND:
        return hear_nothing(call);
    case SF_FAMILY_CONNECT: /* one of TCP waits in its own way */
        return is_tcp(call) ? 0 : hear_nothing(call);
    default:
        return 0; /* so does poll */
    }
}

int sf_call_apply(struct sf_call *call)
{
    if (call->verdict.signal_count || call->verdict.delay_ns) {
        sf_event_begin_call(call);
        sf_verdict_count(&sf_shim.engine, &call->verdict, SF_BEFORE_CALL);
    }
    for (unsigned i = 0; i < call->verdict.signal_count; i++)
        kill(getpid(), call->verdict.signals[i]);
    int ended_by = call->verdict.delay_ns ? sleep_first(call) : 0, cut_short = instead_of(call, ended_by);
    if (cut_short)
        return cut_short;
    call->waited = true;
    bool is_other = call->verdict.delay_ns && call->socket && !is_still_there(call);
    if (is_other || ended_by == ESHUTDOWN) /* what has the number now; what tells of the shutdown */
        spare(call);
    if (is_other)
        call->socket = NULL;
    if (call->verdict.reset &&
        (sf_call_family(call) == SF_FAMILY_RECV || sf_call_family(call) == SF_FAMILY_SEND)) {
        if (!is_still_there(call))
            return ECONNRESET;
        sf_reset(call->fd, call->socket, unread_of(call)); /* and the call itself meets it */
        if (sf_call_family(call) == SF_FAMILY_SEND)
            sf_reset_let_readers_know(call->socket);
    }
    if (call->verdict.timeout_ns)
        return time_out(call);
    return call->verdict.again ? again(call, UINT64_MAX) : call->verdict.error;
}
