/* Headers of packets that nobody sent: those that would have carried a program's bytes.
 * Source: RFC 791, RFC 8200, RFC 9293, RFC 768. */
#ifndef SF_CAPTURE_HEADERS_H
#define SF_CAPTURE_HEADERS_H

#include "abi/session.h"

#include <stddef.h>
#include <stdint.h>

#define SF_HEADER_BYTES_MAX 74u /* Ethernet, IPv6 and TCP */
#define SF_SEGMENT_BYTES_MAX 32768u
#define SF_DATAGRAM_BYTES_MAX 65000u /* longer ones, of Unix sockets, are shown in pieces */

enum { SF_FIN = 1, SF_SYN = 2, SF_RST = 4, SF_PSH = 8, SF_ACK = 16 }; /* TCP's flags */

struct sf_packet {
    const struct sf_addr *from, *to; /* of one domain, IPv4 or IPv6 */
    uint8_t type;                    /* SF_TYPE_STREAM: TCP; SF_TYPE_DGRAM: UDP */
    uint8_t flags;
    uint32_t seq, ack;
    const void *body;
    size_t body_bytes, missing; /* bytes there, and bytes that it has beyond these */
};

/* Write the headers, with checksums where the whole body is there, and return their length. */
size_t sf_headers_write(uint8_t room[static SF_HEADER_BYTES_MAX], const struct sf_packet *packet);

#endif
