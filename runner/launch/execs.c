#include "launch/execs.h"

#include "abi/handshake.h"
#include "launch/launch.h"
#include "launch/lookup.h"
#include "launch/process.h"

#include <limits.h>
#include <string.h>

/* The dynamic linker maps what is preloaded before what the program needs. Asked
 * twice, since it may be at work. */
static bool runs_without_shim(pid_t pid)
{
    static const char shim[] = "/libsockfault.so", libc[] = "/libc.so.6";
    return !sf_process_maps(pid, shim) && sf_process_maps(pid, libc) && !sf_process_maps(pid, shim);
}

void sf_execs_prove(const struct sf_session_memory *session, struct sf_pids *proved)
{
    for (uint32_t i = 0; i < session->session->exec_count; i++) {
        const struct sf_exec *exec = &session->execs[i];
        if (exec->state == SF_EXEC_PENDING && runs_without_shim((pid_t)exec->pid))
            sf_pids_add(proved, (pid_t)exec->pid);
    }
}

static bool could_load(const struct sf_exec *exec, const struct sf_scenario *scenario)
{
    if (exec->program >= scenario->program_count) /* scribbled over */
        return false;
    const struct sf_program *program = &scenario->programs[exec->program];
    const char *path = sf_program_path(program); /* most likely that of its children, too, as is its cwd */
    char file[sizeof exec->path + 1], found[PATH_MAX], why[PATH_MAX + 200];
    size_t length = strnlen(exec->path, sizeof exec->path);
    memcpy(file, exec->path, length);
    file[length] = '\0';
    return sf_program_find(file, path, program->cwd, found, sizeof found) == 0 &&
           !sf_unreachable(file, path, program->cwd, why, sizeof why);
}

void sf_execs_settle(const struct sf_session_memory *session, const struct sf_scenario *scenario,
                     const struct sf_pids *proved)
{
    uint32_t count = session->session->exec_count;
    for (uint32_t i = 0; i < count; i++) {
        struct sf_exec *exec = &session->execs[i];
        uint32_t pid = exec->pid;
        if (exec->state == SF_EXEC_PENDING && !sf_pids_has(proved, (pid_t)pid) && could_load(exec, scenario))
            sf_exec_withdraw(session->execs, count, pid);
    }
}
