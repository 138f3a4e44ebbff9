/* The counter-based generator behind every random decision: no state, so that
 * a decision depends on its inputs alone.
 *
 * Source: the finaliser of SplitMix64 (Steele, Lea, Flood 2014), chained. */
#ifndef SF_ENGINE_HASH_H
#define SF_ENGINE_HASH_H

#include <stdint.h>

static inline uint64_t sf_hash_mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* FNV-1a: the same on every machine and in every version. */
static inline uint32_t sf_hash_text(const char *text)
{
    uint32_t sum = 2166136261u;
    for (; *text; text++)
        sum = (sum ^ (unsigned char)*text) * 16777619u;
    return sum;
}

enum sf_draw { SF_DRAW_FIRE, SF_DRAW_LENGTH, SF_DRAW_BITS, SF_DRAW_DELAY };

/* The draw `purpose` for one call: where it stands, not when it ran.
 *
 * draws  sf_plan_rule.draws: which rule asks. */
static inline uint64_t sf_hash_draw(uint64_t seed, enum sf_draw purpose, uint32_t draws, uint32_t connection,
                                    uint32_t call)
{
    uint64_t x = sf_hash_mix(seed ^ (uint64_t)purpose << 56);
    x = sf_hash_mix(x ^ draws);
    return sf_hash_mix(x ^ ((uint64_t)connection << 32 | call));
}

#endif
