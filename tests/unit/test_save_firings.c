/* From events to the calls at which rules fired, and their text. */
#include "reader.h"

#include "plan/session.h"
#include "save/firings.h"
#include "save/pin.h"
#include "save/tree.h"

#include <stdio.h>

struct world {
    struct sf_arena *arena;
    struct reading *reading;
    struct sf_session_memory *session;
};

static int setup(void **state)
{
    struct sf_arena *arena = sf_arena_new();
    struct world *world = sf_arena_alloc(arena, sizeof *world);
    world->arena = arena;
    world->reading = read_valid("name: n\nprograms: {client: 'true', server: 'true'}\n"
                                "faults:\n"
                                "- {call: recv, partial: random}\n"
                                "- {call: connect, error: EPERM}\n"
                                "- {call: poll, error: EINTR, per: scenario}\n"
                                "- {call: [recv, poll], error: EIO, per: connection}\n");
    struct sf_plan *plan = sf_plan_compile(world->reading->scenario);
    world->session = sf_session_create(plan, NULL);
    free(plan);
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    sf_session_free(world->session);
    release(world->reading);
    sf_arena_free(world->arena);
    return 0;
}

static struct sf_event *log_event(struct world *world, size_t count, const struct sf_firing *firings)
{
    uint64_t bytes = sizeof(struct sf_event) + count * sizeof *firings;
    uint64_t at = atomic_fetch_add(&world->session->events->reserved_bytes, bytes);
    struct sf_event *event = (void *)((char *)(world->session->events + 1) + at);
    event->version = SF_EVENT_VERSION;
    event->producer = SF_PRODUCER_SHIM;
    event->kind = SF_EVENT_CALL;
    event->rule_count = (uint8_t)count;
    memcpy(event->rules, firings, count * sizeof *firings);
    event->bytes = (uint32_t)bytes;
    return event;
}

#define LOG(world, ...)                                                                    \
    log_event(world, sizeof((struct sf_firing[]){__VA_ARGS__}) / sizeof(struct sf_firing), \
              (struct sf_firing[]){__VA_ARGS__})
#define CONNECTION SF_COUNTER_CONNECTION
#define SOCKET SF_COUNTER_SOCKET
#define PROGRAM SF_COUNTER_PROGRAM

/* The text of one rule's node: "connection 1: 1..2; socket 1: 3". */
static const char *text_of(struct world *world, const struct sf_firings *all, size_t rule, bool with_values)
{
    const struct sf_node *node = sf_firings_node(world->arena, &all[rule], world->reading->scenario,
                                                 &world->reading->scenario->rules[rule], with_values);
    const char *text = "";
    if (node->kind == SF_NODE_SCALAR)
        return node->text;
    for (size_t i = 0; i < node->count; i++)
        text = sf_arena_printf(world->arena, "%s%s%s: %s", text, i ? "; " : "", node->pairs[i].key->text,
                               node->pairs[i].value->text);
    return text;
}

static void neighbours_of_equal_value_are_joined(void **state)
{
    struct world *world = *state;
    LOG(world, {0, CONNECTION, 2, 3, 7});
    LOG(world, {0, CONNECTION, 1, 2, 7}, {3, CONNECTION, 1, 9, 0});
    LOG(world, {0, CONNECTION, 2, 1, 7});
    LOG(world, {0, CONNECTION, 2, 2, 7});
    LOG(world, {0, CONNECTION, 2, 4, 8});
    LOG(world, {0, CONNECTION, 2, 6, 8});
    LOG(world, {0, SOCKET, 2, 5, 8});
    const struct sf_firings *all = sf_firings_read(world->arena, world->session);
    assert_string_equal(text_of(world, all, 0, true),
                        "connection 1: 2=7; connection 2: 1..3=7, 4=8, 6=8; socket 2: 5=8");
    assert_string_equal(text_of(world, all, 3, true), "connection 1: 9");
    assert_int_equal(all[0].recorded, 7);
    assert_int_equal(all[1].recorded, 0);
    uint32_t value;
    assert_false(sf_firings_agree(&all[0], &value));
    assert_true(sf_firings_agree(&all[3], &value));
    assert_int_equal(value, 0);
}

/* A connect that is refused and made again: one connection. */
static void a_connection_that_is_met_again_stands_once(void **state)
{
    struct world *world = *state;
    for (unsigned i = 0; i < 2; i++)
        LOG(world, {1, PROGRAM, 0, 3, 0}, {1, PROGRAM, 0, 4, 0})->kind = SF_EVENT_LINK;
    const struct sf_firings *all = sf_firings_read(world->arena, world->session);
    assert_string_equal(text_of(world, all, 1, false), "client: 3..4");
    assert_int_equal(all[1].recorded, 4);
}

static void counts_of_programs_and_of_all_are_named(void **state)
{
    struct world *world = *state;
    LOG(world, {1, PROGRAM, 1, 3, 0}, {2, SF_COUNTER_ALL, 0, 4, 0}, {3, PROGRAM, 0, 1, 0});
    LOG(world, {1, PROGRAM, 0, 3, 0}, {2, SF_COUNTER_ALL, 0, 5, 0});
    const struct sf_firings *all = sf_firings_read(world->arena, world->session);
    assert_string_equal(text_of(world, all, 1, false), "client: 3; server: 3");
    assert_string_equal(text_of(world, all, 2, false), "4..5");
    world->reading->scenario->program_count = 1;                     /* `run` */
    assert_string_equal(text_of(world, all, 3, false), "client: 1"); /* recv might be meant as well */
    assert_int_equal(sf_firings_node(world->arena, &all[0], world->reading->scenario,
                                     &world->reading->scenario->rules[0], false)
                         ->count,
                     0);
}

static void what_cannot_be_named_is_not_recorded(void **state)
{
    struct world *world = *state;
    LOG(world, {4, CONNECTION, 1, 1, 0}, {0, CONNECTION, 0, 1, 0}, {0, SOCKET, 0, 1, 0},
        {0, PROGRAM, 2, 1, 0}, {0, CONNECTION, 1, 0, 0}, {0, PROGRAM + 1, 1, 1, 0}, {0, CONNECTION, 5, 6, 1});
    LOG(world, {0, CONNECTION, 5, 7, 1})->bytes = 0; /* its producer died half-way */
    LOG(world, {0, CONNECTION, 5, 8, 1});
    const struct sf_firings *all = sf_firings_read(world->arena, world->session);
    assert_int_equal(all[0].recorded, 2);
    assert_string_equal(text_of(world, all, 0, false), "connection 5: 6, 8");
}

static void many_calls_are_several_lines(void **state)
{
    struct world *world = *state;
    for (uint32_t i = 1; i <= 200; i++)
        LOG(world, {2, SF_COUNTER_ALL, 0, 2 * i, 0});
    const struct sf_firings *all = sf_firings_read(world->arena, world->session);
    const struct sf_node *node = sf_firings_node(world->arena, &all[2], world->reading->scenario,
                                                 &world->reading->scenario->rules[2], false);
    assert_int_equal(node->kind, SF_NODE_LIST);
    assert_in_range(node->count, 9, 12);
    const char *whole = "";
    for (size_t i = 0; i < node->count; i++) {
        assert_in_range(strlen(node->items[i]->text), 1, 110);
        whole = sf_arena_printf(world->arena, "%s%s%s", whole, i ? ", " : "", node->items[i]->text);
    }
    const char *wanted = "2";
    for (uint32_t i = 2; i <= 200; i++)
        wanted = sf_arena_printf(world->arena, "%s, %u", wanted, 2 * i);
    assert_string_equal(whole, wanted);
}

static void literal_text_holds_no_variable(void **state)
{
    static const char *const pairs[][2] = {
        {"", ""},        {"plain", "plain"},         {"$", "$"},       {"${x}", "$${x}"},
        {"$${", "$$${"}, {"a${b}${c", "a$${b}$${c"}, {"$$ {", "$$ {"},
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const char *literal = sf_pin_literal(world->arena, pairs[i][0]);
        assert_string_equal(literal, pairs[i][1]);
        char text[200];
        snprintf(text, sizeof text, "name: n\nprograms: {p: ['true', '%s']}\n", literal);
        struct reading *reading = read_valid(text); /* as the reader understands it */
        assert_string_equal(reading->scenario->programs[0].argv[1], pairs[i][0]);
        release(reading);
    }
}

static void folder_of_the_scenario_is_pinned_and_nothing_else(void **state)
{
    static const char *const pairs[][2] = {
        {"", ""},
        {"${dir}/x", "${dir}/x"},
        {"${scenario_dir}", "/a$${b}"},
        {"${scenario_dir}/${scenario_dir}x${port.web}", "/a$${b}//a$${b}x${port.web}"},
        {"$${scenario_dir} ${x}${scenario_dir}", "$${scenario_dir} ${x}/a$${b}"},
        {"${scenario_dirs}", "${scenario_dirs}"},
    };
    struct world *world = *state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        assert_string_equal(sf_pin_text(world->arena, pairs[i][0], "/a${b}"), pairs[i][1]);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(neighbours_of_equal_value_are_joined),
        T(counts_of_programs_and_of_all_are_named),
        T(what_cannot_be_named_is_not_recorded),
        T(many_calls_are_several_lines),
        T(a_connection_that_is_met_again_stands_once),
        T(literal_text_holds_no_variable),
        T(folder_of_the_scenario_is_pinned_and_nothing_else),
    };
    return cmocka_run_group_tests_name("save_firings", tests, NULL, NULL);
}
