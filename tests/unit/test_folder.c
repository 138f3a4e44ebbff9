/* The fresh folder of a scenario: made once, removed whatever is in it. */
#include "base/arena.h"
#include "base/folder.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void folder_is_made_once_and_removed(void **state)
{
    (void)state;
    struct sf_folder folder = {.arena = sf_arena_new()}, other = {.arena = folder.arena};
    const char *path = sf_folder_find(&folder);
    assert_non_null(path);
    assert_ptr_equal(sf_folder_find(&folder), path);
    assert_string_not_equal(sf_folder_find(&other), path);
    struct stat status;
    assert_int_equal(stat(path, &status), 0);
    assert_int_equal(status.st_mode, S_IFDIR | 0700);
    sf_folder_remove(&folder);
    sf_folder_remove(&other);
    sf_folder_remove(&other);
    assert_int_equal(access(path, F_OK), -1);
    sf_arena_free(folder.arena);
}

static void folder_that_cannot_be_made_has_an_error(void **state)
{
    (void)state;
    struct sf_folder folder = {.arena = sf_arena_new()};
    const char *before = getenv("TMPDIR");
    char *kept = before ? strdup(before) : NULL;
    setenv("TMPDIR", "/nonexistent", 1);
    assert_null(sf_folder_find(&folder));
    assert_int_equal(folder.error, ENOENT);
    sf_folder_remove(&folder);
    kept ? setenv("TMPDIR", kept, 1) : unsetenv("TMPDIR");
    free(kept);
    sf_arena_free(folder.arena);
}

/* In a child without privileges: root may read what is closed. */
static void closed_folders_are_removed_and_links_not_followed(void **state)
{
    (void)state;
    pid_t pid = fork();
    if (pid == 0) {
        /* TMPDIR may be root's alone. */
        if (getuid() == 0 && (setenv("TMPDIR", "/tmp", 1) != 0 || setuid(65534) != 0))
            _exit(2);
        struct sf_folder folder = {.arena = sf_arena_new()};
        char command[400];
        snprintf(command, sizeof command,
                 "cd %s && mkdir -p a/b/c && touch a/b/c/f && ln -s / a/root && chmod 0 a/b/c a/b a",
                 sf_folder_find(&folder));
        const char *path = folder.path;
        int status = system(command);
        sf_folder_remove(&folder);
        _exit(status == 0 && access(path, F_OK) != 0 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folder_is_made_once_and_removed),
        cmocka_unit_test(folder_that_cannot_be_made_has_an_error),
        cmocka_unit_test(closed_folders_are_removed_and_links_not_followed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
