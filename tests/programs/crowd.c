/* Several threads talk to an echo server at once, on connections of their own.
 *
 *   crowd [-t THREADS] [-c CONNECTIONS] [-l BYTES] ADDRESS
 *
 *   -t THREADS      default 4
 *   -c CONNECTIONS  of all threads together, default 8
 *   -l BYTES        that each sends and gets back, default 300
 *
 * Prints what each connection met, a line each, sorted: `recv 7 1c2d` stands for seven
 * bytes with that checksum, `recv ECONNRESET` for an error, after which it goes on. What
 * a connection meets hangs on its calls alone: all bytes are there before the first is
 * read. Ends itself after 120 s. */
#include "programs/address.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { LINE_BYTES = 1 << 16, PIECE_BYTES = 40, BYTES_MAX = 4096, LINES_MAX = 256 };

static struct sockaddr_storage address;
static socklen_t address_length;
static unsigned left = 8; /* connections to make */
static size_t bytes = 300;
static char *lines[LINES_MAX];
static unsigned line_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_barrier_t start;

static unsigned checksum(const char *data, ssize_t count)
{
    unsigned sum = 0;
    for (ssize_t i = 0; i < count; i++)
        sum = sum * 31 + (unsigned char)data[i];
    return sum & 0xffff;
}

static void note_call(char *line, const char *call, const char *data, ssize_t result)
{
    size_t length = strlen(line);
    if (result < 0)
        snprintf(line + length, LINE_BYTES - length, " %s %s", call, strerrorname_np(errno));
    else
        snprintf(line + length, LINE_BYTES - length, " %s %zd %04x", call, result, checksum(data, result));
}

static void send_all(int fd, char *line)
{
    char data[BYTES_MAX] = {0};
    for (size_t i = 0; i < bytes; i++)
        data[i] = (char)('a' + i % 26);
    for (size_t done = 0; done < bytes;) {
        ssize_t sent = send(fd, data + done, bytes - done, MSG_NOSIGNAL);
        note_call(line, "send", data + done, sent);
        done += sent > 0 ? (size_t)sent : 0;
    }
}

static void receive_all(int fd, char *line)
{
    char data[PIECE_BYTES];
    int waiting = 0;
    while (ioctl(fd, FIONREAD, &waiting) == 0 && (size_t)waiting < bytes)
        usleep(100);
    for (size_t done = 0; done < bytes;) {
        ssize_t got = recv(fd, data, sizeof data, 0);
        note_call(line, "recv", data, got);
        done += got > 0 ? (size_t)got : 0;
    }
}

static char *talk(void)
{
    char *line = calloc(1, LINE_BYTES);
    int fd = socket(address.ss_family, SOCK_STREAM, 0);
    while (connect(fd, (struct sockaddr *)&address, address_length) != 0)
        ; /* whose connect that is hangs on the threads */
    send_all(fd, line);
    receive_all(fd, line);
    close(fd);
    return line;
}

static void *work(void *unused)
{
    pthread_barrier_wait(&start);
    for (;;) {
        pthread_mutex_lock(&lock);
        bool over = left == 0;
        left -= !over;
        pthread_mutex_unlock(&lock);
        if (over)
            return unused;
        char *line = talk();
        pthread_mutex_lock(&lock);
        lines[line_count++] = line;
        pthread_mutex_unlock(&lock);
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

int main(int argc, char **argv)
{
    pthread_t threads[64];
    unsigned thread_count = 4;
    int option;
    while ((option = getopt(argc, argv, "t:c:l:")) != -1)
        switch (option) {
        case 't':
            thread_count = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'c':
            left = (unsigned)strtoul(optarg, NULL, 10);
            break;
        case 'l':
            bytes = strtoul(optarg, NULL, 10);
            break;
        default:
            return 2;
        }
    address_length = optind == argc - 1 ? address_parse(argv[optind], &address) : 0;
    if (address_length == 0 || thread_count == 0 || thread_count > 64 || left > LINES_MAX ||
        bytes > BYTES_MAX) {
        fprintf(stderr, "usage: crowd [-t THREADS] [-c CONNECTIONS] [-l BYTES] ADDRESS\n");
        return 2;
    }
    alarm(120);
    pthread_barrier_init(&start, NULL, thread_count);
    for (unsigned i = 0; i < thread_count; i++)
        if (pthread_create(&threads[i], NULL, work, NULL) != 0)
            return 1;
    for (unsigned i = 0; i < thread_count; i++)
        pthread_join(threads[i], NULL);
    qsort(lines, line_count, sizeof *lines, compare);
    for (unsigned i = 0; i < line_count; i++)
        printf("%s\n", lines[i] + 1);
    return 0;
}
