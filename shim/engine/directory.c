#include "engine/directory.h"

#include "engine/hash.h"

#include <string.h>

#define OWNER UINT64_C(0x7f)
#define PASSING UINT64_C(0x80)
#define MET UINT64_C(0x100)
#define FINGERPRINT (~(OWNER | PASSING | MET))

enum purpose { ADDRESS = 1, PATH, PAIR, FILE_NODE, PROCESS, NAME };

static uint64_t add(uint64_t key, uint64_t word)
{
    return sf_hash_mix(key ^ word);
}

static uint64_t add_bytes(uint64_t key, const void *bytes, size_t count)
{
    for (const char *at = bytes; count > 0;) {
        size_t part = count < sizeof(uint64_t) ? count : sizeof(uint64_t);
        uint64_t word = 0;
        memcpy(&word, at, part);
        key = add(key, word);
        at += part;
        count -= part;
    }
    return key;
}

static uint64_t add_inet(uint64_t key, const struct sf_addr *address)
{
    return add(add_bytes(key, address->ip, sizeof address->ip), address->port);
}

uint64_t sf_key_of_address(uint8_t type, const struct sf_addr *address)
{
    if (address->domain == SF_DOMAIN_UNIX)
        return add_bytes(add(PATH, address->path_len), address->path, address->path_len);
    return add_inet(add(ADDRESS, type), address);
}

uint64_t sf_key_of_pair(const struct sf_addr *from, const struct sf_addr *to)
{
    return add_inet(add_inet(add(PAIR, 0), from), to);
}

uint64_t sf_key_of_file(uint64_t device, uint64_t inode)
{
    return add(add(add(FILE_NODE, 0), device), inode);
}

uint64_t sf_key_of_process(uint32_t pid)
{
    return add(add(PROCESS, 0), pid);
}

uint64_t sf_key_of_name(const char *name, uint32_t program, const uint8_t ip[16])
{
    uint64_t key = add_bytes(add(NAME, strlen(name)), name, strlen(name));
    return add_bytes(add(key, program), ip, 16);
}

static uint32_t ways(const struct sf_directory *directory)
{
    return directory->count < SF_DIRECTORY_WAYS ? directory->count : SF_DIRECTORY_WAYS;
}

/* Each key has an order of its own, so that full sets do not lose the same place each time. */
static _Atomic uint64_t *place(const struct sf_directory *directory, uint64_t key, uint32_t way)
{
    way = (way + (uint32_t)(key >> 32)) % ways(directory);
    return &directory->entries[((uint32_t)key + way) & (directory->count - 1)];
}

static bool is_of(uint64_t entry, uint64_t key)
{
    return entry != 0 && ((entry ^ key) & FINGERPRINT) == 0;
}

/* Where the key stands; otherwise a free place; otherwise that of a passing entry. NULL: there is none. */
static _Atomic uint64_t *choose(const struct sf_directory *directory, uint64_t key, uint64_t *held)
{
    _Atomic uint64_t *best = NULL;
    unsigned best_rank = 0;

    for (uint32_t way = 0; way < ways(directory); way++) {
        _Atomic uint64_t *entry = place(directory, key, way);
        uint64_t now = atomic_load_explicit(entry, memory_order_acquire);
        unsigned rank = is_of(now, key) ? 3 : now == 0 ? 2 : now & PASSING ? 1 : 0;
        if (rank > best_rank) {
            best_rank = rank;
            best = entry;
            *held = now;
        }
    }
    return best;
}

bool sf_directory_enter(const struct sf_directory *directory, uint64_t key, uint8_t owner, bool passing)
{
    uint64_t held = 0, entry;
    _Atomic uint64_t *at;

    do {
        at = choose(directory, key, &held);
        if (!at)
            return false;
        entry = (key & FINGERPRINT) | owner | (passing ? PASSING : 0);
        if (is_of(held, key) && (held & OWNER) == owner && !(held & PASSING))
            entry &= ~PASSING; /* once it was to stay, it stays */
    } while (entry != held && !atomic_compare_exchange_strong(at, &held, entry));
    return true;
}

/* Where the key stands, or NULL. */
static _Atomic uint64_t *look_up(const struct sf_directory *directory, uint64_t key, uint64_t *held)
{
    for (uint32_t way = 0; way < ways(directory); way++) {
        _Atomic uint64_t *entry = place(directory, key, way);
        *held = atomic_load_explicit(entry, memory_order_acquire);
        if (is_of(*held, key))
            return entry;
    }
    return NULL;
}

uint8_t sf_directory_find(const struct sf_directory *directory, uint64_t key)
{
    uint64_t held;
    return look_up(directory, key, &held) ? held & OWNER : SF_OWNER_NONE;
}

uint8_t sf_directory_meet(const struct sf_directory *directory, uint64_t key)
{
    uint64_t held;
    _Atomic uint64_t *entry;

    do {
        entry = look_up(directory, key, &held);
        if (!entry || held & MET)
            return SF_OWNER_NONE;
    } while (!atomic_compare_exchange_strong(entry, &held, held | MET));
    return held & OWNER;
}

struct sf_addr sf_address_any(const struct sf_addr *address)
{
    struct sf_addr any = *address;
    bool is_mapped = sf_ip_is_mapped(address->ip);
    memset(any.ip + (is_mapped ? 12 : 0), 0, is_mapped ? 4 : sizeof any.ip);
    return any;
}

static uint8_t ready_at(const struct sf_plan *plan, uint16_t port)
{
    for (uint32_t i = 0; i < plan->program_count; i++)
        if (port != 0 && sf_plan_programs(plan)[i].ready_port == port)
            return sf_owner_of_program(i);
    return SF_OWNER_NONE;
}

uint8_t sf_directory_owner(const struct sf_directory *directory, const struct sf_plan *plan, uint8_t type,
                           const struct sf_addr *address)
{
    uint8_t owner = sf_directory_find(directory, sf_key_of_address(type, address));

    if (owner || address->domain == SF_DOMAIN_UNIX)
        return owner;
    const struct sf_addr any = sf_address_any(address);
    owner = sf_directory_find(directory, sf_key_of_address(type, &any));
    return owner || type != SF_TYPE_STREAM ? owner : ready_at(plan, address->port);
}
