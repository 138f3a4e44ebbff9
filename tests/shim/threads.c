/* Threads that meet one socket at the same moment: threads WHAT SOCKETS. It prints how
 * many of the sockets did not go as they should. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { THREADS = 4 };

static void (*act)(int thread);
static int near, far, sets[THREADS];
static bool is_over;
static _Atomic int failed_calls;
static pthread_barrier_t before, after;

static void *work(void *argument)
{
    int thread = *(int *)argument;
    for (;;) {
        pthread_barrier_wait(&before);
        if (is_over)
            return NULL;
        act(thread);
        pthread_barrier_wait(&after);
    }
}

static void together(void)
{
    pthread_barrier_wait(&before);
    pthread_barrier_wait(&after);
}

/* Its first call fails: that is one, however many make it. */
static void receive(int thread)
{
    char byte;
    (void)thread;
    if (recv(near, &byte, 1, MSG_DONTWAIT) < 0 && errno == EIO)
        failed_calls++;
}

static bool is_met_twice(void)
{
    failed_calls = 0;
    together();
    return failed_calls != 1;
}

static void join_set(int thread)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    epoll_ctl(sets[thread], EPOLL_CTL_ADD, near, &event);
}

/* After a recv that a rule made fail every set is owed an edge. */
static bool is_edge_missing(int count)
{
    struct epoll_event event;
    char buf[9];
    bool is_missing = false;

    if (write(far, "hello", 5) != 5)
        return true;
    for (int i = 0; i < count; i++)
        epoll_wait(sets[i], &event, 1, 0);
    if (recv(near, buf, sizeof buf, 0) >= 0 || errno != EAGAIN)
        return true;
    for (int i = 0; i < count; i++)
        is_missing |= epoll_wait(sets[i], &event, 1, 0) != 1;
    return is_missing;
}

static bool is_registration_lost(void)
{
    for (int i = 0; i < THREADS; i++)
        sets[i] = epoll_create1(0);
    together();
    bool is_lost = is_edge_missing(THREADS);
    for (int i = 0; i < THREADS; i++)
        close(sets[i]);
    return is_lost;
}

/* A close alone takes a registration out of its set. */
static bool is_edge_lost_after_closes(void)
{
    if (sets[0] == 0)
        sets[0] = epoll_create1(0);
    join_set(0);
    return is_edge_missing(1);
}

/* One socket in ever more sets. */
static bool is_unable_to_join(void)
{
    static int shared;
    struct epoll_event event = {.events = EPOLLIN | EPOLLET};
    if (shared == 0)
        shared = dup(near);
    return epoll_ctl(epoll_create1(0), EPOLL_CTL_ADD, shared, &event) != 0;
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    int numbers[THREADS], lost = 0, sockets = argc == 3 ? atoi(argv[2]) : 0;
    bool (*is_wrong)(void) = is_edge_lost_after_closes;

    if (sockets && strcmp(argv[1], "meet") == 0) {
        act = receive;
        is_wrong = is_met_twice;
    } else if (sockets && strcmp(argv[1], "register") == 0) {
        act = join_set;
        is_wrong = is_registration_lost;
    } else if (sockets && strcmp(argv[1], "join") == 0) {
        is_wrong = is_unable_to_join;
    } else if (!sockets || strcmp(argv[1], "close") != 0) {
        fprintf(stderr, "usage: threads meet|register|close|join SOCKETS\n");
        return 2;
    }
    pthread_barrier_init(&before, NULL, THREADS + 1);
    pthread_barrier_init(&after, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++) {
        numbers[i] = i;
        pthread_create(&threads[i], NULL, work, &numbers[i]);
    }
    for (int i = 0; i < sockets; i++) {
        int ends[2];
        if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) != 0)
            return 1;
        near = ends[0];
        far = ends[1];
        lost += is_wrong();
        close(near);
        close(far);
    }
    is_over = true;
    pthread_barrier_wait(&before);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    printf("%d\n", lost);
}
