/* The arena, and messages made in it. */
#include "base/arena.h"
#include "base/diagnostic.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

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

static void memory_is_zeroed_and_aligned(void **state)
{
    struct sf_arena *arena = *state;
    static const size_t sizes[] = {0, 1, 15, 16, 17, 1000, 4096, 100000};
    for (size_t round = 0; round < 20; round++) {
        for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
            unsigned char *block = sf_arena_alloc(arena, sizes[i]);
            assert_int_equal((uintptr_t)block % 16, 0);
            for (size_t at = 0; at < sizes[i]; at++)
                assert_int_equal(block[at], 0);
            memset(block, 0xff, sizes[i]);
        }
    }
}

static void no_bytes_are_a_block_of_their_own(void **state)
{
    void *first = sf_arena_alloc(*state, 0), *second = sf_arena_alloc(*state, 0);
    assert_non_null(first);
    assert_non_null(second);
    assert_ptr_not_equal(first, second);
}

static void pushed_elements_keep_their_values(void **state)
{
    struct sf_arena *arena = *state;
    int *numbers = NULL;
    size_t count = 0;
    for (int i = 0; i < 1000; i++) {
        int *slot = sf_arena_push(arena, &numbers, &count, sizeof *slot);
        assert_int_equal(*slot, 0);
        *slot = i;
    }
    assert_int_equal(count, 1000);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(numbers[i], i);
}

static void freeing_no_arena_is_fine(void **state)
{
    (void)state;
    sf_arena_free(NULL);
}

static char *printed(const struct sf_diagnostics *diagnostics)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    sf_diagnostics_print(diagnostics, out);
    fclose(out);
    return text;
}

static void messages_stand_in_the_order_of_their_places(void **state)
{
    struct sf_diagnostics diagnostics = {.arena = *state};
    sf_error(&diagnostics, (struct sf_place){"a", 2, 1}, "third");
    sf_error(&diagnostics, (struct sf_place){"a", 1, 9}, "second");
    sf_warning(&diagnostics, (struct sf_place){"a", 1, 2}, "first");
    sf_error(&diagnostics, (struct sf_place){"b", 1, 1}, "fifth");
    sf_error(&diagnostics, (struct sf_place){"b", 0, 0}, "fourth");
    sf_error(&diagnostics, (struct sf_place){0}, "sixth");
    char *text = printed(&diagnostics);
    assert_string_equal(
        text, "a:1:2: warning: first\na:1:9: second\na:2:1: third\nb: fourth\nb:1:1: fifth\nsixth\n");
    assert_int_equal(diagnostics.errors, 5);
    free(text);
}

static void the_same_message_is_kept_once(void **state)
{
    struct sf_diagnostics diagnostics = {.arena = *state};
    for (int i = 0; i < 3; i++)
        sf_error(&diagnostics, (struct sf_place){"a", 2, 1}, "same");
    sf_error(&diagnostics, (struct sf_place){"a", 2, 1}, "other");
    sf_error(&diagnostics, (struct sf_place){"a", 2, 2}, "same");
    assert_int_equal(diagnostics.count, 3);
    assert_int_equal(diagnostics.errors, 3);
}

static void messages_beyond_the_limit_are_counted(void **state)
{
    struct sf_diagnostics diagnostics = {.arena = *state};
    for (unsigned i = 0; i < SF_DIAGNOSTICS_MAX + 5; i++)
        sf_error(&diagnostics, (struct sf_place){"a", i + 1, 1}, "wrong");
    assert_int_equal(diagnostics.count, SF_DIAGNOSTICS_MAX);
    assert_int_equal(diagnostics.errors, SF_DIAGNOSTICS_MAX + 5);
    char *text = printed(&diagnostics);
    assert_non_null(strstr(text, "\nand 5 more\n"));
    free(text);
}

static void slips_find_their_name(void **state)
{
    (void)state;
    static const char *const names[] = {"recv", "send", "ECONNRESET", "ECONNREFUSED", "EAGAIN", "id"};
    static const struct {
        const char *text, *nearest;
    } rows[] = {{"recvv", "recv"},
                {"rcev", "recv"},
                {"sned", "send"},
                {"ECONRESET", "ECONNRESET"},
                {"econnreset", "ECONNRESET"},
                {"EAGIAN", "EAGAIN"},
                {"RECV", "recv"},
                {"ECONNREFUSE", "ECONNREFUSED"},
                {"ie", "id"},
                {"partial", NULL},
                {"", NULL},
                {"x", NULL},
                {"rxxv", NULL}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *nearest = sf_nearest(rows[i].text, names, sizeof names / sizeof names[0]);
        if (rows[i].nearest)
            assert_string_equal(nearest, rows[i].nearest);
        else
            assert_null(nearest);
    }
}

static void long_texts_have_no_nearest_name(void **state)
{
    (void)state;
    char text[1000];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    const char *name = text + 1;
    assert_null(sf_nearest(text, &name, 1));
}

static void quoted_text_is_safe_to_print(void **state)
{
    struct sf_arena *arena = *state;
    assert_string_equal(sf_quoted(arena, "a b"), "'a b'");
    assert_string_equal(sf_quoted(arena, ""), "''");
    assert_string_equal(sf_quoted(arena, "a\nb\x1b[31m"), "'a\\nb\\x1b[31m'");
    char text[200];
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    memcpy(text + 59, "é", 2);
    const char *quoted = sf_quoted(arena, text);
    assert_int_equal(strlen(quoted), 1 + 59 + strlen("...") + 1);
    assert_non_null(strstr(quoted, "a'..."));
}

static void names_are_printed_on_one_line(void **state)
{
    struct sf_arena *arena = *state;
    struct sf_diagnostics diagnostics = {.arena = arena};
    sf_error(&diagnostics, (struct sf_place){"a\n\x1b[31m é.yaml", 3, 2}, "wrong");
    char *printed = NULL;
    size_t bytes;
    FILE *out = open_memstream(&printed, &bytes);
    assert_non_null(out);
    sf_diagnostics_print(&diagnostics, out);
    fclose(out);
    assert_string_equal(printed, "a\\n\\x1b[31m é.yaml:3:2: wrong\n");
    free(printed);
}

static void words_of_a_command_can_be_copied(void **state)
{
    static const char *const rows[][2] = {
        {"sockfault-findings/001-a.yaml", "sockfault-findings/001-a.yaml"},
        {"", "''"},
        {"a b", "'a b'"},
        {"~/$(x)*", "'~/$(x)*'"},
        {"it's", "'it'\\''s'"},
        {"a\nb", "'a\nb'"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(sf_shell_word(*state, rows[i][0]), rows[i][1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(memory_is_zeroed_and_aligned, setup, teardown),
        cmocka_unit_test_setup_teardown(no_bytes_are_a_block_of_their_own, setup, teardown),
        cmocka_unit_test_setup_teardown(pushed_elements_keep_their_values, setup, teardown),
        cmocka_unit_test(freeing_no_arena_is_fine),
        cmocka_unit_test_setup_teardown(messages_stand_in_the_order_of_their_places, setup, teardown),
        cmocka_unit_test_setup_teardown(the_same_message_is_kept_once, setup, teardown),
        cmocka_unit_test_setup_teardown(messages_beyond_the_limit_are_counted, setup, teardown),
        cmocka_unit_test(slips_find_their_name),
        cmocka_unit_test(long_texts_have_no_nearest_name),
        cmocka_unit_test_setup_teardown(quoted_text_is_safe_to_print, setup, teardown),
        cmocka_unit_test_setup_teardown(names_are_printed_on_one_line, setup, teardown),
        cmocka_unit_test_setup_teardown(words_of_a_command_can_be_copied, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
