#include "commands/prepare.h"

#include "base/arena.h"
#include "base/own_folder.h"
#include "launch/launch.h"
#include "launch/lookup.h"
#include "verify/verify.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SHIM "libsockfault.so"

const char *sf_shim_find(struct sf_arena *arena, const char **problem)
{
    /* Beside the command (a build), where an installation that was moved or
     * staged has it, and where this one was configured to be installed. */
    const char *folder = sf_own_folder(arena);
    const char *candidates[] = {
        folder ? sf_arena_printf(arena, "%s/" SHIM, folder) : NULL,
        folder ? sf_arena_printf(arena, "%s/" SF_BIN_TO_LIB "/sockfault/" SHIM, folder) : NULL,
        SF_LIBDIR "/sockfault/" SHIM,
    };
    const char *path = NULL;
    for (size_t i = 0; i < sizeof candidates / sizeof candidates[0] && !path; i++)
        path = candidates[i] && access(candidates[i], R_OK) == 0 ? candidates[i] : NULL;
    *problem = NULL;
    if (!path)
        *problem =
            sf_arena_printf(arena, "cannot find " SHIM ": it is neither beside the command, in %s, nor in %s",
                            folder ? folder : "/proc/self/exe", SF_LIBDIR "/sockfault");
    else if (strpbrk(path, " :"))
        *problem = sf_arena_printf(arena,
                                   "cannot preload %s: LD_PRELOAD takes no path with a space or a colon; "
                                   "put sockfault and " SHIM " into another folder",
                                   path);
    return *problem ? NULL : path;
}

const char *sf_program_unreachable(struct sf_arena *arena, const struct sf_scenario *scenario, size_t index)
{
    const struct sf_program *program = &scenario->programs[index];
    if (!sf_verify_is_meant(scenario, index) && !sf_verify_is_peer(scenario, index))
        return NULL;
    const char *path = sf_program_path(program);
    char why[PATH_MAX + 200];
    return sf_unreachable(program->argv[0], path, program->cwd, why, sizeof why) ? sf_arena_strdup(arena, why)
                                                                                 : NULL;
}

struct sf_session_memory *sf_scenario_session(struct sf_arena *arena, const struct sf_scenario *scenario,
                                              const struct sf_trace_wish *wish, const char **problem)
{
    struct sf_plan *plan = sf_plan_compile(scenario);
    struct sf_session_memory *session = sf_session_create(plan, wish);
    if (!session)
        *problem = sf_arena_printf(arena, "cannot make the session's memory: %s%s", strerror(errno),
                                   errno == EFBIG ? "; raise the limit on file sizes (ulimit -f)" : "");
    free(plan);
    return session;
}
