/* The registers of a machine by their DWARF numbers.
 *
 * Source: System V psABI for x86-64, figure 3.36; DWARF for the Arm 64-bit Architecture, 4.1. */
#ifndef SF_UNWIND_REGISTERS_H
#define SF_UNWIND_REGISTERS_H

#include <stdint.h>

#if defined __x86_64__

enum { SF_REGISTER_FRAME = 6, SF_REGISTER_STACK = 7, SF_REGISTER_RETURN = 16, SF_REGISTERS };

/* Fills uintptr_t registers[SF_REGISTERS] with what they are at this place, that of the code in
 * SF_REGISTER_RETURN. Only what a callee keeps has a meaning to callers. */
#define SF_REGISTERS_TAKE(registers)            \
    __asm__ volatile("movq %%rbx, 24(%0)\n\t"   \
                     "movq %%rbp, 48(%0)\n\t"   \
                     "movq %%rsp, 56(%0)\n\t"   \
                     "movq %%r12, 96(%0)\n\t"   \
                     "movq %%r13, 104(%0)\n\t"  \
                     "movq %%r14, 112(%0)\n\t"  \
                     "movq %%r15, 120(%0)\n\t"  \
                     "leaq 0(%%rip), %%rax\n\t" \
                     "movq %%rax, 128(%0)"      \
                     :                          \
                     : "r"(registers)           \
                     : "rax", "memory")

/* Return addresses are stored as they are. */
static inline uintptr_t sf_return_plain(uintptr_t address)
{
    return address;
}

#elif defined __aarch64__

enum { SF_REGISTER_FRAME = 29, SF_REGISTER_RETURN = 30, SF_REGISTER_STACK = 31, SF_REGISTERS };

#define SF_REGISTERS_TAKE(registers)                \
    __asm__ volatile("stp x19, x20, [%0, #152]\n\t" \
                     "stp x21, x22, [%0, #168]\n\t" \
                     "stp x23, x24, [%0, #184]\n\t" \
                     "stp x25, x26, [%0, #200]\n\t" \
                     "stp x27, x28, [%0, #216]\n\t" \
                     "adr x9, .\n\t"                \
                     "stp x29, x9, [%0, #232]\n\t"  \
                     "mov x9, sp\n\t"               \
                     "str x9, [%0, #248]"           \
                     :                              \
                     : "r"(registers)               \
                     : "x9", "memory")

/* Takes a signature off (XPACLRI, which older machines take for no instruction at all). */
static inline uintptr_t sf_return_plain(uintptr_t address)
{
    register uintptr_t link __asm__("x30") = address;
    __asm__("hint #7" : "+r"(link));
    return link;
}

#else
#error "shim/unwind/registers.h knows x86-64 and aarch64"
#endif

#endif
