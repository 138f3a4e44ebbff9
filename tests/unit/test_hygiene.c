/* From calls to warnings of broken habits: each habit, and what only looks like it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "hygiene/hygiene.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define MS UINT64_C(1000000)

enum { SOCKETS = 400 };

static struct world {
    struct sf_warnings warnings;
    struct sf_hygiene *hygiene;
    struct sf_followed sockets[SOCKETS];
    uint64_t now_ns;
} world;

static void name_site(void *context, uint32_t pid, uint64_t address, char *room)
{
    (void)context;
    if (room)
        snprintf(room, SF_SITE_BYTES, "f%u (f.c:%u)", pid, (unsigned)address);
}

static int setup(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.hygiene = sf_hygiene_new(&world.warnings, name_site, NULL);
    for (uint32_t i = 0; i < SOCKETS; i++)
        world.sockets[i] = (struct sf_followed){.number = i,
                                                .connection = i,
                                                .domain = SF_DOMAIN_INET,
                                                .type = SF_TYPE_STREAM,
                                                .state = SF_STATE_ESTABLISHED,
                                                .peer = {.domain = SF_DOMAIN_INET, .port = 80}};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sf_hygiene_free(world.hygiene);
    return 0;
}

/* A call of thread 7 on socket 1, descriptor 3, which takes 1 us. Tests change what matters. */
struct made {
    enum sf_call_id call;
    int64_t result;
    int error;
    uint64_t asked;
    uint32_t flags, argument, pid, tid, socket, at, made;
    int fd; /* 0: 3 */
    uint64_t took_ns;
    bool is_unfinished, is_faulted;
    enum sf_state state;
};

static void make(struct made made)
{
    static const struct sf_firing firing = {.rule = 2};
    uint64_t took_ns = made.took_ns ? made.took_ns : 1000;
    const struct sf_trace_call record = {.pid = made.pid ? made.pid : 5,
                                         .tid = made.tid ? made.tid : 7,
                                         .call = (uint16_t)made.call,
                                         .fd = made.fd ? made.fd : 3,
                                         .flags = made.flags,
                                         .argument = made.argument,
                                         .begin_ns = world.now_ns,
                                         .end_ns = world.now_ns + took_ns,
                                         .return_address = made.at,
                                         .asked = made.asked,
                                         .result = made.error ? -1 : made.result,
                                         .error = made.error,
                                         .rule_count = made.is_faulted};
    struct sf_followed *socket = made.socket == UINT32_MAX ? NULL : &world.sockets[made.socket ? made.socket : 1];
    const struct sf_traced call = {.record = &record,
                                   .firings = made.is_faulted ? &firing : NULL,
                                   .socket = made.made ? &world.sockets[made.made] : socket,
                                   .listener = made.made && socket ? socket : NULL,
                                   .state_before = made.state,
                                   .is_unfinished = made.is_unfinished};
    world.now_ns += took_ns;
    sf_hygiene_take(world.hygiene, &call);
}
#define MAKE(name, ...) make((struct made){.call = SF_CALL_##name, __VA_ARGS__})

static const struct sf_warning *only(enum sf_habit habit)
{
    if (world.warnings.count != 1)
        fail_msg("%u warnings, not one", world.warnings.count);
    assert_string_equal(sf_habit_names[world.warnings.list[0].habit], sf_habit_names[habit]);
    return &world.warnings.list[0];
}

static void none(void)
{
    if (world.warnings.count)
        fail_msg("%s", sf_habit_names[world.warnings.list[0].habit]);
}

static void a_send_behind_an_error_is_warned_of_once(void **state)
{
    (void)state;
    MAKE(send, .asked = 10, .error = ECONNRESET, .at = 40);
    none();
    MAKE(write, .asked = 10, .error = EPIPE, .at = 50);
    MAKE(close, .at = 60);
    const struct sf_warning *warning = only(SF_HABIT_ERROR_IGNORED);
    assert_int_equal(warning->call, SF_CALL_send);
    assert_int_equal(warning->then_call, SF_CALL_write);
    assert_int_equal(warning->error, ECONNRESET);
    assert_int_equal(warning->fd, 3);
    assert_int_equal(warning->peer.port, 80);
    assert_int_equal(warning->times, 1);
    assert_string_equal(warning->site, "f5 (f.c:40)");
}

static void the_same_place_is_counted(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        MAKE(send, .error = EPIPE, .at = 40);
        MAKE(send, .error = EPIPE, .at = 40);
        MAKE(close, .at = 60);
    }
    assert_true(only(SF_HABIT_ERROR_IGNORED)->times >= 3);
}

static void errors_that_pass_are_none(void **state)
{
    (void)state;
    MAKE(recv, .error = EAGAIN);
    MAKE(recv, .error = EINTR);
    MAKE(recv, .result = 5, .asked = 5);
    MAKE(connect, .error = EINPROGRESS);
    MAKE(send, .result = 5, .asked = 5);
    MAKE(send, .error = EAGAIN);
    MAKE(send, .result = 5, .asked = 5);
    none();
}

static void acting_on_an_error_is_right(void **state)
{
    (void)state;
    MAKE(connect, .error = ECONNREFUSED);
    MAKE(connect, .result = 0); /* tries again */
    MAKE(send, .result = 5, .asked = 5);
    MAKE(send, .error = EPIPE);
    MAKE(recv, .result = 5, .asked = 9); /* what the peer has said of it */
    MAKE(recv, .error = ECONNRESET, .asked = 9);
    MAKE(shutdown, .error = ENOTCONN);
    MAKE(close);
    none();
}

static void a_failed_connect_that_is_sent_on_is_warned_of(void **state)
{
    (void)state;
    MAKE(connect, .error = ECONNREFUSED);
    MAKE(poll, .result = 1, .fd = -1, .socket = UINT32_MAX);
    MAKE(send, .error = EPIPE);
    assert_int_equal(only(SF_HABIT_ERROR_IGNORED)->call, SF_CALL_connect);
}

static void another_thread_need_not_know(void **state)
{
    (void)state;
    MAKE(recv, .error = ECONNRESET, .tid = 7);
    MAKE(send, .error = EPIPE, .tid = 8);
    MAKE(close, .tid = 7);
    none();
}

static void a_datagrams_error_is_about_that_one(void **state)
{
    (void)state;
    world.sockets[1].type = SF_TYPE_DGRAM;
    MAKE(send, .error = ECONNREFUSED);
    MAKE(send, .result = 5, .asked = 5);
    MAKE(recv, .error = ECONNREFUSED);
    MAKE(recv, .result = 5, .asked = 5);
    none();
}

static void a_bind_that_failed_and_a_listen_all_the_same(void **state)
{
    (void)state;
    MAKE(bind, .error = EADDRINUSE);
    MAKE(listen, .result = 0);
    only(SF_HABIT_ERROR_IGNORED);
}

static void a_cut_read_and_a_close_is_a_message_lost(void **state)
{
    (void)state;
    MAKE(recv, .asked = 1024, .result = 400, .flags = SF_TRACE_LEFT, .is_faulted = true, .at = 9);
    MAKE(close);
    const struct sf_warning *warning = only(SF_HABIT_READ_AS_MESSAGE);
    assert_int_equal(warning->count, 400);
    assert_int_equal(warning->rule, 2);
    assert_int_equal(warning->then_call, SF_CALL_close);
}

static void who_reads_on_is_right(void **state)
{
    (void)state;
    for (int i = 0; i < 9; i++)
        MAKE(recv, .asked = 1024, .result = 1, .flags = SF_TRACE_LEFT, .is_faulted = true);
    MAKE(recv, .asked = 1024, .result = 1, .is_faulted = true);
    MAKE(send, .asked = 5, .result = 5);
    MAKE(close);
    none();
}

static void a_whole_message_with_another_behind_it_may_be_answered(void **state)
{
    (void)state;
    for (int i = 0; i < 6; i++)
        MAKE(recv, .asked = 1024, .result = 1, .flags = SF_TRACE_LEFT, .is_faulted = true);
    MAKE(send, .asked = 5, .result = 5);
    MAKE(recv, .asked = 1024, .result = 100, .flags = SF_TRACE_LEFT, .is_faulted = true);
    MAKE(send, .asked = 5, .result = 5);
    none();
}

static void a_byte_is_no_message_to_answer(void **state)
{
    (void)state;
    MAKE(send, .asked = 5, .result = 5);
    MAKE(recv, .asked = 1024, .result = 1, .flags = SF_TRACE_LEFT, .is_faulted = true);
    MAKE(send, .asked = 5, .result = 5);
    only(SF_HABIT_READ_AS_MESSAGE);
}

static void who_has_read_on_may_leave_the_rest(void **state)
{
    (void)state;
    MAKE(recv, .asked = 100, .result = 50, .flags = SF_TRACE_LEFT);
    MAKE(recv, .asked = 100, .result = 50, .flags = SF_TRACE_LEFT);
    MAKE(close);
    none();
}

static void the_end_of_a_message_may_be_answered(void **state)
{
    (void)state;
    MAKE(recv, .asked = 100, .result = 50, .flags = SF_TRACE_LEFT);
    MAKE(send, .asked = 10, .result = 10);
    MAKE(send, .asked = 10, .result = 10);
    MAKE(recv, .asked = 100, .result = 1, .flags = SF_TRACE_LEFT);
    MAKE(send, .asked = 10, .result = 10);
    none();
}

static void a_short_send_is_made_good_or_warned_of(void **state)
{
    (void)state;
    MAKE(send, .asked = 2000, .result = 700);
    MAKE(recv, .asked = 10, .result = 10);
    MAKE(send, .asked = 1300, .result = 1300);
    MAKE(shutdown, .argument = SHUT_WR);
    none();
    MAKE(send, .asked = 2000, .result = 700, .at = 4);
    MAKE(close);
    const struct sf_warning *warning = only(SF_HABIT_SHORT_SEND);
    assert_int_equal(warning->count, 700);
    assert_int_equal(warning->of, 2000);
}

static void a_copy_that_is_closed_ends_no_send(void **state)
{
    (void)state;
    MAKE(send, .asked = 2000, .result = 700, .pid = 6, .fd = 1);
    MAKE(close, .fd = 1); /* the parent's */
    MAKE(close, .pid = 6, .fd = 4);
    none();
    MAKE(close, .pid = 6, .fd = 1);
    only(SF_HABIT_SHORT_SEND);
}

static void a_peer_that_has_ended_needs_no_rest(void **state)
{
    (void)state;
    MAKE(send, .asked = 2000, .result = 700);
    MAKE(close, .state = SF_STATE_CLOSE_WAIT);
    MAKE(send, .socket = 2, .asked = 2000, .result = 700);
    MAKE(send, .socket = 2, .asked = 1300, .error = EPIPE);
    MAKE(close, .socket = 2);
    none();
}

static void a_datagram_longer_than_its_room_is_warned_of(void **state)
{
    (void)state;
    world.sockets[1].type = SF_TYPE_DGRAM;
    MAKE(recv, .asked = 10, .result = 10, .flags = SF_TRACE_TRUNCATED, .argument = MSG_PEEK);
    MAKE(recv, .asked = 10, .result = 40, .flags = SF_TRACE_TRUNCATED, .argument = MSG_TRUNC);
    none();
    MAKE(recv, .asked = 10, .result = 10, .flags = SF_TRACE_TRUNCATED);
    assert_int_equal(only(SF_HABIT_TRUNCATED_DATAGRAM)->count, 10);
}

static void many_reads_of_one_byte_are_warned_of(void **state)
{
    (void)state;
    for (int i = 0; i < 63; i++)
        MAKE(recv, .asked = 1, .result = 1);
    MAKE(recv, .asked = 16, .result = 16);
    for (int i = 0; i < 63; i++)
        MAKE(recv, .asked = 1, .result = 1);
    none();
    MAKE(recv, .asked = 1, .result = 1);
    for (int i = 0; i < 200; i++)
        MAKE(recv, .asked = 1, .result = 1);
    only(SF_HABIT_TINY_READS);
}

static void reads_that_a_rule_cuts_to_a_byte_are_not_tiny(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++)
        MAKE(recv, .asked = 100, .result = 1, .is_faulted = true);
    none();
}

static void a_silent_peer_and_no_bound(void **state)
{
    (void)state;
    MAKE(recv, .asked = 10, .error = ETIMEDOUT, .took_ns = 2000 * MS, .at = 3);
    const struct sf_warning *warning = only(SF_HABIT_NO_TIMEOUT);
    assert_int_equal(warning->count, 2000 * MS);
}

static void a_wait_that_never_ended_is_a_candidate(void **state)
{
    (void)state;
    world.now_ns = 77;
    MAKE(recv, .asked = 10, .is_unfinished = true);
    const struct sf_warning *warning = only(SF_HABIT_NO_TIMEOUT);
    assert_int_equal(warning->count, 0);
    assert_int_equal(warning->of, 77);
}

static void who_takes_requests_may_wait(void **state)
{
    (void)state;
    world.sockets[1].type = world.sockets[2].type = SF_TYPE_DGRAM;
    MAKE(recvfrom, .asked = 10, .result = 5);
    MAKE(sendto, .asked = 5, .result = 5);
    MAKE(recvfrom, .asked = 10, .is_unfinished = true);
    none();
    MAKE(sendto, .socket = 2, .asked = 5, .result = 5);
    MAKE(recvfrom, .socket = 2, .asked = 10, .is_unfinished = true);
    only(SF_HABIT_NO_TIMEOUT);
}

static void waits_that_are_bounded_or_not_in_vain(void **state)
{
    (void)state;
    MAKE(recv, .asked = 10, .result = 5, .took_ns = 9000 * MS, .flags = SF_TRACE_WAITED);
    MAKE(accept, .took_ns = 9000 * MS, .is_unfinished = true);
    MAKE(recv, .asked = 10, .error = EAGAIN, .took_ns = 2000 * MS, .flags = SF_TRACE_WAITED | SF_TRACE_BOUNDED);
    MAKE(setsockopt, .socket = 2, .argument = (uint32_t)SOL_SOCKET << 16 | SO_RCVTIMEO);
    MAKE(recv, .socket = 2, .asked = 10, .took_ns = 2000 * MS, .is_unfinished = true);
    MAKE(fcntl, .socket = 3, .argument = F_SETFL);
    MAKE(connect, .socket = 3, .error = ETIMEDOUT, .took_ns = 2000 * MS);
    none();
}

static void spin(unsigned calls)
{
    for (unsigned i = 0; i < calls; i++)
        MAKE(recv, .asked = 10, .error = EAGAIN);
}

static void many_calls_that_bring_nothing(void **state)
{
    (void)state;
    spin(50000); /* of 1 us, the first of which has none before it */
    none();
    spin(1);
    const struct sf_warning *warning = only(SF_HABIT_BUSY_LOOP);
    assert_int_equal(warning->count, 50001);
    assert_int_equal(warning->of, 50 * MS);
    assert_int_equal(warning->error, EAGAIN);
}

static void slow_calls_are_counted_too(void **state)
{
    (void)state;
    for (int i = 0; i < 999; i++)
        MAKE(recv, .asked = 10, .error = EAGAIN, .took_ns = 90000);
    none();
    MAKE(recv, .asked = 10, .error = EAGAIN, .took_ns = 90000);
    only(SF_HABIT_BUSY_LOOP);
}

static void who_has_no_cpu_for_a_while_is_busy_still(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        spin(3000);
        MAKE(recv, .asked = 10, .error = EAGAIN, .flags = SF_TRACE_WAITED | SF_TRACE_NONBLOCKING, .took_ns = 9 * MS);
        MAKE(poll, .result = 1, .argument = 500, .fd = -1, .socket = UINT32_MAX, .took_ns = 9 * MS);
    }
    only(SF_HABIT_BUSY_LOOP);
}

static void a_poll_that_is_not_acted_on(void **state)
{
    (void)state;
    for (int i = 0; i < 50001; i++)
        MAKE(poll, .result = 1, .argument = UINT32_MAX, .fd = -1, .socket = UINT32_MAX);
    only(SF_HABIT_BUSY_LOOP);
}

static void who_waits_or_works_is_not_busy(void **state)
{
    (void)state;
    for (int i = 0; i < 60000; i++) {
        MAKE(epoll_wait, .result = 1, .fd = -1, .socket = UINT32_MAX);
        MAKE(recv, .asked = 10, .result = 10);
        MAKE(recv, .asked = 10, .error = EAGAIN);
    }
    for (int i = 0; i < 60000; i++) {
        MAKE(poll, .result = i % 2, .argument = 500, .fd = -1, .socket = UINT32_MAX, .took_ns = 2 * MS);
        MAKE(recv, .asked = 10, .error = EAGAIN);
    }
    for (int i = 0; i < 60000; i++)
        MAKE(recv, .asked = 10, .error = EAGAIN, .took_ns = i % 500 ? 0 : 2 * MS);
    for (int i = 0; i < 3996; i++)
        MAKE(recv, .asked = 10, .error = EAGAIN, .tid = 20 + (uint32_t)(i % 4));
    for (int i = 0; i < 2000; i++)
        MAKE(recv, .asked = 10, .error = EAGAIN, .tid = 30, .took_ns = 200000);
    none();
}

static void a_second_close_is_warned_of(void **state)
{
    (void)state;
    MAKE(close, .error = EBADF, .fd = 9, .socket = UINT32_MAX); /* whatever that was, no socket of ours */
    MAKE(close, .fd = 5);
    MAKE(close, .fd = 5, .error = EBADF, .socket = UINT32_MAX, .at = 44);
    MAKE(close, .fd = 5, .error = EBADF, .socket = UINT32_MAX);
    const struct sf_warning *warning = only(SF_HABIT_CLOSED_TWICE);
    assert_int_equal(warning->fd, 5);
    assert_string_equal(warning->site, "f5 (f.c:44)");
}

static void closing_all_numbers_means_none(void **state)
{
    (void)state;
    MAKE(close, .fd = 5);
    MAKE(close, .fd = 7, .socket = 2);
    for (int fd = 5; fd < 9; fd++)
        MAKE(close, .fd = fd, .error = EBADF, .socket = UINT32_MAX);
    none();
}

static void a_second_close_hits_what_another_thread_opened(void **state)
{
    (void)state;
    MAKE(close, .fd = 5, .tid = 7, .at = 1);
    MAKE(socket, .fd = -1, .socket = UINT32_MAX, .made = 2, .result = 5, .tid = 8, .at = 2);
    MAKE(close, .fd = 5, .tid = 7, .socket = 2, .at = 3);
    none();
    MAKE(send, .fd = 5, .tid = 8, .socket = UINT32_MAX, .error = EBADF, .at = 4);
    const struct sf_warning *warning = only(SF_HABIT_CLOSED_ANOTHERS);
    assert_string_equal(warning->site, "f5 (f.c:3)");
    assert_int_equal(warning->then_call, SF_CALL_send);
}

static void a_worker_may_close_what_it_was_given(void **state)
{
    (void)state;
    MAKE(accept, .fd = 3, .made = 1, .result = 5, .tid = 8);
    MAKE(recv, .fd = 5, .tid = 7, .result = 5, .asked = 5);
    MAKE(close, .fd = 5, .tid = 7);
    MAKE(accept, .fd = 3, .made = 2, .result = 5, .tid = 8);
    MAKE(recv, .fd = 5, .socket = 2, .tid = 7, .result = 5, .asked = 5);
    MAKE(close, .fd = 5, .socket = 2, .tid = 7);
    none();
}

#define OPEN(number, ...) MAKE(socket, .fd = -1, .socket = UINT32_MAX, .made = number, .result = 3, __VA_ARGS__)

static void what_is_open_at_the_end_is_a_candidate(void **state)
{
    (void)state;
    OPEN(1, .at = 11);
    OPEN(2, .at = 12);
    OPEN(3, .at = 13);
    MAKE(close, .socket = 2);
    MAKE(recv, .socket = 3, .asked = 5, .error = ECONNRESET);
    MAKE(recv, .asked = 5, .result = 5);
    sf_hygiene_end(world.hygiene);
    assert_int_equal(world.warnings.count, 2);
    assert_int_equal(world.warnings.list[0].habit, SF_HABIT_UNCLOSED_AFTER_FAULT);
    assert_int_equal(world.warnings.list[0].error, ECONNRESET);
    assert_string_equal(world.warnings.list[0].site, "f5 (f.c:13)");
    assert_true(world.warnings.list[0].is_due);
    assert_int_equal(world.warnings.list[1].habit, SF_HABIT_UNCLOSED);
    assert_string_equal(world.warnings.list[1].site, "f5 (f.c:11)");
    assert_false(world.warnings.list[1].is_due); /* it is used to the end */
}

static void a_socket_whose_use_is_over_is_due(void **state)
{
    (void)state;
    OPEN(1, .at = 11);
    OPEN(2, .at = 12);
    MAKE(recv, .socket = 1, .asked = 5, .result = 0);
    MAKE(shutdown, .socket = 2);
    sf_hygiene_end(world.hygiene);
    assert_int_equal(world.warnings.count, 2);
    assert_true(world.warnings.list[0].is_due);
    assert_true(world.warnings.list[1].is_due);
}

static void sockets_left_behind_one_by_one_are_due(void **state)
{
    (void)state;
    OPEN(1, .at = 11);
    MAKE(recv, .asked = 5, .result = 5);
    OPEN(2, .at = 11);
    MAKE(recv, .socket = 2, .asked = 5, .result = 5);
    OPEN(3, .at = 11);
    sf_hygiene_end(world.hygiene);
    assert_int_equal(world.warnings.count, 3);
    assert_true(world.warnings.list[0].is_due);
    assert_true(world.warnings.list[1].is_due);
    assert_false(world.warnings.list[2].is_due); /* nothing was opened since */
}

static void one_that_is_kept_for_later_is_not_due(void **state)
{
    (void)state;
    OPEN(1, .at = 11);
    MAKE(recv, .asked = 5, .result = 5);
    OPEN(2, .at = 11);
    world.sockets[3].peer.port = 81;
    OPEN(3, .at = 11);
    sf_hygiene_end(world.hygiene);
    for (uint32_t i = 0; i < world.warnings.count; i++)
        assert_false(world.warnings.list[i].is_due);
}

static void a_listener_is_in_use_to_the_end(void **state)
{
    (void)state;
    OPEN(1, .at = 11);
    world.sockets[1].state = SF_STATE_LISTEN;
    OPEN(2, .at = 11);
    OPEN(3, .at = 11);
    MAKE(shutdown, .socket = 1);
    sf_hygiene_end(world.hygiene);
    for (uint32_t i = 0; i < world.warnings.count; i++)
        if (world.warnings.list[i].state == SF_STATE_LISTEN)
            assert_false(world.warnings.list[i].is_due);
}

static void however_many_are_left_there_is_room(void **state)
{
    (void)state;
    for (uint32_t i = 1; i < SOCKETS; i++)
        OPEN(i, .at = 11);
    sf_hygiene_end(world.hygiene);
    assert_int_equal(world.warnings.more, 0);
    assert_int_equal(world.warnings.count, 64);
    assert_true(world.warnings.list[63].is_due);
}

static void a_pool_that_is_used_to_the_end_is_not_due(void **state)
{
    (void)state;
    OPEN(1, .at = 11);
    OPEN(2, .at = 11);
    MAKE(recv, .asked = 5, .result = 5);
    MAKE(recv, .socket = 2, .asked = 5, .result = 5);
    sf_hygiene_end(world.hygiene);
    assert_int_equal(world.warnings.count, 2);
    assert_false(world.warnings.list[0].is_due);
    assert_false(world.warnings.list[1].is_due);
}

static void a_childs_close_is_not_that_of_its_parent(void **state)
{
    (void)state;
    OPEN(1, .at = 11);
    OPEN(2, .at = 11);
    MAKE(close, .pid = 6);
    MAKE(close, .socket = 2, .pid = 6);
    MAKE(close, .socket = 2);
    sf_hygiene_end(world.hygiene);
    only(SF_HABIT_UNCLOSED);
}

static void a_fault_that_was_got_over_is_none(void **state)
{
    (void)state;
    OPEN(1, .at = 11);
    MAKE(recv, .asked = 5, .error = EINTR, .is_faulted = true);
    MAKE(recv, .asked = 5, .result = 5);
    MAKE(recv, .asked = 5, .result = 1, .is_faulted = true);
    sf_hygiene_end(world.hygiene);
    assert_false(only(SF_HABIT_UNCLOSED)->is_due);
}

static void a_fault_that_was_not_is_one(void **state)
{
    (void)state;
    OPEN(1, .at = 11);
    MAKE(recv, .asked = 5, .error = EINTR, .is_faulted = true);
    sf_hygiene_end(world.hygiene);
    assert_int_equal(only(SF_HABIT_UNCLOSED_AFTER_FAULT)->error, EINTR);
}

static void a_send_that_never_came_back_may_be_a_death_by_sigpipe(void **state)
{
    (void)state;
    MAKE(send, .asked = 5, .is_unfinished = true);
    assert_int_equal(world.warnings.count, 2);
    assert_int_equal(world.warnings.list[0].habit, SF_HABIT_NO_TIMEOUT);
    assert_int_equal(world.warnings.list[1].habit, SF_HABIT_SIGPIPE);
}

static void more_than_there_is_room_for_is_counted(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < SF_WARNINGS_MAX + 3; i++) {
        MAKE(send, .error = EPIPE, .at = 1000 + i);
        MAKE(send, .error = EPIPE, .at = 1);
        MAKE(connect);
    }
    assert_int_equal(world.warnings.count, SF_WARNINGS_MAX);
    assert_true(world.warnings.more > 0);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_send_behind_an_error_is_warned_of_once),
        TEST(the_same_place_is_counted),
        TEST(errors_that_pass_are_none),
        TEST(acting_on_an_error_is_right),
        TEST(a_failed_connect_that_is_sent_on_is_warned_of),
        TEST(another_thread_need_not_know),
        TEST(a_datagrams_error_is_about_that_one),
        TEST(a_bind_that_failed_and_a_listen_all_the_same),
        TEST(a_cut_read_and_a_close_is_a_message_lost),
        TEST(who_reads_on_is_right),
        TEST(a_whole_message_with_another_behind_it_may_be_answered),
        TEST(a_byte_is_no_message_to_answer),
        TEST(who_has_read_on_may_leave_the_rest),
        TEST(the_end_of_a_message_may_be_answered),
        TEST(a_short_send_is_made_good_or_warned_of),
        TEST(a_copy_that_is_closed_ends_no_send),
        TEST(a_peer_that_has_ended_needs_no_rest),
        TEST(a_datagram_longer_than_its_room_is_warned_of),
        TEST(many_reads_of_one_byte_are_warned_of),
        TEST(reads_that_a_rule_cuts_to_a_byte_are_not_tiny),
        TEST(a_silent_peer_and_no_bound),
        TEST(a_wait_that_never_ended_is_a_candidate),
        TEST(who_takes_requests_may_wait),
        TEST(waits_that_are_bounded_or_not_in_vain),
        TEST(many_calls_that_bring_nothing),
        TEST(slow_calls_are_counted_too),
        TEST(who_has_no_cpu_for_a_while_is_busy_still),
        TEST(a_poll_that_is_not_acted_on),
        TEST(who_waits_or_works_is_not_busy),
        TEST(a_second_close_is_warned_of),
        TEST(closing_all_numbers_means_none),
        TEST(a_second_close_hits_what_another_thread_opened),
        TEST(a_worker_may_close_what_it_was_given),
        TEST(what_is_open_at_the_end_is_a_candidate),
        TEST(a_socket_whose_use_is_over_is_due),
        TEST(sockets_left_behind_one_by_one_are_due),
        TEST(one_that_is_kept_for_later_is_not_due),
        TEST(a_listener_is_in_use_to_the_end),
        TEST(however_many_are_left_there_is_room),
        TEST(a_pool_that_is_used_to_the_end_is_not_due),
        TEST(a_childs_close_is_not_that_of_its_parent),
        TEST(a_fault_that_was_got_over_is_none),
        TEST(a_fault_that_was_not_is_one),
        TEST(a_send_that_never_came_back_may_be_a_death_by_sigpipe),
        TEST(more_than_there_is_room_for_is_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
