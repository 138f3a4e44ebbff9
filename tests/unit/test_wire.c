/* The wire's parts: deadlines, rates, waits, what is watched, datagrams that wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/memory.h"
#include "wire/datagram.h"
#include "wire/deadline.h"
#include "wire/loop.h"
#include "wire/rate.h"
#include "wire/wait.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define S UINT64_C(1000000000)
#define MS UINT64_C(1000000)
enum { MANY = 1000 };

static void deadlines_come_in_order_whatever_order_they_were_set_in(void **state)
{
    (void)state;
    struct sf_deadlines deadlines = {0};
    static struct sf_deadline many[MANY];
    srand(1);
    for (unsigned i = 0; i < MANY; i++)
        sf_deadline_set(&deadlines, &many[i], (uint64_t)rand());
    for (unsigned i = 0; i < MANY; i += 3) /* earlier, later */
        sf_deadline_set(&deadlines, &many[i], (uint64_t)rand());
    for (unsigned i = 0; i < MANY; i += 7)
        sf_deadline_set(&deadlines, &many[i], SF_NEVER);
    uint64_t last = 0;
    unsigned count = 0;
    for (struct sf_deadline *first; (first = sf_deadlines_first(&deadlines)); count++) {
        assert_true(first->at_ns >= last);
        last = first->at_ns;
        sf_deadline_set(&deadlines, first, SF_NEVER);
        assert_int_equal(first->place, 0);
    }
    assert_int_equal(count, MANY - (MANY + 6) / 7);
    sf_deadlines_free(&deadlines);
}

static void no_deadline_is_none(void **state)
{
    (void)state;
    struct sf_deadlines deadlines = {0};
    struct sf_deadline one = {0};
    assert_null(sf_deadlines_first(&deadlines));
    sf_deadline_set(&deadlines, &one, SF_NEVER);
    assert_null(sf_deadlines_first(&deadlines));
    sf_deadline_set(&deadlines, &one, 5);
    sf_deadline_set(&deadlines, &one, 5);
    assert_ptr_equal(sf_deadlines_first(&deadlines), &one);
    sf_deadline_set(&deadlines, &one, SF_NEVER);
    assert_null(sf_deadlines_first(&deadlines));
    sf_deadlines_free(&deadlines);
}

/* How many bytes pass from `from_ns` on in `ns`, where a sender takes all that it may. */
static uint64_t pass_for(struct sf_rate *rate, uint64_t from_ns, uint64_t ns)
{
    uint64_t passed = 0, now_ns = from_ns;
    while (now_ns < from_ns + ns) {
        uint64_t bytes = sf_rate_allows(rate, now_ns);
        if (bytes == 0) {
            assert_true(sf_rate_when(rate) > now_ns);
            now_ns = sf_rate_when(rate);
            continue;
        }
        sf_rate_take(rate, now_ns, bytes);
        passed += bytes;
    }
    return passed;
}

static void a_rate_lets_pass_what_it_says(void **state)
{
    (void)state;
    static const uint64_t rates[] = {1, 100, 65536, 1250000, 5000000000};
    for (unsigned i = 0; i < sizeof rates / sizeof *rates; i++) {
        struct sf_rate rate = sf_rate_new(rates[i]);
        uint64_t want = rates[i] * 100, burst = rates[i] / 100 > 1500 ? rates[i] / 100 : 1500;
        uint64_t got = pass_for(&rate, 7 * S, 100 * S);
        assert_in_range(got, want - want / 1000 - 1, want + want / 1000 + burst);
    }
}

static void a_pause_gives_no_more_than_a_burst(void **state)
{
    (void)state;
    struct sf_rate rate = sf_rate_new(1000000);
    sf_rate_take(&rate, S, 50000);
    assert_int_equal(sf_rate_allows(&rate, S), 0);
    assert_int_equal(sf_rate_allows(&rate, 1000 * S), 10000);
}

static void a_rate_that_nobody_has_used_is_due_at_once(void **state)
{
    (void)state;
    struct sf_rate rate = sf_rate_new(1000000), none = {0};
    assert_int_equal(sf_rate_when(&rate), 0);
    assert_int_equal(sf_rate_when(&none), 0);
}

static void no_rate_lets_everything_pass(void **state)
{
    (void)state;
    struct sf_rate rate = {0};
    sf_rate_take(&rate, S, 1000);
    assert_int_equal(sf_rate_allows(&rate, S), UINT64_MAX);
}

static struct sf_wait waits(bool may_spin)
{
    struct sf_wait wait = sf_wait_new(epoll_create1(EPOLL_CLOEXEC));
    assert_true(wait.epoll >= 0);
    wait.may_spin = may_spin;
    return wait;
}

static void a_wait_ends_at_its_time_and_not_before(void **state)
{
    (void)state;
    struct epoll_event event;
    for (int may_spin = 0; may_spin < 2; may_spin++) {
        struct sf_wait wait = waits(may_spin);
        for (unsigned i = 0; i < 20; i++) {
            wait.early_ns = i % 2 ? wait.early_ns : 3 * MS * (unsigned)may_spin; /* it thinks timers late */
            uint64_t now_ns = sf_clock_now_ns(), until_ns = now_ns + 2 * MS;
            assert_int_equal(sf_wait_for(&wait, &event, 1, until_ns, &now_ns), 0);
            assert_true(now_ns >= until_ns && now_ns <= sf_clock_now_ns());
        }
        close(wait.epoll);
    }
}

static void an_event_ends_a_wait(void **state)
{
    (void)state;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = 7};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    for (int may_spin = 0; may_spin < 2; may_spin++) {
        struct sf_wait wait = waits(may_spin);
        assert_int_equal(epoll_ctl(wait.epoll, EPOLL_CTL_ADD, ends[0], &event), 0);
        for (uint64_t until_ns = 0; until_ns <= SF_NEVER / 2; until_ns += SF_NEVER / 2) {
            struct epoll_event got = {0};
            uint64_t now_ns = sf_clock_now_ns();
            assert_int_equal(sf_wait_for(&wait, &got, 1, until_ns ? SF_NEVER : 0, &now_ns), 1);
            assert_int_equal(got.data.u32, 7);
        }
        close(wait.epoll);
    }
    close(ends[0]);
    close(ends[1]);
}

static void a_wait_spins_where_events_come_soon_alone(void **state)
{
    (void)state;
    struct epoll_event event;
    struct sf_wait wait = waits(true);
    wait.spin_ns = 8;
    for (unsigned i = 0; i < 4; i++) {
        uint64_t now_ns = sf_clock_now_ns();
        sf_wait_for(&wait, &event, 1, now_ns + 2 * MS, &now_ns);
    }
    assert_int_equal(wait.spin_ns, 0);
    close(wait.epoll);
}

static void nobody_spins_where_others_want_the_processor(void **state)
{
    (void)state;
    struct epoll_event event;
    struct sf_wait wait = waits(true);
    uint64_t now_ns = sf_clock_now_ns();
    wait.spin_ns = 1000000;
    wait.busy_until_ns = now_ns + S;
    sf_wait_for(&wait, &event, 1, now_ns + 2 * MS, &now_ns);
    assert_int_equal(wait.spin_ns, 0);
    close(wait.epoll);
}

static void what_is_watched_no_more_gives_no_event_whoever_has_it(void **state)
{
    (void)state;
    int ends[2];
    struct epoll_event event;
    struct sf_wire wire = {.wait = sf_wait_new(epoll_create1(0))};
    assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, ends), 0);
    int kept = dup(ends[0]);
    struct sf_watch watch = {.fd = ends[0]};
    assert_true(sf_watch_begin(&wire, &watch));
    sf_watch_end(&wire, &watch);
    assert_int_equal(watch.fd, -1);
    sf_watch_end(&wire, &watch);
    assert_int_equal(send(ends[1], "x", 1, 0), 1);
    assert_int_equal(epoll_wait(wire.wait.epoll, &event, 1, 0), 0);
    close(kept);
    close(ends[1]);
    close(wire.wait.epoll);
}

static void put(struct sf_datagram_queue *queue, char text, uint16_t peer, uint64_t due_ns)
{
    struct sf_datagram *datagram = sf_memory_new(sizeof *datagram + 1);
    datagram->peer.v4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = peer};
    datagram->due_ns = due_ns;
    datagram->bytes = 1;
    datagram->data[0] = text;
    sf_datagram_queue_put(queue, datagram);
}

/* In which order they leave. */
static const char *order_of(struct sf_datagram_queue *queue)
{
    static char text[16];
    size_t count = 0;
    uint64_t last_ns = 0;
    for (struct sf_datagram *datagram; (datagram = sf_datagram_queue_take(queue)); free(datagram)) {
        assert_true(datagram->due_ns >= last_ns);
        last_ns = datagram->due_ns;
        text[count++] = datagram->data[0];
    }
    text[count] = 0;
    assert_int_equal(queue->bytes, 0);
    return text;
}

static void datagrams_leave_when_they_are_due(void **state)
{
    (void)state;
    struct sf_datagram_queue queue = {0};
    assert_null(sf_datagram_queue_take(&queue));
    put(&queue, 'c', 1, 30);
    put(&queue, 'a', 2, 10);
    put(&queue, 'b', 3, 20);
    put(&queue, 'd', 4, 30); /* behind who came before it */
    assert_int_equal(queue.bytes, 4);
    assert_string_equal(order_of(&queue), "abcd");
}

static void those_of_one_peer_stay_in_order(void **state)
{
    (void)state;
    struct sf_datagram_queue queue = {0};
    put(&queue, 'a', 1, 30);
    put(&queue, 'c', 2, 40);
    put(&queue, 'b', 1, 10); /* as late as the one before it */
    put(&queue, '0', 2, 5);
    put(&queue, 'x', 3, 1);
    assert_string_equal(order_of(&queue), "xabc0");
}

static void a_copy_is_alike_and_by_itself(void **state)
{
    (void)state;
    struct sf_datagram_queue queue = {0};
    put(&queue, 'a', 1, 10);
    struct sf_datagram *copy = sf_datagram_copy(queue.first);
    copy->data[0] = 'b';
    sf_datagram_queue_append(&queue, copy);
    assert_string_equal(order_of(&queue), "ab");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deadlines_come_in_order_whatever_order_they_were_set_in),
        cmocka_unit_test(no_deadline_is_none),
        cmocka_unit_test(a_rate_lets_pass_what_it_says),
        cmocka_unit_test(a_pause_gives_no_more_than_a_burst),
        cmocka_unit_test(a_rate_that_nobody_has_used_is_due_at_once),
        cmocka_unit_test(no_rate_lets_everything_pass),
        cmocka_unit_test(a_wait_ends_at_its_time_and_not_before),
        cmocka_unit_test(an_event_ends_a_wait),
        cmocka_unit_test(a_wait_spins_where_events_come_soon_alone),
        cmocka_unit_test(nobody_spins_where_others_want_the_processor),
        cmocka_unit_test(what_is_watched_no_more_gives_no_event_whoever_has_it),
        cmocka_unit_test(datagrams_leave_when_they_are_due),
        cmocka_unit_test(those_of_one_peer_stay_in_order),
        cmocka_unit_test(a_copy_is_alike_and_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
