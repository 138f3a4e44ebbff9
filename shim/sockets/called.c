#include "sockets/called.h"

#include "load/real.h"
#include "load/sandbox.h"

#include <linux/tcp.h> /* libc's own struct tcp_info ends before */
#include <netinet/in.h>
#include <sys/socket.h>

bool sf_tcp_has_called(int fd)
{
    struct tcp_info info = {0};
    socklen_t length = sizeof info;
    return !sf_sandbox_permits(SF_OWN_TCP_INFO) ||
           sf_real.getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0 || info.tcpi_segs_out != 0 ||
           info.tcpi_segs_in != 0;
}
