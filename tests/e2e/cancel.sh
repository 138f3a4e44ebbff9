# A thread that is cancelled where the wire takes its connection leaves no descriptor that it would not leave without.
# shellcheck shell=bash
. "$(dirname "$0")/../lib.sh"
cd "$TMP" || exit 1

cat > cancel.c << 'END'
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* glibc itself may cancel a thread whose accept has got a descriptor: its bug 12683. */
enum { ROUNDS = 400, SPREAD_US = 200, LOST_BY_LIBC = 1 };

static union {
    struct sockaddr any;
    struct sockaddr_in inet;
    struct sockaddr_un local;
} name;
static socklen_t name_bytes = sizeof name;
static int listener, calling;
static _Atomic int accepted;

static int open_descriptors(void)
{
    int count = 0;
    DIR *all = opendir("/proc/self/fd");
    while (readdir(all))
        count++;
    closedir(all);
    return count;
}

static void *accept_one(void *unused)
{
    accepted = accept(listener, NULL, NULL);
    for (;;) /* the next point where it may be cancelled is behind the call */
        pthread_testcancel();
    return unused;
}

static void *connect_one(void *unused)
{
    connect(calling, &name.any, name_bytes);
    for (;;)
        pthread_testcancel();
    return unused;
}

static void spin_us(long us)
{
    struct timespec begin, now;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    do
        clock_gettime(CLOCK_MONOTONIC, &now);
    while ((now.tv_sec - begin.tv_sec) * 1000000 + (now.tv_nsec - begin.tv_nsec) / 1000 < us);
}

static void one_round(bool accepts, long us)
{
    pthread_t thread;
    int peer;

    accepted = -1;
    calling = socket(name.any.sa_family, SOCK_STREAM, 0);
    if (accepts)
        connect(calling, &name.any, name_bytes);
    pthread_create(&thread, NULL, accepts ? accept_one : connect_one, NULL);
    spin_us(us);
    pthread_cancel(thread);
    pthread_join(thread, NULL);
    if (accepted >= 0)
        close(accepted);
    fcntl(listener, F_SETFL, O_NONBLOCK);
    while ((peer = accept(listener, NULL, NULL)) >= 0)
        close(peer);
    fcntl(listener, F_SETFL, 0);
    close(calling);
}

int main(int argc, char **argv)
{
    name.any.sa_family = argc > 2 && strcmp(argv[2], "unix") == 0 ? AF_UNIX : AF_INET;
    if (name.any.sa_family == AF_INET)
        name.inet.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(name.any.sa_family, SOCK_STREAM, 0);
    bind(listener, &name.any, name.any.sa_family == AF_UNIX ? sizeof name.any.sa_family : sizeof name.inet);
    listen(listener, 10);
    getsockname(listener, &name.any, &name_bytes);
    bool accepts = strcmp(argv[1], "accept") == 0;
    int most = 0;
    for (int round = 0; round < ROUNDS; round++) {
        int before = open_descriptors();
        one_round(accepts, round % SPREAD_US);
        int left = open_descriptors() - before;
        most = left > most ? left : most;
    }
    printf("%d more\n", most);
    return most > (accepts ? LOST_BY_LIBC : 0);
}
END
"${CC:-cc}" -O1 -o cancel cancel.c -pthread || exit 1

idle='link: both, reset: true, optional: true, when: {after: 1h}'
for kind in tcp unix; do
    for call in accept connect; do
        check "$call leaves none without us ($kind)" timeout 60 ./cancel $call $kind
        check "nor by way of the wire ($kind)" timeout 60 "$SOCKFAULT" run -f "$idle" -- ./cancel $call $kind
    done
done
finish
