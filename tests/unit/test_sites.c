/* From addresses of this very process to functions and lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "trace/sites.h"

#include <limits.h>
#include <link.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

struct object {
    uint64_t bias, start, end;
};

static int learn(struct dl_phdr_info *info, size_t size, void *to)
{
    struct object *object = to;
    (void)size;
    object->bias = info->dlpi_addr;
    object->start = UINT64_MAX;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *header = &info->dlpi_phdr[i];
        uint64_t at = info->dlpi_addr + header->p_vaddr;
        if (header->p_type != PT_LOAD)
            continue;
        object->start = at < object->start ? at : object->start;
        object->end = at + header->p_memsz;
    }
    return 1; /* the executable comes first */
}

static struct world {
    struct sf_sites *sites;
    struct object self;
    char path[PATH_MAX], site[192];
} world;

static int setup(void **state)
{
    (void)state;
    memset(&world, 0, sizeof world);
    world.sites = sf_sites_new();
    dl_iterate_phdr(learn, &world.self);
    assert_true(readlink("/proc/self/exe", world.path, sizeof world.path - 1) > 0);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    sf_sites_free(world.sites);
    return 0;
}

static void add(uint32_t pid)
{
    sf_sites_add(world.sites, pid, true, world.self.bias, world.self.start, world.self.end, world.path);
}

static const char *name(uint32_t pid, uint64_t address)
{
    sf_sites_name(world.sites, pid, address, world.site, sizeof world.site);
    return world.site;
}

static __attribute__((noinline)) uint64_t where_it_returns_to(void)
{
    return (uintptr_t)__builtin_return_address(0);
}

static void a_call_is_named_by_function_and_line(void **state)
{
    char wanted[192];
    (void)state;
    add(7);
    uint64_t address = where_it_returns_to();
    snprintf(wanted, sizeof wanted, "a_call_is_named_by_function_and_line (test_sites.c:%d)", __LINE__ - 1);
    assert_string_equal(name(7, address), wanted);
}

static void a_process_that_lives_is_asked(void **state)
{
    (void)state;
    assert_non_null(strstr(name((uint32_t)getpid(), where_it_returns_to()), "a_process_that_lives_is_asked (test_"));
}

static void a_forked_one_is_a_copy(void **state)
{
    (void)state;
    add(7);
    assert_non_null(strstr(name(UINT32_MAX, where_it_returns_to()), "a_forked_one_is_a_copy (test_"));
}

static void another_image_ends_what_was_known(void **state)
{
    (void)state;
    add(UINT32_MAX);
    sf_sites_add(world.sites, UINT32_MAX, true, 0x1000, 0x1000, 0x2000, "/bin/true");
    assert_string_equal(name(UINT32_MAX, where_it_returns_to()), "");
}

static void what_is_not_known_has_no_name(void **state)
{
    (void)state;
    assert_string_equal(name(UINT32_MAX, 0), "");
    assert_string_equal(name(UINT32_MAX, 5), "");
    sf_sites_add(world.sites, 7, true, 0, 0, 1 << 20, "/no/such/file");
    assert_string_equal(name(7, 4096), "");
    assert_string_equal(name(7, 4097), ""); /* it is not looked for again */
    sf_sites_add(world.sites, 8, true, 0, 0, 1 << 20, "/etc/passwd");
    assert_string_equal(name(8, 4096), "");
}

static void its_source_is_a_path_that_leads_there(void **state)
{
    char path[PATH_MAX], small[8];
    (void)state;
    add(7);
    uint64_t address = where_it_returns_to();
    sf_sites_source(world.sites, 7, address, path, sizeof path);
    assert_int_equal(*path, '/');
    assert_int_equal(access(path, R_OK), 0);
    assert_string_equal(strrchr(path, '/'), "/test_sites.c");
    sf_sites_source(world.sites, 7, address, small, sizeof small);
    assert_string_equal(small, ""); /* a part of it would be another file */
    sf_sites_source(world.sites, UINT32_MAX, 5, path, sizeof path);
    assert_string_equal(path, "");
}

static void a_name_is_cut_to_its_room(void **state)
{
    char small[8];
    (void)state;
    add(7);
    sf_sites_name(world.sites, 7, where_it_returns_to(), small, sizeof small);
    assert_string_equal(small, "a_name_");
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_call_is_named_by_function_and_line), TEST(a_process_that_lives_is_asked),
        TEST(a_forked_one_is_a_copy),               TEST(another_image_ends_what_was_known),
        TEST(what_is_not_known_has_no_name),        TEST(its_source_is_a_path_that_leads_there),
        TEST(a_name_is_cut_to_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
