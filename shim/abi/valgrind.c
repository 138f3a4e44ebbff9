#include "abi/valgrind.h"

#include <stdint.h>

#define RUNNING_ON_VALGRIND 0x1001u
#define HELGRIND_MAKE_UNTRACKED 0x48470127u
#define DRD_START_SUPPRESSION 0x44520002u

struct request {
    uintptr_t what, arguments[5];
};

/* Rotations that end where they began, and a move of a register to itself. Returns valgrind's
 * answer, or 0. */
static uintptr_t ask(const struct request *request)
{
#if defined(__x86_64__)
    uintptr_t answer = 0;
    __asm__ volatile("rolq $3, %%rdi; rolq $13, %%rdi\n\t"
                     "rolq $61, %%rdi; rolq $51, %%rdi\n\t"
                     "xchgq %%rbx, %%rbx"
                     : "+d"(answer)
                     : "a"(request)
                     : "cc", "memory");
#elif defined(__aarch64__)
    register uintptr_t answer __asm__("x3") = 0;
    register const struct request *asked __asm__("x4") = request;
    __asm__ volatile("ror x12, x12, #3; ror x12, x12, #13\n\t"
                     "ror x12, x12, #51; ror x12, x12, #61\n\t"
                     "orr x10, x10, x10"
                     : "+r"(answer)
                     : "r"(asked)
                     : "cc", "memory");
#else
#error "shim/abi/valgrind.c: add the special instructions of this architecture"
#endif
    return answer;
}

bool sf_valgrind_is_running(void)
{
    return ask(&(struct request){RUNNING_ON_VALGRIND, {0}}) != 0;
}

void sf_valgrind_ignore(const void *start, size_t bytes)
{
    ask(&(struct request){HELGRIND_MAKE_UNTRACKED, {(uintptr_t)start, bytes}});
    ask(&(struct request){DRD_START_SUPPRESSION, {(uintptr_t)start, bytes}});
}
