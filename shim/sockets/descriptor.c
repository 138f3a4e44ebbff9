#include "sockets/descriptor.h"

#include "engine/scope.h"
#include "load/real.h"
#include "load/sandbox.h"
#include "sockets/address.h"
#include "sockets/owner.h"
#include "sockets/record.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* No word above this one was ever set: close_range need not look further. */
static _Atomic uint32_t top;

/* Where the word of a number is; NULL: there is none. */
static _Atomic uint64_t *reach(int fd)
{
    uint32_t number = (uint32_t)fd, seen = atomic_load_explicit(&top, memory_order_relaxed);

    if (number >= sf_shim.descriptor_count)
        return NULL;
    while (number > seen && !atomic_compare_exchange_weak(&top, &seen, number))
        ;
    return &sf_shim.descriptors[sf_descriptor_index(number)];
}

/* `word` without a generation; 0 but for SF_WORD_OWN: unknown. */
static uint64_t dated(uint64_t word)
{
    uint32_t generation = sf_generation() | (word & SF_WORD_SOCKET ? sf_shim.traced_generation : 0);
    return word & ~SF_WORD_OWN ? word | (uint64_t)generation << SF_WORD_GENERATION_SHIFT : word;
}

static void forget_number(int fd)
{
    if (sf_shim.numbers && sf_descriptor_kept_number(fd))
        atomic_store_explicit(&sf_shim.numbers[sf_descriptor_index((uint32_t)fd)], SF_NUMBER_GONE,
                              memory_order_relaxed);
}

static void store(int fd, uint64_t word)
{
    _Atomic uint64_t *place = reach(fd);
    if (place)
        atomic_store_explicit(place, dated(word), memory_order_relaxed);
}

/* From the first socket on that rules select polls by, polls are looked at. */
static void note_waited(uint64_t word)
{
    uint32_t poll = 1u << SF_FAMILY_POLL;
    if (!sf_shim.has_waited || !(word & poll) ||
        atomic_load_explicit(&sf_shim.rule_families, memory_order_relaxed) & poll)
        return;
    atomic_fetch_or_explicit(&sf_shim.rule_families, poll, memory_order_relaxed);
    atomic_fetch_or_explicit(&sf_shim.program_families, poll, memory_order_relaxed);
}

void sf_descriptor_new(int fd, uint64_t word)
{
    if (__builtin_expect(sf_is_vfork_child(), 0)) {
        sf_descriptor_set(fd, word);
        return;
    }
    note_waited(word);
    forget_number(fd);
    store(fd, word);
}

void sf_descriptor_set(int fd, uint64_t word)
{
    _Atomic uint64_t *place = reach(fd);
    uint64_t seen = sf_descriptor_word(fd);

    note_waited(word);
    if (__builtin_expect(sf_is_vfork_child(), 0))
        word = 0;
    /* Whose it is another thread may be saying just now, where it has been closed and reused. */
    while (place && !atomic_compare_exchange_weak_explicit(place, &seen, dated(word | (seen & SF_WORD_OWN)),
                                                           memory_order_relaxed, memory_order_relaxed))
        ;
}

void sf_descriptor_doubt(int fd)
{
    sf_descriptor_set(fd, 0);
}

void sf_descriptor_double(uint64_t from, int to)
{
    uint64_t own = from & SF_WORD_OWN;
    if (own | sf_descriptor_word(to))
        sf_descriptor_new(to, own);
    else if (!sf_is_vfork_child())
        forget_number(to);
}

void sf_descriptor_forget(int fd)
{
    if (sf_descriptor_word(fd) != 0)
        sf_descriptor_new(fd, 0);
    else if (sf_shim.numbers && !sf_is_vfork_child())
        forget_number(fd); /* of one that is not our own, and was doubted */
}

void sf_descriptor_set_number(int fd, uint64_t seen, uint32_t number)
{
    _Atomic uint64_t *place = reach(fd);
    if (!place || sf_is_vfork_child())
        return;
    atomic_store_explicit(&sf_shim.numbers[sf_descriptor_index((uint32_t)fd)], number, memory_order_relaxed);
    if (seen & SF_WORD_SOCKET && !(seen & SF_WORD_RECORDED))
        atomic_compare_exchange_strong_explicit(place, &seen, seen | SF_WORD_RECORDED, memory_order_relaxed,
                                                memory_order_relaxed);
}

int sf_descriptor_received(int fd)
{
    sf_descriptor_forget(fd); /* what we knew of the number is about a socket that is gone */
    if (sf_shim.has_waited && fd >= 0)
        sf_descriptor_discover(fd);
    return fd;
}

void sf_descriptor_forget_range(unsigned first, unsigned last)
{
    uint32_t highest = atomic_load_explicit(&top, memory_order_relaxed);
    if (sf_shim.descriptor_count == 0)
        return;
    for (uint32_t fd = first; fd <= last && fd <= highest; fd++)
        sf_descriptor_forget((int)fd);
}

int sf_descriptor_next(int fd, uint64_t bits)
{
    uint32_t highest = atomic_load_explicit(&top, memory_order_relaxed);
    for (uint32_t number = (uint32_t)(fd + 1); number <= highest; number++)
        if (sf_descriptor_word((int)number) & bits)
            return (int)number;
    return -1;
}

void sf_descriptor_disown(void)
{
    for (int fd = -1; (fd = sf_descriptor_next(fd, SF_WORD_OWN)) >= 0;)
        atomic_fetch_and_explicit(&sf_shim.descriptors[sf_descriptor_index((uint32_t)fd)], ~SF_WORD_OWN,
                                  memory_order_relaxed);
}

uint8_t sf_domain_bit(int domain)
{
    switch (domain) {
    case AF_INET:
        return SF_DOMAIN_INET;
    case AF_INET6:
        return SF_DOMAIN_INET6;
    case AF_UNIX:
        return SF_DOMAIN_UNIX;
    default:
        return SF_DOMAIN_OTHER;
    }
}

uint8_t sf_type_bit(int type)
{
    switch (type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC)) {
    case SOCK_STREAM:
        return SF_TYPE_STREAM;
    case SOCK_DGRAM:
        return SF_TYPE_DGRAM;
    default:
        return SF_TYPE_OTHER;
    }
}

static uint64_t socket_word(uint8_t domain, uint8_t type, uint32_t families)
{
    return SF_WORD_SOCKET | families | (uint64_t)domain << SF_WORD_DOMAIN_SHIFT |
           (uint64_t)type << SF_WORD_TYPE_SHIFT;
}

static uint32_t select_families(const struct sf_scope *scope)
{
    uint64_t selected[SF_SELECTION_WORDS_MAX];
    return sf_scope_select(sf_shim.plan, scope, selected);
}

/* Of a socket without a role: whoever binds or listens acts as a server before it
 * has one, and where it binds to is told by the call alone. */
static uint32_t select_without_role(const struct sf_scope *scope)
{
    struct sf_scope as_server = *scope;
    as_server.role = SF_ROLE_SERVER;
    return select_families(scope) | (sf_shim.has_local_binds ? 1u << SF_FAMILY_BIND : 0) |
           (select_families(&as_server) & (1u << SF_FAMILY_BIND | 1u << SF_FAMILY_LISTEN));
}

uint64_t sf_descriptor_fresh_word(uint8_t domain, uint8_t type)
{
    /* Asked at every socket(): remembered for each domain and type. */
    static _Atomic uint64_t remembered[SF_DOMAIN_OTHER + 1][SF_TYPE_OTHER + 1];
    uint64_t generation = (uint64_t)sf_generation() << SF_WORD_GENERATION_SHIFT;
    uint64_t word = atomic_load_explicit(&remembered[domain][type], memory_order_relaxed);

    if ((word & UINT64_C(0xffffffff) << SF_WORD_GENERATION_SHIFT) != generation) {
        struct sf_scope scope = sf_scope_here(domain, type, 0);
        word = socket_word(domain, type, select_without_role(&scope)) | generation;
        atomic_store_explicit(&remembered[domain][type], word, memory_order_relaxed);
    }
    return word;
}

static int get_option(int fd, enum sf_own_call call, int option)
{
    int value = -1;
    socklen_t length = sizeof value;
    return sf_sandbox_permits(call) && sf_real.getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0
               ? value
               : -1;
}

/* What is no socket needs no rule: it may be a file whose program forbids itself all about sockets. */
static bool is_file(int fd)
{
    struct stat status;
    long result = sf_sandbox_allows(SF_OWN_FSTAT) ? sf_real.syscall(SYS_fstat, fd, &status)
                  : sf_sandbox_allows(SF_OWN_FSTATAT)
                      ? sf_real.syscall(SYS_newfstatat, fd, "", &status, AT_EMPTY_PATH)
                      : -1;
    return result == 0 && !S_ISSOCK(status.st_mode);
}

/* Source: AF_…; -1 with errno: it is no socket, or may not be looked at. */
static int domain_of(int fd)
{
    if (!sf_sandbox_allows(SF_OWN_DOMAIN) && is_file(fd)) {
        errno = ENOTSOCK;
        return -1;
    }
    return get_option(fd, SF_OWN_DOMAIN, SO_DOMAIN);
}

/* A socket that we did not see come: inherited, passed over a socket, duplicated. */
static uint64_t discover_socket(int fd, uint8_t domain)
{
    uint8_t type = sf_type_bit(get_option(fd, SF_OWN_TYPE, SO_TYPE));
    struct sf_socket *record = sf_record_find(sf_cookie(fd));
    struct sf_addr peer;

    if (record)
        return socket_word(domain, type, sf_record_families(record)) | SF_WORD_RECORDED;
    /* A bound socket's own address may be what a rule asks for: no shared answer then. */
    bool is_listening = get_option(fd, SF_OWN_ACCEPTCONN, SO_ACCEPTCONN) == 1;
    struct sf_scope scope = sf_scope_here(domain, type, is_listening ? SF_ROLE_SERVER : 0);
    sf_address_of_peer(&peer, fd);
    sf_owner_find(&peer, fd, type, 0);
    if (peer.domain == 0 && !sf_shim.has_locals)
        return is_listening ? socket_word(domain, type, select_families(&scope))
                            : sf_descriptor_fresh_word(domain, type);
    struct sf_addr local;
    scope.peer = &peer;
    scope.local = sf_local_of(&local, fd);
    return socket_word(domain, type,
                       is_listening || peer.domain ? select_families(&scope) : select_without_role(&scope));
}

/* Enter what was found, unless the number has become another's since it was `seen`: then the
 * kernel was asked about one that is gone. */
static void enter(int fd, uint64_t seen, uint64_t word)
{
    _Atomic uint64_t *place = reach(fd);
    note_waited(word);
    if (place && !sf_is_vfork_child())
        atomic_compare_exchange_strong_explicit(place, &seen, dated(word | (seen & SF_WORD_OWN)),
                                                memory_order_relaxed, memory_order_relaxed);
}

uint64_t sf_descriptor_ask(int fd)
{
    const uint64_t seen = sf_descriptor_word(fd);
    uint64_t word = seen;
    uint32_t generation = sf_generation();
    int saved_errno = errno;

    if (sf_word_is_known(word))
        return word;
    errno = 0;
    int domain = domain_of(fd);
    if (domain >= 0)
        word = discover_socket(fd, sf_domain_bit(domain));
    else
        word = errno == EBADF ? 0 : SF_WORD_NOT_SOCKET;
    if (domain < 0 || sf_owner_discovered(fd, sf_word_domain(word), sf_word_type(word)))
        enter(fd, seen, word);
    if (generation != sf_generation()) /* of what was learnt some may be out of date */
        sf_descriptor_doubt(fd);
    errno = saved_errno;
    return word;
}
