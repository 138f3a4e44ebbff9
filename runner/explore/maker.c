#include "explore/maker.h"

#include "base/arena.h"

enum { ROOM_AT_FIRST = 1024 };

static bool is_new(struct sf_maker *maker, uint64_t hash)
{
    for (size_t i = hash % maker->known_room;; i = (i + 1) % maker->known_room) {
        if (maker->known[i] == hash)
            return false;
        if (maker->known[i] == 0) {
            maker->known[i] = hash;
            return true;
        }
    }
}

static uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash ? hash : 1;
}

static void grow_known(struct sf_maker *maker)
{
    size_t room = maker->known_room ? 2 * maker->known_room : ROOM_AT_FIRST;
    uint64_t *before = maker->known;
    size_t count = maker->known_room;
    maker->known = sf_arena_alloc(maker->candidates->arena, room * sizeof *maker->known);
    maker->known_room = room;
    for (size_t i = 0; i < count; i++)
        if (before[i])
            is_new(maker, before[i]);
}

void sf_maker_add(struct sf_maker *maker, const struct sf_candidate *candidate)
{
    struct sf_candidates *all = maker->candidates;
    struct sf_arena *scratch = sf_arena_new();
    uint64_t hash = hash_text(sf_candidate_text(scratch, candidate));
    sf_arena_free(scratch);
    if (2 * all->count >= maker->known_room)
        grow_known(maker);
    if (!is_new(maker, hash))
        return;
    struct sf_candidate *slot = sf_arena_push(all->arena, &all->list, &all->count, sizeof *slot);
    *slot = *candidate;
}

void sf_maker_add_one(struct sf_maker *maker, const struct sf_injection *injection, uint32_t place)
{
    sf_maker_add(maker, &(struct sf_candidate){.injections = {*injection}, .count = 1, .place = place});
}
