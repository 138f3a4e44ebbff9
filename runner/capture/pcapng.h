/* Blocks of a capture file. Source: draft-ietf-opsawg-pcapng. */
#ifndef SF_CAPTURE_PCAPNG_H
#define SF_CAPTURE_PCAPNG_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Each returns 0 or errno. */

/* What a file begins with. `application` is who writes it. */
int sf_pcapng_begin(FILE *file, const char *application);

/* An interface of Ethernet (libpcap 1.10 reads no second one of raw IP) with times in nanoseconds; they count
 * from 0 in the order of these calls. */
int sf_pcapng_interface(FILE *file, const char *name);

/* A packet in two pieces, of which the second may be there in part: `missing` bytes behind it
 * are not. comment  UTF-8; NULL: none. time_ns  since 1970. */
struct sf_pcapng_packet {
    uint32_t interface;
    uint64_t time_ns;
    const void *head, *body;
    size_t head_bytes, body_bytes, missing;
    const char *comment;
};
int sf_pcapng_packet(FILE *file, const struct sf_pcapng_packet *packet);

#endif
