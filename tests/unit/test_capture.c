/* From calls to a capture file, read again by libpcap: conversations, sizes, what is missing. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "capture/capture.h"
#include "capture/headers.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define EPOCH_NS UINT64_C(1700000000000000000)
enum { PACKETS = 64 };

struct packet {
    bool is_out, is_udp;
    uint8_t flags;
    uint32_t seq, ack;
    size_t body_bytes, missing;
    char body[64];
    uint64_t time_ns;
    uint16_t port; /* of the peer */
};

static struct world {
    struct sf_rule rules[1];
    struct sf_program programs[2];
    struct sf_scenario scenario;
    struct sf_capture *capture;
    struct sf_followed sockets[4];
    char path[64], bytes[1 << 20];
    size_t byte_count;
    FILE *file;
    uint64_t now_ns;
    struct packet packets[PACKETS];
    size_t count;
} world;

static struct sf_addr internet(uint8_t last, uint16_t port)
{
    return (struct sf_addr){
        .domain = SF_DOMAIN_INET, .port = port, .ip = {[10] = 0xff, 0xff, 10, 0, 0, last}};
}

static int setup(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.rules[0] = (struct sf_rule){.id = "one-byte", .fault_text = "partial: 1"};
    world.programs[0].name = "client";
    world.programs[1].name = "server";
    world.scenario = (struct sf_scenario){
        .programs = world.programs, .program_count = 2, .rules = world.rules, .rule_count = 1};
    strcpy(world.path, "/tmp/sockfault-capture-XXXXXX");
    world.file = fdopen(mkstemp(world.path), "w");
    assert_non_null(world.file);
    world.capture = sf_capture_new(world.file, &world.scenario, NULL, EPOCH_NS);
    for (uint32_t i = 0; i < 4; i++)
        world.sockets[i] = (struct sf_followed){.number = i,
                                                .domain = SF_DOMAIN_INET,
                                                .type = SF_TYPE_STREAM,
                                                .role = SF_ROLE_CLIENT,
                                                .local = internet(1, 4000),
                                                .peer = internet(2, 80)};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sf_capture_free(world.capture);
    unlink(world.path);
    return 0;
}

struct made {
    enum sf_call_id call;
    int64_t result;
    int error;
    uint64_t asked;
    uint32_t argument, flags, socket, made, cut;
    const char *data;
    uint8_t rules;
    const struct sf_addr *address;
};

static void make(struct made made)
{
    static const struct sf_firing firing = {.rule = 0};
    const struct sf_trace_call record = {.call = (uint16_t)made.call,
                                         .fd = 3,
                                         .argument = made.argument,
                                         .flags = made.flags,
                                         .end_ns = ++world.now_ns,
                                         .asked = made.asked,
                                         .result = made.error ? -1 : made.result,
                                         .error = made.error,
                                         .rule_count = made.rules,
                                         .data_bytes =
                                             made.data ? made.cut ? made.cut : (uint32_t)made.result : 0};
    const struct sf_traced call = {.record = &record,
                                   .firings = &firing,
                                   .address = made.address,
                                   .data = made.data,
                                   .socket = &world.sockets[made.made     ? made.made
                                                            : made.socket ? made.socket
                                                                          : 1],
                                   .listener = made.made ? &world.sockets[3] : NULL};
    sf_capture_take(world.capture, &call);
}
#define MAKE(name, ...) make((struct made){.call = SF_CALL_##name, __VA_ARGS__})

static void read_transport(struct packet *packet, const uint8_t *at, size_t there, size_t whole,
                           uint8_t protocol)
{
    struct tcphdr tcp;
    struct udphdr udp;
    size_t head = protocol == IPPROTO_TCP ? sizeof tcp : sizeof udp;

    assert_true(there >= head);
    packet->is_udp = protocol == IPPROTO_UDP;
    if (packet->is_udp) {
        memcpy(&udp, at, sizeof udp);
        assert_int_equal(ntohs(udp.uh_ulen), whole);
        packet->is_out = ntohs(udp.uh_dport) != 4000;
        packet->port = ntohs(packet->is_out ? udp.uh_dport : udp.uh_sport);
    } else {
        memcpy(&tcp, at, sizeof tcp);
        packet->is_out = ntohs(tcp.th_dport) != 4000;
        packet->port = ntohs(packet->is_out ? tcp.th_dport : tcp.th_sport);
        packet->flags = tcp.th_flags;
        packet->seq = ntohl(tcp.th_seq);
        packet->ack = ntohl(tcp.th_ack);
    }
    packet->body_bytes = there - head;
    packet->missing = whole - there;
    memcpy(packet->body, at + head, packet->body_bytes < 63 ? packet->body_bytes : 63);
}

static void read_packet(struct packet *packet, const struct pcap_pkthdr *header, const uint8_t *data)
{
    struct iphdr ip;
    struct ip6_hdr ip6;

    size_t there = header->caplen - sizeof(struct ether_header);
    size_t whole = header->len - sizeof(struct ether_header);
    data += sizeof(struct ether_header);
    packet->time_ns = (uint64_t)header->ts.tv_sec * 1000000000 + (uint64_t)header->ts.tv_usec;
    if (data[0] >> 4 == 4) {
        memcpy(&ip, data, sizeof ip);
        assert_int_equal(ntohs(ip.tot_len), whole);
        read_transport(packet, data + sizeof ip, there - sizeof ip, whole - sizeof ip, ip.protocol);
    } else {
        memcpy(&ip6, data, sizeof ip6);
        assert_int_equal(ntohs(ip6.ip6_plen), whole - sizeof ip6);
        read_transport(packet, data + sizeof ip6, there - sizeof ip6, whole - sizeof ip6, ip6.ip6_nxt);
    }
}

static void read_back(void)
{
    char error[PCAP_ERRBUF_SIZE];
    struct pcap_pkthdr *header;
    const uint8_t *data;

    assert_int_equal(sf_capture_end(world.capture, 0), 0);
    pcap_t *pcap = pcap_open_offline_with_tstamp_precision(world.path, PCAP_TSTAMP_PRECISION_NANO, error);
    if (!pcap)
        fail_msg("%s", error);
    assert_int_equal(pcap_datalink(pcap), DLT_EN10MB);
    int result;
    while ((result = pcap_next_ex(pcap, &header, &data)) == 1) {
        assert_true(world.count < PACKETS);
        read_packet(&world.packets[world.count++], header, data);
    }
    if (result != PCAP_ERROR_BREAK)
        fail_msg("%s", pcap_geterr(pcap));
    pcap_close(pcap);
    FILE *file = fopen(world.path, "re");
    world.byte_count = fread(world.bytes, 1, sizeof world.bytes, file);
    fclose(file);
    fclose(world.file);
}

static bool has_text(const char *text)
{
    return memmem(world.bytes, world.byte_count, text, strlen(text)) != NULL;
}

static void expect(size_t at, bool is_out, uint8_t flags, uint32_t seq, uint32_t ack, size_t body_bytes)
{
    const struct packet *packet = &world.packets[at];
    assert_true(at < world.count);
    assert_int_equal(packet->is_out, is_out);
    assert_int_equal(packet->flags, flags);
    assert_int_equal(packet->seq, seq);
    assert_int_equal(packet->ack, ack);
    assert_int_equal(packet->body_bytes, body_bytes);
}

static void a_conversation_has_a_beginning_and_ends_both_ways(void **state)
{
    (void)state;
    MAKE(connect);
    MAKE(send, .asked = 5, .result = 5, .data = "hello");
    MAKE(recv, .asked = 99, .result = 3, .data = "yes");
    MAKE(recv, .asked = 99, .result = 0);
    MAKE(recv, .asked = 99, .result = 0);
    world.sockets[1].closed_ns = 1;
    MAKE(close);
    read_back();
    assert_int_equal(world.count, 7);
    expect(0, true, SF_SYN, 0, 0, 0);
    expect(1, false, SF_SYN | SF_ACK, 0, 1, 0);
    expect(2, true, SF_ACK, 1, 1, 0);
    expect(3, true, SF_ACK | SF_PSH, 1, 1, 5);
    expect(4, false, SF_ACK | SF_PSH, 1, 6, 3);
    expect(5, false, SF_FIN | SF_ACK, 4, 6, 0);
    expect(6, true, SF_FIN | SF_ACK, 6, 5, 0);
    assert_memory_equal(world.packets[4].body, "yes", 3);
    assert_int_equal(world.packets[3].time_ns, EPOCH_NS + 2);
    assert_true(has_text("client") && has_text("server"));
}

static void a_server_is_greeted_by_its_peer(void **state)
{
    (void)state;
    world.sockets[2].role = SF_ROLE_SERVER;
    MAKE(accept, .made = 2, .result = 5);
    MAKE(recv, .socket = 2, .asked = 9, .result = 2, .data = "hi");
    read_back();
    assert_int_equal(world.count, 4);
    expect(0, false, SF_SYN, 0, 0, 0);
    expect(1, true, SF_SYN | SF_ACK, 0, 1, 0);
    expect(3, false, SF_ACK | SF_PSH, 1, 1, 2);
}

static void a_connect_that_does_not_wait_is_answered_when_bytes_pass(void **state)
{
    (void)state;
    MAKE(connect, .error = EINPROGRESS);
    MAKE(send, .asked = 1, .result = 1, .data = "x");
    read_back();
    assert_int_equal(world.count, 4);
    expect(1, false, SF_SYN | SF_ACK, 0, 1, 0);
}

static void each_refused_try_has_a_syn_and_a_reset(void **state)
{
    (void)state;
    MAKE(connect, .error = ECONNREFUSED, .rules = 1);
    MAKE(connect, .error = ETIMEDOUT);
    MAKE(connect);
    read_back();
    assert_int_equal(world.count, 2 + 1 + 3);
    expect(1, false, SF_RST | SF_ACK, 0, 1, 0);
    expect(2, true, SF_SYN, 0, 0, 0);
    assert_true(has_text("connect(3): rule one-byte (partial: 1)"));
}

static void a_reset_ends_it_once(void **state)
{
    (void)state;
    MAKE(connect);
    MAKE(recv, .asked = 9, .error = ECONNRESET);
    MAKE(send, .asked = 9, .error = EPIPE);
    world.sockets[1].closed_ns = 1;
    MAKE(close);
    read_back();
    assert_int_equal(world.count, 4);
    expect(3, false, SF_RST | SF_ACK, 1, 1, 0);
}

static void a_large_send_is_cut_and_what_is_missing_is_counted(void **state)
{
    static char data[70000];
    (void)state;
    MAKE(connect);
    MAKE(send, .asked = 70000, .result = 70000, .data = data, .cut = 40000);
    MAKE(sendfile, .asked = 10, .result = 10);
    read_back();
    assert_int_equal(world.count, 7);
    assert_int_equal(world.packets[3].body_bytes, 32768);
    assert_int_equal(world.packets[3].flags, SF_ACK);
    assert_int_equal(world.packets[4].body_bytes, 40000 - 32768);
    assert_int_equal(world.packets[4].missing, 2 * 32768 - 40000);
    assert_int_equal(world.packets[5].missing, 70000 - 2 * 32768);
    assert_int_equal(world.packets[5].flags, SF_ACK | SF_PSH);
    expect(6, true, SF_ACK | SF_PSH, 70001, 1, 0);
    assert_int_equal(world.packets[6].missing, 10);
}

static void what_is_only_looked_at_has_not_passed(void **state)
{
    (void)state;
    MAKE(connect);
    MAKE(recv, .asked = 9, .result = 2, .data = "hi", .argument = MSG_PEEK);
    MAKE(recv, .asked = 9, .error = EAGAIN);
    MAKE(recv, .asked = 9, .error = EAGAIN, .rules = 1);
    read_back();
    assert_int_equal(world.count, 4);
    expect(3, true, SF_ACK, 1, 1, 0); /* which carries the comment */
    assert_true(has_text("recv(3): rule one-byte (partial: 1)"));
}

static void a_connection_that_was_there_before_has_no_beginning(void **state)
{
    (void)state;
    MAKE(send, .asked = 1, .result = 1, .data = "x");
    MAKE(shutdown, .argument = SHUT_RD);
    MAKE(shutdown, .argument = SHUT_WR);
    read_back();
    assert_int_equal(world.count, 2);
    expect(0, true, SF_ACK | SF_PSH, 1, 1, 1);
    expect(1, true, SF_FIN | SF_ACK, 2, 1, 0);
}

static void datagrams_go_where_the_call_says(void **state)
{
    const struct sf_addr other = internet(3, 53);
    (void)state;
    world.sockets[1].type = SF_TYPE_DGRAM;
    world.sockets[1].peer = (struct sf_addr){0};
    MAKE(sendto, .asked = 3, .result = 3, .data = "abc", .address = &other);
    MAKE(recvfrom, .asked = 9, .result = 0, .address = &other);
    MAKE(recvfrom, .asked = 9, .result = 2, .data = "de", .address = &other);
    world.sockets[1].closed_ns = 1;
    MAKE(shutdown, .argument = SHUT_WR);
    MAKE(close);
    read_back();
    assert_int_equal(world.count, 3);
    assert_true(world.packets[0].is_udp && world.packets[0].is_out);
    assert_int_equal(world.packets[0].port, 53);
    assert_false(world.packets[1].is_out);
    assert_int_equal(world.packets[1].body_bytes, 0);
    assert_false(world.packets[2].is_out);
    assert_memory_equal(world.packets[2].body, "de", 2);
}

static void a_datagram_is_one_packet(void **state)
{
    static char data[60000];
    (void)state;
    world.sockets[1].type = SF_TYPE_DGRAM;
    MAKE(send, .asked = 60000, .result = 60000, .data = data);
    read_back();
    assert_int_equal(world.count, 1);
    assert_int_equal(world.packets[0].body_bytes, 60000);
}

static void each_message_of_a_batch_has_its_own(void **state)
{
    const struct sf_addr other = internet(3, 53);
    (void)state;
    world.sockets[1].type = SF_TYPE_DGRAM;
    MAKE(sendmmsg, .asked = 2, .result = 2, .data = "abcde", .cut = 5, .flags = SF_TRACE_CONTINUED);
    MAKE(sendmmsg, .result = 2, .data = "ab", .flags = SF_TRACE_MORE | SF_TRACE_CONTINUED, .address = &other);
    MAKE(sendmmsg, .result = 3, .data = "cde", .flags = SF_TRACE_MORE);
    read_back();
    assert_int_equal(world.count, 2);
    assert_int_equal(world.packets[0].port, 53);
    assert_int_equal(world.packets[0].body_bytes, 2);
    assert_memory_equal(world.packets[1].body, "cde", 3);
}

static void data_that_follows_is_the_calls_own(void **state)
{
    (void)state;
    MAKE(connect);
    MAKE(send, .asked = 5, .result = 5, .data = "ab", .cut = 2, .flags = SF_TRACE_CONTINUED);
    MAKE(send, .result = 3, .data = "cde", .flags = SF_TRACE_MORE);
    read_back();
    assert_int_equal(world.count, 5);
    expect(3, true, SF_ACK, 1, 1, 2);
    expect(4, true, SF_ACK | SF_PSH, 3, 1, 3);
    assert_int_equal(world.packets[3].missing, 0);
}

static void messages_of_a_connection_are_shown_as_a_stream(void **state)
{
    (void)state;
    world.sockets[1].domain = SF_DOMAIN_UNIX;
    world.sockets[1].type = SF_TYPE_OTHER;
    world.sockets[1].local = world.sockets[1].peer = (struct sf_addr){.domain = SF_DOMAIN_UNIX};
    MAKE(send, .asked = 1, .result = 1, .data = "x");
    world.sockets[1].closed_ns = 1;
    MAKE(close);
    read_back();
    assert_int_equal(world.count, 2);
    expect(0, true, SF_ACK | SF_PSH, 1, 1, 1);
    expect(1, true, SF_FIN | SF_ACK, 2, 1, 0);
}

static void a_unix_socket_has_stand_ins_and_its_name(void **state)
{
    (void)state;
    world.sockets[1].domain = SF_DOMAIN_UNIX;
    world.sockets[1].local = (struct sf_addr){.domain = SF_DOMAIN_UNIX};
    world.sockets[1].peer = (struct sf_addr){.domain = SF_DOMAIN_UNIX, .path_len = 11, .path = "/run/x.sock"};
    MAKE(connect);
    MAKE(send, .asked = 1, .result = 1, .data = "x");
    read_back();
    assert_int_equal(world.count, 4);
    assert_int_equal(world.packets[0].port, 49153);
    assert_true(has_text("socket 1: unix:/run/x.sock"));
}

static void a_full_disk_is_told(void **state)
{
    FILE *full = fopen("/dev/full", "we");
    (void)state;
    fclose(world.file);
    struct sf_capture *capture = sf_capture_new(full, &world.scenario, NULL, EPOCH_NS);
    assert_int_equal(sf_capture_end(capture, 0), ENOSPC);
    sf_capture_free(capture);
    fclose(full);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_conversation_has_a_beginning_and_ends_both_ways),
        TEST(a_server_is_greeted_by_its_peer),
        TEST(a_connect_that_does_not_wait_is_answered_when_bytes_pass),
        TEST(each_refused_try_has_a_syn_and_a_reset),
        TEST(a_reset_ends_it_once),
        TEST(a_large_send_is_cut_and_what_is_missing_is_counted),
        TEST(what_is_only_looked_at_has_not_passed),
        TEST(a_connection_that_was_there_before_has_no_beginning),
        TEST(datagrams_go_where_the_call_says),
        TEST(a_datagram_is_one_packet),
        TEST(each_message_of_a_batch_has_its_own),
        TEST(data_that_follows_is_the_calls_own),
        TEST(messages_of_a_connection_are_shown_as_a_stream),
        TEST(a_unix_socket_has_stand_ins_and_its_name),
        TEST(a_full_disk_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
