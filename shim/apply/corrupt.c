#include "apply/corrupt.h"

#include "engine/hash.h"

static void flip(const struct iovec *vector, size_t count, uint64_t bit)
{
    uint64_t byte = bit / 8;
    for (size_t i = 0; i < count; i++) {
        if (byte < vector[i].iov_len) {
            ((uint8_t *)vector[i].iov_base)[byte] ^= (uint8_t)(1u << bit % 8);
            return;
        }
        byte -= vector[i].iov_len;
    }
}

/* How many of `bytes` bytes lie within the vector. */
static uint64_t part_within(const struct iovec *vector, size_t count, uint64_t bytes)
{
    uint64_t left = bytes;
    for (size_t i = 0; i < count && left; i++)
        left -= vector[i].iov_len < left ? vector[i].iov_len : left;
    return bytes - left;
}

static uint64_t flips_in(const struct sf_verdict *verdict, uint64_t bits)
{
    return verdict->corrupt_bits < bits ? verdict->corrupt_bits : bits;
}

/* The i-th bit to flip: one in each of as many equal stretches, so that none is flipped
 * back, and in rising order. */
static uint64_t place(const struct sf_verdict *verdict, uint64_t bits, uint64_t i)
{
    uint64_t flips = flips_in(verdict, bits);
    uint64_t start = bits / flips * i + (i < bits % flips ? i : bits % flips);
    uint64_t length = bits / flips + (i < bits % flips);
    return start + sf_hash_mix(verdict->corrupt_draw + i) % length;
}

uint32_t sf_corrupt(const struct sf_verdict *verdict, const struct iovec *vector, size_t count,
                    uint64_t bytes)
{
    uint64_t bits = part_within(vector, count, bytes) * 8;
    uint64_t flips = flips_in(verdict, bits);

    for (uint64_t i = 0; i < flips; i++)
        flip(vector, count, place(verdict, bits, i));
    return (uint32_t)flips;
}

uint32_t sf_corrupt_count(const struct sf_verdict *verdict, uint64_t bytes, uint64_t moved)
{
    uint64_t bits = bytes * 8, flips = flips_in(verdict, bits);
    uint32_t count = 0;

    while (count < flips && place(verdict, bits, count) < moved * 8)
        count++;
    return count;
}
