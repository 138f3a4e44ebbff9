/* What a socket says of itself. */
#include "observer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/time.h>

static void act_error(struct step *step)
{
    int error = 0;
    socklen_t length = sizeof error;
    if (getsockopt(step->fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0)
        tell_result(step, -1);
    else
        tell(step, " %s", error ? strerrorname_np(error) : "0");
}

static void act_unread(struct step *step)
{
    int bytes = 0;
    int result = ioctl(step->fd, FIONREAD, &bytes);
    tell_result(step, result < 0 ? -1 : bytes);
}

/* A port by whose it is: numbers differ from run to run. It lies at one place in both kinds. */
static const char *port_of(const struct sockaddr_storage *name)
{
    in_port_t port = ((const struct sockaddr_in *)name)->sin_port;
    if (name->ss_family != AF_INET && name->ss_family != AF_INET6)
        return "";
    return port == 0                                                ? ""
           : port == ((struct sockaddr_in *)&ends.target)->sin_port ? ":target"
           : port == ends.port                                      ? ":near"
                                                                    : ":port";
}

void tell_name(struct step *step, int result, const struct sockaddr_storage *name, socklen_t length)
{
    const struct sockaddr_in *v4 = (const void *)name;
    const struct sockaddr_in6 *v6 = (const void *)name;
    char text[INET6_ADDRSTRLEN] = "unnamed";

    if (result != 0) {
        tell_result(step, result);
        return;
    }
    if (name->ss_family == AF_INET)
        inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
    else if (name->ss_family == AF_INET6)
        inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
    tell(step, " %s%s/%u", text, port_of(name), (unsigned)length);
}

static void act_names(struct step *step)
{
    struct sockaddr_storage name = {0};
    socklen_t length = sizeof name;
    int result = getpeername(step->fd, (void *)&name, &length);
    tell_name(step, result, &name, length);
    length = sizeof name;
    result = getsockname(step->fd, (void *)&name, &length);
    tell_name(step, result, &name, length);
}

static void act_state(struct step *step)
{
    static const char *const names[] = {[TCP_ESTABLISHED] = "ESTABLISHED",
                                        [TCP_SYN_SENT] = "SYN_SENT",
                                        [TCP_SYN_RECV] = "SYN_RECV",
                                        [TCP_FIN_WAIT1] = "FIN_WAIT_1",
                                        [TCP_FIN_WAIT2] = "FIN_WAIT_2",
                                        [TCP_TIME_WAIT] = "TIME_WAIT",
                                        [TCP_CLOSE] = "CLOSED",
                                        [TCP_CLOSE_WAIT] = "CLOSE_WAIT",
                                        [TCP_LAST_ACK] = "LAST_ACK",
                                        [TCP_LISTEN] = "LISTEN",
                                        [TCP_CLOSING] = "CLOSING"};
    struct tcp_info info = {0};
    socklen_t length = sizeof info;

    if (getsockopt(step->fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0)
        tell_result(step, -1);
    else
        tell(step, " %s", info.tcpi_state <= TCP_CLOSING ? names[info.tcpi_state] : "?");
}

static void set_timeout(int fd, int option, long ms)
{
    struct timeval time = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
    must(setsockopt(fd, SOL_SOCKET, option, &time, sizeof time), "setsockopt");
}

static void act_rcvtimeo(struct step *step)
{
    set_timeout(step->fd, SO_RCVTIMEO, number(step, 600));
}

static void act_sndtimeo(struct step *step)
{
    set_timeout(step->fd, SO_SNDTIMEO, number(step, 600));
}

static void act_user_timeout(struct step *step)
{
    unsigned ms = (unsigned)number(step, 0);
    socklen_t length = sizeof ms;
    if (step->argument)
        must(setsockopt(step->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, length), "TCP_USER_TIMEOUT");
    must(getsockopt(step->fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, &length), "TCP_USER_TIMEOUT");
    tell(step, " %u", ms);
}

static void act_waits(struct step *step)
{
    tell(step, " %s", fcntl(step->fd, F_GETFL) & O_NONBLOCK ? "no" : "yes");
}

static void act_accept_timeo(struct step *step)
{
    set_timeout(ends.listener, SO_RCVTIMEO, number(step, 600));
}

const struct word ask_words[] = {
    {"error", act_error},
    {"unread", act_unread},
    {"names", act_names},
    {"state", act_state},
    {"rcvtimeo", act_rcvtimeo},
    {"sndtimeo", act_sndtimeo},
    {"accept-timeo", act_accept_timeo},
    {"user-timeout", act_user_timeout},
    {"waits", act_waits},
    {NULL, NULL},
};
