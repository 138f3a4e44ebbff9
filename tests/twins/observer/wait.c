/* Calls that wait for readiness. All ask for IN, OUT and RDHUP, but where the word's
 * argument names others: in, out, nothing. */
#include "observer.h"

#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>

#define WAIT_MS 100 /* then nothing comes */

static void tell_events(struct step *step, long result, unsigned events)
{
    static const struct {
        unsigned bit;
        const char *name;
    } names[] = {{POLLIN, "IN"},   {POLLPRI, "PRI"}, {POLLOUT, "OUT"},  {POLLRDHUP, "RDHUP"},
                 {POLLERR, "ERR"}, {POLLHUP, "HUP"}, {POLLNVAL, "NVAL"}};
    tell_result(step, result);
    for (size_t i = 0; result >= 0 && i < sizeof names / sizeof *names; i++)
        if (events & names[i].bit)
            tell(step, " %s", names[i].name);
}

static bool has_part(const struct step *step, const char *part)
{
    return step->argument && strstr(step->argument, part);
}

static short interests(const struct step *step)
{
    if (has_part(step, "nothing"))
        return 0;
    if (has_part(step, "in"))
        return POLLIN;
    if (has_part(step, "out"))
        return POLLOUT;
    return POLLIN | POLLOUT | POLLRDHUP;
}

static void act_poll(struct step *step)
{
    struct pollfd wait = {.fd = step->fd, .events = interests(step), .revents = POLLNVAL};
    int result = poll(&wait, 1, (int)number(step, WAIT_MS));
    tell_events(step, result, (unsigned)wait.revents);
}

static void act_poll_listener(struct step *step)
{
    struct pollfd wait = {.fd = ends.listener, .events = POLLIN};
    int result = poll(&wait, 1, (int)number(step, WAIT_MS));
    tell_events(step, result, (unsigned)wait.revents);
}

static struct timespec timespec_of(const struct step *step)
{
    long ms = number(step, WAIT_MS);
    return (struct timespec){.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
}

static void act_select_listener(struct step *step)
{
    struct timespec time = timespec_of(step);
    struct timeval left = {.tv_sec = time.tv_sec, .tv_usec = time.tv_nsec / 1000};
    fd_set in;
    FD_ZERO(&in);
    FD_SET(ends.listener, &in);
    tell_result(step, select(ends.listener + 1, &in, NULL, NULL, &left));
}

/* Of the waits that take a mask: what they let through is what `block` keeps away otherwise. */
static const sigset_t nothing_is_blocked, *own_mask;

static void act_block(struct step *step)
{
    sigset_t alarm;
    (void)step;
    sigemptyset(&alarm);
    sigaddset(&alarm, SIGALRM);
    must(pthread_sigmask(SIG_BLOCK, &alarm, NULL), "pthread_sigmask");
    own_mask = &nothing_is_blocked;
}

static void act_ppoll(struct step *step)
{
    struct pollfd wait = {.fd = step->fd, .events = interests(step), .revents = POLLNVAL};
    struct timespec time = timespec_of(step);
    int result = ppoll(&wait, 1, &time, own_mask);
    tell_events(step, result, (unsigned)wait.revents);
}

struct sets {
    fd_set in, out, except;
};

static struct sets sets_of(const struct step *step)
{
    struct sets sets;
    FD_ZERO(&sets.in);
    sets.out = sets.except = sets.in;
    FD_SET(step->fd, &sets.except);
    if (interests(step) & POLLIN)
        FD_SET(step->fd, &sets.in);
    if (interests(step) & POLLOUT)
        FD_SET(step->fd, &sets.out);
    return sets;
}

static void tell_sets(struct step *step, int result, const struct sets *sets)
{
    tell_result(step, result);
    if (result >= 0)
        tell(step, "%s%s%s", FD_ISSET(step->fd, &sets->in) ? " readable" : "",
             FD_ISSET(step->fd, &sets->out) ? " writable" : "",
             FD_ISSET(step->fd, &sets->except) ? " exceptional" : "");
}

static void act_select(struct step *step)
{
    struct sets sets = sets_of(step);
    struct timespec time = timespec_of(step);
    struct timeval left = {.tv_sec = time.tv_sec, .tv_usec = time.tv_nsec / 1000};
    int result = select(step->fd + 1, &sets.in, &sets.out, &sets.except, &left);
    tell_sets(step, result, &sets);
    if (result == 0 && (left.tv_sec || left.tv_usec))
        tell(step, " time left");
}

static void act_pselect(struct step *step)
{
    struct sets sets = sets_of(step);
    struct timespec time = timespec_of(step);
    int result = pselect(step->fd + 1, &sets.in, &sets.out, &sets.except, &time, own_mask);
    tell_sets(step, result, &sets);
}

/* ---- epoll: watch=lt|et|oneshot|exclusive[,in|,out|,nothing] wait[=MS] again --------- */

static int set = -1;
static struct epoll_event watched;

static void act_watch(struct step *step)
{
    uint32_t how = has_part(step, "oneshot")     ? EPOLLONESHOT
                   : has_part(step, "exclusive") ? EPOLLEXCLUSIVE | EPOLLET
                   : has_part(step, "et")        ? EPOLLET
                                                 : 0;
    uint32_t what = (uint32_t)interests(step);

    watched.events = how | (how & EPOLLEXCLUSIVE ? what & ~(uint32_t)EPOLLRDHUP : what);
    must(set = epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    must(epoll_ctl(set, EPOLL_CTL_ADD, step->fd, &watched), "epoll_ctl");
}

static void act_watch_listener(struct step *step)
{
    watched.events = EPOLLIN | (has_part(step, "lt")          ? 0
                                : has_part(step, "exclusive") ? EPOLLEXCLUSIVE
                                : has_part(step, "oneshot")   ? EPOLLONESHOT
                                                              : EPOLLET);
    must(set = epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    must(epoll_ctl(set, EPOLL_CTL_ADD, ends.listener, &watched), "epoll_ctl");
}

/* Another set, whose watch is exclusive as well. */
static int other_set = -1;

static void act_watch_too(struct step *step)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET | EPOLLEXCLUSIVE};
    must(other_set = epoll_create1(EPOLL_CLOEXEC), "epoll_create1");
    must(epoll_ctl(other_set, EPOLL_CTL_ADD, has_part(step, "listener") ? ends.listener : step->fd, &event),
         "epoll_ctl");
}

static void act_wait_too(struct step *step)
{
    struct epoll_event event = {0};
    int result = epoll_wait(other_set, &event, 1, (int)number(step, WAIT_MS));
    tell_events(step, result, event.events);
}

static void act_rearm(struct step *step)
{
    must(epoll_ctl(set, EPOLL_CTL_MOD, step->fd, &watched), "epoll_ctl");
}

static void act_wait(struct step *step)
{
    struct epoll_event event = {0};
    int result = epoll_wait(set, &event, 1, (int)number(step, WAIT_MS));
    tell_events(step, result, event.events);
}

static void act_pwait(struct step *step)
{
    struct epoll_event event = {0};
    int result = epoll_pwait(set, &event, 1, (int)number(step, WAIT_MS), own_mask);
    tell_events(step, result, event.events);
}

const struct word wait_words[] = {
    {"poll", act_poll},
    {"poll-listener", act_poll_listener},
    {"ppoll", act_ppoll},
    {"block", act_block},
    {"select", act_select},
    {"pselect", act_pselect},
    {"watch", act_watch},
    {"watch-listener", act_watch_listener},
    {"rearm", act_rearm},
    {"wait", act_wait},
    {"pwait", act_pwait},
    {"select-listener", act_select_listener},
    {"watch-too", act_watch_too},
    {"wait-too", act_wait_too},
    {NULL, NULL},
};
