#include "apply/wire_unix.h"

#include "apply/clock.h"
#include "apply/inherit.h"
#include "apply/wire_message.h"
#include "load/real.h"
#include "load/uncancelled.h"
#include "sockets/address.h"
#include "sockets/descriptor.h"
#include "sockets/owner.h"
#include "sockets/record.h"

#include <errno.h>

static void close_some(const int *fds, unsigned count)
{
    int saved_errno = errno;
    for (unsigned i = 0; i < count; i++)
        if (fds[i] >= 0)
            sf_uncancelled_close(fds[i]);
    errno = saved_errno;
}

/* Who is at the other end of the real connection. */
static void note_process(int fd, struct sf_socket *socket)
{
    struct ucred who = {0};
    socklen_t bytes = sizeof who;
    sf_real.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &bytes);
    socket->peer_process.pid = who.pid;
    socket->peer_process.uid = who.uid;
    socket->peer_process.gid = who.gid;
}

static bool join(struct sf_socket *socket, const int ends[2])
{
    struct sf_wire_request request = {.kind = SF_WIRE_JOINED};
    struct sf_wire_answer answer;
    int wire = sf_wire_open();
    bool is_taken = wire >= 0 && sf_wire_say(wire, &request, socket, ends, 2) && sf_wire_hear(wire, &answer);
    close_some(&wire, 1);
    return is_taken;
}

/* ---- connect ---- */

/* A listener under a name that the kernel chooses, for one connection. */
static int open_meeting(struct sockaddr_un *name, socklen_t *bytes)
{
    int fd = sf_real.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    *name = (struct sockaddr_un){.sun_family = AF_UNIX};
    *bytes = sizeof *name;
    if (fd >= 0 && sf_real.bind(fd, (struct sockaddr *)name, sizeof name->sun_family) == 0 &&
        sf_real.listen(fd, 1) == 0 && sf_real.getsockname(fd, (struct sockaddr *)name, bytes) == 0)
        return fd;
    close_some(&fd, 1);
    return -1;
}

/* Connect as the program would, by a socket like its own; -1 with the errno that it gets. A thread may be
 * cancelled where it has to wait. */
static int call_out(int fd, const struct sockaddr *address, socklen_t length)
{
    int flags = sf_real.fcntl(fd, F_GETFL);
    int out = sf_real.socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (out < 0)
        return -1;
    sf_inherit(fd, out);
    int result = sf_owner_connect_uncancelled(out, address, length);
    if (result != 0 && errno == EAGAIN && !(flags & O_NONBLOCK)) {
        sf_real.fcntl(out, F_SETFL, 0);
        result = sf_owner_connect(out, address, length);
    }
    int error = errno;
    sf_descriptor_forget(out);
    errno = error;
    if (result == 0)
        return out;
    close_some(&out, 1);
    return -1;
}

int sf_wire_connect_unix(int fd, struct sf_socket *socket, const struct sockaddr *address, socklen_t length)
{
    enum { TO_PROGRAM, TO_PEER, MEETING };
    int saved_errno = errno, fds[] = {-1, -1, -1}, result = -1;
    struct sockaddr_un name;
    socklen_t bytes;
    struct sf_addr peer;

    sf_address_of_peer(&peer, fd);
    if (peer.domain != 0) /* EISCONN */
        return sf_real.connect(fd, address, length);
    sf_clock_act_on_cancellation(); /* before anything of ours is open */
    fds[MEETING] = open_meeting(&name, &bytes);
    if (fds[MEETING] < 0) {
        sf_wire_escape(SF_ESCAPE_WIRE);
        errno = saved_errno;
        return sf_owner_connect(fd, address, length);
    }
    fds[TO_PEER] = call_out(fd, address, length);
    if (fds[TO_PEER] >= 0)
        result = sf_uncancelled_connect(fd, (struct sockaddr *)&name, bytes);
    if (result == 0)
        fds[TO_PROGRAM] = sf_uncancelled_accept(fds[MEETING], SOCK_CLOEXEC);
    if (fds[TO_PROGRAM] >= 0) {
        sf_address_of_own(&socket->local, fd);
        sf_address_from(&socket->peer, address, length);
        note_process(fds[TO_PEER], socket);
        atomic_store_explicit(&socket->wired, SF_WIRED, memory_order_release);
    }
    if (result == 0 && (fds[TO_PROGRAM] < 0 || !join(socket, fds)))
        sf_wire_escape(SF_ESCAPE_WIRE);
    close_some(fds, sizeof fds / sizeof *fds);
    errno = result == 0 ? saved_errno : errno;
    return result;
}

/* ---- accept ---- */

void sf_wire_accept_unix(int fd, struct sf_socket *socket)
{
    int saved_errno = errno, pair[2] = {-1, -1};
    struct sf_socket *moved = NULL;

    if (sf_real.socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == 0) {
        sf_address_of_own(&socket->local, fd);
        note_process(fd, socket);
        moved = sf_record_move(socket, sf_cookie(pair[0]));
    }
    if (moved) {
        sf_inherit(fd, pair[0]);
        atomic_store_explicit(&moved->wired, SF_WIRED, memory_order_release);
    }
    if (moved && join(moved, (const int[]){pair[1], fd}))
        sf_wire_take_place(fd, pair[0]);
    else
        sf_wire_escape(SF_ESCAPE_WIRE);
    close_some(pair, 2);
    errno = saved_errno;
}
