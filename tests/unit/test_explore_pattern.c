/* What of an output is compared. */
#include "exploring.h"

static int setup(void **state)
{
    *state = sf_arena_new();
    return 0;
}

static int teardown(void **state)
{
    sf_arena_free(*state);
    return 0;
}

static struct sf_pattern_text *learn(void **state, const char *text)
{
    return sf_pattern_learn(*state, text, strlen(text));
}

static bool fits(const struct sf_pattern_text *pattern, const char *text)
{
    return sf_pattern_fits(pattern, text, strlen(text));
}

static void widen(struct sf_pattern_text *pattern, const char *text)
{
    sf_pattern_widen(pattern, text, strlen(text));
}

static void equal_output_fits_and_no_other(void **state)
{
    struct sf_pattern_text *pattern = learn(state, "hello to you\n");
    assert_true(fits(pattern, "hello to you\n"));
    assert_false(fits(pattern, "hello to yo"));
    assert_false(fits(pattern, ""));
    assert_false(fits(pattern, "hello to you\n\n"));
}

static void empty_output_fits_itself(void **state)
{
    struct sf_pattern_text *pattern = learn(state, "");
    widen(pattern, "");
    assert_true(fits(pattern, ""));
    assert_false(fits(pattern, "x"));
    assert_false(sf_pattern_varies(pattern));
}

static void word_that_varied_is_not_compared_but_the_others_are(void **state)
{
    struct sf_pattern_text *pattern = learn(state, "port 8080 is open\n");
    widen(pattern, "port 915 is open\n");
    assert_true(sf_pattern_varies(pattern));
    assert_true(fits(pattern, "port 77777 is open\n"));
    assert_false(fits(pattern, "port 77777 is shut\n"));
    assert_false(fits(pattern, "port 77777 is open"));
    assert_false(fits(pattern, "port  is open\n"));
}

static void outputs_of_other_shape_are_beyond_comparison(void **state)
{
    struct sf_pattern_text *pattern = learn(state, "one\ntwo\n");
    widen(pattern, "one\n");
    assert_true(fits(pattern, "anything"));
    assert_null(sf_pattern_regex(*state, pattern));
}

static void long_output_is_compared_by_its_sum(void **state)
{
    size_t bytes = SF_PATTERN_BYTES_MAX + 1;
    char *text = calloc(1, bytes);
    struct sf_pattern_text *pattern = sf_pattern_learn(*state, text, bytes);
    assert_true(sf_pattern_fits(pattern, text, bytes));
    text[bytes / 2] = 1;
    assert_false(sf_pattern_fits(pattern, text, bytes));
    free(text);
}

static void regex_says_what_is_compared(void **state)
{
    struct sf_pattern_text *pattern = learn(state, "a.b 12\n");
    assert_string_equal(sf_pattern_regex(*state, pattern), "a\\.b 12\\n");
    widen(pattern, "a.b 7\n");
    assert_string_equal(sf_pattern_regex(*state, pattern), "a\\.b \\w+\\n");
    assert_string_equal(sf_pattern_regex(*state, learn(state, "gr\u00fc\u00df\033[m")),
                        "gr\u00fc\u00df\\x1b\\[m");
    assert_null(sf_pattern_regex(*state, learn(state, "\xff\n")));
}

static void what_never_varied_is_kept_whole(void **state)
{
    uint64_t bytes;
    struct sf_pattern_text *pattern = learn(state, "one 1\n");
    assert_memory_equal(sf_pattern_whole(pattern, &bytes), "one 1\n", 6);
    assert_int_equal(bytes, 6);
    widen(pattern, "one 2\n");
    assert_null(sf_pattern_whole(pattern, &bytes));
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(equal_output_fits_and_no_other),
        T(empty_output_fits_itself),
        T(word_that_varied_is_not_compared_but_the_others_are),
        T(outputs_of_other_shape_are_beyond_comparison),
        T(long_output_is_compared_by_its_sum),
        T(regex_says_what_is_compared),
        T(what_never_varied_is_kept_whole),
    };
    return cmocka_run_group_tests_name("explore_pattern", tests, NULL, NULL);
}
