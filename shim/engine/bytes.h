/* The search for a rule's `match` in a stream, byte by byte. Pure. */
#ifndef SF_ENGINE_BYTES_H
#define SF_ENGINE_BYTES_H

#include <stdint.h>

/* How much of the needle (`length` bytes) the stream ends in, one byte after it ended in its first
 * `held`. Found, it stays so. */
uint32_t sf_match_advance(const uint8_t *needle, uint32_t length, uint32_t held, uint8_t byte);

#endif
