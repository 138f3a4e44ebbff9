#include "launch/course.h"

#include "base/memory.h"
#include "base/regex.h"
#include "launch/program.h"
#include "launch/ready.h"
#include "launch/waiting.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define MS UINT64_C(1000000)

/* Helpers of a program often end in its wake (on EOF of a pipe, say): they are
 * not left behind. */
#define LINGER_NS (100 * MS)
#define PROBE_FIRST_NS (2 * MS)
#define PROBE_LAST_NS (20 * MS)
#define LOOK_STEP_NS (50 * MS)
#define LOOK_GRACE_NS (500 * MS)  /* a peer's end may have arrived just now */
#define PASS_GRACE_NS (1000 * MS) /* between SIGTERM and SIGKILL at a time-out of `run` */

static bool is_service(const struct sf_member *member)
{
    return member->program->ready.kind != SF_READY_NONE;
}

static bool capture(const struct sf_course *course)
{
    return course->supervision->options->stdio == SF_STDIO_CAPTURE;
}

static uint64_t earlier(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

static void signal_member(const struct sf_course *course, const struct sf_member *member, int signal)
{
    /* In PASS mode the group is the runner's own, and perhaps a pipeline's. */
    if (member->state == SF_MEMBER_RUNNING)
        kill(capture(course) ? -member->pid : member->pid, signal);
}

static void kill_member(const struct sf_course *course, struct sf_member *member)
{
    member->stopping = true;
    member->kill_ns = UINT64_MAX;
    signal_member(course, member, SIGKILL);
}

struct sf_member *sf_course_member(struct sf_course *course, pid_t pid)
{
    for (unsigned i = 0; i < course->started; i++)
        if (course->members[i].state == SF_MEMBER_RUNNING && course->members[i].pid == pid)
            return &course->members[i];
    return NULL;
}

void sf_course_begin(struct sf_course *course, uint64_t now_ns)
{
    const struct sf_supervision *supervision = course->supervision;
    const struct sf_scenario *scenario = supervision->scenario;
    course->phase = SF_PHASE_RUN;
    course->count = (unsigned)scenario->program_count;
    course->members = sf_memory_new(course->count * sizeof *course->members);
    course->start_ns = course->settled_ns = now_ns;
    course->deadline_ns = supervision->options->no_timeout ? UINT64_MAX : now_ns + scenario->timeout_ns;
    for (unsigned i = 0; i < course->count; i++) {
        struct sf_member *member = &course->members[i];
        struct sf_exit *result = &supervision->shared->exits[i];
        *member = (struct sf_member){.program = &scenario->programs[i], .exit = result};
        member->in.fd = member->out.fd = member->err.fd = -1;
        if (!supervision->rooms)
            continue;
        char *room = supervision->rooms + 2 * i * SF_CAPTURE_ROOM_BYTES;
        member->out.room = room;
        member->err.room = room + SF_CAPTURE_ROOM_BYTES;
        member->out.output = &result->out;
        member->err.output = &result->err;
        result->out.data = member->out.room;
        result->err.data = member->err.room;
    }
}

void sf_course_abort(struct sf_course *course)
{
    for (unsigned i = 0; i < course->started; i++) {
        struct sf_member *member = &course->members[i];
        if (member->state == SF_MEMBER_RUNNING && !member->timed_out) {
            member->exit->cancelled = true;
            member->stopping = true;
        }
    }
    course->phase = SF_PHASE_OVER;
}

/* One program failed so that the others cannot be judged. Services still end in
 * order: they may have something to put away. */
static void cancel(struct sf_course *course)
{
    if (course->phase != SF_PHASE_RUN)
        return;
    for (unsigned i = 0; i < course->started; i++) {
        struct sf_member *member = &course->members[i];
        if (member->state != SF_MEMBER_RUNNING || member->stopping)
            continue;
        member->exit->cancelled = true;
        if (!is_service(member))
            kill_member(course, member);
    }
    course->phase = SF_PHASE_STOP;
}

static void start_next(struct sf_course *course, uint64_t now_ns)
{
    const struct sf_supervision *supervision = course->supervision;
    unsigned index = course->started++;
    struct sf_member *member = &course->members[index];
    struct sf_stdio_ends ends;

    member->start_ns = course->settled_ns = now_ns;
    atomic_store(&supervision->session->programs[index].start_ns, now_ns);
    member->pid = sf_program_start(supervision, index, course->session_fd, &ends);
    if (member->pid < 0) {
        snprintf(supervision->shared->failure, sizeof supervision->shared->failure, "cannot start %s: %s",
                 member->program->name, strerror(errno));
        member->state = SF_MEMBER_ENDED;
        sf_course_abort(course);
        return;
    }
    member->state = SF_MEMBER_RUNNING;
    member->out.fd = ends.out;
    member->err.fd = ends.err;
    const char *text = member->program->stdin_text;
    member->in = (struct sf_feed){.fd = ends.in, .text = text, .left_bytes = text ? strlen(text) : 0};
    if (is_service(member)) {
        member->ready_by_ns = now_ns + member->program->ready.within_ns;
        member->probe_step_ns = PROBE_FIRST_NS;
        member->probe_ns = now_ns + PROBE_FIRST_NS;
        char error[SF_REGEX_ERROR_BYTES];
        if (member->program->ready.kind == SF_READY_OUTPUT)
            member->ready_output = sf_regex_compile(member->program->ready.output.text, error);
    }
    course->started_one(course->context, index);
}

/* Has it written what it writes when it is ready? */
static bool wrote_it(struct sf_member *member)
{
    const struct sf_output *outputs[] = {member->out.output, member->err.output};
    uint64_t bytes = outputs[0]->bytes + outputs[1]->bytes;
    if (bytes == member->searched_bytes || member->exit->search_given_up)
        return false;
    member->searched_bytes = bytes;
    for (unsigned i = 0; i < 2; i++) {
        enum sf_regex_result result =
            sf_regex_search(member->ready_output, outputs[i]->data, outputs[i]->bytes);
        member->exit->search_given_up |= result == SF_REGEX_GIVEN_UP;
        if (result == SF_REGEX_FOUND)
            return true;
    }
    return false;
}

static bool is_ready(struct sf_member *member)
{
    const struct sf_program *program = member->program;
    if (program->ready.kind == SF_READY_OUTPUT)
        return wrote_it(member);
    if (program->ready.kind == SF_READY_FILE)
        return sf_file_exists(program->cwd, program->ready.file);
    return sf_port_listens(member->pid, program->ready.port);
}

/* Is the service that we wait for ready? Moves on the time of the next look. */
static void probe(struct sf_course *course, struct sf_member *member, uint64_t now_ns)
{
    if (now_ns < member->probe_ns)
        return;
    if (is_ready(member)) {
        member->exit->ready = true;
        course->settled_ns = now_ns;
        return;
    }
    if (now_ns >= member->ready_by_ns) {
        member->timed_out = true;
        if (member->program->ready.kind == SF_READY_PORT)
            member->exit->port_count =
                sf_ports_listened(member->pid, member->exit->ports, SF_EXIT_PORTS_MAX);
        kill_member(course, member);
        cancel(course);
        return;
    }
    member->probe_step_ns = earlier(member->probe_step_ns + member->probe_step_ns / 2, PROBE_LAST_NS);
    member->probe_ns = earlier(now_ns + member->probe_step_ns, member->ready_by_ns);
}

/* Have those of the first `count` programs ended that are no services? */
static bool have_ended(const struct sf_course *course, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (course->members[i].state != SF_MEMBER_ENDED && !is_service(&course->members[i]))
            return false;
    return true;
}

/* May the next program start only behind the others? */
static bool waits_for_others(const struct sf_course *course)
{
    return course->members[course->started].program->is_last && !have_ended(course, course->started);
}

static uint64_t run(struct sf_course *course, uint64_t now_ns)
{
    const struct sf_scenario *scenario = course->supervision->scenario;
    while (course->phase == SF_PHASE_RUN) {
        struct sf_member *last = &course->members[course->started > 0 ? course->started - 1 : 0];
        bool waits = course->started > 0 && is_service(last) && last->state == SF_MEMBER_RUNNING;
        if (waits && !last->exit->ready) {
            probe(course, last, now_ns);
            if (course->phase == SF_PHASE_RUN && !last->exit->ready)
                return last->probe_ns;
        } else if (course->started < course->count && !waits_for_others(course)) {
            uint64_t due_ns = course->settled_ns + course->members[course->started].program->start_after_ns;
            if (now_ns < due_ns)
                return due_ns;
            start_next(course, now_ns);
        } else if (have_ended(course, course->count)) {
            /* Of services alone the scenario says how long they run. */
            uint64_t end_ns = course->settled_ns + scenario->run_for_ns;
            if (now_ns < end_ns)
                return end_ns;
            course->phase = SF_PHASE_LOOK;
        } else {
            break;
        }
    }
    return course->phase == SF_PHASE_RUN ? UINT64_MAX : now_ns;
}

/* Nothing that a service does about it is waited for where there is nothing. All are
 * looked at before the first is stopped, whose end closes connections of the others. */
static uint64_t look(struct sf_course *course, uint64_t now_ns)
{
    bool is_first = course->look_since_ns == 0, any = false;
    if (is_first)
        course->look_since_ns = now_ns;
    else if (now_ns < course->look_ns)
        return course->look_ns;
    for (unsigned i = 0; i < course->started; i++) {
        struct sf_member *member = &course->members[i];
        if (member->state == SF_MEMBER_RUNNING && member->program->wrap)
            any |= sf_held_look(&member->held, member->pid);
    }
    uint64_t waited_ns = now_ns - course->look_since_ns;
    if (any && waited_ns < LOOK_GRACE_NS) {
        course->look_ns = earlier(now_ns + LOOK_STEP_NS, course->look_since_ns + LOOK_GRACE_NS);
        return course->look_ns;
    }
    for (unsigned i = 0; i < course->started; i++)
        if (course->members[i].state == SF_MEMBER_RUNNING && course->members[i].program->wrap)
            sf_held_settle(&course->members[i].held, course->members[i].exit);
    if (course->deadline_ns != UINT64_MAX)
        course->deadline_ns += waited_ns;
    course->phase = SF_PHASE_STOP;
    return now_ns;
}

static uint64_t stop(struct sf_course *course, uint64_t now_ns)
{
    uint64_t wake_ns = UINT64_MAX;
    for (unsigned i = course->started; i-- > 0;) {
        struct sf_member *member = &course->members[i];
        if (member->state != SF_MEMBER_RUNNING)
            continue;
        if (!member->stopping) {
            member->stopping = true;
            member->kill_ns = now_ns + member->program->stop_within_ns;
            signal_member(course, member, member->program->stop_signal);
        } else if (member->kill_ns != UINT64_MAX && now_ns >= member->kill_ns) {
            member->exit->stop_killed = true;
            kill_member(course, member);
        }
        wake_ns = earlier(wake_ns, member->kill_ns);
        return wake_ns; /* the one before it has its turn when this one has ended */
    }
    course->phase = SF_PHASE_LINGER;
    course->linger_until_ns = now_ns + LINGER_NS;
    return now_ns;
}

/* Services wait for the others by design. */
static void tell_what_waits(struct sf_course *course)
{
    bool others = !have_ended(course, course->started);
    for (unsigned i = 0; i < course->started; i++) {
        struct sf_member *member = &course->members[i];
        if (member->state == SF_MEMBER_RUNNING && is_service(member) == !others)
            sf_waiting_tell(member->pid, member->exit->about);
    }
}

/* The scenario's time is over. */
static void time_out(struct sf_course *course, uint64_t now_ns)
{
    course->supervision->shared->outcome.timed_out = true;
    course->deadline_ns = UINT64_MAX;
    if (course->supervision->options->asks_what_waits)
        tell_what_waits(course);
    for (unsigned i = 0; i < course->started; i++)
        if (course->members[i].state == SF_MEMBER_RUNNING)
            course->members[i].timed_out = true;
    if (capture(course)) {
        course->phase = SF_PHASE_OVER;
        return;
    }
    struct sf_member *member = &course->members[0];
    member->stopping = true;
    member->kill_ns = now_ns + PASS_GRACE_NS;
    signal_member(course, member, SIGTERM);
    course->phase = SF_PHASE_STOP;
}

/* Our own time is not the scenario's. */
static uint64_t deadline(const struct sf_course *course)
{
    bool is_timed = course->phase == SF_PHASE_RUN || course->phase == SF_PHASE_STOP;
    return is_timed ? course->deadline_ns : UINT64_MAX;
}

uint64_t sf_course_step(struct sf_course *course, uint64_t now_ns)
{
    if (course->stopped_ns)
        return UINT64_MAX;
    if (now_ns >= deadline(course))
        time_out(course, now_ns);

    uint64_t wake_ns = UINT64_MAX;
    if (course->phase == SF_PHASE_RUN)
        wake_ns = run(course, now_ns);
    if (course->phase == SF_PHASE_LOOK)
        wake_ns = look(course, now_ns);
    if (course->phase == SF_PHASE_STOP)
        wake_ns = stop(course, now_ns);
    if (course->phase == SF_PHASE_LINGER) {
        wake_ns = course->linger_until_ns;
        if (course->childless || now_ns >= wake_ns) {
            course->phase = SF_PHASE_OVER;
            course->lingered = !course->supervision->shared->outcome.timed_out;
        }
    }
    return earlier(wake_ns, deadline(course));
}

static enum sf_end judge(const struct sf_member *member, int status)
{
    if (member->exit->exec_errno)
        return SF_END_FAILED;
    if (member->timed_out)
        return SF_END_TIMEOUT;
    if (member->stopping)
        return SF_END_STOPPED;
    return WIFSIGNALED(status) ? SF_END_SIGNALED : SF_END_EXITED;
}

static uint64_t time_ns(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000 * MS + (uint64_t)time.tv_usec * 1000;
}

void sf_course_reaped(struct sf_course *course, pid_t pid, int status, const struct rusage *usage,
                      uint64_t now_ns)
{
    struct sf_member *member = sf_course_member(course, pid);
    if (!member) {
        if (course->lingered && WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL)
            course->supervision->shared->outcome.left_behind++;
        return;
    }
    struct sf_exit *result = member->exit;
    member->state = SF_MEMBER_ENDED;
    course->stopped_ns = 0;
    result->end = judge(member, status);
    result->code = WIFEXITED(status) && result->end != SF_END_FAILED ? WEXITSTATUS(status) : -1;
    result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    result->duration_ns = now_ns - member->start_ns;
    result->cpu_ns = time_ns(usage->ru_utime) + time_ns(usage->ru_stime);
    result->cancelled = result->cancelled && result->end == SF_END_STOPPED;
    result->early = is_service(member) && !member->stopping && result->end != SF_END_FAILED;
    if (result->end == SF_END_FAILED || (result->early && !result->ready))
        cancel(course);
}

void sf_course_stopped(struct sf_course *course, bool stopped, uint64_t now_ns)
{
    if (stopped == (course->stopped_ns != 0))
        return;
    if (!stopped) {
        uint64_t pause_ns = now_ns - course->stopped_ns;
        if (course->deadline_ns != UINT64_MAX)
            course->deadline_ns += pause_ns;
        for (unsigned i = 0; i < course->started; i++)
            if (course->members[i].stopping && course->members[i].kill_ns != UINT64_MAX)
                course->members[i].kill_ns += pause_ns;
    }
    course->stopped_ns = stopped ? now_ns : 0;
}
