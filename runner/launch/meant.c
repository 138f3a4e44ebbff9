#include "launch/meant.h"

#include "engine/scope.h"
#include "launch/lookup.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* What one executable is known as; "" fits no glob but `*`. */
struct names {
    const char *called;
    char found[PATH_MAX], file[PATH_MAX];
};

static void learn(struct names *names, const struct sf_program *program)
{
    char loaded[PATH_MAX];
    *names->found = *names->file = '\0';
    if (sf_program_find(names->called, sf_program_path(program), program->cwd, names->found,
                        sizeof names->found) != 0)
        *names->found = '\0';
    else if (!sf_program_follow(names->found, program->cwd, loaded, sizeof loaded) ||
             !realpath(loaded, names->file))
        *names->file = '\0';
}

static bool is_named(const struct sf_rule *rule, const struct names *names)
{
    for (size_t i = 0; i < rule->exe_count; i++) {
        const char *glob = rule->exes[i].glob;
        if (sf_exe_matches(glob, names->called) || sf_exe_matches(glob, names->found) ||
            sf_exe_matches(glob, names->file))
            return true;
    }
    return rule->exe_count == 0;
}

static bool is_meant(const struct sf_scenario *scenario, size_t program, const struct names *names)
{
    for (size_t i = 0; i < scenario->rule_count; i++)
        if (scenario->rules[i].programs >> program & 1 && is_named(&scenario->rules[i], names))
            return true;
    return false;
}

bool sf_file_is_meant(const struct sf_scenario *scenario, size_t program, const char *file)
{
    struct names names = {.called = file};
    learn(&names, &scenario->programs[program]);
    return is_meant(scenario, program, &names);
}

/* A descriptor's path is another file to us. */
static bool is_open_file(const char *path)
{
    static const char *const starts[] = {SF_EXEC_OPEN_FILE, "/proc/", "/dev/fd/"};
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        if (strncmp(path, starts[i], strlen(starts[i])) == 0)
            return true;
    return false;
}

/* A path from a folder that the process had gone to: which file that was cannot be told. */
static bool is_elsewhere(const struct names *names)
{
    return !*names->found && names->called[0] != '/' && strchr(names->called, '/');
}

bool sf_exec_is_meant(const struct sf_scenario *scenario, const struct sf_exec *exec)
{
    char path[sizeof exec->path + 1];
    size_t length = strnlen(exec->path, sizeof exec->path);
    memcpy(path, exec->path, length);
    path[length] = '\0';
    if (exec->program >= scenario->program_count) /* scribbled over */
        return false;
    bool is_whole = length < sizeof exec->path - 1; /* otherwise its tail */
    if (!is_whole || is_open_file(path))
        return true;
    struct names names = {.called = path};
    learn(&names, &scenario->programs[exec->program]);
    return is_elsewhere(&names) || is_meant(scenario, exec->program, &names);
}
