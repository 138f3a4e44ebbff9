#include "log/tally.h"

__thread struct sf_tally *sf_tally;

static struct sf_tally *claim(void)
{
    /* Where to look first: behind what this process claimed last. */
    static _Atomic uint32_t hint;
    uint32_t first = sf_shim.plan->program_count, count = sf_shim.session->tally_count - first;
    uint32_t start = atomic_load_explicit(&hint, memory_order_relaxed);

    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = (start + i) % count;
        struct sf_tally *tally = &sf_shim.tallies[first + at];
        uint32_t free = 0;
        if (atomic_load_explicit(&tally->claimed, memory_order_relaxed) == 0 &&
            atomic_compare_exchange_strong(&tally->claimed, &free, 1)) {
            tally->program = sf_shim.program;
            atomic_store_explicit(&hint, at + 1, memory_order_relaxed);
            return tally;
        }
    }
    return NULL;
}

void sf_tally_claim(void)
{
    static _Atomic bool exhausted; /* do not search 1,000 taken tallies at every call */

    if (!sf_tally && !atomic_load_explicit(&exhausted, memory_order_relaxed)) {
        sf_tally = claim();
        atomic_store_explicit(&exhausted, sf_tally == NULL, memory_order_relaxed);
    }
}

void sf_tally_add(enum sf_family family)
{
    sf_tally_claim();
    if (!sf_tally_add_quick(family))
        __atomic_fetch_add(&sf_shim.tallies[sf_shim.program].calls[family], 1, __ATOMIC_RELAXED);
}

void sf_tally_forget(void)
{
    sf_tally = NULL;
}
