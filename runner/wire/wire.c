#include "wire/wire.h"

#include "base/memory.h"
#include "launch/descriptors.h"
#include "launch/process.h"
#include "wire/datagrams.h"
#include "wire/diag.h"
#include "wire/loop.h"
#include "wire/request.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TRIM_BYTES = 16 << 20 }; /* above what one connection queues: no page is fetched anew for each read */

/* Each connection takes two descriptors. */
static void raise_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void told_to_end(struct sf_wire *wire, struct sf_watch *watch, uint32_t events)
{
    struct signalfd_siginfo info;
    (void)events;
    while (read(watch->fd, &info, sizeof info) == (ssize_t)sizeof info)
        wire->is_ending = true;
}

static int open_signals(void)
{
    sigset_t mask;
    sigfillset(&mask);
    sigprocmask(SIG_SETMASK, &mask, NULL);
    sigemptyset(&mask);
    sigaddset(&mask, SIGTERM);
    return signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
}

static _Noreturn void be_wire(const struct sf_session_memory *session, int listener, int datagrams,
                              pid_t parent)
{
    static struct sf_wire wire;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(SF_EXIT_INTERNAL);
    mallopt(M_TRIM_THRESHOLD, TRIM_BYTES);
    mallopt(M_MMAP_THRESHOLD, TRIM_BYTES);
    prctl(PR_SET_TIMERSLACK, 1); /* a delay that is a little late is late */
    sf_process_rename("sf-wire");
    raise_limit();
    listener = sf_descriptor_above_stdio(listener);
    datagrams = sf_descriptor_above_stdio(datagrams);
    sf_descriptors_close_others((int[]){STDERR_FILENO, listener, datagrams}, 3);
    wire.session = session;
    wire.engine = (struct sf_engine){.plan = session->plan, .rules = session->rules};
    wire.wait = sf_wait_new(epoll_create1(EPOLL_CLOEXEC));
    wire.listener = (struct sf_watch){sf_requests_take, listener};
    wire.signals = (struct sf_watch){told_to_end, open_signals()};
    wire.scratch = sf_memory_new(SF_SCRATCH_BYTES);
    wire.diag = sf_diag_open();
    wire.splice = sf_splice_new();
    wire.spare = open("/dev/null", O_RDONLY | O_CLOEXEC);
    if (wire.wait.epoll < 0 || wire.signals.fd < 0 || !sf_watch_begin(&wire, &wire.listener) ||
        !sf_watch_begin(&wire, &wire.signals) || !sf_datagrams_begin(&wire, datagrams))
        _exit(SF_EXIT_INTERNAL);
    sf_wire_loop(&wire);
    _exit(0);
}

pid_t sf_wire_start(const struct sf_session_memory *session)
{
    int listener = sf_requests_listen(session->session);
    /* Without it a datagram that meets a rule fails the run; streams go on. */
    int datagrams = listener < 0 ? -1 : sf_datagrams_open(session->session);
    pid_t parent = getpid(), pid = listener < 0 ? -1 : fork();
    if (pid == 0)
        be_wire(session, listener, datagrams, parent);
    int error = errno;
    if (listener >= 0)
        close(listener);
    if (datagrams >= 0)
        close(datagrams);
    errno = error;
    return pid;
}
