#include "calls/facts.h"

#include "apply/half_close.h"
#include "apply/reset.h"
#include "apply/timeout.h"
#include "calls/call.h"
#include "calls/steps.h"
#include "calls/waited.h"
#include "load/sandbox.h"
#include "sites/site.h"
#include "sockets/record.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/syscall.h>

static bool is_nonblocking(const struct sf_call *call)
{
    enum sf_family family = sf_call_families[call->info.call];
    if ((family == SF_FAMILY_RECV || family == SF_FAMILY_SEND) && call->flags & MSG_DONTWAIT)
        return true;
    int flags = sf_sandbox_permits(SF_OWN_GETFL) ? sf_real.fcntl(call->fd, F_GETFL) : -1;
    return flags >= 0 && flags & O_NONBLOCK;
}

/* socket(7): SO_RCVTIMEO bounds recv and accept, SO_SNDTIMEO send and connect. */
uint64_t sf_call_timeout_ns(const struct sf_call *call)
{
    enum sf_family family = sf_call_families[call->info.call];
    int option = family == SF_FAMILY_SEND || family == SF_FAMILY_CONNECT ? SO_SNDTIMEO : SO_RCVTIMEO;
    struct timeval timeout = {0};
    socklen_t length = sizeof timeout;
    if (!sf_sandbox_permits(option == SO_SNDTIMEO ? SF_OWN_SNDTIMEO : SF_OWN_RCVTIMEO) ||
        sf_real.getsockopt(call->fd, SOL_SOCKET, option, &timeout, &length) != 0)
        return 0;
    return (uint64_t)timeout.tv_sec * UINT64_C(1000000000) + (uint64_t)timeout.tv_usec * 1000;
}

/* Does the program catch it? Not where libc does, for cancellation and setuid. */
static bool is_caught(int number, struct sigaction *action)
{
    return (number <= SIGSYS || number >= SIGRTMIN) && sigaction(number, NULL, action) == 0 &&
           action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN;
}

/* A handler that would end a blocking call of this thread with EINTR. */
static bool has_interrupting_handler(void)
{
    sigset_t blocked;
    struct sigaction action;

    if (!sf_sandbox_permits(SF_OWN_SIGPROCMASK) || !sf_sandbox_permits(SF_OWN_SIGACTION) ||
        pthread_sigmask(SIG_BLOCK, NULL, &blocked) != 0)
        return false;
    for (int number = 1; number <= SIGRTMAX; number++)
        if (sigismember(&blocked, number) == 0 && is_caught(number, &action) &&
            !(action.sa_flags & SA_RESTART))
            return true;
    return false;
}

/* A handler of any kind. What a thread does wrong itself does not come while it waits. */
static bool has_handler(void)
{
    struct sigaction action;

    if (!sf_sandbox_permits(SF_OWN_SIGACTION))
        return false;
    for (int number = 1; number <= SIGRTMAX; number++) {
        bool is_its_own = number == SIGILL || number == SIGTRAP || number == SIGABRT || number == SIGBUS ||
                          number == SIGFPE || number == SIGSEGV || number == SIGSYS;
        if (!is_its_own && is_caught(number, &action))
            return true;
    }
    return false;
}

/* EPOLLHUP and its like tell that a connection is over: poll(2). */
static bool has_ended(const struct sf_call *call)
{
    struct pollfd look = {.fd = call->fd, .events = POLLRDHUP};
    return sf_sandbox_permits(SF_OWN_POLL) && sf_real.poll(&look, 1, 0) > 0 &&
           look.revents & (POLLERR | POLLHUP | POLLRDHUP) &&
           sf_call_families[call->info.call] != SF_FAMILY_CONNECT; /* an unconnected socket says HUP */
}

/* A connection that a rule's time-out is running on is SYN_SENT to the kernel alone. */
uint32_t sf_call_state(void *context)
{
    const struct sf_call *call = context;
    return call->socket && sf_is_timing_out(call->fd, call->socket) ? TCP_ESTABLISHED
                                                                    : sf_tcp_state(call->fd);
}

uint8_t sf_mended_state(struct sf_socket *socket, uint8_t state)
{
    if (state == TCP_SYN_SENT && sf_is_silent(socket) && sf_is_reset(socket))
        return TCP_ESTABLISHED;
    if (!sf_is_half_closed(socket))
        return state;
    switch (state) { /* the same step of the other way to the end: RFC 9293, figure 5 */
    case TCP_ESTABLISHED:
        return TCP_CLOSE_WAIT;
    case TCP_FIN_WAIT1:
    case TCP_CLOSING:
        return TCP_LAST_ACK;
    case TCP_FIN_WAIT2:
        return TCP_CLOSE;
    default:
        return state;
    }
}

/* It tells a TCP state, that of its first connection. Source: mptcp_getsockopt_sol_tcp(). */
static bool is_mptcp(int fd)
{
    int protocol = 0;
    socklen_t length = sizeof protocol;
    return sf_sandbox_permits(SF_OWN_PROTOCOL) &&
           sf_real.getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) == 0 &&
           protocol == IPPROTO_MPTCP;
}

bool sf_is_tcp_connected(int fd)
{
    uint32_t state = is_mptcp(fd) ? 0 : sf_tcp_state(fd);
    return state != 0 && state != TCP_CLOSE && state != TCP_LISTEN && state != TCP_SYN_SENT;
}

bool sf_call_exists(void *context, const char *path)
{
    (void)context;
    return sf_sandbox_permits(SF_OWN_ACCESS) && sf_real.syscall(SYS_faccessat, AT_FDCWD, path, F_OK, 0) == 0;
}

bool sf_call_site(void *context, uint32_t rule)
{
    (void)context;
    return sf_site_is_on_stack(rule);
}

static bool is_unconnected(struct sf_call *call)
{
    struct sockaddr_storage peer;
    socklen_t peer_length = sizeof peer;
    uint32_t state = sf_call_state(call);

    if (state != 0)
        return state == TCP_CLOSE;
    return !sf_sandbox_permits(SF_OWN_GETPEERNAME) ||
           sf_real.getpeername(call->fd, (struct sockaddr *)&peer, &peer_length) != 0;
}

/* Where the shutdown came before the record, TCP's state tells. */
static bool is_shut(struct sf_call *call)
{
    uint32_t state = sf_call_state(call);
    if (state == TCP_FIN_WAIT1 || state == TCP_FIN_WAIT2 || state == TCP_CLOSING || state == TCP_LAST_ACK)
        return true;
    return call->socket &&
           atomic_load_explicit(&call->socket->shut[SF_SHUT_SENDS], memory_order_relaxed) != 0;
}

bool sf_call_fact(void *context, enum sf_fact fact)
{
    struct sf_call *call = context;

    if (fact == SF_FACT_HANDLER)
        return has_interrupting_handler();
    if (fact == SF_FACT_CATCHES)
        return has_handler();
    if (fact == SF_FACT_READY)
        return call->waited_for && sf_waited_ready(call->waited_for);
    if (fact == SF_FACT_UNCONNECTED && call->waited_for)
        return !sf_waited_has_connection(call->waited_for);
    if (call->fd < 0)
        return false;
    switch (fact) {
    case SF_FACT_NONBLOCKING:
        return is_nonblocking(call);
    case SF_FACT_TIMEOUT:
        return sf_call_timeout_ns(call) != 0;
    case SF_FACT_MPTCP:
        return is_mptcp(call->fd);
    case SF_FACT_SHUT:
        return is_shut(call);
    case SF_FACT_ENDED:
        return has_ended(call);
    default:
        return is_unconnected(call);
    }
}

/* To disconnect, and to keep what was unread. */
static bool permits_end(void)
{
    return sf_sandbox_permits(SF_OWN_CONNECT) && sf_sandbox_permits(SF_OWN_SHUT_ALL) &&
           sf_sandbox_permits(SF_OWN_GETSOCKNAME) && sf_sandbox_permits(SF_OWN_TCP_INFO) &&
           sf_sandbox_permits(SF_OWN_ERROR) && sf_sandbox_permits(SF_OWN_UNREAD) &&
           sf_sandbox_permits(SF_OWN_TAKE);
}

/* To connect the socket to where nobody answers. */
static bool permits_silence(void)
{
    return sf_sandbox_permits(SF_OWN_USER_TIMEOUT) && sf_sandbox_permits(SF_OWN_SET_USER_TIMEOUT) &&
           sf_sandbox_permits(SF_OWN_GETFL) && sf_sandbox_permits(SF_OWN_SETFL) && permits_end();
}

static bool permits_timeout(const struct sf_call *call)
{
    switch (sf_call_family(call)) {
    case SF_FAMILY_POLL:
        return sf_sandbox_permits(SF_OWN_PPOLL);
    case SF_FAMILY_ACCEPT:
        return sf_sandbox_permits(SF_OWN_FUTEX_SLEEP);
    default:
        return sf_sandbox_permits(SF_OWN_FUTEX_SLEEP) && permits_silence();
    }
}

/* All or nothing: a fault that could not be finished does not begin. What is asked for to learn
 * whether it is legal is permitted by then. */
bool sf_call_permits(void *context, enum sf_fault_kind fault)
{
    const struct sf_call *call = context;

    if (!sf_is_sandboxed())
        return true;
    switch (fault) {
    case SF_FAULT_DELAY:
        return sf_sandbox_permits(call->waited_for ? SF_OWN_PPOLL : SF_OWN_FUTEX_SLEEP);
    case SF_FAULT_SIGNAL:
        return sf_sandbox_permits(SF_OWN_KILL) && sf_sandbox_permits(SF_OWN_GETPID);
    case SF_FAULT_CORRUPT: /* what is sent is a copy */
        return sf_call_family(call) != SF_FAMILY_SEND || sf_sandbox_permits(SF_OWN_SENDMSG);
    case SF_FAULT_REFUSE:
        return sf_sandbox_permits(SF_OWN_GETSOCKNAME);
    case SF_FAULT_EOF:
        return sf_sandbox_permits(SF_OWN_SHUT_READS) && sf_sandbox_permits(SF_OWN_TAKE);
    case SF_FAULT_RESET:
        return permits_end();
    case SF_FAULT_TIMEOUT:
        return permits_timeout(call);
    default:
        return true;
    }
}
