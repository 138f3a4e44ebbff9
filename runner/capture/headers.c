#include "capture/headers.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <string.h>

#define HOPS 64
#define WINDOW 65535

/* RFC 1071, over a text that begins at an even byte. */
static uint32_t sum(uint32_t so_far, const void *data, size_t bytes)
{
    const uint8_t *at = data;
    uint64_t total = so_far;
    for (size_t i = 0; i + 1 < bytes; i += 2)
        total += (uint32_t)at[i] << 8 | at[i + 1];
    if (bytes % 2)
        total += (uint32_t)at[bytes - 1] << 8;
    while (total >> 16)
        total = (total & 0xffff) + (total >> 16);
    return (uint32_t)total;
}

static uint16_t checksum(uint32_t total)
{
    return htons((uint16_t)~total);
}

static const uint8_t *ipv4_of(const struct sf_addr *address)
{
    return address->ip + 12;
}

/* What TCP and UDP add up beside themselves. */
static uint32_t pseudo_header(const struct sf_packet *packet, uint8_t protocol, size_t bytes)
{
    uint32_t total = protocol + (uint32_t)bytes;
    if (packet->from->domain == SF_DOMAIN_INET6)
        return sum(sum(total, packet->from->ip, 16), packet->to->ip, 16);
    return sum(sum(total, ipv4_of(packet->from), 4), ipv4_of(packet->to), 4);
}

static size_t write_ip(uint8_t *room, const struct sf_packet *packet, uint8_t protocol, size_t payload_bytes)
{
    if (packet->from->domain == SF_DOMAIN_INET6) {
        struct ip6_hdr header = {.ip6_flow = htonl(6u << 28),
                                 .ip6_plen = htons((uint16_t)payload_bytes),
                                 .ip6_nxt = protocol,
                                 .ip6_hlim = HOPS};
        memcpy(&header.ip6_src, packet->from->ip, 16);
        memcpy(&header.ip6_dst, packet->to->ip, 16);
        memcpy(room, &header, sizeof header);
        return sizeof header;
    }
    struct iphdr header = {.version = 4,
                           .ihl = 5,
                           .tot_len = htons((uint16_t)(sizeof header + payload_bytes)),
                           .frag_off = htons(IP_DF),
                           .ttl = HOPS,
                           .protocol = protocol};
    memcpy(&header.saddr, ipv4_of(packet->from), 4);
    memcpy(&header.daddr, ipv4_of(packet->to), 4);
    memcpy(room, &header, sizeof header);
    uint16_t check = checksum(sum(0, room, sizeof header));
    memcpy(room + offsetof(struct iphdr, check), &check, sizeof check);
    return sizeof header;
}

/* The checksum of a body that is not whole is left out, as by a card that computes it itself. */
static uint16_t transport_checksum(const struct sf_packet *packet, uint8_t protocol, const void *header,
                                   size_t header_bytes)
{
    if (packet->missing)
        return 0;
    uint32_t total = pseudo_header(packet, protocol, header_bytes + packet->body_bytes);
    return checksum(sum(sum(total, header, header_bytes), packet->body, packet->body_bytes));
}

static size_t write_tcp(uint8_t *room, const struct sf_packet *packet)
{
    struct tcphdr header = {.th_sport = htons(packet->from->port),
                            .th_dport = htons(packet->to->port),
                            .th_seq = htonl(packet->seq),
                            .th_ack = htonl(packet->flags & SF_ACK ? packet->ack : 0),
                            .th_off = 5,
                            .th_flags = packet->flags,
                            .th_win = htons(WINDOW)};
    size_t ip = write_ip(room, packet, IPPROTO_TCP, sizeof header + packet->body_bytes + packet->missing);
    header.th_sum = transport_checksum(packet, IPPROTO_TCP, &header, sizeof header);
    memcpy(room + ip, &header, sizeof header);
    return ip + sizeof header;
}

static size_t write_udp(uint8_t *room, const struct sf_packet *packet)
{
    struct udphdr header = {.uh_sport = htons(packet->from->port),
                            .uh_dport = htons(packet->to->port),
                            .uh_ulen =
                                htons((uint16_t)(sizeof header + packet->body_bytes + packet->missing))};
    size_t ip = write_ip(room, packet, IPPROTO_UDP, sizeof header + packet->body_bytes + packet->missing);
    header.uh_sum = transport_checksum(packet, IPPROTO_UDP, &header, sizeof header);
    memcpy(room + ip, &header, sizeof header);
    return ip + sizeof header;
}

/* All from and to one made-up address, which is locally administered. */
static size_t write_ethernet(uint8_t *room, const struct sf_packet *packet)
{
    const struct ether_header header = {
        .ether_dhost = {2},
        .ether_shost = {2},
        .ether_type = htons(packet->from->domain == SF_DOMAIN_INET6 ? ETHERTYPE_IPV6 : ETHERTYPE_IP)};
    memcpy(room, &header, sizeof header);
    return sizeof header;
}

size_t sf_headers_write(uint8_t room[static SF_HEADER_BYTES_MAX], const struct sf_packet *packet)
{
    size_t bytes = write_ethernet(room, packet);
    return bytes + (packet->type == SF_TYPE_DGRAM ? write_udp(room + bytes, packet)
                                                  : write_tcp(room + bytes, packet));
}
