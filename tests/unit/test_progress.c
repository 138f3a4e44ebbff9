/* A line of progress is cut to its terminal by characters, not bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/progress.h"

static void expect(const char *text, size_t columns, bool is_utf8, const char *wanted)
{
    char room[100];
    sf_progress_cut(room, text, columns, is_utf8);
    assert_string_equal(room, wanted);
}

static void text_is_cut_to_columns(void **state)
{
    (void)state;
    expect("abcdef", 6, true, "abcdef");
    expect("abcdef", 5, true, "abcd…");
    expect("abcdef", 5, false, "ab...");
    expect("äöüäöü", 6, true, "äöüäöü");
    expect("äöüäöü", 5, true, "äöüä…");
    expect("äöü", 2, true, "ä…");
    expect("日本語", 6, true, "日本語");
    expect("日本語", 5, true, "日本…");
    expect("日本語", 4, true, "日…");
    expect("日本語", 6, false, "日本語");
    expect("日本語", 5, false, "日...");
    expect("e\u0301e\u0301e\u0301", 3, true, "e\u0301e\u0301e\u0301");
    expect("e\u0301e\u0301e\u0301", 2, true, "e\u0301…");
    expect("\xff\xff\xff", 2, true, "\xff…");
    expect("abc", 1, true, "…");
    expect("abc", 1, false, "");
    expect("abc", 0, true, "");
    expect("", 0, true, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(text_is_cut_to_columns)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
