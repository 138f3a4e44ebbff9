/* The supervisor's loop: one epoll set for its children, the runner, the
 * programs' stdio and the session's abstract socket. */
#include "base/clock.h"
#include "launch/course.h"
#include "launch/descriptors.h"
#include "launch/execs.h"
#include "launch/handover.h"
#include "launch/process.h"
#include "launch/stops.h"
#include "launch/tree.h"
#include "wire/probe.h"
#include "wire/wire.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MS UINT64_C(1000000)
#define WAKE_RETRY_NS (20 * MS)
#define END_PATIENCE_NS (10000 * MS) /* then what cannot be killed is given up */

enum source { FROM_SIGNALS, FROM_RUNNER, FROM_CONTROL, FROM_HANDOVER, FROM_IN, FROM_OUT, FROM_ERR };
enum { EVENTS_MAX = 32 };

struct supervisor {
    const struct sf_supervision *supervision;
    struct sf_course course;
    int epoll, signals, runner, control, listener, session;
    struct sf_stops stops; /* PASS */
    bool is_ending;        /* all is over, and whoever still lives is ended */
    pid_t wire;            /* 0: there is none, or it has ended as it should */
};

/* Before anything was started. */
static void give_up(struct supervisor *self, const char *why)
{
    snprintf(self->supervision->shared->failure, sizeof self->supervision->shared->failure, "%s", why);
    sf_course_abort(&self->course);
}

static void fail(struct supervisor *self, const char *what, int error)
{
    char *failure = self->supervision->shared->failure;
    if (!*failure)
        snprintf(failure, sizeof self->supervision->shared->failure, "supervisor: cannot %s: %s", what,
                 strerror(error));
    sf_course_abort(&self->course);
}

/* What it carried looks to both ends like an orderly close: no verdict can stand on that. */
static void lose_wire(struct supervisor *self, int status)
{
    char *failure = self->supervision->shared->failure;
    size_t room = sizeof self->supervision->shared->failure;
    self->wire = 0;
    if (*failure || self->is_ending)
        return;
    if (WIFSIGNALED(status))
        snprintf(failure, room, "the wire was killed by signal %d (%s)", WTERMSIG(status),
                 strsignal(WTERMSIG(status)));
    else
        snprintf(failure, room, "the wire ended by itself with %d", WEXITSTATUS(status));
    sf_course_abort(&self->course);
}

static void watch(struct supervisor *self, int fd, uint32_t events, enum source source, unsigned index)
{
    struct epoll_event event = {.events = events, .data.u64 = (uint64_t)index << 8 | source};
    if (fd >= 0 && epoll_ctl(self->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
        fail(self, "watch a descriptor", errno);
}

/* Called when a program has been started. */
static void attend(void *context, unsigned index)
{
    struct supervisor *self = context;
    struct sf_member *member = &self->course.members[index];
    self->course.childless = false;
    watch(self, member->in.fd, EPOLLOUT, FROM_IN, index);
    watch(self, member->out.fd, EPOLLIN, FROM_OUT, index);
    watch(self, member->err.fd, EPOLLIN, FROM_ERR, index);
    if (self->supervision->options->stdio == SF_STDIO_CAPTURE)
        return;
    /* Held open here, the user's files would not end for who reads or writes their other end. */
    sf_descriptors_close_others((int[]){STDERR_FILENO, self->epoll, self->signals, self->runner,
                                        self->control, self->listener, self->session},
                                7);
    struct sf_request message = {.kind = SF_REQUEST_STARTED};
    send(self->control, &message, sizeof message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* PASS: the program was stopped, continued, or has ended (not stopped). */
static void note_stop(struct supervisor *self, int signal)
{
    sf_course_stopped(&self->course, signal != 0, sf_clock_now_ns());
    if (signal)
        sf_stops_stopped(&self->stops, signal);
    else
        sf_stops_continued(&self->stops);
}

static bool is_wire_alone(const struct supervisor *self)
{
    struct sf_pids children = {0};
    if (!self->wire)
        return false;
    sf_tree_children(getpid(), &children);
    bool is_alone = children.count == 1 && children.list[0] == self->wire;
    sf_pids_free(&children);
    return is_alone;
}

/* Is the wire all that is left? Of interest once nothing else is to be expected. */
static bool is_wire_left(const struct supervisor *self)
{
    return self->course.phase == SF_PHASE_LINGER && is_wire_alone(self);
}

/* Take the state changes of all children. */
static void reap(struct supervisor *self)
{
    int status;
    struct rusage usage;
    pid_t pid;
    bool pass = self->supervision->options->stdio == SF_STDIO_PASS;
    while ((pid = wait4(-1, &status, WNOHANG | (pass ? WUNTRACED | WCONTINUED : 0), &usage)) > 0) {
        if (pass && sf_course_member(&self->course, pid))
            note_stop(self, WIFSTOPPED(status) ? WSTOPSIG(status) : 0);
        if (pid == self->wire)
            lose_wire(self, status);
        else if (WIFEXITED(status) || WIFSIGNALED(status))
            sf_course_reaped(&self->course, pid, status, &usage, sf_clock_now_ns());
    }
    self->course.childless = (pid < 0 && errno == ECHILD) || is_wire_left(self);
}

/* PASS: the program's pid; 0: it is not running. */
static pid_t program_pid(const struct supervisor *self)
{
    const struct sf_member *member = &self->course.members[0];
    return member->state == SF_MEMBER_RUNNING ? member->pid : 0;
}

/* Returns when to call again. */
static uint64_t wake_runner(struct supervisor *self)
{
    if (!sf_stops_overdue(&self->stops))
        return UINT64_MAX;
    sf_stops_wake(&self->stops);
    return sf_clock_now_ns() + WAKE_RETRY_NS;
}

static void pass_signal(struct supervisor *self, const struct sf_request *message)
{
    pid_t program = program_pid(self);
    if (program && message->queued)
        sigqueue(program, message->signal, message->value);
    else if (program)
        kill(program, message->signal);
}

static void interrupt(struct supervisor *self, int signal)
{
    struct sf_outcome *outcome = &self->supervision->shared->outcome;
    outcome->interrupted = true;
    outcome->interrupt_signal = signal;
    sf_course_abort(&self->course);
}

static void obey(struct supervisor *self)
{
    struct sf_request message;
    while (recv(self->control, &message, sizeof message, MSG_DONTWAIT) == (ssize_t)sizeof message) {
        switch (message.kind) {
        case SF_REQUEST_SIGNAL:
            pass_signal(self, &message);
            break;
        case SF_REQUEST_END:
            interrupt(self, message.signal);
            break;
        case SF_REQUEST_ASK:
            reap(self);
            sf_stops_answer(&self->stops, program_pid(self));
            break;
        case SF_REQUEST_STARTED:
        case SF_REQUEST_STOPPED:
        case SF_REQUEST_ANSWER:
            break;
        }
    }
}

static void take_signals(struct supervisor *self)
{
    struct signalfd_siginfo info;
    while (read(self->signals, &info, sizeof info) == (ssize_t)sizeof info)
        /* When the shell of a stopped runner dies, the kernel hangs up on the runner's
         * group, of which we are: that is for the program, and the runner passes it on. */
        if (info.ssi_signo != SIGCHLD && info.ssi_code != SI_KERNEL)
            interrupt(self, (int)info.ssi_signo);
    reap(self);
}

static void handle(struct supervisor *self, const struct epoll_event *event)
{
    struct sf_member *member = &self->course.members[event->data.u64 >> 8];
    switch ((enum source)(event->data.u64 & 0xff)) {
    case FROM_SIGNALS:
        take_signals(self);
        break;
    case FROM_RUNNER:
        sf_course_abort(&self->course);
        break;
    case FROM_CONTROL:
        obey(self);
        /* The other end is closed: the runner is gone; FROM_RUNNER says the rest. */
        if (event->events & (EPOLLHUP | EPOLLERR))
            epoll_ctl(self->epoll, EPOLL_CTL_DEL, self->control, NULL);
        break;
    case FROM_HANDOVER:
        sf_handover_serve(self->listener, self->session);
        break;
    case FROM_IN:
        sf_feed_write(&member->in);
        break;
    case FROM_OUT:
        sf_capture_read(&member->out);
        break;
    case FROM_ERR:
        sf_capture_read(&member->err);
        break;
    }
}

/* Milliseconds for epoll_wait, rounded up: to wake early would spin. */
static int timeout_ms(uint64_t wake_ns, uint64_t now_ns)
{
    if (wake_ns == UINT64_MAX)
        return -1;
    if (wake_ns <= now_ns)
        return 0;
    uint64_t ms = (wake_ns - now_ns + MS - 1) / MS;
    return ms > INT32_MAX ? INT32_MAX : (int)ms;
}

static void loop(struct supervisor *self)
{
    struct epoll_event events[EVENTS_MAX];
    for (;;) {
        uint64_t retry_ns = wake_runner(self);
        uint64_t now_ns = sf_clock_now_ns();
        uint64_t wake_ns = sf_course_step(&self->course, now_ns);
        if (self->course.phase == SF_PHASE_LINGER && is_wire_left(self)) {
            self->course.childless = true;
            wake_ns = sf_course_step(&self->course, now_ns);
        }
        if (self->course.phase == SF_PHASE_OVER)
            return;
        int count = epoll_wait(self->epoll, events, EVENTS_MAX,
                               timeout_ms(wake_ns < retry_ns ? wake_ns : retry_ns, now_ns));
        for (int i = 0; i < count; i++)
            handle(self, &events[i]);
        if (count < 0 && errno != EINTR)
            fail(self, "wait", errno);
    }
}

/* End whatever is left. New processes may appear until the last one that could
 * fork is dead, so: until there is no child. The wire goes last: a program would see its
 * connections end. */
static void kill_all(struct supervisor *self)
{
    uint64_t give_up_ns = sf_clock_now_ns() + END_PATIENCE_NS;
    struct pollfd child = {.fd = self->signals, .events = POLLIN};
    const struct sf_pids wire = {.list = &self->wire, .count = 1};
    while (!self->course.childless) {
        pid_t refused = 0;
        size_t refusals = sf_tree_kill(is_wire_alone(self) ? NULL : &wire, &refused);
        take_signals(self);
        if (self->course.childless)
            return;
        if (sf_clock_now_ns() > give_up_ns) {
            char what[64];
            snprintf(what, sizeof what, "end process %d", (int)refused);
            fail(self, what, refusals ? EPERM : ETIMEDOUT);
            return;
        }
        poll(&child, 1, 1);
    }
}

/* What programs have sent arrives, though they have ended: a network would deliver it. */
static void end_wire(struct supervisor *self)
{
    uint64_t give_up_ns = sf_clock_now_ns() + END_PATIENCE_NS;
    struct pollfd child = {.fd = self->signals, .events = POLLIN};
    self->is_ending = true;
    if (!self->wire || !self->course.lingered)
        return;
    kill(self->wire, SIGTERM);
    while (self->wire && sf_clock_now_ns() < give_up_ns) {
        poll(&child, 1, (int)(END_PATIENCE_NS / MS));
        take_signals(self);
    }
}

static void end_all(struct supervisor *self)
{
    const struct sf_supervision *supervision = self->supervision;
    struct sf_pids escaped = {0};
    end_wire(self);
    reap(self);
    if (!self->course.childless)
        sf_execs_prove(supervision->session, &escaped);
    kill_all(self);
    sf_execs_settle(supervision->session, supervision->scenario, &escaped);
    sf_pids_free(&escaped);
}

/* The runner's handlers must not run here, nor in a program before its exec. */
static void drop_handlers(void)
{
    struct sigaction action;
    for (int signal_number = 1; signal_number < NSIG; signal_number++)
        if (sigaction(signal_number, NULL, &action) == 0 && action.sa_handler != SIG_IGN &&
            action.sa_handler != SIG_DFL)
            signal(signal_number, SIG_DFL);
}

/* The program ended while the runner was stopped, or about to stop, because of
 * it: without an answer it would stay so. */
static void answer_runner(struct supervisor *self)
{
    struct pollfd fds[] = {{.fd = self->control, .events = POLLIN}, {.fd = self->runner, .events = POLLIN}};
    while (self->stops.owed && !(fds[0].revents & POLLHUP) && !(fds[1].revents & POLLIN)) {
        wake_runner(self);
        poll(fds, 2, WAKE_RETRY_NS / MS);
        obey(self);
    }
}

static void start_wire(struct supervisor *self)
{
    if (!sf_plan_has_links(self->supervision->session->plan))
        return;
    const char *lack = sf_wire_lacks(self->supervision->session->plan);
    if (lack) {
        give_up(self, lack);
        return;
    }
    pid_t wire = sf_wire_start(self->supervision->session);
    if (wire < 0)
        fail(self, "start the wire", errno);
    else
        self->wire = wire;
}

static void set_up(struct supervisor *self)
{
    const struct sf_supervision *supervision = self->supervision;
    sigset_t mask;
    sigfillset(&mask);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    drop_handlers();
    sigemptyset(&mask);
    static const int taken[] = {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT};
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        sigaddset(&mask, taken[i]);

    setpgid(0, 0); /* Ctrl-Z or a kill of the runner's group is not for us */
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    sf_process_rename("sf-supervisor");

    self->runner = sf_descriptor_above_stdio(supervision->runner);
    self->control = sf_descriptor_above_stdio(supervision->control);
    self->session = sf_descriptor_above_stdio(supervision->session->fd);
    if (supervision->options->stdio == SF_STDIO_CAPTURE)
        sf_descriptors_close_others((int[]){STDERR_FILENO, self->runner, self->control, self->session}, 4);
    self->course = (struct sf_course){.supervision = supervision,
                                      .started_one = attend,
                                      .context = self,
                                      .session_fd = self->session};
    self->stops = (struct sf_stops){.control = self->control, .runner = supervision->runner_pid};
    sf_course_begin(&self->course, sf_clock_now_ns());

    self->epoll = epoll_create1(EPOLL_CLOEXEC);
    self->signals = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    self->listener = sf_handover_listen(supervision->session->id);
    if (self->epoll < 0 || self->signals < 0 || self->listener < 0) {
        fail(self, "open its descriptors", errno);
        return;
    }
    watch(self, self->signals, EPOLLIN, FROM_SIGNALS, 0);
    watch(self, self->runner, EPOLLIN, FROM_RUNNER, 0);
    watch(self, self->control, EPOLLIN, FROM_CONTROL, 0);
    watch(self, self->listener, EPOLLIN, FROM_HANDOVER, 0);
    start_wire(self);
}

void sf_supervisor_run(const struct sf_supervision *supervision)
{
    static struct supervisor self;
    struct sf_launch_shared *shared = supervision->shared;
    self.supervision = supervision;
    set_up(&self);
    loop(&self);
    if (self.signals >= 0)
        end_all(&self);
    answer_runner(&self);
    for (unsigned i = 0; i < self.course.count; i++) {
        sf_capture_finish(&self.course.members[i].out);
        sf_capture_finish(&self.course.members[i].err);
    }
    shared->outcome.duration_ns = sf_clock_now_ns() - self.course.start_ns;
    shared->over = true;
    _exit(0);
}
