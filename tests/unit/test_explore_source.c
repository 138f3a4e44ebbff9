/* How reports name the source of a finding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/arena.h"
#include "explore/report.h"

#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct sf_arena *arena;
static char folder[PATH_MAX];

static int setup(void **state)
{
    char path[] = "/tmp/sockfault-source.XXXXXX";
    (void)state;
    arena = sf_arena_new();
    return mkdtemp(path) && realpath(path, folder) && chdir(folder) == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    int error = chdir("/") || rmdir(folder);
    sf_arena_free(arena);
    return error;
}

static const char *from(const char *path, const char *base)
{
    return sf_source_from(arena, path, base);
}

static void what_lies_below_is_named_from_there(void **state)
{
    (void)state;
    assert_string_equal(from("/no/such/src/a.c", "/no/such"), "src/a.c");
    assert_string_equal(from("/no/such/build/../src/./a.c", "/no/such"), "src/a.c");
    assert_string_equal(from("/no/such/a.c", "/"), "no/such/a.c");
}

static void what_lies_elsewhere_is_absolute(void **state)
{
    (void)state;
    assert_string_equal(from("/no/such/a.c", "/no/su"), "/no/such/a.c");
    assert_string_equal(from("/no/such/../other//a.c", "/no/such"), "/no/other/a.c");
    assert_string_equal(from("/../a.c", "/no"), "/a.c");
}

static void of_a_relative_path_that_is_not_there_nothing_is_known(void **state)
{
    (void)state;
    assert_string_equal(from("./src/a.c", "/no/such"), "src/a.c");
    assert_string_equal(from("../../a.c", "/no/such"), "../../a.c");
}

static void links_to_what_is_there_are_followed(void **state)
{
    char link[PATH_MAX + 8], file[PATH_MAX + 8];
    (void)state;
    snprintf(link, sizeof link, "%s/link", folder);
    snprintf(file, sizeof file, "%s/a.c", folder);
    fclose(fopen(file, "w"));
    assert_int_equal(symlink(folder, link), 0);
    assert_string_equal(from("link/a.c", folder), "a.c");
    unlink(link);
    unlink(file);
}

static void the_root_is_that_of_the_repository(void **state)
{
    (void)state;
    assert_int_equal(mkdir(".git", 0700) || mkdir("deep", 0700) || mkdir("deep/er", 0700), 0);
    assert_int_equal(chdir("deep/er"), 0);
    assert_string_equal(sf_source_root(arena), folder);
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(rmdir("deep/er") || rmdir("deep") || rmdir(".git"), 0);
}

static void without_one_it_is_where_we_are(void **state)
{
    (void)state;
    assert_string_equal(sf_source_root(arena), folder);
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_lies_below_is_named_from_there),
        TEST(what_lies_elsewhere_is_absolute),
        TEST(of_a_relative_path_that_is_not_there_nothing_is_known),
        TEST(links_to_what_is_there_are_followed),
        TEST(the_root_is_that_of_the_repository),
        TEST(without_one_it_is_where_we_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
