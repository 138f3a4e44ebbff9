/* Durations, ranges and comparisons as users write them. */
#include "base/quantity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static void decimal_numbers_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t value;
    } rows[] = {{"0", 0}, {"7", 7}, {"010", 10}, {"18446744073709551615", UINT64_MAX}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t value = 42;
        assert_true(sf_number_parse(rows[i].text, &value));
        assert_int_equal(value, rows[i].value);
    }
}

static void other_texts_are_no_numbers(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       "-1",
                                       "+1",
                                       "1.0",
                                       "0x10",
                                       "1e3",
                                       " 1",
                                       "1 ",
                                       "1_000",
                                       "a",
                                       "18446744073709551616",
                                       "99999999999999999999999"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t value = 42;
        assert_false(sf_number_parse(rows[i], &value));
        assert_int_equal(value, 42);
    }
}

static void durations_are_read_exactly(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t ns;
    } rows[] = {{"1ns", 1},
                {"250us", 250000},
                {"10ms", 10000000},
                {"0.3s", 300000000},
                {"1.5s", 1500000000},
                {"0.000000001s", 1},
                {"1.5m", UINT64_C(90) * 1000000000},
                {"2m", UINT64_C(120) * 1000000000},
                {"1h", UINT64_C(3600) * 1000000000},
                {"0s", 0}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t ns = 42;
        assert_true(sf_duration_parse(rows[i].text, &ns));
        assert_int_equal(ns, rows[i].ns);
    }
}

static void other_texts_are_no_durations(void **state)
{
    (void)state;
    static const char *const rows[] = {"",
                                       "10",
                                       "s",
                                       ".5s",
                                       "1.s",
                                       "1.5.5s",
                                       "10 ms",
                                       "10MS",
                                       "-1s",
                                       "1d",
                                       "1s ",
                                       "9223372037s",
                                       "18446744073709551616ns",
                                       "99999999999999999999h"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t ns = 42;
        assert_false(sf_duration_parse(rows[i], &ns));
        assert_int_equal(ns, 42);
    }
}

static void sizes_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } rows[] = {{"0", 0},          {"100", 100},          {"7B", 7},
                {"010", 10},       {"2KB", 2000},         {"2kB", 2000},
                {"1MB", 1000000},  {"3GB", 3000000000},   {"64KiB", 65536},
                {"1MiB", 1048576}, {"1GiB", 1073741824},  {"18446744073709551615", UINT64_MAX}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t bytes = 42;
        assert_true(sf_size_parse(rows[i].text, &bytes));
        assert_int_equal(bytes, rows[i].bytes);
    }
}

static void other_texts_are_no_sizes(void **state)
{
    (void)state;
    static const char *const rows[] = {"",     "B",    "KiB", "-1",  "+1",   "1.5MB", "1 MB", "1mb",  "1Kib",
                                       "64 K", "64K",  "1b",  "0x10", "1e3", "1TB",   "1MB ", "64KiB/s",
                                       "18446744073709551616", "18014398509481984KiB"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t bytes = 42;
        assert_false(sf_size_parse(rows[i], &bytes));
        assert_int_equal(bytes, 42);
    }
}

static void rates_are_read_in_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes_per_s;
    } rows[] = {{"0/s", 0},           {"100/s", 100},         {"64KiB/s", 65536},       {"1MB/s", 1000000},
                {"1kbit/s", 125},     {"9600B/s", 9600},      {"10Mbit/s", 1250000},    {"1Gbit/s", 125000000},
                {"010kbit/s", 1250},  {"18446744073709551615/s", UINT64_MAX}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t bytes = 42;
        assert_true(sf_rate_parse(rows[i].text, &bytes));
        assert_int_equal(bytes, rows[i].bytes_per_s);
    }
}

static void other_texts_are_no_rates(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",          "/s",        "64KiB",      "10Mbit",     "10 Mbit/s",   "10Mbit/sec", "10Mbit/m",
        "10mbit/s",  "10Kbit/s",  "10MBit/s",   "10bit/s",    "10Mbps",      "10Mbit",     "1.5Mbit/s",
        "-1KiB/s",   "1e3/s",     "10Mbit/s/s", "10Mbit/s ",  "kbit/s",      "64KiB//s",   "10Mibit/s",
        "147573952589676413Gbit/s", "00000000000000000000000000000000000000001/s"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t bytes = 42;
        assert_false(sf_rate_parse(rows[i], &bytes));
        assert_int_equal(bytes, 42);
    }
}

static void fractions_are_read(void **state)
{
    (void)state;
    double value = 42;
    assert_true(sf_fraction_parse("0.25", &value) && value == 0.25);
    assert_true(sf_fraction_parse("1", &value) && value == 1);
    static const char *const rows[] = {"", ".5", "1.", "-1", "1e-1", "inf", "nan", "0x1p3", "0.1.2", "50%"};
    for (size_t i = 0; i < COUNT(rows); i++)
        assert_false(sf_fraction_parse(rows[i], &value));
}

static void ranges_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t first, last;
    } rows[] = {{"3", 3, 3}, {"2..5", 2, 5}, {"4..4", 4, 4}, {"2..", 2, UINT64_MAX}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t first = 42, last = 42;
        assert_true(sf_range_parse(rows[i].text, &first, &last));
        assert_int_equal(first, rows[i].first);
        assert_int_equal(last, rows[i].last);
    }
    static const char *const bad[] = {"", "..", "..3", "5..2", "1...3", "1..2..3", "a..b", "1-3", "-1..3"};
    for (size_t i = 0; i < COUNT(bad); i++) {
        uint64_t first = 42, last = 42;
        assert_false(sf_range_parse(bad[i], &first, &last));
        assert_int_equal(first, 42);
    }
}

static void comparisons_have_inclusive_bounds(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        uint64_t min, max;
    } rows[] = {{"3", 3, 3},           {"<5", 0, 4},           {"<=5", 0, 5},
                {">5", 6, UINT64_MAX}, {">=5", 5, UINT64_MAX}, {">=0", 0, UINT64_MAX},
                {"<1", 0, 0},          {"2..4", 2, 4}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t min = 42, max = 42;
        assert_true(sf_comparison_parse(rows[i].text, sf_number_parse, &min, &max));
        assert_int_equal(min, rows[i].min);
        assert_int_equal(max, rows[i].max);
    }
    uint64_t min, max;
    assert_true(sf_comparison_parse("<1.5s", sf_duration_parse, &min, &max));
    assert_int_equal(max, 1499999999);
    assert_true(sf_comparison_parse("1s..2s", sf_duration_parse, &min, &max));
    assert_int_equal(min, 1000000000);
    assert_int_equal(max, 2000000000);
}

static void impossible_comparisons_are_refused(void **state)
{
    (void)state;
    static const char *const rows[] = {
        "",    "<",    ">=",  "<0",   ">18446744073709551615",
        "=3",  "==3",  "!=3", "4..2", "2..",
        "..4", "many", "<-1", "=<3",  "00000000000000000000000000000000001..2"};
    for (size_t i = 0; i < COUNT(rows); i++) {
        uint64_t min = 42, max = 42;
        assert_false(sf_comparison_parse(rows[i], sf_number_parse, &min, &max));
        assert_int_equal(min, 42);
        assert_int_equal(max, 42);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decimal_numbers_are_read),
        cmocka_unit_test(other_texts_are_no_numbers),
        cmocka_unit_test(durations_are_read_exactly),
        cmocka_unit_test(other_texts_are_no_durations),
        cmocka_unit_test(sizes_are_read),
        cmocka_unit_test(other_texts_are_no_sizes),
        cmocka_unit_test(rates_are_read_in_bytes),
        cmocka_unit_test(other_texts_are_no_rates),
        cmocka_unit_test(fractions_are_read),
        cmocka_unit_test(ranges_are_read),
        cmocka_unit_test(comparisons_have_inclusive_bounds),
        cmocka_unit_test(impossible_comparisons_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
