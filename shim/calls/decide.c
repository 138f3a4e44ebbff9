/* Which rules select a call, and what they want of it. */
#include "apply/clock.h"
#include "apply/half_close.h"
#include "apply/keep.h"
#include "apply/reset.h"
#include "apply/wire.h"
#include "apply/wire_datagram.h"
#include "calls/facts.h"
#include "calls/steps.h"
#include "calls/waited.h"
#include "engine/legality.h"
#include "load/sandbox.h"
#include "sockets/address.h"
#include "sockets/connection.h"
#include "sockets/owner.h"
#include "sockets/record.h"

#include <errno.h>
#include <string.h>

static bool is_of_program(enum sf_family family)
{
    return family == SF_FAMILY_SOCKET || family == SF_FAMILY_POLL || family == SF_FAMILY_RESOLVE;
}

/* A call without a descriptor of its own: one that makes a socket has its properties, the
 * others (poll, resolve) belong to the program alone. */
static void select_for_program(struct sf_call *call, uint64_t *selected)
{
    struct sf_scope scope = sf_scope_here(call->domain, call->info.type, 0);

    scope.host = call->host;
    sf_scope_select(sf_shim.plan, &scope, selected);
    if (call->waited_for && sf_shim.has_waited)
        sf_waited_select(call->waited_for, selected);
}

/* Whoever binds or listens acts as a server before the socket has that role; who
 * binds, with the address that it asks for. */
static void select_as_server(struct sf_call *call, uint64_t *selected)
{
    struct sf_addr local;
    struct sf_scope scope = sf_scope_here(call->socket->domain, call->socket->type, SF_ROLE_SERVER);
    scope.local = call->destination.domain ? &call->destination : sf_local_of(&local, call->fd);
    sf_scope_select(sf_shim.plan, &scope, selected);
}

/* What the program ends a wait of the call by, from another thread: it shuts the direction
 * that is waited for. The call is made then, and the kernel says what comes of it. */
static struct sf_end end_of(const struct sf_call *call)
{
    switch (sf_call_family(call)) {
    case SF_FAMILY_RECV:
    case SF_FAMILY_ACCEPT: /* inet_shutdown(), TCP_LISTEN */
        return sf_end_by(&call->socket->shut[SF_SHUT_READS]);
    case SF_FAMILY_SEND:
        return sf_end_by(&call->socket->shut[SF_SHUT_SENDS]);
    default:
        return (struct sf_end){0};
    }
}

/* Count the call. False: no rule can select it. Keeps errno. */
static bool may_be_selected(const struct sf_call *call)
{
    enum sf_family family = sf_call_family(call);

    if (is_of_program(family)) {
        sf_tally_add(family);
        return atomic_load_explicit(&sf_shim.rule_families, memory_order_relaxed) >> family & 1;
    }
    uint64_t word = call->fd >= 0 ? sf_descriptor_discover(call->fd) : 0;
    if (!(word & SF_WORD_SOCKET) || call->flags & MSG_ERRQUEUE)
        return false;
    sf_tally_add(family);
    return word >> family & 1;
}

/* Which rules may select the call; false: none can. `selected` is room for the
 * answer. */
static bool select_rules(struct sf_call *call, struct sf_selection *selection, uint64_t *selected)
{
    if (is_of_program(sf_call_family(call))) {
        select_for_program(call, selected);
        selection->selected = selected;
        return true;
    }
    /* Only now is a stale word a danger: the cookie tells what `fd` really is. */
    call->socket = sf_socket_record(call->fd);
    if (!call->socket)
        return false;
    sf_socket_meets_peer(call->fd, call->socket);
    call->end = end_of(call);
    selection->socket = call->socket;
    selection->per_rule = sf_record_rules(call->socket);
    call->info.type = call->socket->type;
    call->info.domain = call->socket->domain;
    if (sf_call_family(call) == SF_FAMILY_BIND || sf_call_family(call) == SF_FAMILY_LISTEN)
        select_as_server(call, selected);
    else
        sf_record_read_selected(call->socket, selected);
    for (unsigned i = 0; i < sf_selection_words(sf_shim.plan); i++)
        selected[i] &= sf_shim.meant[i];
    selection->selected = selected;
    return true;
}

bool sf_call_is_at_end(const struct sf_call *call)
{
    if (sf_call_family(call) != SF_FAMILY_RECV || !call->socket)
        return false;
    return sf_is_half_closed(call->socket) ||
           (sf_is_reset_behind_end(call->socket) && sf_kept_left(call->socket) == 0);
}

static bool asks_sender(const struct sf_plan_rule *rule)
{
    return rule->peer_count != 0 && !sf_rule_is_link(rule);
}

/* On a datagram socket without a peer each datagram may come from another one, and
 * rules may ask which: look, as long as the call would have waited for it. False:
 * that failed, as the call would have; errno says how. */
static bool learn_sender(struct sf_call *call, const uint64_t *selected)
{
    const struct sf_plan_rule *rules = sf_plan_rules(sf_shim.plan);
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    bool is_asked = false;

    for (unsigned word = 0; word < sf_selection_words(sf_shim.plan); word++)
        for (uint64_t bits = selected[word]; bits; bits &= bits - 1)
            is_asked |= asks_sender(&rules[word * 64 + (unsigned)__builtin_ctzll(bits)]);
    if (!is_asked || !call->socket || call->data_count == 0 || sf_asks_for_nothing(&call->info) ||
        call->socket->type != SF_TYPE_DGRAM || call->socket->peer.domain != 0)
        return true;
    if (!sf_sandbox_permits(SF_OWN_LOOK))
        return true; /* and meets no rule that asks */
    struct msghdr look = {.msg_name = &from, .msg_namelen = sizeof from};
    if (sf_datagram_receive(call->fd, call->socket, &look, MSG_PEEK | (call->flags & MSG_DONTWAIT)) < 0)
        return false;
    length = look.msg_namelen;
    sf_address_from(&call->destination, (struct sockaddr *)&from,
                    length < sizeof from ? length : (socklen_t)sizeof from);
    call->has_destination = true;
    return true;
}

/* Without SO_ZEROCOPY the flag is ignored: tcp_sendmsg_locked(), ip_append_data(). */
static bool is_zerocopy(const struct sf_call *call)
{
    int is_on = 0;
    socklen_t length = sizeof is_on;
    return sf_call_family(call) == SF_FAMILY_SEND && call->flags & MSG_ZEROCOPY &&
           sf_sandbox_permits(SF_OWN_ZEROCOPY) &&
           sf_real.getsockopt(call->fd, SOL_SOCKET, SO_ZEROCOPY, &is_on, &length) == 0 && is_on;
}

/* Datagrams: those that come in must come by way of the wire before the first of them can, and where
 * the kernel's peer is the wire it has to send as well. */
static void meet_wire(struct sf_call *call)
{
    enum sf_family family = sf_call_family(call);
    if (family != SF_FAMILY_SEND && family != SF_FAMILY_RECV)
        return;
    sf_datagram_settle(call->fd, call->socket, family == SF_FAMILY_SEND);
    if (family != SF_FAMILY_SEND)
        return;
    call->verdict.route |= sf_is_wired(call->socket);
    if (call->verdict.route && call->verdict.kind == SF_PASS)
        call->verdict.kind = SF_ROUTE;
}

static __attribute__((noinline)) bool decide(struct sf_call *call)
{
    struct sf_selection selection = {0};
    uint64_t selected[SF_SELECTION_WORDS_MAX] = {0};
    int saved_errno = errno;

    if (select_rules(call, &selection, selected)) {
        call->info.program = sf_shim.program;
        call->info.elapsed_ns =
            sf_clock_now_ns() - atomic_load_explicit(&sf_shim.state->start_ns, memory_order_relaxed);
        call->info.fact = sf_call_fact;
        call->info.state = sf_call_state;
        call->info.exists = sf_call_exists;
        call->info.site = sf_call_site;
        call->info.permits = sf_call_permits;
        call->info.context = call;
        call->verdict.eof = sf_call_is_at_end(call);
        if (call->verdict.eof) {
            call->verdict.kind = SF_APPLY;
            errno = saved_errno;
            return true;
        }
        if (sf_call_family(call) == SF_FAMILY_RECV && !learn_sender(call, selected))
            return false;
        if (call->has_destination) {
            sf_owner_find(&call->destination, -1, call->info.type, SF_ROLE_CLIENT);
            call->info.destination = &call->destination;
        }
        call->info.waitall = call->flags & MSG_WAITALL;
        call->info.peeks = call->flags & MSG_PEEK;
        call->info.zerocopy = is_zerocopy(call);
        call->verdict = sf_verdict_decide(&sf_shim.engine, &selection, &call->info);
        if (sf_shim.has_links && call->socket && call->socket->type == SF_TYPE_DGRAM)
            meet_wire(call);
    }
    errno = saved_errno;
    return true;
}

void sf_call_route_accepted(int listener, int fd)
{
    uint64_t selected[SF_SELECTION_WORDS_MAX] = {0};
    struct sf_socket *socket = sf_is_quiet() ? NULL : sf_socket_find(fd);
    int saved_errno = errno;

    if (!socket || socket->type != SF_TYPE_STREAM)
        return;
    sf_record_read_selected(socket, selected);
    for (unsigned i = 0; i < sf_selection_words(sf_shim.plan); i++)
        selected[i] &= sf_shim.meant[i];
    const struct sf_selection selection = {
        .selected = selected, .socket = socket, .per_rule = sf_record_rules(socket)};
    const struct sf_call_info info = {
        .call = SF_CALL_accept, .program = sf_shim.program, .type = socket->type, .domain = socket->domain};
    if (sf_verdict_routes(&sf_shim.engine, &selection, &info))
        sf_wire_accept(listener, fd, socket);
    errno = saved_errno;
}

/* The room for a selection is large: what no rule can select does without. */
bool sf_call_decide(struct sf_call *call)
{
    call->verdict.kind = SF_PASS;
    call->verdict.limit = UINT64_MAX;
    sf_ensure_loaded();
    return !sf_shim.session || sf_is_quiet() || !may_be_selected(call) || decide(call);
}
