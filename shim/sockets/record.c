#include "sockets/record.h"

#include "abi/wire.h"
#include "apply/clock.h"
#include "engine/hash.h"
#include "engine/number.h"
#include "load/real.h"
#include "load/sandbox.h"
#include "sockets/patience.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>

/* Mark a cookie whose place is asked for, and whose record is being filled in. The
 * kernel counts cookies up from 1 in batches for each CPU and will not get here
 * (sock_gen_cookie). */
#define ASKING (UINT64_C(1) << 62)
#define FILLING (UINT64_C(1) << 63)
#define MARKS (ASKING | FILLING)

uint64_t sf_cookie(int fd)
{
    uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    int saved_errno = errno;
    if (!sf_sandbox_permits(SF_OWN_COOKIE) ||
        sf_real.getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) != 0)
        cookie = 0;
    errno = saved_errno;
    return cookie;
}

uint32_t sf_tcp_state(int fd)
{
    struct tcp_info info;
    socklen_t length = sizeof info;
    return sf_sandbox_permits(SF_OWN_TCP_INFO) &&
                   sf_real.getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) == 0
               ? info.tcpi_state
               : 0;
}

static struct sf_socket *place(uint64_t cookie, uint32_t way)
{
    uint32_t index = ((uint32_t)sf_hash_mix(cookie) + way) & (sf_shim.session->socket_count - 1);
    return (struct sf_socket *)(void *)(sf_shim.sockets + (uint64_t)index * sf_shim.session->socket_stride);
}

static uint64_t cookie_of(struct sf_socket *socket)
{
    return atomic_load(&socket->cookie);
}

/* What the place holds once it is no longer `held`; the same: its taker is gone. */
static uint64_t await_change(struct sf_socket *socket, uint64_t held)
{
    unsigned tries = 0;
    uint64_t now;

    do
        now = cookie_of(socket);
    while (now == held && sf_patience_lasts(&tries));
    return now;
}

/* Another thread meets the same socket for the first time: wait for it. */
static bool is_filled(struct sf_socket *socket, uint64_t cookie, bool *in_vain)
{
    uint64_t held = cookie_of(socket);
    for (int step = 0; step < 2 && held & MARKS && (held & ~MARKS) == cookie; step++) {
        uint64_t now = await_change(socket, held);
        *in_vain |= now == held;
        held = now;
    }
    return held == cookie;
}

/* in_vain: it is somebody's who never finished it. */
static struct sf_socket *find(uint64_t cookie, bool *in_vain)
{
    struct sf_socket *found = NULL, *marked = NULL;

    for (uint32_t way = 0; way < SF_SOCKET_WAYS && !found; way++) {
        struct sf_socket *socket = place(cookie, way);
        uint64_t held = cookie_of(socket);
        if (held == cookie)
            found = socket;
        else if ((held & ~MARKS) == cookie && !marked)
            marked = socket;
    }
    if (!found && marked && is_filled(marked, cookie, in_vain))
        found = marked;
    if (found && atomic_load_explicit(&found->closed_ns, memory_order_relaxed) != 0)
        atomic_store_explicit(&found->closed_ns, 0, memory_order_relaxed);
    return found;
}

struct sf_socket *sf_record_find(uint64_t cookie)
{
    bool in_vain = false;
    return find(cookie, &in_vain);
}

/* The place to take: a free one, or that of the socket which was closed first. */
static struct sf_socket *choose(uint64_t cookie, uint64_t *old_cookie)
{
    struct sf_socket *best = NULL;
    uint64_t best_closed = UINT64_MAX;

    for (uint32_t way = 0; way < SF_SOCKET_WAYS; way++) {
        struct sf_socket *socket = place(cookie, way);
        uint64_t held = cookie_of(socket),
                 closed = atomic_load_explicit(&socket->closed_ns, memory_order_relaxed);
        if (held == 0) {
            *old_cookie = 0;
            return socket;
        }
        if (!(held & MARKS) && closed != 0 && closed < best_closed) {
            best = socket;
            best_closed = closed;
            *old_cookie = held;
        }
    }
    return best;
}

/* May who asks for `mine` fill it in? Of two that ask for one cookie, the later sees the
 * earlier: who has the higher place leaves, who has the lower waits for that. */
static bool is_granted(struct sf_socket *mine, uint64_t cookie)
{
    bool is_lower = true;

    for (uint32_t way = 0; way < SF_SOCKET_WAYS; way++) {
        struct sf_socket *other = place(cookie, way);
        uint64_t held = cookie_of(other);
        if (other == mine)
            is_lower = false;
        else if ((held & ~MARKS) == cookie) {
            if (is_lower || held != (cookie | ASKING))
                return false;
            held = await_change(other, held);
            if (held == (cookie | FILLING) || held == cookie)
                return false;
        }
    }
    return true;
}

struct sf_socket *sf_record_claim(uint64_t cookie, bool *made)
{
    struct sf_socket *socket;
    uint64_t held = 0;
    bool in_vain = false; /* then two records are better than none */

    *made = false;
    for (;;) {
        socket = find(cookie, &in_vain);
        if (socket)
            return socket;
        socket = choose(cookie, &held);
        if (!socket) {
            atomic_fetch_or_explicit(&sf_shim.state->escapes, SF_ESCAPE_SOCKETS, memory_order_relaxed);
            return NULL;
        }
        if (!atomic_compare_exchange_strong(&socket->cookie, &held, cookie | ASKING))
            continue;
        if (in_vain || is_granted(socket, cookie))
            break;
        atomic_store(&socket->cookie, 0);
    }
    atomic_store(&socket->cookie, cookie | FILLING);

    /* Who looks for a place reads the first two words of all. */
    size_t seen_by_all = offsetof(struct sf_socket, closed_ns) + sizeof socket->closed_ns;
    atomic_store_explicit(&socket->closed_ns, 0, memory_order_relaxed);
    memset((char *)socket + seen_by_all, 0, sf_shim.session->socket_stride - seen_by_all);
    socket->number = atomic_fetch_add_explicit(&sf_shim.control->sockets, 1, memory_order_relaxed) + 1;
    *made = true;
    return socket;
}

void sf_record_publish(struct sf_socket *socket, uint64_t cookie)
{
    atomic_store_explicit(&socket->cookie, cookie, memory_order_release);
}

struct sf_socket *sf_record_move(struct sf_socket *socket, uint64_t cookie)
{
    bool made;
    struct sf_socket *other = cookie ? sf_record_claim(cookie, &made) : NULL;
    size_t head = offsetof(struct sf_socket, generation);

    if (!other || !made)
        return NULL;
    memcpy((char *)other + head, (char *)socket + head, sf_shim.session->socket_stride - head);
    sf_record_publish(other, cookie);
    atomic_store(&socket->cookie, 0);
    return other;
}

void sf_record_closed(struct sf_socket *socket, bool is_own)
{
    if (is_own)
        atomic_store_explicit(&socket->left, 1, memory_order_relaxed);
    else if (!atomic_load_explicit(&socket->left, memory_order_relaxed))
        return;
    atomic_store_explicit(&socket->closed_ns, sf_clock_now_ns(), memory_order_relaxed);
}

void sf_record_number(struct sf_socket *socket)
{
    const struct sf_numbering numbering = {
        .turn = &sf_shim.control->turn,
        .rules = sf_shim.engine.rules,
        .rule_count = sf_shim.plan->rule_count,
        .first = (char *)sf_record_rules((struct sf_socket *)(void *)sf_shim.sockets),
        .stride = sf_shim.session->socket_stride,
    };
    sf_number(&numbering, (uint32_t)((uint64_t)((char *)socket - sf_shim.sockets) / numbering.stride));
}

uint32_t sf_record_families(struct sf_socket *socket)
{
    const struct sf_plan_rule *rules = sf_plan_rules(sf_shim.plan);
    uint32_t families = 0;
    /* Reads of kept bytes are ours, and all that a reset behind an end is told by. */
    if (atomic_load_explicit(&socket->kept_bytes, memory_order_relaxed))
        families |= 1u << SF_FAMILY_RECV;
    if (atomic_load_explicit(&socket->reset, memory_order_relaxed) == SF_RESET_BEHIND_END)
        families |= 1u << SF_FAMILY_RECV | 1u << SF_FAMILY_SEND;
    if (atomic_load_explicit(&socket->carried, memory_order_relaxed)) /* names and bytes are mended */
        families |= 1u << SF_FAMILY_CONNECT | 1u << SF_FAMILY_RECV;
    uint32_t wired = atomic_load_explicit(&socket->wired, memory_order_relaxed);
    if (wired)
        families |= 1u << SF_FAMILY_CONNECT; /* whoever asks for its names comes to us */
    if (wired > SF_WIRED) /* whoever waits for it may be woken by what is to look like a refusal */
        families |= 1u << SF_FAMILY_RECV | 1u << SF_FAMILY_SEND;
    for (unsigned word = 0; word < sf_selection_words(sf_shim.plan); word++)
        for (uint64_t bits = sf_record_selected_word(socket, word) & sf_shim.meant[word]; bits;
             bits &= bits - 1)
            families |=
                sf_rule_families_on(&rules[word * 64 + (unsigned)__builtin_ctzll(bits)], socket->type);
    return families;
}
