/* Whom rules with `exe` mean, asked before the start and of what escaped. */
#include "launching.h"

#include "launch/meant.h"

#include <fcntl.h>
#include <sys/stat.h>

static char folder[64];

/* below/tool is loaded for link and script, the latter by a relative path. */
static int make_files(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/sf-meant-XXXXXX");
    assert_non_null(mkdtemp(folder));
    char command[300];
    snprintf(command, sizeof command,
             "cd %s && mkdir below && cp /bin/true below/tool && ln -s below/tool link && "
             "printf '#!below/tool -x\\n' > script && chmod 700 script",
             folder);
    return system(command);
}

static int remove_files(void **state)
{
    (void)state;
    char command[100];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

/* Is `path`, executed by program 0 of two, meant by a rule with this glob? NULL: without. */
static bool is_meant(const char *glob, const char *path, uint64_t programs)
{
    struct launching self;
    launching_init(&self);
    for (int i = 0; i < 2; i++)
        launching_add(&self, i ? "other" : "program", (const char *const[]){"/bin/sh", NULL})->cwd = folder;
    struct sf_pattern exe = {.kind = SF_PATTERN_EXE, .glob = glob};
    struct sf_rule rule = {.programs = programs, .exes = &exe, .exe_count = glob != NULL};
    self.scenario.rules = &rule;
    self.scenario.rule_count = 1;
    struct sf_exec exec = {.state = SF_EXEC_PENDING};
    strncpy(exec.path, path, sizeof exec.path - 1);
    bool meant = sf_exec_is_meant(&self.scenario, &exec);
    exec.program = 2; /* scribbled over */
    assert_false(sf_exec_is_meant(&self.scenario, &exec));
    launching_end(&self);
    return meant;
}

static void executable_is_meant_as_the_shim_would_say(void **state)
{
    (void)state;
    char whole[100];
    snprintf(whole, sizeof whole, "%s/below/to*", folder);
    const struct {
        const char *glob, *path;
        bool meant;
    } cases[] = {
        {NULL, "link", true},
        {"tool", "./link", true},
        {"link", "./link", true},
        {"./li*", "./link", true},
        {whole, "./link", true},
        {"below/*", "./link", false},
        {"script", "./script", true},
        {"tool", "./script", true},
        {"sh", "./script", false},
        {"true", "./link", false},
        {"sh", "sh", true},
        {"*/sh", "sh", true},
        {"gone", "/nowhere/gone", true},
        {"tool", "/nowhere/gone", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (is_meant(cases[i].glob, cases[i].path, UINT64_MAX) != cases[i].meant)
            fail_msg("exe: %s and %s", cases[i].glob, cases[i].path);
}

static void rule_of_another_program_means_nobody_here(void **state)
{
    (void)state;
    assert_true(is_meant("sh", "/bin/sh", 1));
    assert_false(is_meant("sh", "/bin/sh", 2));
    assert_false(is_meant(NULL, "/bin/sh", 2));
}

static void what_cannot_be_told_is_meant(void **state)
{
    (void)state;
    char path[300];
    memset(path, 'x', sizeof path - 1);
    path[sizeof path - 1] = '\0';
    assert_true(is_meant("tool", path, 1));
    assert_true(is_meant("tool", SF_EXEC_OPEN_FILE, 1));
    assert_true(is_meant("tool", "/proc/self/fd/0", 1));
    assert_true(is_meant("tool", "/dev/fd/0", 1));
    assert_true(is_meant("tool", "./of-another-folder", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(executable_is_meant_as_the_shim_would_say),
        cmocka_unit_test(rule_of_another_program_means_nobody_here),
        cmocka_unit_test(what_cannot_be_told_is_meant),
    };
    return cmocka_run_group_tests_name("meant", tests, make_files, remove_files);
}
