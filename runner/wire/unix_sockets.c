#include "wire/unix_sockets.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <stdbool.h>
#include <string.h>
#include <sys/sysmacros.h>

enum { ANSWER_BYTES = 32768, RECEIVES_NOT = 1 };

/* What is told of a socket. */
struct told {
    uint32_t inode, peer; /* has_peer; 0: that has been closed */
    bool has_peer, receives_not;
    uint32_t file_inode, file_device;
    const char *name;
    size_t name_bytes;
};

static bool ask(int diag, uint32_t inode)
{
    struct {
        struct nlmsghdr header;
        struct unix_diag_req request;
    } ask = {.header = {.nlmsg_len = sizeof ask,
                        .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                        .nlmsg_flags = (uint16_t)(NLM_F_REQUEST | (inode ? 0 : NLM_F_DUMP))},
             .request = {.sdiag_family = AF_UNIX,
                         .udiag_states = UINT32_MAX,
                         .udiag_ino = inode,
                         .udiag_show = UDIAG_SHOW_NAME | UDIAG_SHOW_VFS | UDIAG_SHOW_PEER,
                         .udiag_cookie = {UINT32_MAX, UINT32_MAX}}};
    return send(diag, &ask, sizeof ask, 0) == (ssize_t)sizeof ask;
}

static void take(struct told *told, const struct rtattr *attribute)
{
    const char *data = RTA_DATA(attribute);
    struct unix_diag_vfs file;

    switch (attribute->rta_type) {
    case UNIX_DIAG_NAME:
        told->name = data;
        told->name_bytes = RTA_PAYLOAD(attribute);
        break;
    case UNIX_DIAG_VFS:
        memcpy(&file, data, sizeof file);
        told->file_inode = file.udiag_vfs_ino;
        told->file_device = file.udiag_vfs_dev;
        break;
    case UNIX_DIAG_PEER:
        memcpy(&told->peer, data, sizeof told->peer);
        told->has_peer = true;
        break;
    case UNIX_DIAG_SHUTDOWN:
        told->receives_not = *data & RECEIVES_NOT;
        break;
    default:
        break;
    }
}

static struct told read_one(const struct nlmsghdr *header)
{
    const struct unix_diag_msg *message = NLMSG_DATA(header);
    const struct rtattr *attribute = (const void *)(message + 1);
    int left = (int)NLMSG_PAYLOAD(header, sizeof *message);
    struct told told = {.inode = message->udiag_ino};

    for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
        take(&told, attribute);
    return told;
}

/* False: there is no such socket, or `is_told` false: nothing is told at all. */
static bool look_up(int diag, uint32_t inode, struct told *told, bool *is_told)
{
    static _Alignas(struct nlmsghdr) char answer[ANSWER_BYTES];
    ssize_t got = ask(diag, inode) ? recv(diag, answer, sizeof answer, 0) : -1;
    const struct nlmsghdr *header = (const void *)answer;
    int error = 0;

    *is_told = got >= (ssize_t)NLMSG_LENGTH(sizeof(struct unix_diag_msg));
    if (*is_told && header->nlmsg_type == SOCK_DIAG_BY_FAMILY) {
        *told = read_one(header);
        return true;
    }
    if (got >= (ssize_t)NLMSG_LENGTH(sizeof error) && header->nlmsg_type == NLMSG_ERROR)
        memcpy(&error, NLMSG_DATA(header), sizeof error);
    *is_told = error == -ENOENT;
    return false;
}

static bool is_bound_to(const struct told *told, const struct sf_wire_unix *where)
{
    const struct sf_addr *at = &where->peer;
    if (where->inode)
        return told->file_inode == (uint32_t)where->inode &&
               told->file_device == (uint32_t)(major(where->device) << 20 | minor(where->device));
    return told->name_bytes == at->path_len && told->name_bytes > 0 && told->name[0] == '\0' &&
           memcmp(told->name + 1, at->path + 1, told->name_bytes - 1) == 0;
}

/* All that there are, since one that is connected to another is reached by its name alone. */
static bool find_named(int diag, const struct sf_wire_unix *where, struct told *found)
{
    static _Alignas(struct nlmsghdr) char answer[ANSWER_BYTES];
    bool is_found = false, has_more = ask(diag, 0);

    while (has_more) {
        ssize_t got = recv(diag, answer, sizeof answer, 0);
        unsigned left = got > 0 ? (unsigned)got : 0;
        has_more = got > 0;
        for (const struct nlmsghdr *header = (void *)answer; NLMSG_OK(header, left);
             header = NLMSG_NEXT(header, left)) {
            has_more &= header->nlmsg_type == SOCK_DIAG_BY_FAMILY;
            if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
                continue;
            struct told told = read_one(header);
            if (!is_found && is_bound_to(&told, where)) {
                *found = told;
                is_found = true;
            }
        }
    }
    return is_found;
}

enum sf_wire_state sf_unix_may_send(int diag, const struct sf_wire_unix *where)
{
    struct told aimed, receiver = {0};
    bool is_told = true;

    if (where->aimed == 0) {
        if (!find_named(diag, where, &receiver))
            return SF_WIRE_FAILED;
    } else {
        if (!look_up(diag, (uint32_t)where->aimed, &aimed, &is_told))
            return SF_WIRE_FAILED;
        if (!aimed.has_peer || aimed.peer == 0)
            return SF_WIRE_KERNELS;
        if (!look_up(diag, aimed.peer, &receiver, &is_told))
            return is_told ? SF_WIRE_KERNELS : SF_WIRE_FAILED;
    }
    bool is_free = !receiver.has_peer || receiver.peer == (uint32_t)where->own;
    return is_free && !receiver.receives_not ? SF_WIRE_PASSES : SF_WIRE_KERNELS;
}
