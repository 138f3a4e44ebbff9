#include "load/sandbox.h"

#include "load/shim.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/audit.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

enum { ANY_FD = 3 };

_Atomic uint64_t sf_sandbox_forbidden;

struct machine {
    uint32_t a, x, memory[BPF_MEMWORDS];
    const struct seccomp_data *data;
};

static uint32_t operate(unsigned operation, uint32_t a, uint32_t by)
{
    switch (operation) {
    case BPF_ADD:
        return a + by;
    case BPF_SUB:
        return a - by;
    case BPF_MUL:
        return a * by;
    case BPF_DIV:
        return a / by; /* 0 ends the filter: divides_by_nothing */
    case BPF_OR:
        return a | by;
    case BPF_AND:
        return a & by;
    case BPF_XOR:
        return a ^ by;
    case BPF_LSH:
        return a << (by & 31);
    case BPF_RSH:
        return a >> (by & 31);
    default:
        return -a;
    }
}

static bool holds(unsigned condition, uint32_t a, uint32_t operand)
{
    switch (condition) {
    case BPF_JEQ:
        return a == operand;
    case BPF_JGT:
        return a > operand;
    case BPF_JGE:
        return a >= operand;
    default:
        return a & operand;
    }
}

static uint32_t load(const struct machine *machine, const struct sock_filter *step)
{
    uint32_t word = 0;
    switch (BPF_MODE(step->code)) {
    case BPF_ABS:
        if (step->k <= sizeof *machine->data - sizeof word)
            memcpy(&word, (const char *)machine->data + step->k, sizeof word);
        return word;
    case BPF_MEM:
        return machine->memory[step->k % BPF_MEMWORDS];
    case BPF_LEN:
        return sizeof *machine->data;
    default:
        return step->k;
    }
}

/* The filter then answers 0, which kills. A constant is not 0. Source: bpf_convert_filter(),
 * bpf_check_classic(). */
static bool divides_by_nothing(const struct machine *machine, const struct sock_filter *step)
{
    return BPF_CLASS(step->code) == BPF_ALU && BPF_OP(step->code) == BPF_DIV &&
           BPF_SRC(step->code) == BPF_X && machine->x == 0;
}

/* Every step but a jump and the end. */
static void take_step(struct machine *machine, const struct sock_filter *step)
{
    switch (BPF_CLASS(step->code)) {
    case BPF_LD:
        machine->a = load(machine, step);
        break;
    case BPF_LDX:
        machine->x = load(machine, step);
        break;
    case BPF_ST:
        machine->memory[step->k % BPF_MEMWORDS] = machine->a;
        break;
    case BPF_STX:
        machine->memory[step->k % BPF_MEMWORDS] = machine->x;
        break;
    case BPF_ALU:
        machine->a =
            operate(BPF_OP(step->code), machine->a, BPF_SRC(step->code) == BPF_X ? machine->x : step->k);
        break;
    default: /* BPF_MISC */
        if (BPF_MISCOP(step->code) == BPF_TAX)
            machine->x = machine->a;
        else
            machine->a = machine->x;
    }
}

/* What the filter answers. The kernel has checked it: it ends, and jumps forwards alone.
 * Source: seccomp_check_filter(), bpf_check_classic(). */
static uint32_t ask(const struct sock_fprog *filter, const struct seccomp_data *data)
{
    struct machine machine = {.data = data};

    for (uint32_t at = 0; at < filter->len; at++) {
        const struct sock_filter *step = &filter->filter[at];
        if (divides_by_nothing(&machine, step))
            return 0;
        if (BPF_CLASS(step->code) == BPF_RET)
            return BPF_RVAL(step->code) == BPF_A ? machine.a : step->k;
        if (BPF_CLASS(step->code) != BPF_JMP)
            take_step(&machine, step);
        else if (BPF_OP(step->code) == BPF_JA)
            at += step->k;
        else
            at += holds(BPF_OP(step->code), machine.a, BPF_SRC(step->code) == BPF_X ? machine.x : step->k)
                      ? step->jt
                      : step->jf;
    }
    return SECCOMP_RET_KILL_PROCESS;
}

/* The lower, the stricter, as a signed number: seccomp(2). A supervisor that is asked may well allow it. */
static bool is_allowed(const struct sock_fprog *filter, const struct seccomp_data *call)
{
    return (int32_t)(ask(filter, call) & SECCOMP_RET_ACTION_FULL) >= (int32_t)SECCOMP_RET_USER_NOTIF;
}

/* What apply/wire.c, its like and inherit.c call. Of options there are many: a filter that does
 * not know one asks for them by name. */
static const struct seccomp_data wire_calls[] = {
    {.nr = SYS_socket, .arch = ARCHITECTURE, .args = {AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0}},
    {.nr = SYS_socket, .arch = ARCHITECTURE, .args = {AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0}},
    {.nr = SYS_socket,
     .arch = ARCHITECTURE,
     .args = {AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0}},
    {.nr = SYS_socket, .arch = ARCHITECTURE, .args = {AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0}},
    {.nr = SYS_socket, .arch = ARCHITECTURE, .args = {AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0}},
    {.nr = SYS_socket, .arch = ARCHITECTURE, .args = {AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0}},
    {.nr = SYS_socketpair, .arch = ARCHITECTURE, .args = {AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0}},
    {.nr = SYS_socketpair, .arch = ARCHITECTURE, .args = {AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0}},
    {.nr = SYS_bind, .arch = ARCHITECTURE, .args = {ANY_FD, 0, 0}},
    {.nr = SYS_listen, .arch = ARCHITECTURE, .args = {ANY_FD, 1, 0}},
    {.nr = SYS_accept4, .arch = ARCHITECTURE, .args = {ANY_FD, 0, 0}},
    {.nr = SYS_connect, .arch = ARCHITECTURE, .args = {ANY_FD, 0, 0}},
    {.nr = SYS_sendmsg, .arch = ARCHITECTURE, .args = {ANY_FD, 0, MSG_NOSIGNAL}},
    {.nr = SYS_recvfrom, .arch = ARCHITECTURE, .args = {ANY_FD, 0, 0}},
    {.nr = SYS_getsockname, .arch = ARCHITECTURE, .args = {ANY_FD, 0, 0}},
    {.nr = SYS_getpeername, .arch = ARCHITECTURE, .args = {ANY_FD, 0, 0}},
    {.nr = SYS_getsockopt, .arch = ARCHITECTURE, .args = {ANY_FD, SOL_SOCKET, UINT16_MAX}},
    {.nr = SYS_setsockopt, .arch = ARCHITECTURE, .args = {ANY_FD, SOL_SOCKET, UINT16_MAX}},
    {.nr = SYS_fcntl, .arch = ARCHITECTURE, .args = {ANY_FD, F_GETFL, 0}},
    {.nr = SYS_fcntl, .arch = ARCHITECTURE, .args = {ANY_FD, F_SETFL, O_NONBLOCK}},
    {.nr = SYS_fcntl, .arch = ARCHITECTURE, .args = {ANY_FD, F_GETFD, 0}},
    {.nr = SYS_dup3, .arch = ARCHITECTURE, .args = {ANY_FD, ANY_FD + 1, O_CLOEXEC}},
    {.nr = SYS_close, .arch = ARCHITECTURE, .args = {ANY_FD, 0, 0}},
};

static bool allows_wire(const struct sock_fprog *filter)
{
    for (size_t i = 0; i < sizeof wire_calls / sizeof *wire_calls; i++)
        if (!is_allowed(filter, &wire_calls[i]))
            return false;
    return true;
}

void sf_sandbox_entered(const struct sock_fprog *filter)
{
#define SF_X(name, number, ...) {.nr = (int)(number), .arch = ARCHITECTURE, .args = {__VA_ARGS__}},
    const struct seccomp_data calls[] = {SF_OWN_CALLS(SF_X)};
#undef SF_X
    uint64_t forbidden = 0;

    if (sf_is_vfork_child())
        return;
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
        if (!filter || !is_allowed(filter, &calls[i]))
            forbidden |= UINT64_C(1) << i;
    if (!filter || !allows_wire(filter))
        forbidden |= UINT64_C(1) << SF_OWN_WIRE;
    atomic_fetch_or_explicit(&sf_sandbox_forbidden, forbidden, memory_order_relaxed);
}

static bool tells_sockets(enum sf_own_call call)
{
    return call == SF_OWN_DOMAIN || call == SF_OWN_TYPE || call == SF_OWN_COOKIE;
}

bool sf_sandbox_permits(enum sf_own_call call)
{
    if (sf_sandbox_allows(call))
        return true;
    bool is_meant = sf_shim.families || sf_shim.has_programs;
    uint32_t escapes = (is_meant ? SF_ESCAPE_SANDBOX : 0u) | (tells_sockets(call) ? SF_ESCAPE_BLIND : 0u);
    if (sf_shim.state)
        atomic_fetch_or_explicit(&sf_shim.state->escapes, escapes, memory_order_relaxed);
    errno = EPERM;
    return false;
}
