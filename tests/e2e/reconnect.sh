# What is left of a connect by way of the wire: descriptors, ports, errors.
# shellcheck shell=bash
. "$(dirname "$0")/../lib.sh"
cd "$TMP" || exit 1

cat > reconnect.c << 'END'
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static struct sockaddr_in open_port = {AF_INET}, closed_port = {AF_INET};
static struct sockaddr_in6 mapped = {AF_INET6};
static int fd;

static void tell(int result)
{
    printf("%s ", result == 0 ? "ok" : strerrorname_np(errno));
    fflush(stdout);
}

static void call(const void *peer)
{
    tell(connect(fd, peer, peer == &mapped ? sizeof mapped : sizeof open_port));
}

static void dissolve(void)
{
    const struct sockaddr nobody = {AF_UNSPEC};
    connect(fd, &nobody, sizeof nobody);
}

static int error_once_ready(void)
{
    struct pollfd ready = {fd, POLLOUT, 0};
    int error = -1;
    socklen_t bytes = sizeof error;
    poll(&ready, 1, 20000);
    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &bytes);
    return error;
}

static void *wait_in_connect(void *unused)
{
    call(&open_port);
    return unused;
}

static void *come_cancelled(void *unused)
{
    pthread_cancel(pthread_self());
    call(&open_port);
    return unused;
}

static void cancel(void *(*how)(void *))
{
    pthread_t thread;
    pthread_create(&thread, NULL, how, NULL);
    usleep(300000);
    pthread_cancel(thread);
    pthread_join(thread, NULL);
    close(fd);
    printf("%d\n", dup(0) == fd && dup(0) == fd + 1);
}

static void again(const void *peer)
{
    for (int i = 0; i < 3; i++) {
        call(peer);
        if (peer == &open_port)
            dissolve();
    }
}

/* The refusal of the first is on its way when the second is made. */
static void other(void)
{
    call(&closed_port);
    dissolve();
    call(&open_port);
    usleep(700000);
    errno = error_once_ready();
    tell(errno);
    tell(send(fd, "", 1, MSG_NOSIGNAL) - 1);
}

static void errors(void)
{
    int refused = 0;
    for (int i = 0; i < 400; i++) {
        fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(fd, (struct sockaddr *)&closed_port, sizeof closed_port);
        refused += error_once_ready() == ECONNREFUSED;
        close(fd);
    }
    printf("%d\n", refused);
}

/* By the time of the second connect somebody listens. */
static void late_listener(void)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    struct sockaddr_in own = {AF_INET, 0, {htonl(INADDR_LOOPBACK)}};
    socklen_t bytes = sizeof own;
    struct pollfd comes = {listener, POLLIN, 0};

    bind(listener, (struct sockaddr *)&own, bytes);
    getsockname(listener, (struct sockaddr *)&own, &bytes);
    call(&own);
    errno = error_once_ready();
    tell(-1);
    listen(listener, 1);
    call(&own);
    tell(accept(listener, NULL, NULL));
    call(&own);
    poll(&comes, 1, 20000);
    tell(accept(listener, NULL, NULL) < 0);
}

static void *send_first(void *told)
{
    *(int *)told = send(fd, "", 1, MSG_NOSIGNAL) < 0 ? errno : 0;
    return NULL;
}

/* One thread waits in connect, another in its first send: one of them is told of the refusal. */
static void both(void)
{
    for (int i = 0; i < 5; i++) {
        int told = 0;
        pthread_t thread;
        fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        connect(fd, (struct sockaddr *)&closed_port, sizeof closed_port);
        fcntl(fd, F_SETFL, 0);
        pthread_create(&thread, NULL, send_first, &told);
        connect(fd, (struct sockaddr *)&closed_port, sizeof closed_port);
        int error = errno;
        pthread_join(thread, NULL);
        printf("%d ", (error == ECONNREFUSED) + (told == ECONNREFUSED));
        close(fd);
    }
}

static void read_before(void)
{
    char byte;
    call(&closed_port);
    fcntl(fd, F_SETFL, 0);
    tell((int)recv(fd, &byte, 1, 0));
    tell((int)recv(fd, &byte, 1, 0));
}

static void shut_before(void)
{
    tell(shutdown(fd, SHUT_RDWR));
    call(&open_port);
    call(&open_port);
}

int main(int argc, char **argv)
{
    int waits_not = argc > 4 ? SOCK_NONBLOCK : 0;
    open_port.sin_port = htons((unsigned short)atoi(argv[2]));
    closed_port.sin_port = mapped.sin6_port = htons((unsigned short)atoi(argv[3]));
    open_port.sin_addr.s_addr = closed_port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.sin6_addr);
    fd = socket(strcmp(argv[1], "mapped") == 0 ? AF_INET6 : AF_INET, SOCK_STREAM | waits_not, 0);
    if (strcmp(argv[1], "cancel") == 0)
        cancel(wait_in_connect);
    else if (strcmp(argv[1], "cancelled") == 0)
        cancel(come_cancelled);
    else if (strcmp(argv[1], "refused") == 0)
        again(&closed_port);
    else if (strcmp(argv[1], "mapped") == 0)
        again(&mapped);
    else if (strcmp(argv[1], "dissolved") == 0)
        again(&open_port);
    else if (strcmp(argv[1], "other") == 0)
        other();
    else if (strcmp(argv[1], "late-listener") == 0)
        late_listener();
    else if (strcmp(argv[1], "both") == 0)
        both();
    else if (strcmp(argv[1], "read-before") == 0)
        read_before();
    else if (strcmp(argv[1], "shut-before") == 0)
        shut_before();
    else
        errors();
    return 0;
}
END
"${CC:-cc}" -o reconnect reconnect.c -pthread || exit 1
cat > peers.py << 'END'
import socket, time

listener, closed = socket.create_server(("127.0.0.1", 0), backlog=50), socket.socket()
closed.bind(("", 0))
print(listener.getsockname()[1], closed.getsockname()[1], flush=True)
time.sleep(1000)
END
background python3 peers.py > ports
within 10 test -s ports
read -r open closed < ports

under() # RULE WHAT [WITHOUT-WAITING]: what the program says under a rule
{
    timeout 60 "$SOCKFAULT" run -f "$1" -- ./reconnect "$2" "$open" "$closed" "${@:3}" | sed 's/ $//'
}

refused='ECONNREFUSED ECONNREFUSED ECONNREFUSED'
late='link: both, delay: 100ms'
idle='link: both, reset: true, optional: true, when: {after: 1h}'
check_eq "a connect that is cancelled leaves no descriptor" 1 "$(under 'link: both, delay: 5s' cancel)"
check_eq "nor one that was cancelled before" 1 "$(under 'link: both, optional: true, delay: 5s' cancelled)"
for rule in "$idle" "$late"; do
    check_eq "a refused socket connects again ($rule)" "$refused" "$(under "$rule" refused)"
    check_eq "a dissolved one connects again ($rule)" "ok ok ok" "$(under "$rule" dissolved)"
    check_eq "one that was shut before connects ($rule)" "ENOTCONN ok EISCONN" "$(under "$rule" shut-before)"
    check_eq "to an IPv4 address in the clothes of IPv6, too ($rule)" "$refused" "$(under "$rule" mapped)"
done
check_eq "and without waiting" "EINPROGRESS ECONNREFUSED EINPROGRESS" "$(under "$idle" mapped nonblock)"
check_eq "a refusal does not strike the connection after that" "EINPROGRESS EINPROGRESS ok ok" \
    "$(under "$late" other nonblock)"
for rule in "$idle" "$late"; do
    check_eq "who connects behind a refusal that was told meets nobody ($rule)" \
        "EINPROGRESS ECONNREFUSED ECONNABORTED EAGAIN EINPROGRESS ok" "$(under "$rule" late-listener nonblock)"
done
check_eq "of two that wait for a connection one is told that it was refused" "1 1 1 1 1" "$(under "$late" both)"
check_eq "who waits in a read for what is refused is told so" "EINPROGRESS ECONNREFUSED ok" \
    "$(under "$late" read-before nonblock)"
check_eq "who is woken by a refusal is told of it" 400 "$(under 'link: both, delay: 2ms' errors)"
finish
