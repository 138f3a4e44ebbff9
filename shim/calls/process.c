/* Where processes and threads end, and where one begins that borrows its parent's memory.
 * Those that end by exit or quick_exit are met in load/load.c. */
#include "apply/clock.h"
#include "calls/call.h"
#include "log/trace.h"
#include "sockets/leaks.h"

SF_EXPORT void _exit(int status)
{
    sf_ensure_loaded();
    sf_leaks_count();
    sf_trace_end();
    sf_real._exit(status);
}

SF_EXPORT void _Exit(int status)
{
    sf_ensure_loaded();
    sf_leaks_count();
    sf_trace_end();
    sf_real._Exit(status);
}

/* libc wakes only who waits in one of its own cancellation points, and we do not. */
SF_EXPORT int pthread_cancel(pthread_t thread)
{
    sf_ensure_loaded();
    int error = sf_real.pthread_cancel(thread);
    sf_clock_stir();
    return error;
}

/* vfork returns twice, and the child must not leave a frame of ours: so what C has to
 * do is done before, and then libc's own is jumped to as if it had been called. */
__attribute__((visibility("hidden"), used)) __typeof__(&vfork) sf_vfork_begin(void);
__attribute__((visibility("hidden"), used)) __typeof__(&vfork) sf_vfork_begin(void)
{
    sf_ensure_loaded();
    sf_has_vforked = true;
    return sf_real.vfork;
}

#if defined(__x86_64__)
#define BEGIN_AND_JUMP                \
    "    endbr64\n"                   \
    "    subq $8, %rsp\n"             \
    "    .cfi_adjust_cfa_offset 8\n"  \
    "    call sf_vfork_begin\n"       \
    "    addq $8, %rsp\n"             \
    "    .cfi_adjust_cfa_offset -8\n" \
    "    jmp *%rax\n"
#elif defined(__aarch64__)
#define BEGIN_AND_JUMP                 \
    "    hint #34\n" /* bti c */       \
    "    stp x29, x30, [sp, #-16]!\n"  \
    "    .cfi_adjust_cfa_offset 16\n"  \
    "    .cfi_offset x30, -8\n"        \
    "    bl sf_vfork_begin\n"          \
    "    ldp x29, x30, [sp], #16\n"    \
    "    .cfi_adjust_cfa_offset -16\n" \
    "    .cfi_restore x30\n"           \
    "    mov x16, x0\n"                \
    "    br x16\n" /* may land on bti c */
#endif

__asm__("    .text\n"
        "    .globl vfork\n"
        "    .type vfork, %function\n"
        "vfork:\n"
        "    .cfi_startproc\n" BEGIN_AND_JUMP "    .cfi_endproc\n"
        "    .size vfork, .-vfork\n");
