/* What the specimens do right, all of them: connect, send, read with a bound, and serve. */
#ifndef SF_ZOO_H
#define SF_ZOO_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static inline void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* Nothing waits for longer than a second. */
static inline void bound(int fd)
{
    const struct timeval second = {.tv_sec = 1};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &second, sizeof second);
}

static inline struct sockaddr_in at(const char *port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(port)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static inline int try_connect(const char *port)
{
    struct sockaddr_in address = at(port);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        return -1;
    bound(fd);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int error = errno;
    close(fd);
    errno = error;
    return -1;
}

static inline int must_connect(const char *port)
{
    int fd = try_connect(port);
    if (fd < 0)
        fail("connect");
    return fd;
}

static inline int send_all(int fd, const char *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t sent = send(fd, data, bytes, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return -1;
        data += sent;
        bytes -= (size_t)sent;
    }
    return 0;
}

static inline int say(int fd, const char *text)
{
    return send_all(fd, text, strlen(text));
}

/* Exactly so many bytes. Returns 0, or -1 on an error or an early end. */
static inline int read_exactly(int fd, char *room, size_t bytes)
{
    while (bytes > 0) {
        ssize_t got = recv(fd, room, bytes, 0);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return -1;
        room += got;
        bytes -= (size_t)got;
    }
    return 0;
}

/* A line with its end, which is cut off. Returns its length, or -1 on an error or an early end. */
static inline int read_line(int fd, char *room, size_t bytes)
{
    for (size_t length = 0; length + 1 < bytes; length++) {
        if (read_exactly(fd, room + length, 1) != 0)
            return -1;
        if (room[length] == '\n') {
            room[length] = '\0';
            return (int)length;
        }
    }
    return -1;
}

static inline int must_listen(const char *port)
{
    struct sockaddr_in address = at(port);
    const int yes = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0)
        fail("socket");
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) != 0 || listen(fd, 16) != 0)
        fail("listen");
    return fd;
}

/* A connection, sooner or later: what befalls one that is gone, or a table that is full, passes. */
static inline int must_accept(int listener)
{
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0) {
            bound(fd);
            return fd;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            usleep(10000);
        else if (errno != EINTR && errno != ECONNABORTED && errno != EAGAIN && errno != EPROTO)
            fail("accept");
    }
}

#endif
