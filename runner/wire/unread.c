#include "wire/unread.h"

#include "wire/diag.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

static uint64_t unsent(int fd)
{
    int bytes = 0;
    return ioctl(fd, SIOCOUTQ, &bytes) == 0 && bytes > 0 ? (uint64_t)bytes : 0;
}

uint64_t sf_unread_by_peer(int diag, int fd)
{
    struct sockaddr_storage own = {0}, peer = {0};
    socklen_t own_bytes = sizeof own, peer_bytes = sizeof peer;
    struct inet_diag_msg told;
    if (getsockname(fd, (struct sockaddr *)&own, &own_bytes) != 0 ||
        getpeername(fd, (struct sockaddr *)&peer, &peer_bytes) != 0 ||
        !sf_diag_ask(diag, (struct sockaddr *)&peer, (struct sockaddr *)&own,
                     &told)) /* its own is our peer */
        return unsent(fd);
    return told.idiag_rqueue + unsent(fd);
}
