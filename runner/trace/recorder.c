#include "trace/recorder.h"

#include "base/clock.h"
#include "base/memory.h"
#include "launch/descriptors.h"
#include "launch/launch.h"
#include "launch/process.h"
#include "timeline/timeline.h"
#include "trace/follow.h"
#include "trace/lanes.h"
#include "trace/order.h"
#include "trace/sites.h"
#include "trace/sinks.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A new sink is a row here. */
static const struct {
    sf_sink_maker *make;
    bool is_filtered; /* it is given only what the filter shows */
    bool takes_more;  /* … and the rest of a call's data, in records of their own */
} makers[] = {
    {sf_text_sink, true, false},
    {sf_json_sink, true, false},
    {sf_capture_sink, true, true},
    {sf_hygiene_sink, false, false},
    {sf_timeline_sink, false, false},
    {sf_observe_sink, false, false},
};
enum { SINKS_MAX = sizeof makers / sizeof *makers };

/* How long without progress until the runner gives a recorder up, and how long one whose runner
 * is gone may hang in a write. */
enum { PATIENCE_MS = 60000, ORPHAN_S = 2 };
/* A busy lane of 1 MiB is full in some 5 ms; what is idle should not wake the machine. */
enum { POLL_MS_MIN = 1, POLL_MS_MAX = 10 };
/* How often it looks for processes that are gone. */
#define LOOK_NS UINT64_C(100000000)
/* The supervisor ends the programs of a runner that was killed: their last calls are still to come. */
enum { ORPHAN_WAIT_MS = 100 };

/* What the recorder tells the runner. */
struct shared {
    _Atomic uint64_t progress; /* grows while it works */
    uint64_t dropped, damaged;
    int error;
    bool is_over; /* it came to its end */
    struct sf_warnings warnings;
};

struct sf_recorder {
    pid_t pid;
    int control; /* our end of a pair; its other end closes with the recorder */
    struct shared *shared;
    bool seeks_habits;
    int timeline; /* a file in memory; -1: none */
    bool is_ended;
    struct sf_recorded recorded;
    char failure[200];
};

/* The last call that a thread has told of. */
struct finished {
    uint32_t tid;
    uint64_t begin_ns;
};
enum { THREADS = 4096 };

/* The recorder's own, in its process. */
struct work {
    struct sf_recording recording;
    struct shared *shared;
    struct sf_lanes lanes;
    struct sf_order order;
    struct sf_follower *follower;
    struct sf_trace_sink sinks[SINKS_MAX];
    bool is_filtered[SINKS_MAX], takes_more[SINKS_MAX];
    size_t sink_count;
    uint64_t now_ns;
    uint64_t *gone_ns; /* by tally: when the process of a presence was found gone; 0: it was not */
    uint64_t looked_ns;
    struct finished finished[THREADS]; /* by tid, modulo */
};

static void show(struct work *work, struct sf_traced *traced, uint64_t time_ns)
{
    const struct sf_recording *recording = &work->recording;
    traced->t = time_ns > recording->start_ns ? (double)(time_ns - recording->start_ns) / 1e9 : 0;
    bool is_shown = !recording->filter || sf_trace_filter_shows(recording->filter, traced);
    bool is_call = !(traced->record->flags & SF_TRACE_MORE);
    for (size_t i = 0; i < work->sink_count; i++)
        if ((is_shown || !work->is_filtered[i]) && (is_call || work->takes_more[i]))
            work->sinks[i].take(work->sinks[i].context, traced);
    atomic_fetch_add_explicit(&work->shared->progress, 1, memory_order_relaxed);
}

static void add_image(struct sf_sites *sites, const struct sf_trace_image *image)
{
    sf_sites_add(sites, image->pid, image->is_executable != 0, image->bias, image->start, image->end,
                 image->path);
}

/* All that is old enough. */
static void show_until(struct work *work, uint64_t until_ns)
{
    struct sf_trace_record *record;
    while ((record = sf_order_take(&work->order, until_ns))) {
        const struct sf_trace_call *call = (const void *)record;
        if (record->kind == SF_TRACE_SOCKET) {
            sf_follower_meet(work->follower, (const void *)record);
        } else if (record->kind == SF_TRACE_IMAGE) {
            add_image(work->recording.sites, (const void *)record);
        } else {
            struct sf_traced traced = sf_follower_call(work->follower, call);
            work->finished[call->tid % THREADS] = (struct finished){call->tid, call->begin_ns};
            show(work, &traced, call->end_ns);
        }
        free(record);
    }
}

static void add(void *context, unsigned lane, const struct sf_trace_record *record)
{
    struct work *work = context;
    sf_order_add(&work->order, lane, record, work->now_ns);
}

static size_t take_all(struct work *work)
{
    work->now_ns = sf_clock_now_ns();
    return sf_lanes_take(&work->lanes, add, work);
}

static void rest(struct work *work)
{
    for (size_t i = 0; i < work->sink_count; i++)
        if (work->sinks[i].rest)
            work->sinks[i].rest(work->sinks[i].context);
    atomic_fetch_add_explicit(&work->shared->progress, 1, memory_order_relaxed);
}

/* Whose call will never come back, although the run goes on? */
static void look_for_the_gone(struct work *work)
{
    const struct sf_session_memory *session = work->recording.session;
    if (work->now_ns - work->looked_ns < LOOK_NS)
        return;
    work->looked_ns = work->now_ns;
    for (uint32_t i = 0; i < session->session->tally_count; i++) {
        const struct sf_presence *presence = sf_trace_presence(session->trace, i);
        bool is_gone = presence->begin_ns && kill((pid_t)presence->pid, 0) != 0 && errno == ESRCH;
        if (is_gone && !work->gone_ns[i])
            work->gone_ns[i] = work->now_ns;
    }
}

/* A call that never came back, as far as it can be trusted. */
static void show_presence(struct work *work, const struct sf_presence *presence, uint64_t gone_ns)
{
    const struct sf_plan *plan = work->recording.session->plan;
    struct sf_trace_call call = {.record = {.bytes = sizeof call, .kind = SF_TRACE_CALL},
                                 .pid = presence->pid,
                                 .tid = presence->tid,
                                 .program = (uint16_t)presence->program,
                                 .call = (uint16_t)presence->call,
                                 .fd = presence->fd,
                                 .socket = presence->socket,
                                 .begin_ns = presence->begin_ns,
                                 .return_address = presence->return_address,
                                 .asked = presence->asked};
    const struct finished *last = &work->finished[call.tid % THREADS];
    if (call.begin_ns == 0 || presence->program >= plan->program_count || presence->call >= SF_CALL_COUNT)
        return;
    if (last->tid == call.tid && last->begin_ns == call.begin_ns)
        return; /* killed when it had told of it */
    call.end_ns = call.begin_ns;
    struct sf_traced traced = sf_follower_unfinished(work->follower, &call);
    traced.gone_ns = gone_ns;
    show(work, &traced, call.begin_ns);
}

static void show_unfinished(struct work *work)
{
    const struct sf_session_memory *session = work->recording.session;
    for (uint32_t i = 0; i < session->session->tally_count; i++)
        show_presence(work, sf_trace_presence(session->trace, i), work->gone_ns[i]);
}

static void end_sinks(struct work *work, uint64_t dropped)
{
    for (size_t i = 0; i < work->sink_count; i++) {
        int error = work->sinks[i].end(work->sinks[i].context, dropped);
        if (error && !work->shared->error)
            work->shared->error = error;
        atomic_fetch_add_explicit(&work->shared->progress, 1, memory_order_relaxed);
    }
}

/* Follow the programs until they, or the runner, have ended. */
static void follow(struct work *work, int control)
{
    struct pollfd end = {.fd = control, .events = POLLIN};
    int wait_ms = POLL_MS_MIN;
    while (poll(&end, 1, wait_ms) <= 0) {
        bool is_busy = take_all(work) > 0;
        show_until(work, work->now_ns - SF_ORDER_HOLD_NS);
        rest(work);
        look_for_the_gone(work);
        wait_ms = is_busy ? POLL_MS_MIN : wait_ms < POLL_MS_MAX ? wait_ms + 1 : POLL_MS_MAX;
    }
    char word;
    if (recv(control, &word, sizeof word, MSG_DONTWAIT) <= 0)
        poll(NULL, 0, ORPHAN_WAIT_MS);
}

static void hurry(int signal)
{
    (void)signal;
    alarm(ORPHAN_S);
}

/* Signals of the terminal are for the program. Without a runner nobody waits for what we write:
 * the time for it is short. */
static void set_signals(pid_t runner)
{
    struct sigaction action = {.sa_handler = hurry};
    sigset_t mask;
    sigfillset(&mask);
    sigdelset(&mask, SIGTERM);
    sigdelset(&mask, SIGALRM);
    signal(SIGALRM, SIG_DFL);
    sigaction(SIGTERM, &action, NULL);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != runner)
        alarm(ORPHAN_S);
}

static void make_sinks(struct work *work)
{
    for (size_t i = 0; i < SINKS_MAX; i++) {
        if (!makers[i].make(&work->recording, &work->sinks[work->sink_count]))
            continue;
        work->takes_more[work->sink_count] = makers[i].takes_more;
        work->is_filtered[work->sink_count++] = makers[i].is_filtered;
    }
}

static struct sf_directory directory_of(const struct sf_session_memory *memory)
{
    const struct sf_session *session = memory->session;
    return (struct sf_directory){.entries = (void *)((char *)memory->session + session->directory_at),
                                 .count = session->directory_count};
}

static void be_recorder(const struct sf_recording *recording, struct shared *shared, int control,
                        pid_t runner, uint64_t start_ns) __attribute__((noreturn));
static void be_recorder(const struct sf_recording *recording, struct shared *shared, int control,
                        pid_t runner, uint64_t start_ns)
{
    static struct work work;
    work.recording = *recording;
    work.shared = shared;
    set_signals(runner);
    setpgid(0, 0);
    sf_process_rename("sf-recorder");
    sf_descriptors_close_others((int[]){STDERR_FILENO, control, recording->text, recording->json,
                                        recording->capture, recording->timeline, recording->lock},
                                7);
    sf_lanes_open(&work.lanes, recording->session->trace, recording->session->plan);
    work.follower = sf_follower_new(recording->session->plan, directory_of(recording->session));
    work.recording.follower = work.follower;
    work.recording.sites = sf_sites_new();
    work.recording.warnings = &shared->warnings;
    work.recording.start_ns = start_ns;
    work.gone_ns = sf_memory_new(recording->session->session->tally_count * sizeof *work.gone_ns);
    make_sinks(&work);

    follow(&work, control);
    take_all(&work);
    show_until(&work, UINT64_MAX);
    show_unfinished(&work);
    shared->dropped = atomic_load(&recording->session->trace->dropped);
    shared->damaged = work.lanes.damaged;
    end_sinks(&work, shared->dropped + shared->damaged);
    shared->is_over = true;
    _exit(0);
}

/* Fork it. False, with errno: that failed. */
static bool start(struct sf_recorder *recorder, const struct sf_recording *recording)
{
    int ends[2];
    pid_t runner = getpid();
    uint64_t start_ns = sf_clock_now_ns();
    struct sf_recording own = *recording;
    own.timeline = recorder->timeline;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return false;
    recorder->control = ends[0];
    recorder->pid = fork();
    if (recorder->pid == 0)
        be_recorder(&own, recorder->shared, sf_descriptor_above_stdio(ends[1]), runner, start_ns);
    int error = errno;
    close(ends[1]);
    if (recorder->pid > 0) {
        setpgid(recorder->pid, recorder->pid); /* both sides do it: either may run first */
        sf_launch_spare(recorder->pid);
    }
    errno = error;
    return recorder->pid > 0;
}

/* What it holds, but for its process. Keeps errno. */
static void release(struct sf_recorder *recorder)
{
    int error = errno;
    if (recorder->control >= 0)
        close(recorder->control);
    if (recorder->timeline >= 0)
        close(recorder->timeline);
    if (recorder->shared != MAP_FAILED)
        munmap(recorder->shared, sizeof *recorder->shared);
    free((void *)recorder->recorded.timeline);
    free(recorder);
    errno = error;
}

struct sf_recorder *sf_recorder_start(const struct sf_recording *recording)
{
    struct sf_recorder *recorder = sf_memory_new(sizeof *recorder);
    *recorder = (struct sf_recorder){.control = -1, .timeline = -1, .seeks_habits = recording->seeks_habits};
    recorder->shared =
        mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (recorder->shared != MAP_FAILED && recording->draws_timeline)
        recorder->timeline = memfd_create("sockfault-timeline", MFD_CLOEXEC);
    bool has_all = recorder->shared != MAP_FAILED && (recorder->timeline >= 0 || !recording->draws_timeline);
    if (has_all && start(recorder, recording))
        return recorder;
    release(recorder);
    return NULL;
}

/* Until its end of the pair is closed. False: it makes no progress. */
static bool wait_for_end(struct sf_recorder *recorder)
{
    struct pollfd end = {.fd = recorder->control, .events = 0};
    uint64_t seen = UINT64_MAX;
    for (;;) {
        int count = poll(&end, 1, PATIENCE_MS);
        if (count > 0)
            return true;
        if (count < 0)
            continue;
        uint64_t progress = atomic_load(&recorder->shared->progress);
        if (progress == seen)
            return false;
        seen = progress;
    }
}

static void collect(struct sf_recorder *recorder)
{
    int status = 0;
    const struct shared *shared = recorder->shared;
    send(recorder->control, "", 1, MSG_NOSIGNAL);
    bool has_ended = wait_for_end(recorder);
    if (!has_ended)
        kill(recorder->pid, SIGKILL);
    while (waitpid(recorder->pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (!has_ended)
        snprintf(recorder->failure, sizeof recorder->failure, "its file took nothing for %d s",
                 PATIENCE_MS / 1000);
    else if (!shared->is_over && WIFSIGNALED(status))
        snprintf(recorder->failure, sizeof recorder->failure, "the recorder was killed by signal %d (%s)",
                 WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (!shared->is_over)
        snprintf(recorder->failure, sizeof recorder->failure, "the recorder ended by itself with %d",
                 WEXITSTATUS(status));
    else if (shared->error)
        snprintf(recorder->failure, sizeof recorder->failure, "%s", strerror(shared->error));
    bool has_timeline = recorder->timeline >= 0 && shared->is_over;
    recorder->recorded = (struct sf_recorded){.dropped = shared->dropped,
                                              .damaged = shared->damaged,
                                              .warnings = recorder->seeks_habits ? &shared->warnings : NULL,
                                              .timeline = has_timeline ? sf_timeline_read(recorder->timeline) : NULL,
                                              .failure = *recorder->failure ? recorder->failure : NULL};
}

struct sf_recorded sf_recorder_end(struct sf_recorder *recorder)
{
    if (!recorder->is_ended) {
        collect(recorder);
        sf_launch_spare_no_more(recorder->pid);
    }
    recorder->is_ended = true;
    return recorder->recorded;
}

void sf_recorder_free(struct sf_recorder *recorder)
{
    if (!recorder)
        return;
    sf_recorder_end(recorder);
    release(recorder);
}
