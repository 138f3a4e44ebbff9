/* What the shim and the wire say to each other when a connection begins.
 *
 * One SOCK_SEQPACKET connection to the abstract socket SF_WIRE_PREFIX + ID (of the session)
 * for each connection to be wired; it ends with it.
 *
 *   connect  SF_WIRE_CONNECT ►  ◄ struct sf_wire_answer, then the program's own socket connects to the
 *            session's silent port, then SF_WIRE_GO ►
 *   accept   SF_WIRE_ACCEPTED ►, with the real connection by SCM_RIGHTS, once what takes its place
 *            in the program connects to the silent port ◄ struct sf_wire_answer, then SF_WIRE_GO ► when
 *            that has ended: nothing passes earlier
 *   Unix     SF_WIRE_JOINED ►, with both ends: to the program, to its peer ◄ struct sf_wire_answer
 *
 *   datagrams in  SF_WIRE_CARRIED ►, with two sockets: one that has the address of the program's own
 *            and takes what comes, one that the program's takes its datagrams from ◄ struct sf_wire_answer;
 *            SF_WIRE_ENDED ► once a descriptor of it is closed ◄ struct sf_wire_answer
 *
 *   Unix datagrams out  SF_WIRE_SENDS ►, a struct sf_wire_unix and the bytes behind it ◄ struct
 *            sf_wire_answer, then, where it says so, other bytes. The program's own call sends them.
 *
 * Where the wire cannot do it, for want of descriptors say, there is no answer but the end.
 * Datagrams that go out come to the datagram socket SF_WIRE_DATAGRAMS_PREFIX + ID: a struct
 * sf_wire_sent each, control data and bytes behind it, and the program's own socket along with it,
 * from which the wire sends them. Those that come in reach the program's socket behind a struct
 * sf_wire_carried. SF_WIRE_JUDGE ► asks to look at what was sent so far ◄ struct sf_wire_answer.
 * The wire makes the program's end stand by connecting to it from the silent port: a TCP
 * simultaneous open, RFC 9293, section 3.5, figure 8. */
#ifndef SF_ABI_WIRE_H
#define SF_ABI_WIRE_H

#include "abi/session.h"

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>

#define SF_WIRE_PREFIX "sockfault-wire-" /* behind the NUL of an abstract name */

/* sf_socket.wired: 0: no; else this, and the error that the wire lets its connect fail with. The socket is
 * dissolved and connected to where nobody listens; until that is done SF_WIRE_FAILING stands in it as well.
 */
#define SF_WIRED 1u
#define SF_WIRE_FAILING (1u << 31)
#define SF_WIRE_UNSURE (1u << 30) /* it does not stand yet, and may fail so */
#define SF_WIRE_MARKS (SF_WIRE_FAILING | SF_WIRE_UNSURE)

#define SF_WIRE_DATAGRAMS_PREFIX "sockfault-datagrams-" /* likewise */

enum sf_wire_kind {
    SF_WIRE_CONNECT = 1,
    SF_WIRE_GO,
    SF_WIRE_ACCEPTED,
    SF_WIRE_JOINED,
    SF_WIRE_CARRIED,
    SF_WIRE_ENDED,
    SF_WIRE_SENDS,
    SF_WIRE_JUDGE
};

/* An address of either family. */
union sf_wire_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static inline socklen_t sf_wire_address_bytes(const union sf_wire_address *address)
{
    return address->any.sa_family == AF_INET6 ? sizeof address->v6 : sizeof address->v4;
}

struct sf_wire_request {
    uint32_t kind;                  /* enum sf_wire_kind */
    uint32_t program;               /* of the plan: whose connection it is */
    uint8_t key[SF_WIRE_KEY_BYTES]; /* sf_session.wire_key: others may know the name */
    uint64_t cookie;                /* of the program's socket … */
    uint64_t record;                /* … and where its record is, from the session's start */
    union sf_wire_address to;       /* CONNECT: where it goes; CARRIED: the peer; family 0: it has none */
    union sf_wire_address from;     /* CONNECT: where it comes from, port 0: any; family 0: anywhere */
    union sf_wire_address own;      /* GO, ACCEPTED, CARRIED: the program's socket, which connects … */
    union sf_wire_address silent;   /* … to this address */
    int32_t error;                  /* GO: what the socket, passed along, is to fail with; 0: it succeeds */
};

/* SENDS: as the kernel would; it will not; as if it had been sent; as if nobody were there. */
enum sf_wire_state {
    SF_WIRE_STANDS = 1,
    SF_WIRE_PENDING,
    SF_WIRE_FAILED,
    SF_WIRE_PASSES,
    SF_WIRE_KERNELS,
    SF_WIRE_LOST,
    SF_WIRE_REFUSED
};

struct sf_wire_answer {
    uint32_t state;             /* enum sf_wire_state: of the connection to the real peer, or of a datagram */
    int32_t error;              /* FAILED */
    uint32_t copies;            /* PASSES: to be sent so much oftener … */
    uint32_t has_bytes;         /* … with the bytes that follow, as many as there were; 0: as it is */
    uint64_t round_trip_ns;     /* how much later the program is to learn of it */
    union sf_wire_address own;  /* its own address, as the peer sees it … */
    union sf_wire_address peer; /* … and the peer's */
};

/* Where a datagram of a Unix socket goes. */
struct sf_wire_unix {
    struct sf_addr peer; /* whose owner is known; domain 0: the peer of the socket */
    uint64_t own;        /* the inode of the program's socket … */
    uint64_t aimed; /* … and of one that is connected to where it goes; 0: there can be none, since … */
    uint64_t device, inode; /* … that one has a peer itself; it is bound to this file; 0: to `peer.path` */
};

/* A datagram that goes out. Control data and bytes follow. */
struct sf_wire_sent {
    uint8_t key[SF_WIRE_KEY_BYTES];
    uint32_t program;
    int32_t flags; /* MSG_… of the call that change where it goes */
    uint64_t cookie, record;
    union sf_wire_address to; /* family 0: to the peer of the socket */
    uint32_t control_bytes;
    uint32_t pad;
};

/* What a datagram comes in behind. Only those from sf_socket.carried, with this key, have it. */
struct sf_wire_carried {
    uint8_t key[SF_WIRE_KEY_BYTES];
    union sf_wire_address from;
};

enum { SF_WIRE_BYTES_MAX = 65536, SF_WIRE_CONTROL_MAX = 1024 };

/* The name of a socket of the wire's; returns its length. ID: SF_SESSION_ID_BYTES * 2 hex digits. */
static inline socklen_t sf_wire_name(struct sockaddr_un *name, const char *prefix,
                                     const uint8_t id[SF_SESSION_ID_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    size_t at = 1;

    *name = (struct sockaddr_un){.sun_family = AF_UNIX};
    for (; *prefix; prefix++)
        name->sun_path[at++] = *prefix;
    for (unsigned i = 0; i < SF_SESSION_ID_BYTES; i++) {
        name->sun_path[at++] = digits[id[i] >> 4];
        name->sun_path[at++] = digits[id[i] & 15];
    }
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + at);
}

#endif
