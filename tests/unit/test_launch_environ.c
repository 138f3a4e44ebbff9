/* What stands in a program's environment. */
#include "launching.h"

#include "launch/environ.h"

static struct sf_environ make(const char *const *base, const struct sf_env *added, size_t count)
{
    return sf_environ_new((char *const *)base, added, count); /* environ's type; it is only read */
}

static void wrapped_program_gets_shim_and_session(void **state)
{
    (void)state;
    const char *const base[] = {"PATH=/bin", NULL};
    struct sf_environ environment = make(base, NULL, 0);
    sf_environ_wrap(&environment, "/lib/libsockfault.so", "1:2:ab:0");
    assert_string_equal(sf_environ_get(&environment, "LD_PRELOAD"), "/lib/libsockfault.so");
    assert_string_equal(sf_environ_get(&environment, "SOCKFAULT_SESSION"), "1:2:ab:0");
    assert_string_equal(sf_environ_get(&environment, "PATH"), "/bin");
    assert_null(environment.list[environment.count]);
    sf_environ_free(&environment);
}

static void other_preloads_stand_behind_the_shim(void **state)
{
    (void)state;
    static const struct {
        const char *before;
        const char *after;
    } cases[] = {
        {"LD_PRELOAD=a.so", "/x/libsockfault.so:a.so"},
        {"LD_PRELOAD=a.so  b.so:c.so", "/x/libsockfault.so:a.so:b.so:c.so"},
        {"LD_PRELOAD=:", "/x/libsockfault.so"},
        {"LD_PRELOAD=a.so:/outer/libsockfault.so:b.so", "/x/libsockfault.so:a.so:b.so"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const base[] = {cases[i].before, NULL};
        struct sf_environ environment = make(base, NULL, 0);
        sf_environ_wrap(&environment, "/x/libsockfault.so", "s");
        assert_string_equal(sf_environ_get(&environment, "LD_PRELOAD"), cases[i].after);
        sf_environ_free(&environment);
    }
}

static void preload_of_the_scenario_goes_before_the_runners(void **state)
{
    (void)state;
    const char *const base[] = {"LD_PRELOAD=runner.so", NULL};
    static const struct sf_env added[] = {{"LD_PRELOAD", "scenario.so"}};
    struct sf_environ environment = make(base, added, 1);
    sf_environ_wrap(&environment, "/x/libsockfault.so", "s");
    assert_string_equal(sf_environ_get(&environment, "LD_PRELOAD"), "/x/libsockfault.so:scenario.so");
    sf_environ_free(&environment);
}

static void nothing_else_is_added(void **state)
{
    (void)state;
    const char *const base[] = {"ASAN_OPTIONS=detect_leaks=0", NULL};
    struct sf_environ environment = make(base, NULL, 0);
    sf_environ_wrap(&environment, "/x/libsockfault.so", "s");
    assert_int_equal(environment.count, 3);
    assert_string_equal(sf_environ_get(&environment, "ASAN_OPTIONS"), "detect_leaks=0");
    sf_environ_free(&environment);
}

static void program_without_shim_gets_none_of_ours(void **state)
{
    (void)state;
    const char *const base[] = {"LD_PRELOAD=/outer/libsockfault.so", "SOCKFAULT_SESSION=1",
                                "SOCKFAULT_PLAN=2", "SOCKFAULT_PROGRAM=3", "SOCKFAULT=kept", NULL};
    struct sf_environ environment = make(base, NULL, 0);
    sf_environ_unwrap(&environment);
    assert_int_equal(environment.count, 1);
    assert_string_equal(environment.list[0], "SOCKFAULT=kept");
    assert_null(environment.list[1]);
    sf_environ_free(&environment);
}

static void added_variable_replaces_and_the_last_one_counts(void **state)
{
    (void)state;
    const char *const base[] = {"A=1", "AB=2", "odd", NULL};
    static const struct sf_env added[] = {{"A", "x"}, {"B", ""}, {"A", "y=z"}};
    struct sf_environ environment = make(base, added, 3);
    assert_string_equal(sf_environ_get(&environment, "A"), "y=z");
    assert_string_equal(sf_environ_get(&environment, "AB"), "2");
    assert_string_equal(sf_environ_get(&environment, "B"), "");
    assert_null(sf_environ_get(&environment, "odd"));
    assert_int_equal(environment.count, 4);
    sf_environ_free(&environment);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrapped_program_gets_shim_and_session),
        cmocka_unit_test(other_preloads_stand_behind_the_shim),
        cmocka_unit_test(preload_of_the_scenario_goes_before_the_runners),
        cmocka_unit_test(nothing_else_is_added),
        cmocka_unit_test(program_without_shim_gets_none_of_ours),
        cmocka_unit_test(added_variable_replaces_and_the_last_one_counts),
    };
    return cmocka_run_group_tests_name("environment", tests, NULL, NULL);
}
