/* Shorter vectors, for calls that move data through an iovec. */
#ifndef SF_CALLS_VECTOR_H
#define SF_CALLS_VECTOR_H

#include "calls/call.h"
#include "load/room.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>

/* The MSG_… flags that RWF_… flags mean for a socket: sock_read_iter(). */
static inline int sf_vector_flags(int rwf)
{
    return rwf & RWF_NOWAIT ? MSG_DONTWAIT : 0;
}

/* The message in one of sendmmsg's or recvmmsg's, its first member, at whatever address the program
 * gave: none may be there. */
static inline struct msghdr *sf_header_of(struct mmsghdr *message)
{
    return (struct msghdr *)message;
}

/* The bytes that `count` entries at `vector` ask for, as many as one call of the kernel
 * moves at most; 0 when they cannot be read, are too many, or name more than there are
 * addresses (the kernel will say so). Keeps errno. Source: __import_iovec(). */
uint64_t sf_vector_bytes(const struct iovec *vector, size_t count);

/* Can the memory of the first `bytes` bytes be read? The program names it, and there may
 * be none. Keeps errno. */
bool sf_vector_is_there(const struct iovec *vector, size_t count, uint64_t bytes);

/* The entries of a vector that hold its first `limit` bytes, the last perhaps in part. */
size_t sf_vector_needed(const struct iovec *vector, size_t count, uint64_t limit);

/* Copy these entries, the last one cut; `to` has room for sf_vector_needed of them. */
size_t sf_vector_shorten(struct iovec *to, const struct iovec *from, size_t count, uint64_t limit);

/* result = made, a call that is given `vector` and `count`: variables that describe the
 * entries, and are left describing shorter ones which are gone by then. Without memory the
 * call fails as the kernel's would, ENOMEM. */
#define SF_VECTOR_CUT(result, vector, count, limit, made)                                             \
    do {                                                                                              \
        size_t cut_bytes_ = sf_vector_needed(vector, (size_t)(count), limit) * sizeof(struct iovec);  \
        struct iovec *cut_ = SF_ROOM(cut_bytes_, SF_ROOM_ON_STACK);                                   \
        if (!cut_) {                                                                                  \
            errno = ENOMEM;                                                                           \
            result = -1;                                                                              \
            break;                                                                                    \
        }                                                                                             \
        count = (__typeof__(count))sf_vector_shorten(cut_, vector, (size_t)(count), limit);           \
        vector = cut_;                                                                                \
        result = made;                                                                                \
        sf_room_give_back(cut_, cut_bytes_, SF_ROOM_ON_STACK);                                        \
    } while (0)

#endif
