/* A port that leaves every SYN without an answer: connects to it time out as they
 * do where packets are lost. The runner holds one for a session; where a plan is
 * used without the runner, the process itself does. */
#ifndef SF_ABI_SILENCE_H
#define SF_ABI_SILENCE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

/* A listener whose backlog is full, and the connection that fills it; -1: none. */
struct sf_silence {
    int listener, filler;
};

/* The calls to make it with: the shim's go round its own interposers. */
struct sf_silence_calls {
    int (*socket)(int domain, int type, int protocol);
    int (*bind)(int fd, const struct sockaddr *address, socklen_t length);
    int (*listen)(int fd, int backlog);
    int (*connect)(int fd, const struct sockaddr *address, socklen_t length);
    int (*getsockname)(int fd, struct sockaddr *address, socklen_t *length);
    int (*setsockopt)(int fd, int level, int name, const void *value, socklen_t length);
    int (*close)(int fd);
};

/* Hold a port on all addresses, of IPv6 as well where the machine has it. Returns
 * its number, or 0 with errno set: then nothing is held. Descriptors are
 * close-on-exec. Source: tcp_conn_request(), sk_acceptq_is_full(): with a backlog
 * of 0 the queue takes one connection, and SYNs that come then are dropped. */
uint32_t sf_silence_hold(const struct sf_silence_calls *calls, struct sf_silence *silence);

/* Release it. Descriptors of -1 are fine. */
void sf_silence_release(const struct sf_silence_calls *calls, struct sf_silence *silence);

#endif
