/* liburing makes its system calls by itself: where a ring begins its own functions tell. */
#include "calls/ring.h"

#include "calls/call.h"

#include <errno.h>
#include <string.h>

void sf_ring_made(void)
{
    bool is_meant = sf_shim.families || sf_shim.has_programs;
    atomic_fetch_or_explicit(&sf_shim.state->escapes, is_meant ? SF_ESCAPE_IO_URING : SF_ESCAPE_RING,
                             memory_order_relaxed);
}

/* The entry of a dynamic section; 0: it has none. */
static uintptr_t entry_of(const struct link_map *object, int64_t tag)
{
    for (const ElfW(Dyn) *entry = object->l_ld; entry && entry->d_tag != DT_NULL; entry++)
        if (entry->d_tag == tag)
            return entry->d_un.d_ptr;
    return 0;
}

/* Behind the buckets of a table of DT_GNU_HASH stand chains, the last of each marked by its low bit;
 * the exported symbols are in their order. */
static void *find_symbol(const struct link_map *object, const char *name)
{
    const uint32_t *hash = (const void *)entry_of(object, DT_GNU_HASH);
    const ElfW(Sym) *symbols = (const void *)entry_of(object, DT_SYMTAB);
    const char *names = (const void *)entry_of(object, DT_STRTAB);

    if (!hash || !symbols || !names)
        return NULL;
    const uint32_t *buckets = hash + 4 + hash[2] * (sizeof(ElfW(Addr)) / sizeof *hash);
    const uint32_t *chains = buckets + hash[0];
    for (uint32_t bucket = 0; bucket < hash[0]; bucket++) {
        for (uint32_t at = buckets[bucket]; at >= hash[1] && at; at++) {
            if (strcmp(names + symbols[at].st_name, name) == 0)
                return (void *)(object->l_addr + symbols[at].st_value);
            if (chains[at - hash[1]] & 1)
                break;
        }
    }
    return NULL;
}

/* In whatever liburing is loaded, perhaps for a plugin alone: RTLD_NEXT does not see that. No lock and no
 * look-up by the linker, which a handler may have interrupted. NULL: there is none. */
static void *find(const char *name)
{
    for (const struct link_map *object = _r_debug.r_map; object; object = object->l_next) {
        const char *file = strrchr(object->l_name, '/');
        void *found = file && strncmp(file, "/liburing", sizeof "/liburing" - 1) == 0
                          ? find_symbol(object, name)
                          : NULL;
        if (found)
            return found;
    }
    return NULL;
}

static int made(int result)
{
    if (result >= 0 && sf_shim.session)
        sf_ring_made();
    return result;
}

#define INTERPOSE(name, params, arguments)            \
    SF_EXPORT int name params                         \
    {                                                 \
        sf_ensure_loaded();                           \
        __typeof__(&name) real;                       \
        *(void **)&real = find(#name);                \
        return real ? made(real arguments) : -ENOSYS; \
    }

INTERPOSE(io_uring_setup, (unsigned entries, struct io_uring_params *params), (entries, params))
INTERPOSE(io_uring_queue_init, (unsigned entries, struct io_uring *ring, unsigned flags),
          (entries, ring, flags))
INTERPOSE(io_uring_queue_init_params,
          (unsigned entries, struct io_uring *ring, struct io_uring_params *params), (entries, ring, params))
INTERPOSE(io_uring_queue_init_mem,
          (unsigned entries, struct io_uring *ring, struct io_uring_params *params, void *memory,
           size_t bytes),
          (entries, ring, params, memory, bytes))
