#include "launch/program.h"

#include "abi/handshake.h"
#include "base/memory.h"
#include "launch/environ.h"
#include "launch/lookup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <paths.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_NOT_EXECUTED = 127 };

/* The child's ends of its stdio. */
struct child_ends {
    int in, out, err;
};

static void close_all(const int *fds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (fds[i] >= 0)
            close(fds[i]);
}

static bool make_pipe(int *reader, int *writer)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    *reader = ends[0];
    *writer = ends[1];
    return true;
}

/* Only our side is non-blocking: programs do not expect it of their stdio. */
static bool open_stdio(bool text, struct child_ends *child, struct sf_stdio_ends *ours)
{
    *child = (struct child_ends){-1, -1, -1};
    *ours = (struct sf_stdio_ends){-1, -1, -1};
    bool opened = text ? make_pipe(&child->in, &ours->in)
                       : (child->in = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;
    if (opened && make_pipe(&ours->out, &child->out) && make_pipe(&ours->err, &child->err)) {
        if (text)
            fcntl(ours->in, F_SETFL, O_NONBLOCK);
        fcntl(ours->out, F_SETFL, O_NONBLOCK);
        fcntl(ours->err, F_SETFL, O_NONBLOCK);
        return true;
    }
    int error = errno;
    close_all((int[]){child->in, child->out, child->err, ours->in, ours->out, ours->err}, 6);
    *ours = (struct sf_stdio_ends){-1, -1, -1};
    errno = error;
    return false;
}

static void give_up(struct sf_exit *result, int error)
{
    result->exec_errno = error;
    _exit(EXIT_NOT_EXECUTED);
}

static bool take_stdio(const struct child_ends *ends)
{
    /* They may stand where 0 to 2 should be, when we were started without: away first. */
    int in = fcntl(ends->in, F_DUPFD_CLOEXEC, 3), out = fcntl(ends->out, F_DUPFD_CLOEXEC, 3),
        err = fcntl(ends->err, F_DUPFD_CLOEXEC, 3);
    return dup2(in, 0) == 0 && dup2(out, 1) == 1 && dup2(err, 2) == 2;
}

/* A folder can be opened, yet not read: said here, it is no riddle of the program's. */
static bool take_input(const char *path)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0)
        return false;
    if (S_ISDIR(status.st_mode)) {
        errno = EISDIR;
        return false;
    }
    return dup2(fd, 0) == 0;
}

/* As execvp: a file that the kernel does not know is a shell script without #!. */
static int execute(const char *file, char **argv, char **environment)
{
    execve(file, argv, environment);
    if (errno != ENOEXEC)
        return errno;
    size_t count = 0;
    while (argv[count])
        count++;
    char **shell = sf_memory_new((count + 2) * sizeof *shell);
    shell[0] = argv[0];
    shell[1] = (char *)file;
    memcpy(shell + 2, argv + 1, count * sizeof *argv);
    execve(_PATH_BSHELL, shell, environment);
    return errno;
}

static void prepare_environ(const struct sf_supervision *supervision, unsigned index, int session_fd,
                            struct sf_environ *environment)
{
    const struct sf_program *program = &supervision->scenario->programs[index];
    *environment = sf_environ_new(environ, program->env, program->env_count);
    if (!program->wrap) {
        sf_environ_unwrap(environment);
        return;
    }
    char session[128];
    snprintf(session, sizeof session, "%d:%d:%s:%u", (int)getppid(), session_fd, supervision->session->id,
             index);
    sf_environ_wrap(environment, supervision->options->shim_path, session);
}

static void announce(const struct sf_session_memory *session, unsigned index, const char *file)
{
    if (!sf_exec_announce(session->execs, session->session->exec_count, (uint32_t)getpid(), index, file))
        atomic_fetch_or(&session->programs[index].escapes, SF_ESCAPE_EXECS);
}

static void be_program(const struct sf_supervision *supervision, unsigned index, int session_fd,
                       const struct child_ends *ends, pid_t supervisor)
{
    const struct sf_program *program = &supervision->scenario->programs[index];
    const struct sf_session_memory *session = supervision->session;
    struct sf_exit *result = &supervision->shared->exits[index];
    bool capture = supervision->options->stdio == SF_STDIO_CAPTURE;

    /* Should the supervisor be killed, this needs nobody to notice. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != supervisor)
        _exit(EXIT_NOT_EXECUTED);
    if (setpgid(0, capture ? 0 : supervision->runner_group) != 0 || (capture && !take_stdio(ends)))
        give_up(result, errno);
    if (capture && program->stdin_file && !take_input(program->stdin_file)) {
        result->stdin_failed = true;
        give_up(result, errno);
    }
    if (program->cwd && chdir(program->cwd) != 0) {
        result->cwd_failed = true;
        give_up(result, errno);
    }

    struct sf_environ environment;
    prepare_environ(supervision, index, session_fd, &environment);
    char file[PATH_MAX];
    const char *path = sf_environ_get(&environment, "PATH");
    int error = sf_program_find(program->argv[0], path, NULL, file, sizeof file);
    if (error != 0)
        give_up(result, error);

    if (program->wrap)
        announce(session, index, file);
    if (supervision->child_ignored)
        signal(SIGCHLD, SIG_IGN);
    sigprocmask(SIG_SETMASK, &supervision->mask, NULL);
    error = execute(file, program->argv, environment.list);
    if (program->wrap)
        sf_exec_withdraw(session->execs, session->session->exec_count, (uint32_t)getpid());
    give_up(result, error);
}

pid_t sf_program_start(const struct sf_supervision *supervision, unsigned index, int session_fd,
                       struct sf_stdio_ends *ends)
{
    const struct sf_program *program = &supervision->scenario->programs[index];
    bool capture = supervision->options->stdio == SF_STDIO_CAPTURE;
    struct child_ends child = {-1, -1, -1};
    *ends = (struct sf_stdio_ends){-1, -1, -1};
    if (capture && !open_stdio(program->stdin_text != NULL, &child, ends))
        return -1;

    pid_t supervisor = getpid();
    pid_t pid = fork();
    if (pid == 0)
        be_program(supervision, index, session_fd, &child, supervisor);
    int error = errno;
    close_all((int[]){child.in, child.out, child.err}, 3);
    if (pid < 0)
        close_all((int[]){ends->in, ends->out, ends->err}, 3);
    else /* both sides do it: its group may be relied on at once */
        setpgid(pid, capture ? pid : supervision->runner_group);
    errno = error;
    return pid;
}
