/* A program whose flaws only a sanitizer or valgrind sees, and only when the network is bad.
 *
 *   flawed [FLAW]
 *
 *   none (default)  correct: 4 clients talk to 4 servers, threads all of them, on 4
 *                   connections each; a connection that fails is given up
 *   order           correct: both ends count in one place, in the order that the messages give
 *   edges           correct: what it hands to calls ends where its memory does, and what it reads
 *                   to is not set; becomes `echo`
 *   race            two threads count in one place, in no order
 *   overflow        trusts that one recv brings all of a message: reads beyond what came
 *   unread          trusts it too: looks at what did not come
 *   narrow          asks for a message where there is no room for it
 *   sum             trusts it too: adds to INT_MAX what is missing
 *   stale           a connection that fails is freed, and looked at
 *   leak            a connection that fails is forgotten
 *   wait            a signal ends a wait in recv, which asks the handler's word
 *
 * Prints `rounds N` or what the flaw made of it. Ends itself after 60 s. */
#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAIRS 4
#define CONNECTIONS 4
#define ROUNDS 16
#define MESSAGE 8

struct pair {
    int listener;
    struct sockaddr_in address;
    int rounds;
    int *counted; /* by both ends; NULL: by none */
};

static int raced;
static volatile sig_atomic_t was_told;

static int open_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        exit(3);
    return fd;
}

static void open_listener(struct pair *pair)
{
    socklen_t length = sizeof pair->address;
    pair->listener = open_socket();
    pair->address = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    if (bind(pair->listener, (struct sockaddr *)&pair->address, length) != 0 ||
        listen(pair->listener, CONNECTIONS) != 0 ||
        getsockname(pair->listener, (struct sockaddr *)&pair->address, &length) != 0)
        exit(3);
}

static bool move_all(int fd, char *data, bool out)
{
    for (size_t done = 0; done < MESSAGE;) {
        ssize_t count = out ? send(fd, data + done, MESSAGE - done, MSG_NOSIGNAL)
                            : recv(fd, data + done, MESSAGE - done, 0);
        if (count == 0 || (count < 0 && errno != EINTR))
            return false;
        done += count > 0 ? (size_t)count : 0;
    }
    return true;
}

static void be_prompt(int fd)
{
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

static void *serve(void *context)
{
    struct pair *pair = context;
    for (int i = 0; i < CONNECTIONS; i++) {
        char message[MESSAGE];
        int fd = accept(pair->listener, NULL, NULL);
        if (fd < 0)
            continue;
        be_prompt(fd);
        while (move_all(fd, message, false)) {
            if (pair->counted)
                *pair->counted += 1;
            if (!move_all(fd, message, true))
                break;
        }
        close(fd);
    }
    return NULL;
}

static int count_rounds(struct pair *pair, int fd)
{
    int rounds = 0;
    for (; rounds < ROUNDS; rounds++) {
        char out[MESSAGE] = "message", in[MESSAGE];
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        if (pair->counted)
            *pair->counted += 1;
        if (!move_all(fd, out, true) || poll(&wait, 1, 1000) < 0 || !move_all(fd, in, false) ||
            memcmp(in, out, MESSAGE) != 0)
            break;
    }
    return rounds;
}

static void *ask(void *context)
{
    struct pair *pair = context;
    for (int i = 0; i < CONNECTIONS; i++) {
        int fd = open_socket();
        if (connect(fd, (struct sockaddr *)&pair->address, sizeof pair->address) == 0) {
            be_prompt(fd);
            pair->rounds += count_rounds(pair, fd);
        }
        close(fd);
    }
    shutdown(pair->listener, SHUT_RD);
    return NULL;
}

static void talk(bool in_order)
{
    struct pair pairs[PAIRS] = {0};
    pthread_t servers[PAIRS], clients[PAIRS];
    int counted[PAIRS] = {0}, rounds = 0;

    for (int i = 0; i < PAIRS; i++) {
        open_listener(&pairs[i]);
        pairs[i].counted = in_order ? &counted[i] : NULL;
        pthread_create(&servers[i], NULL, serve, &pairs[i]);
        pthread_create(&clients[i], NULL, ask, &pairs[i]);
    }
    for (int i = 0; i < PAIRS; i++) {
        pthread_join(clients[i], NULL);
        pthread_join(servers[i], NULL);
        close(pairs[i].listener);
        rounds += pairs[i].rounds;
    }
    printf("rounds %d\n", rounds);
}

static void *count_alone(void *context)
{
    (void)context;
    raced++;
    return NULL;
}

static void race(void)
{
    pthread_t threads[2];
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, count_alone, NULL);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    printf("raced %d\n", raced);
}

/* A message is on its way to the one of two ends. */
static int expect_message(int *other)
{
    struct pair pair;
    char message[MESSAGE] = "message";
    open_listener(&pair);
    int fd = open_socket();
    if (connect(fd, (struct sockaddr *)&pair.address, sizeof pair.address) != 0)
        exit(3);
    *other = accept(pair.listener, NULL, NULL);
    if (*other < 0 || !move_all(*other, message, true))
        exit(3);
    close(pair.listener);
    return fd;
}

static void *copy_of(const void *bytes, size_t count)
{
    void *copy = malloc(count);
    if (copy == NULL)
        exit(3);
    return memcpy(copy, bytes, count);
}

static void trust(const char *flaw)
{
    int other, fd = expect_message(&other);
    char *message = malloc(strcmp(flaw, "narrow") == 0 ? MESSAGE / 2 : MESSAGE);
    ssize_t got = recv(fd, message, MESSAGE, 0);
    if (strcmp(flaw, "overflow") == 0 && got > 0) {
        char *part = copy_of(message, (size_t)got);
        printf("last %d\n", *(volatile char *)(part + MESSAGE - 1));
        free(part);
    } else if (strcmp(flaw, "unread") == 0) {
        if (*(volatile char *)(message + MESSAGE - 1) == 1)
            puts("last one");
    } else if (strcmp(flaw, "sum") == 0) {
        volatile int sum = INT_MAX;
        sum = sum + (int)(MESSAGE - got);
        printf("sum %d\n", sum);
    }
    free(message);
    close(fd);
    close(other);
}

static void fail_badly(bool by_leak)
{
    int other, fd = expect_message(&other);
    char *volatile state = malloc(77); /* out of the compiler's sight, which would see the flaw */
    memset(state, 1, 77);
    bool failed = recv(fd, state, MESSAGE, 0) < 0;
    if (failed && by_leak)
        state = NULL;
    free(state);
    if (failed && !by_leak)
        printf("state %d\n", *state); /* NOLINT(clang-analyzer-unix.Malloc): that is it */
    close(fd);
    close(other);
}

/* `came` says what was sent, once a send has failed. */
static void hand_over_edges(void)
{
    int other, fd = expect_message(&other);
    char *came = malloc(MESSAGE), *name = copy_of("echo", 5);
    struct iovec parts[2] = {{came, 3}, {came + 3, MESSAGE - 3}}, *vector = copy_of(parts, sizeof parts);
    struct msghdr header = {.msg_iov = vector, .msg_iovlen = 2}, *message = copy_of(&header, sizeof header);
    struct pollfd wait = {.fd = fd, .events = POLLIN}, *waits = copy_of(&wait, sizeof wait);

    poll(waits, 1, 1000);
    send(fd, "x", 1, MSG_NOSIGNAL);
    ssize_t got = recvmsg(fd, message, 0);
    if (got == MESSAGE && strcmp(came, "message") == 0)
        execlp(name, name, "came", (char *)NULL);
    exit(4);
}

static void be_told(int signal)
{
    (void)signal;
    was_told = 1;
}

/* The second message never comes: without a word of the handler this waits for ever. */
static void wait_for_word(void)
{
    struct sigaction action = {.sa_handler = be_told};
    int other, fd = expect_message(&other);
    char message[MESSAGE];
    ssize_t got;

    sigaction(SIGALRM, &action, NULL);
    ualarm(100000, 0);
    do
        got = recv(fd, message, MESSAGE, 0);
    while (got > 0 || (got < 0 && errno == EINTR && !was_told));
    printf("told %d\n", (int)was_told);
    close(fd);
    close(other);
}

int main(int argc, char **argv)
{
    const char *flaw = argc > 1 ? argv[1] : "none";
    alarm(60);
    if (strcmp(flaw, "race") == 0)
        race();
    else if (strcmp(flaw, "stale") == 0 || strcmp(flaw, "leak") == 0)
        fail_badly(*flaw == 'l');
    else if (strcmp(flaw, "edges") == 0)
        hand_over_edges();
    else if (strcmp(flaw, "wait") == 0)
        wait_for_word();
    else if (strcmp(flaw, "none") == 0 || strcmp(flaw, "order") == 0)
        talk(*flaw == 'o');
    else
        trust(flaw);
    return 0;
}
