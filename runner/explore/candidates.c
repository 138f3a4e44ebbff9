#include "explore/candidates.h"

#include "engine/hash.h"
#include "explore/maker.h"

static bool is_benign(const struct sf_node *rule)
{
    static const char *const benign[] = {"partial", "chunk", "interrupt", "again", "duplicate"};
    bool is_one = false;
    for (size_t i = 0; i < sizeof benign / sizeof *benign; i++)
        is_one |= sf_node_get(rule, benign[i]) != NULL;
    return is_one;
}

/* The user's own rules come first, each by itself. */
static void add_given(struct sf_maker *maker, const struct sf_node *given)
{
    for (size_t i = 0; given && i < given->count; i++)
        sf_maker_add_one(maker,
                         &(struct sf_injection){.given = given->items[i],
                                                .class = SF_CLASS_GIVEN,
                                                .is_benign = is_benign(given->items[i])},
                         SF_NO_PLACE);
}

static bool is_first(const struct sf_site *site)
{
    return site->occurrence == 1;
}

static bool is_near(const struct sf_site *site)
{
    return site->occurrence <= 4 || site->is_last;
}

static bool is_deep(const struct sf_site *site)
{
    return site->occurrence <= 1024 && (site->occurrence & (site->occurrence - 1)) == 0;
}

void sf_candidates_make(struct sf_candidates *candidates, struct sf_arena *arena,
                        const struct sf_baseline *baseline, const struct sf_node *given, bool is_thorough)
{
    *candidates = (struct sf_candidates){.arena = arena, .is_thorough = is_thorough};
    struct sf_maker maker = {.candidates = candidates, .baseline = baseline};
    add_given(&maker, given);
    sf_maker_add_everywhere(&maker);
    sf_maker_add_calls(&maker, is_first);
    sf_maker_add_waits(&maker);
    sf_maker_add_links(&maker, true);
    sf_maker_add_calls(&maker, is_near);
    sf_maker_add_links(&maker, false);
    sf_maker_add_calls(&maker, is_deep);
    candidates->singles = candidates->count;
}

/* A silence that lasts hides all that may come behind it. */
static bool may_pair(const struct sf_candidate *candidate)
{
    const struct sf_injection *injection = &candidate->injections[0];
    return candidate->count == 1 &&
           !(injection->family == SF_FAMILY_NONE && injection->class == SF_CLASS_SILENCE);
}

/* A read that is cut, and then the end. */
static bool ends_in_the_midst(const struct sf_candidate *one, const struct sf_candidate *other)
{
    enum sf_fault_class first = one->injections[0].class, second = other->injections[0].class;
    return (first == SF_CLASS_END && second == SF_CLASS_SHORT) ||
           (first == SF_CLASS_SHORT && second == SF_CLASS_END);
}

void sf_candidates_pair(struct sf_candidates *candidates, uint64_t seed, size_t count)
{
    struct sf_maker maker = {.candidates = candidates};
    size_t singles = candidates->singles;
    size_t most = candidates->count + (singles > 1 ? count : 0);
    /* Draws that repeat are drawn anew, but not for ever. */
    for (uint64_t draw = 0; candidates->count < most && draw < 4 * count; draw++) {
        uint64_t hash = sf_hash_mix(seed ^ sf_hash_mix(draw));
        const struct sf_candidate *one = &candidates->list[(hash >> 32) % singles];
        const struct sf_candidate *other = &candidates->list[(hash & UINT32_MAX) % singles];
        if (one == other || !may_pair(one) || !may_pair(other) ||
            (!candidates->is_thorough && ends_in_the_midst(one, other)))
            continue;
        sf_maker_add(&maker, &(struct sf_candidate){.injections = {one->injections[0], other->injections[0]},
                                                    .count = 2,
                                                    .place = one->place});
    }
}
