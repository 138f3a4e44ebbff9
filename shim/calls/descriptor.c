/* Where descriptors end, double and change: close, dup, fcntl, ioctl. Except
 * for close no rule names them; they keep the table of descriptors true. Of a
 * doubled number nothing is known but whose it is: it is discovered when it is used. */
#include "apply/half_close.h"
#include "apply/keep.h"
#include "apply/wire_datagram.h"
#include "calls/call.h"
#include "calls/traced.h"
#include "load/memory.h"
#include "sockets/connection.h"
#include "sockets/record.h"

#include <errno.h>
#include <stdarg.h>

static void number_ends(int fd)
{
    struct sf_socket *record = sf_socket_ends(fd);
    if (record && sf_is_half_closed(record))
        sf_half_close(fd, record); /* with bytes unread the close were a RST: tcp_close() */
}

/* A socket that some rule may select: its record learns of the end. An error
 * does not keep the descriptor: Linux releases it before anything can fail.
 * Source: close(2), NOTES, "Dealing with error returns from close()". */
SF_SELECTED int selected_close(int fd)
{
    SF_CALL(call, close, fd, 0, 0);
    bool is_failed = !sf_call_enter(&call);
    int error = errno;
    uint64_t carried = sf_datagram_ends(fd);
    number_ends(fd);
    errno = error;
    /* Before the number is free: another thread may be given it at once. */
    sf_descriptor_forget(fd);
    int result = sf_real.close(fd);
    if (carried)
        sf_datagram_ended(carried);
    if (!is_failed)
        return (int)sf_call_leave(&call, result);
    errno = error;
    return -1;
}

SF_EXPORT int close(int fd)
{
    if (sf_descriptor_word(fd) & (SF_WORD_FAMILIES | SF_WORD_RECORDED) || !sf_is_idle(fd, SF_FAMILY_CLOSE))
        return selected_close(fd);
    sf_descriptor_forget(fd);
    return sf_real.close(fd);
}

static void forget_range(enum sf_call_id id, unsigned first, unsigned last, void *return_address)
{
    if (sf_shim.trace)
        sf_traced_range_ends(id, first, last, return_address);
    sf_socket_range_ends(first, last);
    sf_descriptor_forget_range(first, last);
}

SF_EXPORT int close_range(unsigned first, unsigned last, int flags)
{
    sf_ensure_loaded();
    /* With CLOSE_RANGE_CLOEXEC nothing is closed yet, and with what it does not know, nothing at all. */
    if (!(flags & ~(int)CLOSE_RANGE_UNSHARE))
        forget_range(SF_CALL_close_range, first, last, __builtin_return_address(0));
    return sf_real.close_range(first, last, flags);
}

SF_EXPORT void closefrom(int first)
{
    sf_ensure_loaded();
    forget_range(SF_CALL_closefrom, first < 0 ? 0 : (unsigned)first, ~0u, __builtin_return_address(0));
    sf_real.closefrom(first);
}

/* stdio closes within libc, unseen. The stream's last bytes are written by then, too, perhaps
 * while another thread still uses the number: what is known of it ends before all that, since
 * behind it the number may be another's. */
static void stream_ends(enum sf_call_id id, FILE *stream, void *return_address)
{
    int saved_errno = errno, fd = fileno(stream);
    /* Programs close their standard streams at exit, and no connection of theirs with them. */
    if (sf_shim.families >> SF_FAMILY_CLOSE & 1 && fd > STDERR_FILENO &&
        sf_descriptor_discover(fd) >> SF_FAMILY_CLOSE & 1)
        atomic_fetch_or_explicit(&sf_shim.state->escapes, SF_ESCAPE_FCLOSE, memory_order_relaxed);
    if (sf_shim.trace && fd >= 0)
        sf_traced_range_ends(id, (unsigned)fd, (unsigned)fd, return_address);
    if (sf_descriptor_word(fd) != 0) {
        number_ends(fd);
        sf_descriptor_forget(fd);
    }
    errno = saved_errno;
}

SF_EXPORT int fclose(FILE *stream)
{
    sf_ensure_loaded();
    stream_ends(SF_CALL_fclose, stream, __builtin_return_address(0));
    return sf_real.fclose(stream);
}

#define INTERPOSE_REOPEN(name)                                             \
    SF_EXPORT FILE *name(const char *path, const char *mode, FILE *stream) \
    {                                                                      \
        sf_ensure_loaded();                                                \
        stream_ends(SF_CALL_##name, stream, __builtin_return_address(0));  \
        return sf_real.name(path, mode, stream);                           \
    }

INTERPOSE_REOPEN(freopen)
INTERPOSE_REOPEN(freopen64)

static int doubled(uint64_t word, int result)
{
    if (result >= 0)
        sf_descriptor_double(word, result);
    return result;
}

static void replace(enum sf_call_id id, int fd, int to, void *return_address)
{
    if (fd == to) /* dup3 refuses it */
        return;
    if (sf_shim.trace && to >= 0)
        sf_traced_range_ends(id, (unsigned)to, (unsigned)to, return_address);
    sf_socket_ends(to);
}

/* return made, which doubles `fd`: told where there is a trace. */
#define DOUBLE(name, fd, command, made)                                        \
    do {                                                                       \
        /* Asked before: behind the call another thread may have closed it. */ \
        uint64_t word = sf_descriptor_word(fd);                                \
        if (!sf_shim.trace)                                                    \
            return doubled(word, made);                                        \
        SF_CALL(call, name, fd, 0, 0);                         \
        call.argument = (uint32_t)(command);                                   \
        sf_traced_begin(&call);                                                \
        int result = doubled(word, made);                                      \
        sf_traced_doubled(&call, result);                                      \
        return result;                                                         \
    } while (0)

/* return made, which changes how calls on `fd` wait: told where there is a trace. */
#define SET(name, fd, command, value, made)                \
    do {                                                   \
        if (!sf_shim.trace)                                \
            return made;                                   \
        SF_CALL(call, name, fd, value, 0); \
        call.argument = (uint32_t)(command);               \
        sf_traced_begin(&call);                            \
        int result = made;                                 \
        if (call.begin_ns)                                 \
            sf_traced_end(&call, result);                  \
        return result;                                     \
    } while (0)

SF_EXPORT int dup(int fd)
{
    sf_ensure_loaded();
    DOUBLE(dup, fd, 0, sf_real.dup(fd));
}

SF_EXPORT int pidfd_getfd(int process, int fd, unsigned flags)
{
    sf_ensure_loaded();
    return sf_descriptor_received(sf_real.pidfd_getfd(process, fd, flags));
}

SF_EXPORT int dup2(int fd, int to)
{
    sf_ensure_loaded();
    if (fd == to) /* changes nothing */
        return sf_real.dup2(fd, to);
    replace(SF_CALL_dup2, fd, to, __builtin_return_address(0));
    DOUBLE(dup2, fd, 0, sf_real.dup2(fd, to));
}

SF_EXPORT int dup3(int fd, int to, int flags)
{
    sf_ensure_loaded();
    replace(SF_CALL_dup3, fd, to, __builtin_return_address(0));
    DOUBLE(dup3, fd, 0, sf_real.dup3(fd, to, flags));
}

/* One word is what every command of fcntl and ioctl takes at most. */
#define SF_LAST_ARGUMENT(last)                  \
    va_list arguments;                          \
    va_start(arguments, last);                  \
    void *argument = va_arg(arguments, void *); \
    va_end(arguments)

#define INTERPOSE_FCNTL(name)                                                                 \
    SF_EXPORT int name(int fd, int command, ...)                                              \
    {                                                                                         \
        SF_LAST_ARGUMENT(command);                                                            \
        sf_ensure_loaded();                                                                   \
        if (command == F_DUPFD || command == F_DUPFD_CLOEXEC)                                 \
            DOUBLE(name, fd, command, sf_real.name(fd, command, argument));                   \
        if (command == F_SETFL)                                                               \
            SET(name, fd, command, (uintptr_t)argument, sf_real.name(fd, command, argument)); \
        return sf_real.name(fd, command, argument);                                           \
    }

INTERPOSE_FCNTL(fcntl)
INTERPOSE_FCNTL(fcntl64)

/* What a socket still has to give: what was kept when a rule reset it, and nothing where
 * a rule has ended it; a datagram is as long as it was sent. */
static void mend_unread(int fd, int *bytes)
{
    struct sf_socket *record = sf_socket_find(fd);
    uint32_t kept = record ? sf_kept_left(record) : 0;

    if (record && (kept || sf_is_half_closed(record)))
        *bytes = (int)kept;
    else if (record)
        *bytes = sf_datagram_unread(fd, record, *bytes);
}

/* FIONBIO is asked of the kernel when it matters (calls/facts.c). */
SF_EXPORT int ioctl(int fd, unsigned long request, ...)
{
    SF_LAST_ARGUMENT(request);
    sf_ensure_loaded();
    if (request == FIONBIO)
        SET(ioctl, fd, request, sf_memory_is_readable(argument, sizeof(int)) && *(const int *)argument,
            sf_real.ioctl(fd, request, argument));
    int result = sf_real.ioctl(fd, request, argument);
    if (request == FIONREAD && result == 0)
        mend_unread(fd, argument);
    return result;
}
