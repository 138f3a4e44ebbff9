/* The runner's side of a launch. */
#include "launch/launch.h"

#include "abi/valgrind.h"
#include "base/memory.h"
#include "launch/capture.h"
#include "launch/descriptors.h"
#include "launch/shared.h"
#include "launch/signals.h"
#include "launch/stops.h"
#include "launch/tree.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct sf_launch {
    struct sf_launch *next; /* of those that are under way */
    struct sf_supervision supervision;
    struct sf_launch_options options;
    size_t shared_bytes, rooms_bytes;
    pid_t supervisor;
    int ended; /* readable once the supervisor has ended */
    int control;
    struct sf_signals signals;
    bool over;
};

/* The launches that are under way, and the children that this process had before the first
 * one, from whoever exec'ed it, or has for itself: neither is an orphan to end when a
 * supervisor was killed. */
static struct sf_launch *launches;
static struct sf_pids strangers;

static void be_subreaper(void)
{
    static bool done;
    if (done)
        return;
    done = true;
    sf_tree_children(getpid(), &strangers);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
}

void sf_launch_spare(pid_t pid)
{
    be_subreaper();
    sf_pids_add(&strangers, pid);
}

void sf_launch_spare_no_more(pid_t pid)
{
    sf_pids_remove(&strangers, pid);
}

/* The first reason stays. */
static void fail(struct sf_launch *launch, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void fail(struct sf_launch *launch, const char *format, ...)
{
    struct sf_launch_shared *shared = launch->supervision.shared;
    va_list args;
    va_start(args, format);
    if (!*shared->failure)
        vsnprintf(shared->failure, sizeof shared->failure, format, args);
    va_end(args);
}

static void *map_shared(size_t bytes)
{
    int flags = MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE;
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    return memory == MAP_FAILED ? NULL : memory;
}

static void map_memory(struct sf_launch *launch)
{
    struct sf_supervision *supervision = &launch->supervision;
    size_t programs = supervision->scenario->program_count;
    launch->shared_bytes = sizeof *supervision->shared + programs * sizeof *supervision->shared->exits;
    supervision->shared = map_shared(launch->shared_bytes);
    if (!supervision->shared)
        sf_out_of_memory();
    supervision->shared->outcome.programs = supervision->shared->exits;
    for (size_t i = 0; i < programs; i++)
        supervision->shared->exits[i].code = -1;
    if (launch->options.stdio == SF_STDIO_PASS || programs == 0)
        return;
    /* Address space only: a page is taken when output arrives for it. */
    launch->rooms_bytes = programs * 2 * SF_CAPTURE_ROOM_BYTES;
    supervision->rooms = map_shared(launch->rooms_bytes);
    if (!supervision->rooms)
        fail(launch, "cannot reserve memory for the programs' output: %s", strerror(errno));
}

static bool check_shim_path(struct sf_launch *launch)
{
    bool wraps = false;
    for (size_t i = 0; i < launch->supervision.scenario->program_count; i++)
        wraps |= launch->supervision.scenario->programs[i].wrap;
    const char *path = launch->options.shim_path;
    if (!wraps || !strpbrk(path, ": "))
        return true;
    fail(launch, "LD_PRELOAD cannot name %s: its path holds a space or a colon", path);
    return false;
}

/* What the supervisor sees of the runner. Opened here, not there: our number may be another's
 * by then. Without pidfds (before Linux 5.3) either sees the other's end of a pair close. */
static bool open_runner(struct sf_launch *launch)
{
    int ends[2];
    /* valgrind does not know them, and tells the user so. */
    launch->supervision.runner = sf_valgrind_is_running() ? -1 : pidfd_open(getpid(), 0);
    if (launch->supervision.runner >= 0)
        return true;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    launch->ended = ends[0];
    launch->supervision.runner = ends[1];
    return true;
}

static void fork_supervisor(struct sf_launch *launch)
{
    struct sf_supervision *supervision = &launch->supervision;
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        fail(launch, "cannot make a socket pair: %s", strerror(errno));
        return;
    }
    launch->control = ends[0];
    supervision->control = ends[1];
    supervision->runner_pid = getpid();
    supervision->runner_group = getpgrp();
    if (!open_runner(launch)) {
        fail(launch, "cannot watch over the runner: %s", strerror(errno));
        close(ends[1]);
        return;
    }

    launch->supervisor = fork();
    if (launch->supervisor == 0) {
        close(launch->control);
        if (launch->ended >= 0)
            close(launch->ended);
        sf_supervisor_run(supervision);
    }
    int error = errno;
    close(supervision->runner);
    close(supervision->control);
    if (launch->supervisor < 0) {
        fail(launch, "cannot start a supervisor: %s", strerror(error));
        return;
    }
    setpgid(launch->supervisor, launch->supervisor); /* both sides do it: either may run first */
    if (launch->ended < 0)
        launch->ended = pidfd_open(launch->supervisor, 0);
}

struct sf_launch *sf_launch_start(const struct sf_scenario *scenario, struct sf_session_memory *session,
                                  const struct sf_launch_options *options)
{
    struct sf_launch *launch = sf_memory_new(sizeof *launch);
    *launch = (struct sf_launch){.options = *options, .ended = -1, .control = -1, .supervisor = -1};
    launch->signals.fd = -1;
    launch->supervision = (struct sf_supervision){.scenario = scenario, .session = session};
    launch->supervision.options = &launch->options;

    be_subreaper();
    map_memory(launch);
    sigprocmask(SIG_BLOCK, NULL, &launch->supervision.mask);
    /* Ignored, it would have the kernel reap behind our back. */
    struct sigaction before;
    launch->supervision.child_ignored =
        sigaction(SIGCHLD, NULL, &before) == 0 && before.sa_handler == SIG_IGN;
    if (launch->supervision.child_ignored)
        signal(SIGCHLD, SIG_DFL);
    if (!check_shim_path(launch) || *launch->supervision.shared->failure)
        return launch;
    if (options->stdio == SF_STDIO_PASS && !sf_signals_take(&launch->signals)) {
        fail(launch, "cannot take signals: %s", strerror(errno));
        return launch;
    }
    fork_supervisor(launch);
    if (launch->supervisor > 0) {
        launch->next = launches;
        launches = launch;
    }
    return launch;
}

int sf_launch_fd(const struct sf_launch *launch)
{
    return launch->ended;
}

static void say(const struct sf_launch *launch, enum sf_request_kind kind, int signal)
{
    struct sf_request message = {.kind = kind, .signal = signal};
    if (launch->control >= 0)
        send(launch->control, &message, sizeof message, MSG_NOSIGNAL);
}

/* Leave our process group to the program: what the terminal, the shell or a kill
 * of the group sends reaches it as it would without us, once, and never us. The
 * leader of a session cannot leave; it shares. */
static void leave_group(struct sf_launch *launch)
{
    launch->signals.apart = setpgid(0, launch->supervisor) == 0;
}

static void hear(struct sf_launch *launch)
{
    struct sf_request message;
    if (recv(launch->control, &message, sizeof message, MSG_DONTWAIT) != (ssize_t)sizeof message)
        return;
    if (message.kind == SF_REQUEST_STARTED)
        leave_group(launch);
    else if (message.kind == SF_REQUEST_STOPPED)
        sf_stops_follow(launch->control);
}

/* PASS: be the program's other half until it is over. */
static void attend_program(struct sf_launch *launch)
{
    enum { OVER, SIGNALS, CONTROL };
    struct pollfd fds[] = {[OVER] = {.fd = launch->ended, .events = POLLIN},
                           [SIGNALS] = {.fd = launch->signals.fd, .events = POLLIN},
                           [CONTROL] = {.fd = launch->control, .events = POLLIN}};
    while (!(fds[OVER].revents & POLLIN)) {
        if (poll(fds, sizeof fds / sizeof *fds, -1) < 0)
            continue;
        if (fds[SIGNALS].revents & POLLIN && sf_signals_forward(&launch->signals, launch->control))
            sf_stops_follow(launch->control);
        if (fds[CONTROL].revents & POLLIN)
            hear(launch);
        if (fds[CONTROL].revents & (POLLHUP | POLLERR))
            fds[CONTROL].fd = -1; /* it is ending */
    }
    if (launch->signals.apart)
        setpgid(0, launch->supervision.runner_group); /* to write to the terminal; gone: never mind */
}

/* A supervisor was killed, so its programs are our children now. */
static void end_orphans(struct sf_launch *launch)
{
    struct sf_pids spared = {0}, orphans = {0};
    for (size_t i = 0; i < strangers.count; i++)
        sf_pids_add(&spared, strangers.list[i]);
    for (const struct sf_launch *other = launches; other; other = other->next)
        sf_pids_add(&spared, other->supervisor);

    static const struct timespec pause = {.tv_nsec = 1000000};
    enum { PASSES_MAX = 10000, QUIET_PASSES = 3 }; /* children's lists may miss one that moves */
    unsigned quiet = 0;
    for (unsigned pass = 0; pass < PASSES_MAX && quiet < QUIET_PASSES; pass++) {
        pid_t refused;
        sf_tree_kill(&spared, &refused);
        orphans.count = 0;
        sf_tree_children(getpid(), &orphans);
        bool found = false;
        for (size_t i = 0; i < orphans.count; i++) {
            if (sf_pids_has(&spared, orphans.list[i]))
                continue;
            found = true;
            waitpid(orphans.list[i], NULL, WNOHANG);
        }
        quiet = found ? 0 : quiet + 1;
        nanosleep(&pause, NULL);
    }
    if (quiet < QUIET_PASSES)
        fail(launch, "processes are left that cannot be ended");
    sf_pids_free(&spared);
    sf_pids_free(&orphans);
}

static void forget(struct sf_launch *launch)
{
    for (struct sf_launch **at = &launches; *at; at = &(*at)->next) {
        if (*at == launch) {
            *at = launch->next;
            return;
        }
    }
}

static void collect(struct sf_launch *launch)
{
    int status = 0;
    if (launch->supervisor > 0) {
        if (launch->signals.fd >= 0 && launch->ended >= 0)
            attend_program(launch);
        while (waitpid(launch->supervisor, &status, 0) < 0 && errno == EINTR)
            ;
        forget(launch);
        if (!launch->supervision.shared->over) {
            if (WIFSIGNALED(status))
                fail(launch, "the supervisor was killed by signal %d (%s)", WTERMSIG(status),
                     strsignal(WTERMSIG(status)));
            else
                fail(launch, "the supervisor ended by itself with %d", WEXITSTATUS(status));
            end_orphans(launch);
        }
    }
    sf_signals_give_back(&launch->signals);
    struct sf_launch_shared *shared = launch->supervision.shared;
    if (*shared->failure)
        shared->outcome.failure = shared->failure;
}

const struct sf_outcome *sf_launch_wait(struct sf_launch *launch)
{
    if (!launch->over)
        collect(launch);
    launch->over = true;
    return &launch->supervision.shared->outcome;
}

void sf_launch_interrupt(struct sf_launch *launch, int signal)
{
    if (!launch->over)
        say(launch, launch->options.stdio == SF_STDIO_PASS ? SF_REQUEST_SIGNAL : SF_REQUEST_END, signal);
}

void sf_launch_free(struct sf_launch *launch)
{
    if (!launch)
        return;
    if (!launch->over) {
        say(launch, SF_REQUEST_END, SIGKILL);
        sf_launch_wait(launch);
    }
    if (launch->ended >= 0)
        close(launch->ended);
    if (launch->control >= 0)
        close(launch->control);
    munmap(launch->supervision.shared, launch->shared_bytes);
    if (launch->supervision.rooms)
        munmap(launch->supervision.rooms, launch->rooms_bytes);
    free(launch);
}
