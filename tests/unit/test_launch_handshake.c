/* The exec table: who is under way, and who never loaded the shim. */
#include "abi/handshake.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { SLOTS = 128 };
static _Alignas(64) struct sf_exec execs[SLOTS];

static unsigned in_state(uint32_t state)
{
    unsigned n = 0;
    for (unsigned i = 0; i < SLOTS; i++)
        n += sf_exec_state(sf_exec_read(&execs[i])) == state;
    return n;
}

static int clear(void **state)
{
    (void)state;
    memset(execs, 0, sizeof execs);
    return 0;
}

static void announced_exec_stays_pending(void **state)
{
    (void)state;
    assert_true(sf_exec_announce(execs, SLOTS, 4711, 3, "/usr/bin/tool"));
    assert_int_equal(in_state(SF_EXEC_PENDING), 1);
    struct sf_exec *exec = &execs[4711 % SLOTS];
    assert_int_equal(exec->pid, 4711);
    assert_int_equal(exec->program, 3);
    assert_string_equal(exec->path, "/usr/bin/tool");
}

static void announced_exec_that_loads_leaves_nothing(void **state)
{
    (void)state;
    sf_exec_announce(execs, SLOTS, 10, 0, "a");
    sf_exec_announce(execs, SLOTS, 11, 0, "b");
    assert_true(sf_exec_loaded(execs, SLOTS, 10, 0));
    assert_int_equal(in_state(SF_EXEC_FREE), SLOTS - 1);
    assert_int_equal(execs[11].pid, 11);
}

static void failed_exec_is_withdrawn(void **state)
{
    (void)state;
    sf_exec_announce(execs, SLOTS, 10, 0, "a");
    sf_exec_withdraw(execs, SLOTS, 10);
    assert_int_equal(in_state(SF_EXEC_FREE), SLOTS);
}

static void spawned_child_is_settled_in_either_order(void **state)
{
    (void)state;
    assert_true(sf_exec_loaded(execs, SLOTS, 10, 0));
    assert_int_equal(in_state(SF_EXEC_LOADED), 1);
    assert_true(sf_exec_spawned(execs, SLOTS, 10, 0, "a"));
    assert_int_equal(in_state(SF_EXEC_FREE), SLOTS);
    assert_true(sf_exec_spawned(execs, SLOTS, 10, 0, "a"));
    assert_int_equal(in_state(SF_EXEC_PENDING), 1);
    assert_true(sf_exec_loaded(execs, SLOTS, 10, 0));
    assert_int_equal(in_state(SF_EXEC_FREE), SLOTS);
}

static void long_path_keeps_its_tail(void **state)
{
    (void)state;
    char path[300];
    memset(path, 'x', sizeof path);
    memcpy(path + sizeof path - 6, "/tail", 6);
    sf_exec_announce(execs, SLOTS, 1, 0, path);
    assert_int_equal(strlen(execs[1].path), sizeof execs[1].path - 1);
    assert_string_equal(execs[1].path + sizeof execs[1].path - 6, "/tail");
}

static void full_table_evicts_loaded_and_then_refuses(void **state)
{
    (void)state;
    for (uint32_t i = 0; i < SF_EXEC_WAYS; i++)
        assert_non_null(sf_exec_insert(execs, SLOTS, i ? SF_EXEC_PENDING : SF_EXEC_LOADED, 5, 0, "p"));
    assert_true(sf_exec_announce(execs, SLOTS, 5, 0, "one more"));
    assert_int_equal(in_state(SF_EXEC_LOADED), 0);
    assert_false(sf_exec_announce(execs, SLOTS, 5, 0, "too many"));
    assert_false(sf_exec_announce(execs, 0, 5, 0, "no table"));
}

/* posix_spawn's two sides race: whatever the order, nothing is left. */
static pthread_barrier_t barrier;
enum { ROUNDS = 20000 };

static void *child_side(void *unused)
{
    (void)unused;
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        pthread_barrier_wait(&barrier);
        sf_exec_loaded(execs, SLOTS, i, 0);
    }
    return NULL;
}

static void racing_spawn_and_load_leave_nothing(void **state)
{
    (void)state;
    pthread_t thread;
    pthread_barrier_init(&barrier, NULL, 2);
    assert_int_equal(pthread_create(&thread, NULL, child_side, NULL), 0);
    for (uint32_t i = 1; i <= ROUNDS; i++) {
        pthread_barrier_wait(&barrier);
        sf_exec_spawned(execs, SLOTS, i, 0, "spawned");
    }
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&barrier);
    assert_int_equal(in_state(SF_EXEC_FREE), SLOTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(announced_exec_stays_pending, clear),
        cmocka_unit_test_setup(announced_exec_that_loads_leaves_nothing, clear),
        cmocka_unit_test_setup(failed_exec_is_withdrawn, clear),
        cmocka_unit_test_setup(spawned_child_is_settled_in_either_order, clear),
        cmocka_unit_test_setup(long_path_keeps_its_tail, clear),
        cmocka_unit_test_setup(full_table_evicts_loaded_and_then_refuses, clear),
        cmocka_unit_test_setup(racing_spawn_and_load_leave_nothing, clear),
    };
    return cmocka_run_group_tests_name("exec handshake", tests, NULL, NULL);
}
