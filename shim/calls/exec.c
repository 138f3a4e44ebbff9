/* Where programs become others. Every exec is announced in the session, and its
 * environment leads the new image there; see docs/architecture.md, "Exec". */
#include "calls/call.h"
#include "abi/handshake.h"
#include "load/environment.h"
#include "load/memory.h"
#include "load/room.h"
#include "load/sandbox.h"
#include "log/self.h"
#include "sockets/connection.h"

#include <alloca.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#define VARS_MAX 65536 /* more are not mended: the child is then reported as escaped */

static void escaped_table(bool entered)
{
    if (!entered)
        atomic_fetch_or_explicit(&sf_shim.state->escapes, SF_ESCAPE_EXECS, memory_order_relaxed);
}

static bool is_mendable(const struct sf_mending *mending)
{
    return mending->is_ours && mending->bytes && mending->vars < VARS_MAX;
}

/* Pages of an exec that succeeds go with the old image, but those of a vfork child stay
 * with its parent: seldom needed, then. */
#define ON_STACK (sf_is_vfork_child() ? 8192u : SF_ROOM_ON_STACK)
#define ROOM(mending) (is_mendable(mending) ? SF_ROOM((mending)->bytes, ON_STACK) : NULL)

static char *const *mend(const struct sf_mending *mending, char *const *environment, void *room)
{
    return room ? sf_environment_mend(mending, environment, room) : environment;
}

/* The new image inherits the sandbox: where that keeps it from the session no rule acts in it. */
static void tell_of_sandbox(void)
{
    if (!sf_sandbox_allows(SF_OWN_SESSION) && !sf_sandbox_allows(SF_OWN_SUPERVISOR))
        sf_sandbox_permits(SF_OWN_SESSION);
}

static void announce(const struct sf_mending *mending, const char *path)
{
    sf_socket_executes();
    tell_of_sandbox();
    if (mending->is_ours)
        escaped_table(sf_exec_announce(sf_shim.execs, sf_shim.session->exec_count, sf_self_pid(),
                                       sf_shim.program, sf_memory_is_readable(path, 1) ? path : "?"));
}

/* exec returned: it failed. */
static int withdraw(const struct sf_mending *mending)
{
    int saved_errno = errno;
    if (mending->is_ours)
        sf_exec_withdraw(sf_shim.execs, sf_shim.session->exec_count, sf_self_pid());
    errno = saved_errno;
    return -1;
}

/* `call` is the real function's call; it sees the mended environment as `mended`. */
#define EXEC(path, environment, call)                               \
    do {                                                            \
        char *const *mended = (environment);                        \
        sf_ensure_loaded();                                         \
        if (!sf_shim.session)                                       \
            return call;                                            \
        struct sf_mending mending = sf_environment_inspect(mended); \
        void *room = ROOM(&mending);                                \
        mended = mend(&mending, mended, room);                      \
        announce(&mending, path);                                   \
        call;                                                       \
        sf_room_give_back(room, mending.bytes, ON_STACK);           \
        return withdraw(&mending);                                  \
    } while (0)

SF_EXPORT int execve(const char *path, char *const argv[], char *const environment[])
{
    EXEC(path, environment, sf_real.execve(path, argv, mended));
}

SF_EXPORT int execv(const char *path, char *const argv[])
{
    EXEC(path, environ, sf_real.execve(path, argv, mended));
}

SF_EXPORT int execvpe(const char *file, char *const argv[], char *const environment[])
{
    EXEC(file, environment, sf_real.execvpe(file, argv, mended));
}

SF_EXPORT int execvp(const char *file, char *const argv[])
{
    EXEC(file, environ, sf_real.execvpe(file, argv, mended));
}

SF_EXPORT int fexecve(int fd, char *const argv[], char *const environment[])
{
    EXEC(SF_EXEC_OPEN_FILE, environment, sf_real.fexecve(fd, argv, mended));
}

SF_EXPORT int execveat(int folder, const char *path, char *const argv[], char *const environment[], int flags)
{
    EXEC(path, environment, sf_real.execveat(folder, path, argv, mended, flags));
}

/* The arguments of the variadic forms, up to and including NULL, as `argv`;
 * `list` stands behind the NULL then. */
static size_t count_arguments(va_list list)
{
    size_t count = 1; /* the named one */
    while (va_arg(list, char *))
        count++;
    return count;
}

#define COLLECT(first)                                                \
    va_list list;                                                     \
    va_start(list, first);                                            \
    char **argv = alloca((count_arguments(list) + 1) * sizeof *argv); \
    va_end(list);                                                     \
    va_start(list, first);                                            \
    argv[0] = (char *)first;                                          \
    for (size_t i = 0; argv[i];)                                      \
    argv[++i] = va_arg(list, char *)

SF_EXPORT int execl(const char *path, const char *first, ...)
{
    COLLECT(first);
    va_end(list);
    return execve(path, argv, environ);
}

SF_EXPORT int execlp(const char *file, const char *first, ...)
{
    COLLECT(first);
    va_end(list);
    return execvpe(file, argv, environ);
}

SF_EXPORT int execle(const char *path, const char *first, ...)
{
    COLLECT(first);
    char *const *environment = va_arg(list, char *const *);
    va_end(list);
    return execve(path, argv, environment);
}

#define SPAWN(name)                                                                                       \
    sf_ensure_loaded();                                                                                   \
    if (!sf_shim.session)                                                                                 \
        return sf_real.name(pid, path, actions, attributes, argv, environment);                           \
    struct sf_mending mending = sf_environment_inspect(environment);                                      \
    pid_t child = 0;                                                                                      \
    void *room = ROOM(&mending);                                                                          \
    int error = sf_real.name(&child, path, actions, attributes, argv, mend(&mending, environment, room)); \
    sf_room_give_back(room, mending.bytes, ON_STACK);                                                     \
    if (error)                                                                                            \
        return error;                                                                                     \
    if (mending.is_ours)                                                                                  \
        escaped_table(sf_exec_spawned(sf_shim.execs, sf_shim.session->exec_count, (uint32_t)child,        \
                                      sf_shim.program, path));                                            \
    if (pid)                                                                                              \
        *pid = child;                                                                                     \
    return 0

SF_EXPORT int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                          const posix_spawnattr_t *attributes, char *const argv[], char *const environment[])
{
    SPAWN(posix_spawn);
}

SF_EXPORT int posix_spawnp(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                           const posix_spawnattr_t *attributes, char *const argv[], char *const environment[])
{
    SPAWN(posix_spawnp);
}

/* system and popen take the program's own environment and spawn inside libc,
 * unseen: mend it in place. Neither may be called where setenv may not. */
static void mend_own_environment(void)
{
    sf_ensure_loaded();
    if (!sf_shim.session)
        return;
    struct sf_mending mending = sf_environment_inspect(environ);
    if (!is_mendable(&mending))
        return;
    void *room = ROOM(&mending);
    char *const *mended = mend(&mending, environ, room);
    for (; *mended; mended++) {
        char *value = strchr(*mended, '=');
        if (!value || (strncmp(*mended, "LD_PRELOAD=", 11) != 0 && strncmp(*mended, "SOCKFAULT_", 10) != 0))
            continue;
        char name[32] = {0};
        memcpy(name, *mended,
               (size_t)(value - *mended) < sizeof name - 1 ? (size_t)(value - *mended) : sizeof name - 1);
        setenv(name, value + 1, 1);
    }
    sf_room_give_back(room, mending.bytes, ON_STACK);
}

SF_EXPORT int system(const char *command)
{
    mend_own_environment();
    return sf_real.system(command);
}

SF_EXPORT FILE *popen(const char *command, const char *mode)
{
    mend_own_environment();
    return sf_real.popen(command, mode);
}
