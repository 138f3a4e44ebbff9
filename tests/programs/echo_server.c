/* A server that sends back what it gets, to any number of clients up to 64.
 *
 *   echo_server [-d] [-b BYTES] [-c COUNT] ADDRESS
 *
 *   -d        datagrams
 *   -b BYTES  instead of echoing, send so many bytes ("abc…z" over and over)
 *             to each connection, then close it
 *   -c COUNT  end after so many connections (or datagrams) were served
 *
 * Prints `listening PORT` (`listening PATH`) once it is ready; PORT 0 takes a
 * free one. Ends itself after 120 s. */
#include "programs/address.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <unistd.h>

#define CLIENTS_MAX 64

static bool send_all(int fd, const char *data, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t sent = send(fd, data + done, length - done, MSG_NOSIGNAL);
        if (sent < 0 && errno != EINTR)
            return false;
        done += sent > 0 ? (size_t)sent : 0;
    }
    return true;
}

static void send_bulk(int fd, size_t bytes)
{
    char block[26 * 512];
    for (size_t i = 0; i < sizeof block; i++)
        block[i] = (char)('a' + i % 26);
    while (bytes > 0) {
        size_t part = bytes < sizeof block ? bytes : sizeof block;
        if (!send_all(fd, block, part))
            break;
        bytes -= part;
    }
}

static void serve_datagrams(int fd, long count)
{
    char buffer[65536];
    for (long served = 0; count == 0 || served < count;) {
        struct sockaddr_storage from;
        socklen_t length = sizeof from;
        ssize_t got = recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &length);
        if (got < 0)
            continue;
        sendto(fd, buffer, (size_t)got, MSG_NOSIGNAL, (struct sockaddr *)&from, length);
        served++;
    }
}

/* Echo once; false when the connection is over. */
static bool serve(int fd)
{
    char buffer[65536];
    ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got < 0)
        return errno == EINTR;
    return got > 0 && send_all(fd, buffer, (size_t)got);
}

static void serve_streams(int listener, size_t bulk, long count)
{
    struct pollfd fds[1 + CLIENTS_MAX] = {{.fd = listener, .events = POLLIN}};
    nfds_t used = 1;
    for (long served = 0; count == 0 || served < count;) {
        fds[0].events = used <= CLIENTS_MAX ? POLLIN : 0;
        if (poll(fds, used, -1) < 0)
            continue;
        for (nfds_t i = used; i-- > 1;) {
            if (fds[i].revents == 0 || serve(fds[i].fd))
                continue;
            close(fds[i].fd);
            fds[i] = fds[--used];
            served++;
        }
        if (fds[0].revents == 0)
            continue;
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0 && bulk > 0) {
            send_bulk(fd, bulk);
            close(fd);
            served++;
        } else if (fd >= 0) {
            fds[used++] = (struct pollfd){.fd = fd, .events = POLLIN};
        }
    }
}

int main(int argc, char **argv)
{
    bool datagram = false;
    size_t bulk = 0;
    long count = 0;
    int option, one = 1;
    while ((option = getopt(argc, argv, "db:c:")) != -1)
        switch (option) {
        case 'd': datagram = true; break;
        case 'b': bulk = strtoul(optarg, NULL, 10); break;
        case 'c': count = strtol(optarg, NULL, 10); break;
        default: return 2;
        }
    struct sockaddr_storage address;
    socklen_t length = optind == argc - 1 ? address_parse(argv[optind], &address) : 0;
    if (length == 0) {
        fprintf(stderr, "usage: echo_server [-d] [-b BYTES] [-c COUNT] ADDRESS\n");
        return 2;
    }
    alarm(120);
    int fd = socket(address.ss_family, (datagram ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&address, length) != 0 || (!datagram && listen(fd, 128) != 0) ||
        getsockname(fd, (struct sockaddr *)&address, &length) != 0) {
        perror(argv[optind]);
        return 1;
    }
    if (address.ss_family == AF_UNIX)
        printf("listening %s\n", ((struct sockaddr_un *)&address)->sun_path);
    else /* the port lies at the same place for both families */
        printf("listening %d\n", ntohs(((struct sockaddr_in *)&address)->sin_port));
    fflush(stdout);
    if (datagram)
        serve_datagrams(fd, count);
    else
        serve_streams(fd, bulk, count);
    return 0;
}
