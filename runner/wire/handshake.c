#include "wire/handshake.h"

#include "wire/diag.h"
#include "wire/rules.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#define NS_PER_MS UINT64_C(1000000)
#define LOOK_NS (50 * NS_PER_MS) /* between looks whether the program still waits */

/* ---- the call ---- */

static bool bind_to(int fd, const union sf_wire_address *from)
{
    return bind(fd, &from->any, sf_wire_address_bytes(from)) == 0;
}

/* From where the kernel would go to this address, at a port that is free. */
static bool bind_towards(int fd, const union sf_wire_address *to)
{
    union sf_wire_address from = {0};
    socklen_t bytes = sizeof from;
    int look = socket(to->any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool is_found = look >= 0 && connect(look, &to->any, sf_wire_address_bytes(to)) == 0 &&
                    getsockname(look, &from.any, &bytes) == 0;
    int error = errno;
    if (look >= 0)
        close(look);
    if (from.any.sa_family == AF_INET6)
        from.v6.sin6_port = 0;
    else
        from.v4.sin_port = 0;
    errno = error;
    return is_found && bind_to(fd, &from);
}

/* As the program's own socket is bound, with which it shares the address. */
static bool bind_as_asked(int fd, const struct sf_wire_request *request)
{
    int yes = 1;
    if (!request->from.any.sa_family)
        return true;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    return bind_to(fd, &request->from);
}

static bool call_peer(int fd, const union sf_wire_address *to)
{
    return connect(fd, &to->any, sf_wire_address_bytes(to)) == 0 || errno == EINPROGRESS;
}

static void tell_names(int fd, const union sf_wire_address *to, struct sf_wire_answer *answer)
{
    socklen_t own_bytes = sizeof answer->own, peer_bytes = sizeof answer->peer;
    getsockname(fd, &answer->own.any, &own_bytes);
    answer->peer = *to; /* 0.0.0.0 leads to loopback, which the kernel tells once it stands */
    getpeername(fd, &answer->peer.any, &peer_bytes);
}

/* On this machine the outcome of a call is known at once. */
static void tell_outcome(int fd, struct sf_wire_answer *answer)
{
    struct tcp_info info = {0};
    socklen_t bytes = sizeof info, error_bytes = sizeof answer->error;
    getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &bytes);
    if (info.tcpi_state == TCP_CLOSE)
        getsockopt(fd, SOL_SOCKET, SO_ERROR, &answer->error, &error_bytes);
    else
        answer->state = info.tcpi_state == TCP_SYN_SENT ? SF_WIRE_PENDING : SF_WIRE_STANDS;
}

/* The handshake takes as long as what it says in both directions. */
static void take_round_trip(struct sf_wire *wire, struct sf_wired *wired)
{
    uint64_t out_ns = sf_rules_delay_ns(wire, wired, SF_WAY_OUT);
    wired->began_ns = wire->now_ns;
    wired->round_trip_ns = out_ns + sf_rules_delay_ns(wire, wired, SF_WAY_IN);
    if (wired->round_trip_ns) /* before that the peer's handshake is not complete */
        wired->ways[SF_WAY_IN].epoch_ns = wire->now_ns + wired->round_trip_ns + out_ns;
}

void sf_handshake_begin(struct sf_wire *wire, struct sf_wired *wired, const struct sf_wire_request *request,
                        struct sf_wire_answer *answer)
{
    int fd = wired->far.watch.fd;
    uint64_t look_ns;
    bool is_held = sf_rules_hold_handshake(wire, wired, &look_ns);

    *answer = (struct sf_wire_answer){.state = SF_WIRE_FAILED};
    wired->to = request->to;
    if (!bind_as_asked(fd, request) ||
        (is_held && !request->from.any.sa_family && !bind_towards(fd, &wired->to)) ||
        (!is_held && !call_peer(fd, &wired->to))) {
        answer->error = errno;
        wired->phase = SF_WIRED_MEETING;
        return;
    }
    tell_names(fd, &wired->to, answer);
    if (is_held) {
        answer->state = SF_WIRE_PENDING;
        return;
    }
    tell_outcome(fd, answer);
    wired->phase = answer->state == SF_WIRE_PENDING ? SF_WIRED_CALLING : SF_WIRED_MEETING;
    take_round_trip(wire, wired);
    answer->round_trip_ns = wired->round_trip_ns;
}

void sf_handshake_go_on(struct sf_wire *wire, struct sf_wired *wired)
{
    wired->phase = SF_WIRED_CALLING;
    take_round_trip(wire, wired);
    if (call_peer(wired->far.watch.fd, &wired->to))
        return;
    wired->error = errno;
    wired->phase = SF_WIRED_MEETING;
    sf_wired_pump(wire, wired);
}

/* ---- silence ---- */

/* Has the program closed its socket, or died? Then ours is not to keep it alive: whether others have it
 * is for the kernel to say. */
static void let_go(struct sf_wired *wired)
{
    bool is_closed = atomic_load(&wired->record->cookie) != wired->cookie ||
                     atomic_load(&wired->record->closed_ns) != 0 ||
                     (kill(wired->pid, 0) != 0 && errno == ESRCH);
    if (!is_closed || wired->failing < 0)
        return;
    close(wired->failing);
    wired->failing = -1;
}

/* Does the program's TCP still wait for an answer? */
static bool ask_program(const struct sf_wire *wire, const struct sf_wired *wired, struct inet_diag_msg *told)
{
    return sf_diag_ask(wire->diag, &wired->own.any, &wired->silent.any, told) &&
           told->idiag_state == TCP_SYN_SENT;
}

/* Has it sent its SYN again since nothing keeps it back? At that moment it may as well have given up. */
static bool has_resent(struct sf_wired *wired, uint8_t resent)
{
    if (!wired->is_lifted)
        wired->resent = resent;
    wired->is_lifted = true;
    return wired->resent != resent;
}

bool sf_handshake_is_held(struct sf_wire *wire, struct sf_wired *wired)
{
    uint64_t look_ns = SF_NEVER;
    struct inet_diag_msg told;
    bool is_silent = wired->to.any.sa_family && sf_rules_hold_handshake(wire, wired, &look_ns);

    if (!is_silent && !wired->was_held)
        return false;
    let_go(wired);
    if (!ask_program(wire, wired, &told)) {
        sf_wired_close(wire, wired, true);
        return true;
    }
    wired->was_held = true;
    if (is_silent)
        wired->is_lifted = false;
    else if (has_resent(wired, told.idiag_retrans))
        return false;
    uint64_t soon_ns = wire->now_ns + LOOK_NS,
             resent_ns = wire->now_ns + (told.idiag_expires + 1) * NS_PER_MS;
    look_ns = soon_ns < look_ns ? soon_ns : look_ns;
    sf_deadline_set(&wire->deadlines, &wired->deadline, resent_ns < look_ns ? resent_ns : look_ns);
    return true;
}
