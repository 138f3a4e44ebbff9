/* Talking to the wire; abi/wire.h. All are async-signal-safe and change errno. */
#ifndef SF_APPLY_WIRE_MESSAGE_H
#define SF_APPLY_WIRE_MESSAGE_H

#include "abi/wire.h"

#include <stdbool.h>
#include <sys/uio.h>

enum { SF_WIRE_FDS_MAX = 2 };

/* A connection to the wire, which the caller closes; -1: there is none to be had. */
int sf_wire_open(void);

/* Send a request, whose kind and addresses are the caller's, with up to SF_WIRE_FDS_MAX descriptors. */
bool sf_wire_say(int wire, struct sf_wire_request *request, struct sf_socket *socket, const int *fds,
                 unsigned fd_count);

/* The same, with what else the vector says behind it; its first entry is ours to fill. */
bool sf_wire_say_more(int wire, struct sf_wire_request *request, struct sf_socket *socket,
                      struct iovec *vector, size_t count);

bool sf_wire_hear(int wire, struct sf_wire_answer *answer);

/* A rule was meant for a connection, and cannot act on it: the run fails. enum sf_escape. */
void sf_wire_escape(uint32_t how);

/* Number, flags and all: whoever holds the number `fd` holds the other socket from now on. */
void sf_wire_take_place(int fd, int other);

#endif
