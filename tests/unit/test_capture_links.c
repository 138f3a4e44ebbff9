/* What link rules did is read from the log while it is written. */
#include "reader.h"

#include "base/arena.h"
#include "capture/links.h"
#include "plan/session.h"

#include <stdlib.h>
#include <string.h>

#define SECOND_NS UINT64_C(1000000000)

struct world {
    struct reading *reading;
    struct sf_session_memory *session;
    struct sf_links links;
};

static int setup(void **state)
{
    struct world *world = calloc(1, sizeof *world);
    world->reading = read_valid("name: n\nprograms: {client: 'true'}\n"
                                "faults: [{link: both, delay: 1s}, {call: recv, error: EIO}]\n");
    struct sf_plan *plan = sf_plan_compile(world->reading->scenario);
    world->session = sf_session_create(plan, NULL);
    world->links.session = world->session;
    free(plan);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    sf_session_free(world->session);
    release(world->reading);
    free(world);
    return 0;
}

/* Its place is taken; it is not whole before it has its length. */
static struct sf_event *reserve(struct world *world, uint32_t *bytes)
{
    *bytes = sizeof(struct sf_event) + sizeof(struct sf_firing);
    uint64_t at = atomic_fetch_add(&world->session->events->reserved_bytes, *bytes);
    return (void *)((char *)(world->session->events + 1) + at);
}

static struct sf_event *log_link(struct world *world, uint32_t socket, uint64_t time_ns)
{
    uint32_t bytes;
    struct sf_event *event = reserve(world, &bytes);
    event->version = SF_EVENT_VERSION;
    event->producer = SF_PRODUCER_WIRE;
    event->kind = SF_EVENT_LINK;
    event->rule_count = 1;
    event->socket = socket;
    event->time_ns = time_ns;
    event->asked = 3;
    event->result = SF_LINK_IN;
    atomic_store(&event->bytes, bytes);
    return event;
}

/* The socket that the next note is of; 0: there is none. */
static uint32_t next(struct world *world, uint64_t now_ns)
{
    struct sf_link_note *note = sf_links_next(&world->links, now_ns);
    uint32_t socket = note ? note->socket : 0;
    free(note);
    return socket;
}

static void each_is_read_once_in_its_order(void **state)
{
    struct world *world = *state;
    assert_int_equal(next(world, SECOND_NS), 0);
    log_link(world, 7, 1);
    log_link(world, 5, 2)->kind = SF_EVENT_CALL;
    log_link(world, 6, 3);
    struct sf_link_note *note = sf_links_next(&world->links, SECOND_NS);
    assert_non_null(note);
    assert_int_equal(note->socket, 7);
    assert_int_equal(note->at_byte, 3);
    assert_true(note->is_in);
    free(note);
    assert_int_equal(next(world, SECOND_NS), 6);
    assert_int_equal(next(world, SECOND_NS), 0);
    log_link(world, 8, 4);
    assert_int_equal(next(world, SECOND_NS), 8);
}

static void who_is_still_writing_is_waited_for(void **state)
{
    struct world *world = *state;
    uint32_t bytes;
    log_link(world, 1, SECOND_NS);
    struct sf_event *late = log_link(world, 2, SECOND_NS);
    bytes = late->bytes;
    atomic_store(&late->bytes, 0);
    log_link(world, 3, SECOND_NS);
    assert_int_equal(next(world, SECOND_NS), 1);
    assert_int_equal(next(world, SECOND_NS), 0);
    atomic_store(&late->bytes, bytes);
    assert_int_equal(next(world, SECOND_NS), 2);
    assert_int_equal(next(world, SECOND_NS), 3);
}

static void who_has_died_in_the_middle_is_not(void **state)
{
    struct world *world = *state;
    uint32_t bytes;
    reserve(world, &bytes);
    log_link(world, 3, SECOND_NS);
    assert_int_equal(next(world, SECOND_NS), 0);
    assert_int_equal(next(world, 2 * SECOND_NS), 3);
    reserve(world, &bytes);
    log_link(world, 4, 2 * SECOND_NS);
    assert_int_equal(next(world, 2 * SECOND_NS), 0);
    assert_int_equal(next(world, UINT64_MAX), 4);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_is_read_once_in_its_order),
        TEST(who_is_still_writing_is_waited_for),
        TEST(who_has_died_in_the_middle_is_not),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
