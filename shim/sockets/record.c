#include "sockets/record.h"

#include "apply/clock.h"
#include "engine/hash.h"
#include "engine/number.h"
#include "load/real.h"

#include <errno.h>
#include <string.h>

/* Marks a cookie whose record is being filled in. The kernel counts cookies up
 * from 1 in batches for each CPU and will not get here (sock_gen_cookie). */
#define FILLING (UINT64_C(1) << 63)
#define FILLING_SPINS 100000 /* then its writer has died; the socket goes unrecorded */

uint64_t sf_cookie(int fd)
{
    uint64_t cookie = 0;
    socklen_t length = sizeof cookie;
    int saved_errno = errno;
    if (sf_real.getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &length) != 0)
        cookie = 0;
    errno = saved_errno;
    return cookie;
}

static struct sf_socket *place(uint64_t cookie, uint32_t way)
{
    uint32_t index = ((uint32_t)sf_hash_mix(cookie) + way) & (sf_shim.session->socket_count - 1);
    return (struct sf_socket *)(void *)(sf_shim.sockets + (uint64_t)index * sf_shim.session->socket_stride);
}

static uint64_t cookie_of(struct sf_socket *socket)
{
    return atomic_load_explicit(&socket->cookie, memory_order_acquire);
}

/* Another thread meets the same socket for the first time: wait for it. */
static bool is_filled(struct sf_socket *socket, uint64_t cookie)
{
    for (int spin = 0; spin < FILLING_SPINS; spin++) {
        uint64_t held = cookie_of(socket);
        if (held != (cookie | FILLING))
            return held == cookie;
    }
    return false;
}

struct sf_socket *sf_record_find(uint64_t cookie)
{
    for (uint32_t way = 0; way < SF_SOCKET_WAYS; way++) {
        struct sf_socket *socket = place(cookie, way);
        if ((cookie_of(socket) & ~FILLING) != cookie || !is_filled(socket, cookie))
            continue;
        if (atomic_load_explicit(&socket->closed_ns, memory_order_relaxed) != 0)
            atomic_store_explicit(&socket->closed_ns, 0, memory_order_relaxed);
        return socket;
    }
    return NULL;
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
        if (!(held & FILLING) && closed != 0 && closed < best_closed) {
            best = socket;
            best_closed = closed;
            *old_cookie = held;
        }
    }
    return best;
}

struct sf_socket *sf_record_claim(uint64_t cookie, bool *made)
{
    struct sf_socket *socket;
    uint64_t held = 0;

    *made = false;
    do {
        socket = sf_record_find(cookie);
        if (socket)
            return socket;
        socket = choose(cookie, &held);
        if (!socket) {
            atomic_fetch_or_explicit(&sf_shim.state->escapes, SF_ESCAPE_SOCKETS, memory_order_relaxed);
            return NULL;
        }
    } while (!atomic_compare_exchange_strong(&socket->cookie, &held, cookie | FILLING));

    memset((char *)socket + sizeof socket->cookie, 0, sf_shim.session->socket_stride - sizeof socket->cookie);
    socket->number = atomic_fetch_add_explicit(&sf_shim.control->sockets, 1, memory_order_relaxed) + 1;
    *made = true;
    return socket;
}

void sf_record_publish(struct sf_socket *socket, uint64_t cookie)
{
    atomic_store_explicit(&socket->cookie, cookie, memory_order_release);
}

void sf_record_closed(struct sf_socket *socket)
{
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
    uint32_t families = socket->kept_bytes ? 1u << SF_FAMILY_RECV : 0; /* reads of these are ours */
    for (unsigned word = 0; word < sf_selection_words(sf_shim.plan); word++)
        for (uint64_t bits = sf_record_selected(socket)[word] & sf_shim.meant[word]; bits; bits &= bits - 1)
            families |= sf_rule_families(&rules[word * 64 + (unsigned)__builtin_ctzll(bits)]);
    return families;
}
