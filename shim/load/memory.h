/* What may be read of the target's memory. */
#ifndef SF_LOAD_MEMORY_H
#define SF_LOAD_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

/* At load: where the program's own data lies. */
void sf_memory_learn(void);

/* May `bytes` bytes at `address` be read? A program may hand any pointer to a
 * call, and EFAULT is the kernel's to say: a look of ours must not crash it.
 * Most pointers are told from their place; the others cost a system call.
 * Keeps errno. Another thread may still unmap the memory afterwards. */
bool sf_memory_is_readable(const void *address, size_t bytes);

#endif
