#include "sockets/leaks.h"

#include "apply/reset.h"
#include "engine/hash.h"
#include "load/real.h"
#include "load/sandbox.h"
#include "sockets/address.h"
#include "sockets/connection.h"
#include "sockets/descriptor.h"
#include "sockets/record.h"

#include <errno.h>
#include <link.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/mman.h>

#define STACK_COOKIES 128u /* a power of two: 1 KiB, little enough for a signal's stack */

/* A set of cookies, half full at most. */
struct cookies {
    uint64_t *slots; /* NULL: there is no memory, so that a doubled one may count twice */
    uint64_t mask, left;
};

static _Atomic bool counted;

static uint64_t count_own(void)
{
    uint64_t count = 0;
    for (int fd = -1; (fd = sf_descriptor_next(fd, SF_WORD_OWN)) >= 0;)
        count++;
    return count;
}

/* Pages rather than the heap, which a handler may have interrupted. */
static uint64_t *pages(uint64_t slots)
{
    if (!sf_sandbox_allows(SF_OWN_MMAP) || !sf_sandbox_allows(SF_OWN_MUNMAP))
        return NULL;
    void *room =
        mmap(NULL, slots * sizeof(uint64_t), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return room == MAP_FAILED ? NULL : room;
}

static bool is_new(struct cookies *seen, uint64_t cookie)
{
    if (!seen->slots || seen->left == 0)
        return true;
    uint64_t at = sf_hash_mix(cookie) & seen->mask;
    for (; seen->slots[at] != 0; at = (at + 1) & seen->mask)
        if (seen->slots[at] == cookie)
            return false;
    seen->slots[at] = cookie;
    seen->left--;
    return true;
}

/* No lock and no look-up: a handler may have interrupted the linker. */
static bool is_java(void)
{
    static const char name[] = "/libjvm.so";
    for (const struct link_map *object = _r_debug.r_map; object; object = object->l_next) {
        size_t length = strlen(object->l_name);
        if (length >= sizeof name - 1 && strcmp(object->l_name + length - (sizeof name - 1), name) == 0)
            return true;
    }
    return false;
}

/* The run-time of Java makes a pair for itself and closes one end of it; the other takes
 * the place of sockets that it is about to close. Source: UnixDispatcher.c of OpenJDK. */
static bool is_java_marker(int fd)
{
    struct pollfd end = {.fd = fd};
    struct sf_addr own;
    sf_address_of_own(&own, fd);
    return own.domain == SF_DOMAIN_UNIX && sf_real.poll(&end, 1, 0) == 1 && end.revents & POLLHUP;
}

static uint32_t state_of(const struct sf_leak *leak, int fd)
{
    bool may_be_tcp = leak->local.domain & (SF_DOMAIN_INET | SF_DOMAIN_INET6);
    return may_be_tcp && sf_sandbox_allows(SF_OWN_TCP_INFO) ? sf_tcp_state(fd) : 0;
}

/* One more leak, and which it is while there is room to tell. */
static void note(int fd, uint64_t cookie)
{
    struct sf_leaks *leaks = &sf_shim.state->leaks;
    uint32_t place = atomic_fetch_add(&leaks->count, 1);

    if (place >= SF_LEAKS_NAMED)
        return;
    struct sf_leak *leak = &leaks->list[place];
    struct sf_socket *record = sf_record_find(cookie);
    if (record && sf_is_reset(record)) {
        leak->local = record->local;
        leak->peer = record->peer;
        leak->state = TCP_CLOSE;
    } else {
        sf_address_of_own(&leak->local, fd);
        sf_address_of_peer(&leak->peer, fd);
        leak->state = state_of(leak, fd);
    }
    atomic_fetch_or_explicit(&leaks->named, 1u << place, memory_order_release);
}

static void count(void)
{
    uint64_t numbers = count_own(), slots = STACK_COOKIES;
    uint64_t on_stack[STACK_COOKIES] = {0};
    bool in_java = is_java();

    while (slots < 2 * numbers)
        slots *= 2;
    struct cookies seen = {slots > STACK_COOKIES ? pages(slots) : on_stack, slots - 1, slots / 2};
    for (int fd = -1; (fd = sf_descriptor_next(fd, SF_WORD_OWN)) >= 0;) {
        uint64_t cookie = sf_cookie(fd);
        if (cookie && is_new(&seen, cookie) && !(in_java && is_java_marker(fd)))
            note(fd, cookie);
    }
    if (seen.slots && seen.slots != on_stack)
        munmap(seen.slots, slots * sizeof(uint64_t));
}

void sf_leaks_uncounted(void)
{
    atomic_fetch_or_explicit(&sf_shim.state->escapes, SF_ESCAPE_UNCOUNTED, memory_order_relaxed);
}

/* Whether the program's sandbox lets us: many kill for one call that they do not know. */
static bool may_count(void)
{
    bool may = sf_sandbox_allows(SF_OWN_GETPID) && sf_sandbox_allows(SF_OWN_COOKIE) &&
               sf_sandbox_allows(SF_OWN_GETSOCKNAME) && sf_sandbox_allows(SF_OWN_GETPEERNAME) &&
               sf_sandbox_allows(SF_OWN_POLL);
    if (!may)
        sf_leaks_uncounted();
    return may;
}

bool sf_leaks_may_be(void)
{
    return sf_shim.session &&
           sf_descriptor_next(-1, SF_WORD_OWN | SF_WORD_FAMILIES | SF_WORD_RECORDED) >= 0;
}

void sf_leaks_count(void)
{
    int saved_errno = errno;
    if (sf_leaks_may_be() && may_count() && getpid() == sf_shim.pid && !atomic_exchange(&counted, true)) {
        count();
        sf_socket_range_ends(0, ~0u);
    }
    errno = saved_errno;
}

void sf_leaks_forget(void)
{
    sf_descriptor_disown();
    atomic_store(&counted, false);
}
