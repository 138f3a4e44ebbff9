/* Regular expressions: what is found, what is wrong with a pattern, what is given up. */
#include "base/regex.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static enum sf_regex_result search_bytes(const char *pattern, const char *data, size_t bytes)
{
    char error[SF_REGEX_ERROR_BYTES];
    struct sf_regex *regex = sf_regex_compile(pattern, error);
    if (!regex)
        fail_msg("%s: %s", pattern, error);
    enum sf_regex_result result = sf_regex_search(regex, data, bytes);
    sf_regex_free(regex);
    return result;
}

static enum sf_regex_result search(const char *pattern, const char *text)
{
    return search_bytes(pattern, text, strlen(text));
}

static void patterns_match_anywhere(void **state)
{
    (void)state;
    assert_int_equal(search("b+", "abbc"), SF_REGEX_FOUND);
    assert_int_equal(search("^b", "abbc"), SF_REGEX_NONE);
    assert_int_equal(search("(?m)^two$", "one\ntwo\nthree\n"), SF_REGEX_FOUND);
    assert_int_equal(search("^(?:x|y){2}\\z", "xy"), SF_REGEX_FOUND);
    assert_int_equal(search("", ""), SF_REGEX_FOUND);
    assert_int_equal(search_bytes("^$", NULL, 0), SF_REGEX_FOUND);
    assert_int_equal(search_bytes("a\\x00b", "a\0b", 3), SF_REGEX_FOUND);
}

static void characters_are_those_of_utf8(void **state)
{
    (void)state;
    assert_int_equal(search("^.$", "\xc3\xa9"), SF_REGEX_FOUND);
    assert_int_equal(search("^.$", "\xff"), SF_REGEX_NONE);
    assert_int_equal(search("b", "a\xff\xfe" "b"), SF_REGEX_FOUND);
}

static void wrong_pattern_says_what_and_where(void **state)
{
    (void)state;
    char error[SF_REGEX_ERROR_BYTES];
    assert_null(sf_regex_compile("a(b", error));
    assert_string_equal(error, "missing closing parenthesis (at offset 3)");
    assert_null(sf_regex_compile("*", error));
    assert_string_equal(error, "quantifier does not follow a repeatable item (at offset 0)");
}

static double seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* Exponential at one place; a long way at each of very many places, which no bound of steps meets. */
static void endless_searches_are_given_up(void **state)
{
    (void)state;
    double start = seconds();
    assert_int_equal(search("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!"), SF_REGEX_GIVEN_UP);
    enum { BYTES = 4 << 20 };
    char *text = malloc(BYTES);
    memset(text, 'a', BYTES);
    assert_int_equal(search_bytes("a++[^a]", text, BYTES), SF_REGEX_GIVEN_UP);
    free(text);
    assert_true(seconds() - start < 60);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_anywhere),
        cmocka_unit_test(characters_are_those_of_utf8),
        cmocka_unit_test(wrong_pattern_says_what_and_where),
        cmocka_unit_test(endless_searches_are_given_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
