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
