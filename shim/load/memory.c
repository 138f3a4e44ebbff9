#include "load/memory.h"

#include "abi/valgrind.h"
#include "load/real.h"
#include "load/sandbox.h"

#include <errno.h>
#include <linux/futex.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>

#define PAGE 4096u

/* Above any frame of a thread lie at least its caller's and libc's own data of
 * the thread, which is larger than this. */
#define STACK_BYTES 2048u

static uintptr_t data_start, data_end; /* the executable's writable segment */
static uintptr_t heap_start;           /* of brk(2); it ends where sbrk(0) says */

static int learn_segment(struct dl_phdr_info *info, size_t size, void *context)
{
    (void)size;
    (void)context;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        if (info->dlpi_phdr[i].p_type != PT_LOAD || !(info->dlpi_phdr[i].p_flags & PF_W))
            continue;
        data_start = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
        data_end = data_start + info->dlpi_phdr[i].p_memsz;
    }
    return 1; /* the first is the executable: no further */
}

void sf_memory_learn(void)
{
    sf_real.dl_iterate_phdr(learn_segment, NULL);
    heap_start = (uintptr_t)sbrk(0);
}

static bool is_within(uintptr_t first, uintptr_t last, uintptr_t start, uintptr_t end)
{
    return first >= start && last < end;
}

static bool is_known(uintptr_t first, uintptr_t last)
{
    uintptr_t frame = (uintptr_t)__builtin_frame_address(0);
    return is_within(first, last, frame, frame + STACK_BYTES) ||
           is_within(first, last, data_start, data_end) ||
           is_within(first, last, heap_start, (uintptr_t)sbrk(0));
}

/* A futex wait reads the word first: EFAULT when it cannot, EAGAIN when it does
 * not hold the value; should it hold it, the time is already up. */
static bool is_word_readable(uintptr_t address)
{
    struct timespec no_time = {0};
    return sf_real.syscall(SYS_futex, address & ~(uintptr_t)3, FUTEX_WAIT_PRIVATE, 0x5afe5afe, &no_time, NULL,
                           0) == 0 ||
           errno != EFAULT;
}

/* Memcheck takes the look at a word for a use of it, and of what lies beside a string. What is
 * mapped is all that can be told there. */
static bool is_mapped(uintptr_t address)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    unsigned char resident;
    return mincore((void *)(address & -page), 1, &resident) == 0 || errno != ENOMEM;
}

bool sf_memory_is_readable(const void *address, size_t bytes)
{
    uintptr_t first = (uintptr_t)address, last = first + (bytes ? bytes - 1 : 0);
    int saved_errno = errno;
    bool readable = last >= first;

    if (readable && is_known(first, last))
        return true;
    if (!sf_sandbox_allows(SF_OWN_FUTEX)) /* then it is taken for a healthy program */
        return readable;
    bool (*is_there)(uintptr_t address) = sf_valgrind_is_running() ? is_mapped : is_word_readable;
    for (uintptr_t at = first; readable && at <= last; at += PAGE - at % PAGE)
        readable = is_there(at);
    errno = saved_errno;
    return readable;
}
