/* stdio on a socket: libc reads and writes within itself, past every interposer. It cannot be
 * changed, so it is told. */
#include "calls/call.h"

#include <link.h>
#include <string.h>

enum { READS = 1u << SF_FAMILY_RECV, WRITES = 1u << SF_FAMILY_SEND };

struct visit {
    uintptr_t address;
    bool is_found; /* the object that holds the address is libstdc++ */
};

static bool holds(const struct dl_phdr_info *info, uintptr_t address)
{
    for (int i = 0; i < info->dlpi_phnum; i++)
        if (info->dlpi_phdr[i].p_type == PT_LOAD &&
            address - info->dlpi_addr - info->dlpi_phdr[i].p_vaddr < info->dlpi_phdr[i].p_memsz)
            return true;
    return false;
}

static int visit_object(struct dl_phdr_info *info, size_t bytes, void *context)
{
    struct visit *visit = context;
    (void)bytes;
    if (!holds(info, visit->address))
        return 0;
    visit->is_found = strstr(info->dlpi_name, "/libstdc++.so") != NULL;
    return 1;
}

/* Its stdio_filebuf opens a stream and then calls read and write by itself, which we see.
 * Source: libstdc++, basic_file_stdio.cc, xsgetn() and xsputn(). */
static bool is_libstdcxx(const void *caller)
{
    struct visit visit = {.address = (uintptr_t)caller};
    sf_real.dl_iterate_phdr(visit_object, &visit);
    return visit.is_found;
}

/* The families in which libc will call on `fd` unseen, of `families`; 0: it is no socket. */
static uint32_t find_unseen(int fd, uint32_t families)
{
    bool is_ours = sf_shim.session && fd >= 0 && !sf_is_quiet();
    return is_ours && sf_descriptor_discover(fd) & SF_WORD_SOCKET ? families : 0;
}

/* escape: how, told where some rule may select such calls. */
static void tell(int fd, uint32_t unseen, enum sf_escape escape)
{
    uint32_t escapes = (unseen & READS ? SF_ESCAPE_UNSEEN_READS : 0u) |
                       (unseen & WRITES ? SF_ESCAPE_UNSEEN_SENDS : 0u) |
                       (sf_descriptor_discover(fd) & unseen ? (uint32_t)escape : 0);
    atomic_fetch_or_explicit(&sf_shim.state->escapes, escapes, memory_order_relaxed);
}

static uint32_t directions(const char *mode)
{
    uint32_t first = mode[0] == 'r' ? READS : WRITES;
    return strchr(mode, '+') ? READS | WRITES : first;
}

SF_EXPORT FILE *fdopen(int fd, const char *mode)
{
    sf_ensure_loaded();
    FILE *stream = sf_real.fdopen(fd, mode);
    uint32_t unseen = stream ? find_unseen(fd, directions(mode)) : 0;
    if (unseen && !is_libstdcxx(__builtin_return_address(0)))
        tell(fd, unseen, SF_ESCAPE_STREAM);
    return stream;
}

static void tell_print(int fd)
{
    sf_ensure_loaded();
    if (find_unseen(fd, WRITES))
        tell(fd, WRITES, SF_ESCAPE_PRINT);
}

SF_EXPORT int vdprintf(int fd, const char *format, va_list arguments)
{
    tell_print(fd);
    return sf_real.vdprintf(fd, format, arguments);
}

SF_EXPORT int __vdprintf_chk(int fd, int flag, const char *format, va_list arguments)
{
    tell_print(fd);
    return sf_real.__vdprintf_chk(fd, flag, format, arguments);
}

SF_EXPORT int dprintf(int fd, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int result = vdprintf(fd, format, arguments);
    va_end(arguments);
    return result;
}

SF_EXPORT int __dprintf_chk(int fd, int flag, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int result = __vdprintf_chk(fd, flag, format, arguments);
    va_end(arguments);
    return result;
}
