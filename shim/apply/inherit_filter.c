#include "apply/inherit.h"

#include "load/real.h"
#include "load/room.h"

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#ifndef SO_GET_FILTER
#define SO_GET_FILTER SO_ATTACH_FILTER
#endif

enum { PORTS_BYTES = 4 }; /* of a TCP header, which is where a filter's packets begin */

/* Does the instruction look at ports, or at what lies before TCP's header (SKF_NET_OFF) or around the packet
 * (SKF_AD_OFF)? Between the program and the wire these are others, or are looked at twice. What is loaded
 * from behind an index is taken for bytes of the stream. */
static bool looks_at_names(const struct sock_filter *at)
{
    bool is_load = BPF_CLASS(at->code) == BPF_LD || BPF_CLASS(at->code) == BPF_LDX;
    bool is_at = BPF_MODE(at->code) == BPF_ABS || BPF_MODE(at->code) == BPF_MSH;
    bool is_behind = BPF_MODE(at->code) == BPF_IND;
    return is_load && ((is_at && at->k < PORTS_BYTES) || ((is_at || is_behind) && at->k > INT32_MAX));
}

/* The lock of a filter is no copy's alone: whoever has it gets no other. */
static bool lock(int from, int to)
{
    int is_locked = 0;
    socklen_t bytes = sizeof is_locked;
    sf_real.getsockopt(from, SOL_SOCKET, SO_LOCK_FILTER, &is_locked, &bytes);
    return is_locked && sf_real.setsockopt(to, SOL_SOCKET, SO_LOCK_FILTER, &is_locked, sizeof is_locked) == 0;
}

/* Of another kind than the classic one the kernel tells nothing (EACCES). `count` is of instructions. */
static bool copy(int from, int to, socklen_t count)
{
    struct sock_filter *filter = SF_ROOM(count * sizeof *filter, SF_ROOM_ON_STACK);
    struct sock_fprog program = {(unsigned short)count, filter};
    bool is_copied = filter && sf_real.getsockopt(from, SOL_SOCKET, SO_GET_FILTER, filter, &count) == 0;

    for (socklen_t i = 0; is_copied && i < count; i++)
        is_copied = !looks_at_names(&filter[i]);
    is_copied =
        is_copied && sf_real.setsockopt(to, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
    sf_room_give_back(filter, program.len * sizeof *filter, SF_ROOM_ON_STACK);
    return is_copied;
}

void sf_inherit_filter(int from, int to)
{
    socklen_t count = 0;
    int none = 0;
    bool has_filter = sf_real.getsockopt(from, SOL_SOCKET, SO_GET_FILTER, NULL, &count) == 0 && count > 0;
    bool is_copied = has_filter && copy(from, to, count);
    /* What it drops may come yet, once the program takes it away. */
    if (!lock(from, to) && is_copied)
        sf_real.setsockopt(from, SOL_SOCKET, SO_DETACH_FILTER, &none, sizeof none);
}
