/* A correct client that writes down every call.
 *
 *   client [-d] [-n] [-q] [-c COUNT] [-f FUNCTION] [-l BYTES] [-r BYTES] [-s TEXT] ADDRESS
 *
 *   -d           datagrams; one is received
 *   -n           non-blocking: connects and waits by poll
 *   -q           no transcript: what arrives goes to stdout
 *   -c COUNT     so many connections, one after the other (default 1)
 *   -f FUNCTION  recv (default), recvfrom, recvmsg, read, readv
 *   -l BYTES     stop once so many have arrived (default: at the end of the stream)
 *   -r BYTES     ask for so many at a time (default 4096)
 *   -s TEXT      send this after the connect
 *   ADDRESS      HOST:PORT, [V6]:PORT, unix:PATH
 *
 * A line a call: `recv 4096 = 1`, `connect = -1 ECONNREFUSED`. EINTR and short
 * counts are taken as a careful program takes them: the call is made again.
 * Exit status 0; 1 when a call failed; 2 usage. Ends itself after 60 s. */
#include "programs/address.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>
#include <unistd.h>

static bool datagram, nonblocking, quiet;
static const char *function = "recv", *text;
static size_t limit = SIZE_MAX, chunk = 4096;

static void note(const char *call, long asked, long result)
{
    int error = errno;
    if (!quiet) {
        printf("%s", call);
        if (asked >= 0)
            printf(" %ld", asked);
        printf(" = %ld", result);
        if (result < 0)
            printf(" %s", strerrorname_np(error));
        putchar('\n');
    }
    errno = error;
}

static int wait_for(int fd, short events)
{
    struct pollfd pollfd = {.fd = fd, .events = events};
    int count;
    do {
        count = poll(&pollfd, 1, 30000);
        note("poll", -1, count);
    } while (count < 0 && errno == EINTR);
    return count == 1 ? 0 : -1;
}

static int connect_to(int fd, const struct sockaddr_storage *address, socklen_t length)
{
    int result = connect(fd, (const struct sockaddr *)address, length);
    note("connect", -1, result);
    /* An interrupted connect goes on by itself: wait as for EINPROGRESS. */
    if (result == 0 || (errno != EINPROGRESS && errno != EINTR))
        return result;
    int error = 0;
    socklen_t size = sizeof error;
    if (wait_for(fd, POLLOUT) != 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0)
        return -1;
    errno = error;
    note("SO_ERROR", -1, error == 0 ? 0 : -1);
    return error == 0 ? 0 : -1;
}

static bool again(int fd, short events)
{
    if (errno == EINTR)
        return true;
    return nonblocking && errno == EAGAIN && wait_for(fd, events) == 0;
}

static int send_all(int fd)
{
    size_t done = 0, length = strlen(text);
    while (done < length) {
        ssize_t sent = send(fd, text + done, length - done, MSG_NOSIGNAL);
        note("send", (long)(length - done), sent);
        if (sent >= 0)
            done += (size_t)sent;
        else if (!again(fd, POLLOUT))
            return -1;
    }
    return 0;
}

static ssize_t receive(int fd, char *buffer, size_t length)
{
    struct iovec part = {buffer, length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (strcmp(function, "recvfrom") == 0)
        return recvfrom(fd, buffer, length, 0, NULL, NULL);
    if (strcmp(function, "recvmsg") == 0)
        return recvmsg(fd, &message, 0);
    if (strcmp(function, "read") == 0)
        return read(fd, buffer, length);
    if (strcmp(function, "readv") == 0)
        return readv(fd, &part, 1);
    return recv(fd, buffer, length, 0);
}

static int receive_all(int fd, char *buffer)
{
    size_t total = 0;
    while (total < limit) {
        size_t ask = limit - total < chunk ? limit - total : chunk;
        ssize_t got = receive(fd, buffer, ask);
        note(function, (long)ask, got);
        if (got < 0 && again(fd, POLLIN))
            continue;
        if (got < 0)
            return -1;
        if (quiet && fwrite(buffer, 1, (size_t)got, stdout) != (size_t)got)
            return -1;
        total += (size_t)got;
        if (got == 0 || datagram)
            break;
    }
    if (!quiet)
        printf("received %zu\n", total);
    return 0;
}

static int one_connection(const struct sockaddr_storage *address, socklen_t length, char *buffer)
{
    int type = (datagram ? SOCK_DGRAM : SOCK_STREAM) | (nonblocking ? SOCK_NONBLOCK : 0);
    int fd = socket(address->ss_family, type | SOCK_CLOEXEC, 0);
    int failed = fd < 0 || connect_to(fd, address, length) != 0 || (text != NULL && send_all(fd) != 0) ||
                 receive_all(fd, buffer) != 0;
    if (fd >= 0)
        note("close", -1, close(fd));
    return failed;
}

int main(int argc, char **argv)
{
    long count = 1;
    int option;
    while ((option = getopt(argc, argv, "dnqc:f:l:r:s:")) != -1)
        switch (option) {
        case 'd': datagram = true; break;
        case 'n': nonblocking = true; break;
        case 'q': quiet = true; break;
        case 'c': count = strtol(optarg, NULL, 10); break;
        case 'f': function = optarg; break;
        case 'l': limit = strtoul(optarg, NULL, 10); break;
        case 'r': chunk = strtoul(optarg, NULL, 10); break;
        case 's': text = optarg; break;
        default: return 2;
        }
    struct sockaddr_storage address;
    socklen_t length = optind == argc - 1 ? address_parse(argv[optind], &address) : 0;
    char *buffer = length == 0 || chunk == 0 ? NULL : malloc(chunk);
    if (buffer == NULL) {
        fprintf(stderr, "usage: client [-dnq] [-c COUNT] [-f FUNCTION] [-l BYTES] [-r BYTES] [-s TEXT] ADDRESS\n");
        return 2;
    }
    alarm(60);
    setvbuf(stdout, NULL, _IOLBF, 0);
    int failed = 0;
    for (long i = 0; i < count; i++)
        failed |= one_connection(&address, length, buffer);
    free(buffer);
    return failed;
}
