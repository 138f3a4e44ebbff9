#include "launch/tcp.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

static void add(struct sf_tcp_list *sockets, struct sf_tcp socket)
{
    if (sockets->count == sockets->room) {
        sockets->room = sockets->room ? sockets->room * 2 : 64;
        sockets->list = realloc(sockets->list, sockets->room * sizeof *sockets->list);
        if (!sockets->list)
            sf_out_of_memory();
    }
    sockets->list[sockets->count++] = socket;
}

void sf_tcp_free(struct sf_tcp_list *sockets)
{
    free(sockets->list);
    *sockets = (struct sf_tcp_list){0};
}

/* The kernel prints the words of an address as numbers of this machine. */
static struct sf_addr parse_address(const char *hex, unsigned port)
{
    struct sf_addr address = {.domain = SF_DOMAIN_INET6, .port = (uint16_t)port};
    uint8_t *at = address.ip;
    if (strlen(hex) == 8) {
        address.domain = SF_DOMAIN_INET;
        at[10] = at[11] = 0xff;
        at += 12;
    }
    for (uint32_t word; sscanf(hex, "%8" SCNx32, &word) == 1; hex += 8, at += sizeof word)
        memcpy(at, &word, sizeof word);
    return address;
}

static void read_table(pid_t pid, const char *table, int state, uint16_t port, struct sf_tcp_list *sockets)
{
    char path[64], line[512];
    snprintf(path, sizeof path, "/proc/%d/net/%s", (int)pid, table);
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    while (fgets(line, sizeof line, file)) {
        char local[33], peer[33];
        unsigned local_port, peer_port, its_state;
        uint64_t inode;
        /* sl local:port remote:port state tx:rx timer:when retransmits uid timeout inode */
        if (sscanf(line, " %*u: %32[0-9A-Fa-f]:%x %32[0-9A-Fa-f]:%x %x %*s %*s %*s %*u %*u %" SCNu64, local,
                   &local_port, peer, &peer_port, &its_state, &inode) == 6 &&
            (state == 0 || its_state == (unsigned)state) && (port == 0 || local_port == port) && inode != 0)
            add(sockets, (struct sf_tcp){.inode = inode,
                                         .state = (int)its_state,
                                         .local = parse_address(local, local_port),
                                         .peer = parse_address(peer, peer_port)});
    }
    fclose(file);
}

static int by_inode(const void *left, const void *right)
{
    const struct sf_tcp *a = left, *b = right;
    return (a->inode > b->inode) - (a->inode < b->inode);
}

/* In order, each once. */
static void sort(struct sf_tcp_list *sockets)
{
    if (sockets->count == 0)
        return;
    qsort(sockets->list, sockets->count, sizeof *sockets->list, by_inode);
    size_t kept = 1;
    for (size_t i = 1; i < sockets->count; i++)
        if (sockets->list[i].inode != sockets->list[kept - 1].inode)
            sockets->list[kept++] = sockets->list[i];
    sockets->count = kept;
}

void sf_tcp_read(pid_t pid, int state, uint16_t local_port, struct sf_tcp_list *sockets)
{
    read_table(pid, "tcp", state, local_port, sockets);
    read_table(pid, "tcp6", state, local_port, sockets);
    sort(sockets);
}

void sf_tcp_add(struct sf_tcp_list *sockets, const struct sf_tcp_list *more)
{
    for (size_t i = 0; i < more->count; i++)
        add(sockets, more->list[i]);
    sort(sockets);
}

/* Source: net/socket.c of Linux, sockfs_xattr_get(). */
static bool is_tcp(pid_t pid, int fd)
{
    char path[64], name[16] = "";
    snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)pid, fd);
    return getxattr(path, "system.sockprotoname", name, sizeof name - 1) > 0 &&
           (strcmp(name, "TCP") == 0 || strcmp(name, "TCPv6") == 0);
}

bool sf_tcp_mark(pid_t pid, struct sf_tcp_list *sockets, struct sf_tcp_list *closed)
{
    char path[64], target[64];
    snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    bool found = false;
    int refusal = 0;
    errno = 0;
    DIR *fds = sockets->count || closed ? opendir(path) : NULL;
    if (!fds)
        return false;
    for (struct dirent *entry; (entry = readdir(fds));) {
        ssize_t length = readlinkat(dirfd(fds), entry->d_name, target, sizeof target - 1);
        struct sf_tcp wanted = {0}, *socket;
        if (length < 0 && (errno == EACCES || errno == EPERM)) /* the folder may be read all the same */
            refusal = errno;
        if (length <= 0)
            continue;
        target[length] = '\0';
        if (sscanf(target, "socket:[%" SCNu64, &wanted.inode) != 1)
            continue;
        int fd = atoi(entry->d_name);
        socket =
            sockets->count ? bsearch(&wanted, sockets->list, sockets->count, sizeof wanted, by_inode) : NULL;
        if (socket)
            found = socket->held = true;
        else if (closed && is_tcp(pid, fd))
            add(closed, (struct sf_tcp){
                            .inode = wanted.inode, .state = TCP_CLOSE, .held = true, .pid = pid, .fd = fd});
    }
    closedir(fds);
    errno = refusal;
    return found;
}
