/* The baseline of the bench: a preload that does nothing.
 *
 * It takes in every function of the call table and jumps on through a pointer
 * that its constructor found, as any interposer must at the least. In assembler,
 * so that one line does for every signature, variadic ones too. */
#include "abi/calls.h"

#include <dlfcn.h>
#include <stddef.h>

/* Hidden symbols rather than static ones: assembler has to name them. */
#define SF_X(name, family) \
    void *empty_real_##name; \
    void *empty_real_##name = NULL;
SF_CALLS(SF_X)
#undef SF_X

#if defined __x86_64__
#define JUMP(name) "jmp *empty_real_" #name "(%rip)\n"
#elif defined __aarch64__
#define JUMP(name)                              \
    "adrp x16, empty_real_" #name "\n"          \
    "ldr x16, [x16, :lo12:empty_real_" #name "]\n" \
    "br x16\n"
#else
#error "tests/bench/empty.c: add the jump of this architecture"
#endif

#define SF_X(name, family)            \
    __asm__(".text\n"                 \
            ".balign 16\n"            \
            ".globl " #name "\n"      \
            ".type " #name ", %function\n" \
            #name ":\n" JUMP(name)    \
            ".size " #name ", .-" #name "\n");
SF_CALLS(SF_X)
#undef SF_X

__attribute__((constructor)) static void resolve(void)
{
    static const struct {
        const char *name;
        void **real;
    } calls[] = {
#define SF_X(name, family) {#name, &empty_real_##name},
        SF_CALLS(SF_X)
#undef SF_X
    };
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        *calls[i].real = dlsym(RTLD_NEXT, calls[i].name);
}
