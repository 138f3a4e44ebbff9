/* Triggers that look at what passes: after_bytes and match. */
#include "engine/bytes.h"
#include "engine/verdict.h"

/* The longest start of the needle, shorter than `held`, in which its first `held`
 * bytes end: where a search goes on after a mismatch. Needles are short. */
static uint32_t border(const uint8_t *needle, uint32_t held)
{
    uint32_t length = held - 1;
    while (length > 0 && __builtin_memcmp(needle, needle + held - length, length) != 0)
        length--;
    return length;
}

uint32_t sf_match_advance(const uint8_t *needle, uint32_t length, uint32_t held, uint8_t byte)
{
    if (held >= length)
        return held; /* found: it stays so */
    while (held > 0 && needle[held] != byte)
        held = border(needle, held);
    return needle[held] == byte ? held + 1 : 0;
}

static bool searches(const struct sf_plan_rule *rule, enum sf_family family)
{
    return rule->match_bytes != 0 && rule->watches >> family & 1;
}

static void search(const struct sf_engine *engine, const struct sf_selection *selection,
                   enum sf_family family, const uint8_t *bytes, size_t count)
{
    const struct sf_plan_rule *rules = sf_plan_rules(engine->plan);

    for (unsigned word = 0; word < sf_selection_words(engine->plan); word++) {
        for (uint64_t bits = selection->selected[word]; bits; bits &= bits - 1) {
            uint32_t index = word * 64 + (unsigned)__builtin_ctzll(bits);
            if (!searches(&rules[index], family))
                continue;
            const uint8_t *needle = (const uint8_t *)sf_plan_string(engine->plan, rules[index].match_at);
            uint32_t held = atomic_load_explicit(&selection->per_rule[index].matched, memory_order_relaxed);
            for (size_t i = 0; i < count && held < rules[index].match_bytes; i++)
                held = sf_match_advance(needle, rules[index].match_bytes, held, bytes[i]);
            atomic_store_explicit(&selection->per_rule[index].matched, held, memory_order_relaxed);
        }
    }
}

static bool is_searched(const struct sf_engine *engine, const struct sf_selection *selection,
                        enum sf_family family)
{
    const struct sf_plan_rule *rules = sf_plan_rules(engine->plan);
    for (unsigned word = 0; word < sf_selection_words(engine->plan); word++)
        for (uint64_t bits = selection->selected[word]; bits; bits &= bits - 1)
            if (searches(&rules[word * 64 + (unsigned)__builtin_ctzll(bits)], family))
                return true;
    return false;
}

void sf_bytes_passed(const struct sf_engine *engine, const struct sf_selection *selection,
                     enum sf_family family, uint64_t bytes,
                     size_t (*read)(void *context, uint8_t *to, size_t room), void *context)
{
    _Atomic uint64_t *counter =
        family == SF_FAMILY_RECV ? &selection->socket->bytes_in : &selection->socket->bytes_out;
    uint8_t some[512];
    size_t got;

    atomic_fetch_add_explicit(counter, bytes, memory_order_relaxed);
    if (!read || !is_searched(engine, selection, family))
        return;
    while ((got = read(context, some, sizeof some)) > 0)
        search(engine, selection, family, some, got);
}
