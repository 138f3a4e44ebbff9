#include "calls/waited.h"

#include "apply/clock.h"
#include "apply/reset.h"
#include "calls/call.h"
#include "calls/facts.h"
#include "load/digits.h"
#include "load/memory.h"
#include "load/sandbox.h"
#include "sockets/connection.h"
#include "sockets/record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#define NS_PER_S UINT64_C(1000000000)

uint64_t sf_waited_ms(int ms)
{
    return ms < 0 ? UINT64_MAX : (uint64_t)ms * 1000000;
}

uint64_t sf_waited_timeval(const struct timeval *time)
{
    if (!time || !sf_memory_is_readable(time, sizeof *time))
        return UINT64_MAX;
    return (uint64_t)time->tv_sec * NS_PER_S + (uint64_t)time->tv_usec * 1000;
}

uint64_t sf_waited_timespec(const struct timespec *time)
{
    if (!time || !sf_memory_is_readable(time, sizeof *time))
        return UINT64_MAX;
    return (uint64_t)time->tv_sec * NS_PER_S + (uint64_t)time->tv_nsec;
}

/* The kernel reads whole words of a set; what lies behind them may not be there. */
static bool copy_set(fd_set *to, const fd_set *from, nfds_t count)
{
    size_t bytes = (count + 63) / 64 * 8;
    FD_ZERO(to);
    if (!from)
        return true;
    if (!sf_memory_is_readable(from, bytes))
        return false;
    memcpy(to, from, bytes);
    return true;
}

/* Larger sets than FD_SETSIZE are legal in Linux; those are left alone. */
static bool copy_sets(const struct sf_waited *waited, fd_set to[3])
{
    return waited->count <= FD_SETSIZE && copy_set(&to[0], waited->in, waited->count) &&
           copy_set(&to[1], waited->out, waited->count) && copy_set(&to[2], waited->except, waited->count);
}

bool sf_waited_ready(const struct sf_waited *waited)
{
    struct pollfd set = {.fd = waited->set, .events = POLLIN};
    struct timeval no_time = {0};
    fd_set sets[3];

    switch (waited->kind) {
    case SF_WAIT_POLL:
        /* The program's own array will do: the kernel writes it after EINTR as well. */
        return !sf_sandbox_permits(SF_OWN_POLL) || sf_real.poll(waited->fds, waited->count, 0) != 0;
    case SF_WAIT_EPOLL:
        /* A set can be polled itself, which takes no event out of it. Unlike poll and
         * select a mere look answers 0 before it minds signals: ep_poll(). */
        return waited->own_ns == 0 || !sf_sandbox_permits(SF_OWN_POLL) || sf_real.poll(&set, 1, 0) != 0;
    default:
        /* After EINTR the sets are as they were: ask with copies. */
        return !copy_sets(waited, sets) || !sf_sandbox_permits(SF_OWN_PSELECT) ||
               sf_real.select((int)waited->count, &sets[0], &sets[1], &sets[2], &no_time) != 0;
    }
}

/* What to do with each descriptor that is waited for. */
struct visit {
    void (*each)(int fd, struct visit *visit);
    const struct sf_call *call;
    uint64_t *selected;
    bool found;
};

static void visit_poll(const struct sf_waited *waited, struct visit *visit)
{
    if (!sf_memory_is_readable(waited->fds, waited->count * sizeof *waited->fds))
        return;
    for (nfds_t i = 0; i < waited->count; i++)
        if (waited->fds[i].fd >= 0)
            visit->each(waited->fds[i].fd, visit);
}

static void visit_select(const struct sf_waited *waited, struct visit *visit)
{
    fd_set sets[3];
    if (!copy_sets(waited, sets))
        return;
    for (int fd = 0; fd < (int)waited->count; fd++)
        if (FD_ISSET(fd, &sets[0]) || FD_ISSET(fd, &sets[1]) || FD_ISSET(fd, &sets[2]))
            visit->each(fd, visit);
}

/* The number that stands behind `key` in the line; 0: none does. */
static uint64_t number_behind(const char *key, const char *line, unsigned base)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = strstr(line, key), *digit;
    uint64_t number = 0;

    if (!at)
        return 0;
    at += strlen(key);
    for (at += strspn(at, " "); *at && (digit = strchr(digits, *at)); at++)
        number = number * base + (uint64_t)(digit - digits);
    return number;
}

/* A line of fdinfo, "tfd:        5 events: … ino:1a2b sdev:8", names one by the number that
 * it was registered by. By now that may be another one's: the inode tells. */
static void visit_line(const char *line, struct visit *visit)
{
    uint64_t inode = number_behind(" ino:", line, 16); /* since Linux 4.13 */
    struct stat now;

    if (strncmp(line, "tfd:", 4) != 0)
        return;
    int fd = (int)number_behind("tfd:", line, 10);
    if (inode == 0 || (fstat(fd, &now) == 0 && now.st_ino == inode))
        visit->each(fd, visit);
}

/* The kernel alone knows what a set holds: sets are inherited and passed on.
 * Source: ep_show_fdinfo(). */
static void visit_epoll(const struct sf_waited *waited, struct visit *visit)
{
    char path[sizeof "/proc/self/fdinfo/" + SF_DIGITS_MAX] = "/proc/self/fdinfo/";
    char text[512]; /* no line has a quarter of that */
    size_t held = 0;
    ssize_t got;

    if (waited->set < 0 || !sf_sandbox_permits(SF_OWN_OPEN) || !sf_sandbox_permits(SF_OWN_READ) ||
        !sf_sandbox_permits(SF_OWN_CLOSE))
        return;
    sf_digits_write(path + strlen(path), (unsigned)waited->set);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    while ((got = sf_real.read(fd, text + held, sizeof text - 1 - held)) > 0) {
        char *line = text, *end;
        held += (size_t)got;
        text[held] = '\0';
        for (; (end = strchr(line, '\n')); line = end + 1)
            visit_line(line, visit);
        held -= (size_t)(line - text);
        memmove(text, line, held);
    }
    sf_real.close(fd);
}

static void visit_all(const struct sf_waited *waited, struct visit *visit)
{
    if (waited->kind == SF_WAIT_POLL)
        visit_poll(waited, visit);
    else if (waited->kind == SF_WAIT_SELECT)
        visit_select(waited, visit);
    else
        visit_epoll(waited, visit);
}

/* The record of a socket that a rule of the poll family may select, or NULL. */
static struct sf_socket *record_of(int fd)
{
    uint64_t word = sf_descriptor_discover(fd);
    return word & SF_WORD_SOCKET && word >> SF_FAMILY_POLL & 1 ? sf_socket_record(fd) : NULL;
}

/* Those of 64 rules that name a peer. */
static uint64_t rules_of_peers(unsigned word)
{
    const struct sf_plan_rule *rules = sf_plan_rules(sf_shim.plan);
    uint64_t bits = 0;
    for (uint32_t i = word * 64; i < sf_shim.plan->rule_count && i < (word + 1) * 64; i++)
        bits |= (uint64_t)(rules[i].peer_count != 0) << (i % 64);
    return bits;
}

/* A datagram socket without a peer has been selected by all that ask for one, to be looked
 * at datagram by datagram; a wait has none. */
static void add_rules(int fd, struct visit *visit)
{
    struct sf_socket *socket = record_of(fd);
    bool is_nobodys = socket && socket->type == SF_TYPE_DGRAM && socket->peer.domain == 0;
    for (unsigned i = 0; socket && i < sf_selection_words(sf_shim.plan); i++)
        visit->selected[i] |=
            sf_record_selected_word(socket, i) & sf_shim.meant[i] & ~(is_nobodys ? rules_of_peers(i) : 0);
}

void sf_waited_select(const struct sf_waited *waited, uint64_t *selected)
{
    struct visit visit = {.each = add_rules, .selected = selected};
    for (uint32_t i = 0; i < sf_shim.plan->rule_count; i++)
        if (sf_plan_rules(sf_shim.plan)[i].connection_first != 0)
            selected[i / 64] &= ~(UINT64_C(1) << (i % 64));
    visit_all(waited, &visit);
}

static bool is_connection(int fd, const struct sf_socket *socket)
{
    return socket && socket->type == SF_TYPE_STREAM && socket->domain & (SF_DOMAIN_INET | SF_DOMAIN_INET6) &&
           sf_is_tcp_connected(fd);
}

static void find_connection(int fd, struct visit *visit)
{
    visit->found = visit->found || is_connection(fd, record_of(fd));
}

bool sf_waited_has_connection(const struct sf_waited *waited)
{
    struct visit visit = {.each = find_connection};
    visit_all(waited, &visit);
    return visit.found;
}

/* Does one of the rules that fired, a reset, mean this socket? */
static bool is_meant(const struct sf_call *call, struct sf_socket *socket)
{
    for (unsigned i = 0; i < call->verdict.rule_count; i++) {
        uint32_t rule = call->verdict.rules[i].rule;
        if (sf_plan_rules(sf_shim.plan)[rule].fault == SF_FAULT_RESET &&
            sf_record_selected_word(socket, rule / 64) >> (rule % 64) & 1)
            return true;
    }
    return false;
}

static void reset(int fd, struct visit *visit)
{
    struct sf_socket *socket = record_of(fd);
    if (!is_connection(fd, socket) || !is_meant(visit->call, socket))
        return;
    sf_reset(fd, socket, SF_UNREAD_KEPT);
    sf_reset_let_readers_know(socket);
    visit->found = true;
}

bool sf_waited_reset(const struct sf_call *call)
{
    struct visit visit = {.each = reset, .call = call};
    visit_all(call->waited_for, &visit);
    return visit.found;
}

/* As the kernel leaves it where the time is up. */
static void put_nothing(const struct sf_waited *waited)
{
    size_t bytes = (waited->count + 63) / 64 * 8;

    if (waited->kind == SF_WAIT_POLL &&
        sf_memory_is_readable(waited->fds, waited->count * sizeof *waited->fds))
        for (nfds_t i = 0; i < waited->count; i++)
            waited->fds[i].revents = 0;
    fd_set *const sets[] = {waited->in, waited->out, waited->except};
    for (unsigned i = 0; i < 3; i++)
        if (sets[i] && sf_memory_is_readable(sets[i], bytes))
            memset(sets[i], 0, bytes);
    if (waited->left)
        memset(waited->left, 0, waited->left_bytes);
}

int sf_waited_nothing(const struct sf_waited *waited, uint64_t ns)
{
    if (waited->own_ns < ns)
        ns = waited->own_ns;
    int error = sf_clock_sleep_masked(ns, waited->mask);
    if (error) {
        errno = error;
        return -1;
    }
    if (waited->own_ns == UINT64_MAX)
        return 1;
    put_nothing(waited);
    return 0;
}
