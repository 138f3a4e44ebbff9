#include "wire/wired.h"

#include "base/memory.h"
#include "wire/deaf.h"
#include "wire/handshake.h"
#include "wire/rules.h"
#include "wire/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76 /* Linux 6.5 */
#endif

#define MEET_AGAIN_NS UINT64_C(20000000)

/* ---- the program's end ---- */

static int take_error(int fd)
{
    int error = 0;
    socklen_t bytes = sizeof error;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &bytes) == 0 ? error : errno;
}

/* A relay that gathers small pieces would add delays of its own; what an accepted connection
 * has of its listener is the program's. */
static void set_options(int fd, bool is_unix)
{
    int yes = 1, no = 0;
    struct linger none = {0};
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    setsockopt(fd, IPPROTO_TCP, TCP_CORK, &no, sizeof no);
    setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &yes, sizeof yes);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    if (is_unix) { /* what they bring comes before the descriptors that are passed */
        setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &no, sizeof no);
        setsockopt(fd, SOL_SOCKET, SO_PASSSEC, &no, sizeof no);
        setsockopt(fd, SOL_SOCKET, SO_PASSPIDFD, &no, sizeof no);
    }
}

/* The program's may ask for a least one: IP_MINTTL, IPV6_MINHOPCOUNT. */
static void set_hops(int fd, int domain)
{
    int most = 255;
    setsockopt(fd, IPPROTO_IP, IP_TTL, &most, sizeof most);
    if (domain == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, &most, sizeof most);
}

/* A socket to connect to the program with; -1: there is no descriptor left. */
static int open_near(int domain)
{
    int yes = 1, fd = socket(domain, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
    set_options(fd, false);
    set_hops(fd, domain);
    return fd;
}

static bool connect_from(int fd, const union sf_wire_address *from, const union sf_wire_address *to)
{
    return bind(fd, &from->any, sf_wire_address_bytes(from)) == 0 &&
           (connect(fd, &to->any, sf_wire_address_bytes(to)) == 0 || errno == EINPROGRESS);
}

/* The program has waited long enough: let its end stand, or fail. */
static void meet(struct sf_wire *wire, struct sf_wired *wired)
{
    if (wired->near.watch.fd >= 0)
        return;
    bool is_met = wired->reserved >= 0 && connect_from(wired->reserved, &wired->silent, &wired->own);
    if (!is_met && errno == EADDRNOTAVAIL) { /* an earlier one with these ports is in TIME_WAIT */
        close(wired->reserved);
        wired->reserved = open_near(wired->own.any.sa_family);
        sf_deadline_set(&wire->deadlines, &wired->deadline, wire->now_ns + MEET_AGAIN_NS);
        return;
    }
    wired->near.watch.fd = wired->reserved;
    wired->reserved = -1;
    if (is_met && sf_watch_begin(wire, &wired->near.watch))
        return;
    atomic_fetch_or(&wire->session->programs[wired->program].escapes, SF_ESCAPE_WIRE);
    sf_wired_close(wire, wired, true);
}

/* Whoever waits for the program's socket is woken by both: the second follows at once. */
static bool dissolve_and_connect(int fd, const union sf_wire_address *to)
{
    const struct sockaddr nobody = {.sa_family = AF_UNSPEC};
    do
        if (connect(fd, &nobody, sizeof nobody) != 0)
            return false;
    while (connect(fd, &to->any, sf_wire_address_bytes(to)) != 0 &&
           errno == EALREADY); /* a thread was faster */
    return true;
}

/* The program may have dissolved its connect, and made another one since. */
static bool still_waits(const struct sf_wired *wired)
{
    union sf_wire_address own = {0};
    struct tcp_info info = {0};
    socklen_t own_bytes = sizeof own, info_bytes = sizeof info;
    return getsockname(wired->failing, &own.any, &own_bytes) == 0 &&
           memcmp(&own, &wired->own, sf_wire_address_bytes(&wired->own)) == 0 &&
           getsockopt(wired->failing, IPPROTO_TCP, TCP_INFO, &info, &info_bytes) == 0 &&
           info.tcpi_state == TCP_SYN_SENT;
}

/* The program's socket meets a port where nobody listens. What comes of that is left to whoever asks, so it
 * does not wait meanwhile. False: errno says why not. */
static bool refuse(struct sf_wire *wire, const struct sf_wired *wired)
{
    union sf_wire_address closed = wired->own;
    in_port_t port = htons((in_port_t)wire->session->session->refused_port);
    int flags = fcntl(wired->failing, F_GETFL);

    if (closed.any.sa_family == AF_INET6)
        closed.v6.sin6_port = port;
    else
        closed.v4.sin_port = port;
    if (!(flags & O_NONBLOCK))
        fcntl(wired->failing, F_SETFL, flags | O_NONBLOCK);
    bool is_done = dissolve_and_connect(wired->failing, &closed);
    int error = errno;
    if (!(flags & O_NONBLOCK))
        fcntl(wired->failing, F_SETFL, flags);
    errno = error;
    return is_done;
}

/* A connect that went out into silence is to fail as if it had been answered: the shim tells the errno. */
static void fail_near(struct sf_wire *wire, struct sf_wired *wired)
{
    _Atomic uint32_t *told =
        atomic_load(&wired->record->cookie) == wired->cookie ? &wired->record->wired : NULL;
    uint32_t failed = SF_WIRED + (uint32_t)wired->error;

    if (wired->failing >= 0 && !still_waits(wired)) {
        sf_wired_close(wire, wired, true);
        return;
    }
    if (told)
        atomic_store(told, failed | SF_WIRE_FAILING);
    if (wired->failing >= 0 && !refuse(wire, wired) && errno == EBUSY &&
        connect_from(wired->reserved, &wired->silent, &wired->own)) {
        /* Linux 6.1 to 6.5, where a thread waits in it: a RST wakes that as well. */
        wired->near.watch.fd = wired->reserved;
        wired->reserved = -1;
    }
    sf_wired_close(wire, wired, true);
    if (told)
        atomic_store(told, failed);
}

/* ---- life ---- */

static void ready(struct sf_wire *wire, struct sf_wired *wired, struct sf_leg *leg, uint32_t events);

static void near_ready(struct sf_wire *wire, struct sf_watch *watch, uint32_t events)
{
    struct sf_wired *wired = (struct sf_wired *)((char *)watch - offsetof(struct sf_wired, near.watch));
    ready(wire, wired, &wired->near, events);
}

static void far_ready(struct sf_wire *wire, struct sf_watch *watch, uint32_t events)
{
    struct sf_wired *wired = (struct sf_wired *)((char *)watch - offsetof(struct sf_wired, far.watch));
    ready(wire, wired, &wired->far, events);
}

struct sf_socket *sf_wired_record(const struct sf_wire *wire, uint64_t record_at, uint64_t cookie)
{
    struct sf_socket *record = sf_session_socket(wire->session->session, record_at);
    return record && atomic_load(&record->cookie) == cookie ? record : NULL;
}

struct sf_wired *sf_wired_new(struct sf_wire *wire, const struct sf_wire_request *request, pid_t pid, int far,
                              enum sf_wired_phase phase)
{
    int domain = AF_UNIX;
    socklen_t domain_bytes = sizeof domain;
    struct sf_socket *record = sf_wired_record(wire, request->record, request->cookie);
    getsockopt(far, SOL_SOCKET, SO_DOMAIN, &domain, &domain_bytes);
    if (!record || request->program >= wire->engine.plan->program_count) {
        close(far);
        errno = EINVAL;
        return NULL;
    }
    struct sf_wired *wired = sf_memory_new(sizeof *wired);
    wired->phase = phase;
    wired->state = domain == AF_UNIX ? 0 : phase == SF_WIRED_HELD ? TCP_SYN_SENT : TCP_ESTABLISHED;
    wired->program = request->program;
    wired->pid = pid;
    wired->program_start_ns = atomic_load(&wire->session->programs[request->program].start_ns);
    wired->failing = -1;
    wired->reserved = domain == AF_UNIX ? -1 : open_near(domain);
    wired->record = record;
    wired->number = record->number;
    wired->cookie = request->cookie;
    wired->began_ns = wire->now_ns;
    wired->near = (struct sf_leg){.watch = {near_ready, -1}, .is_readable = true};
    wired->far = (struct sf_leg){.watch = {far_ready, far}, .is_readable = true, .is_writable = true};
    sf_way_begin(&wired->ways[SF_WAY_IN], &wired->far, &wired->near, SF_LINK_IN);
    sf_way_begin(&wired->ways[SF_WAY_OUT], &wired->near, &wired->far, SF_LINK_OUT);
    wired->next = wire->first;
    if (wire->first)
        wire->first->previous = wired;
    wire->first = wired;
    sf_rules_begin(wire, wired, record);
    set_options(far, domain == AF_UNIX);
    if ((domain == AF_UNIX || wired->reserved >= 0) && sf_watch_begin(wire, &wired->far.watch))
        return wired;
    int error = errno;
    sf_wired_close(wire, wired, true);
    errno = error;
    return NULL;
}

static void close_leg(struct sf_wire *wire, struct sf_leg *leg, bool is_reset)
{
    struct linger at_once = {.l_onoff = 1};
    if (is_reset && leg->watch.fd >= 0)
        setsockopt(leg->watch.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    sf_watch_end(wire, &leg->watch);
}

void sf_wired_close(struct sf_wire *wire, struct sf_wired *wired, bool is_reset)
{
    if (wired->is_gone)
        return;
    if (wired->waiting)
        *wired->waiting = NULL;
    if (!wired->far.left_unread)
        sf_unix_forget(&wired->near);
    if (!wired->near.left_unread)
        sf_unix_forget(&wired->far);
    close_leg(wire, &wired->near, is_reset);
    close_leg(wire, &wired->far, is_reset);
    if (wired->failing >= 0)
        close(wired->failing);
    if (wired->reserved >= 0)
        close(wired->reserved);
    sf_deadline_set(&wire->deadlines, &wired->deadline, SF_NEVER);
    if (wired->previous)
        wired->previous->next = wired->next;
    else
        wire->first = wired->next;
    if (wired->next)
        wired->next->previous = wired->previous;
    wired->is_gone = true;
    wired->next_gone = wire->gone;
    wire->gone = wired;
}

void sf_wired_free(struct sf_wired *wired)
{
    for (unsigned way = 0; way < SF_WAYS; way++)
        sf_way_free(&wired->ways[way]);
    free(wired->rules);
    free(wired);
}

void sf_wired_hunger(struct sf_wire *wire, struct sf_wired *wired)
{
    if (wired->is_hungry)
        return;
    wired->is_hungry = true;
    wired->next_hungry = wire->hungry;
    wire->hungry = wired;
}

void sf_wired_told(struct sf_wire *wire, struct sf_wired *wired, const struct sf_wire_request *go, int socket)
{
    wired->is_told = true;
    wired->own = go->own;
    wired->silent = go->silent;
    wired->failing = socket;
    wired->error = go->error;
    if (wired->phase == SF_WIRED_CALLING && wired->error == 0)
        return;
    if (wired->phase != SF_WIRED_HELD)
        wired->phase = SF_WIRED_MEETING;
    sf_wired_pump(wire, wired);
}

/* The real peer has answered, or never will. */
static void answered(struct sf_wire *wire, struct sf_wired *wired)
{
    wired->error = take_error(wired->far.watch.fd);
    wired->phase = SF_WIRED_MEETING;
    if (wired->is_told)
        sf_wired_pump(wire, wired);
}

/* False: errno says how it ended. */
static bool has_left_bytes(int fd)
{
    char byte;
    errno = 0;
    return recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) > 0;
}

static void be_sure(struct sf_wired *wired)
{
    uint32_t unsure = SF_WIRED | SF_WIRE_UNSURE;
    if (atomic_load(&wired->record->cookie) == wired->cookie)
        atomic_compare_exchange_strong(&wired->record->wired, &unsure, SF_WIRED);
}

static void stands(struct sf_wire *wire, struct sf_wired *wired)
{
    struct tcp_info info = {0};
    socklen_t bytes = sizeof info;
    if (getsockopt(wired->near.watch.fd, IPPROTO_TCP, TCP_INFO, &info, &bytes) != 0 ||
        info.tcpi_state == TCP_SYN_SENT || info.tcpi_state == TCP_SYN_RECV)
        return;
    if (info.tcpi_state == TCP_CLOSE && !has_left_bytes(wired->near.watch.fd)) {
        bool was_given_up = errno == ECONNREFUSED; /* a SYN without an answer so far meets a RST */
        sf_wired_close(wire, wired, !was_given_up || wired->round_trip_ns != 0);
        return;
    }
    if (wired->failing >= 0)
        close(wired->failing);
    wired->failing = -1;
    be_sure(wired);
    if (wired->waiting)
        return;
    wired->phase = SF_WIRED_OPEN;
    wired->near.is_readable = wired->near.is_writable = true;
    sf_wired_pump(wire, wired);
}

void sf_wired_let_go(struct sf_wire *wire, struct sf_wired *wired)
{
    if (wired->waiting)
        *wired->waiting = NULL;
    wired->waiting = NULL;
    if (wired->phase == SF_WIRED_MEETING && wired->near.watch.fd >= 0)
        stands(wire, wired);
}

void sf_wired_join(struct sf_wire *wire, struct sf_wired *wired, int near)
{
    wired->near.watch.fd = near;
    wired->near.is_unix = true;
    wired->near.is_writable = true;
    wired->far.is_unix = true;
    wired->phase = SF_WIRED_OPEN;
    if (sf_watch_begin(wire, &wired->near.watch))
        sf_wired_pump(wire, wired);
    else
        sf_wired_close(wire, wired, true);
}

/* A reset of a socket that is not read from any more. */
static void note_error(struct sf_wire *wire, struct sf_wired *wired, struct sf_leg *leg)
{
    for (unsigned way = 0; way < SF_WAYS; way++) {
        struct sf_way *at = &wired->ways[way];
        if (at->from != leg || !at->has_ended || at->was_reset || at->hold_at != UINT64_MAX)
            continue;
        at->was_reset = true;
        at->is_finished = false;
        at->last_due_ns = wire->now_ns + sf_rules_delay_ns(wire, wired, way);
    }
}

static void ready(struct sf_wire *wire, struct sf_wired *wired, struct sf_leg *leg, uint32_t events)
{
    if (wired->is_gone || wired->phase == SF_WIRED_HELD)
        return;
    if (events & (EPOLLIN | EPOLLPRI | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
        leg->is_readable = true;
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        leg->is_writable = true;
    leg->is_hung_up |= (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
    leg->may_be_urgent |= (events & EPOLLPRI) != 0;
    leg->is_closed |= leg->is_unix && events & EPOLLHUP;
    if (wired->phase == SF_WIRED_CALLING && leg == &wired->far) {
        if (events & (EPOLLOUT | EPOLLERR))
            answered(wire, wired);
    } else if (wired->phase == SF_WIRED_MEETING && leg == &wired->near) {
        stands(wire, wired);
    } else if (wired->phase == SF_WIRED_OPEN) {
        if (events & EPOLLERR)
            note_error(wire, wired, leg);
        if (leg->is_unix && events & EPOLLOUT)
            sf_way_look(&wired->ways[leg == &wired->near ? SF_WAY_IN : SF_WAY_OUT]);
        sf_wired_pump(wire, wired);
    }
}

/* ---- black holes ---- */

static void deafen(struct sf_leg *leg, bool is_deaf)
{
    if (leg->is_unix || leg->is_deaf == is_deaf)
        return;
    leg->is_deaf = is_deaf;
    if (is_deaf)
        sf_deaf_begin(leg->watch.fd);
    else
        sf_deaf_end(leg->watch.fd);
}

/* Held both ways, and what was to pass before has passed. */
static void cut_off(struct sf_wired *wired)
{
    bool is_cut = true;
    for (unsigned way = 0; way < SF_WAYS; way++)
        is_cut = is_cut && wired->ways[way].sent_bytes >= wired->ways[way].hold_at;
    deafen(&wired->near, is_cut);
    deafen(&wired->far, is_cut);
}

/* ---- work ---- */

static void pump_open(struct sf_wire *wire, struct sf_wired *wired)
{
    uint64_t next_ns = wired->rule_count ? sf_rules_act(wire, wired) : SF_NEVER;
    bool is_hungry = false, is_over = true;

    for (unsigned way = 0; way < SF_WAYS && !wired->is_gone; way++)
        is_hungry |= sf_way_pump(wire, wired, way);
    if (wired->is_gone)
        return;
    for (unsigned way = 0; way < SF_WAYS; way++) {
        next_ns = wired->ways[way].wait_ns < next_ns ? wired->ways[way].wait_ns : next_ns;
        is_over = is_over && wired->ways[way].has_ended && wired->ways[way].is_finished;
    }
    if (is_over) {
        sf_wired_close(wire, wired, false);
        return;
    }
    cut_off(wired);
    if (is_hungry)
        sf_wired_hunger(wire, wired);
    sf_deadline_set(&wire->deadlines, &wired->deadline, next_ns);
}

void sf_wired_pump(struct sf_wire *wire, struct sf_wired *wired)
{
    if (wired->is_gone)
        return;
    if (wired->phase == SF_WIRED_OPEN) {
        pump_open(wire, wired);
        return;
    }
    if (wired->phase == SF_WIRED_CALLING || !wired->is_told || wired->near.watch.fd >= 0 ||
        sf_handshake_is_held(wire, wired))
        return;
    if (wired->phase == SF_WIRED_HELD) {
        sf_handshake_go_on(wire, wired);
        return;
    }
    uint64_t due_ns = wired->began_ns + wired->round_trip_ns;
    if (wire->now_ns < due_ns)
        sf_deadline_set(&wire->deadlines, &wired->deadline, due_ns);
    else if (wired->error)
        fail_near(wire, wired);
    else
        meet(wire, wired);
}

bool sf_wired_is_busy(const struct sf_wired *wired)
{
    for (unsigned way = 0; wired->phase == SF_WIRED_OPEN && way < SF_WAYS; way++) {
        const struct sf_way *at = &wired->ways[way];
        bool may_come = at->has_ended ? !at->is_finished : at->from->is_readable;
        if (at->hold_at == UINT64_MAX && (at->first || may_come))
            return true;
    }
    return false;
}
