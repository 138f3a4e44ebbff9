/* Where in memory the library lies, and whether others see it there. */
#ifndef SF_LOAD_SELF_H
#define SF_LOAD_SELF_H

#include <link.h>
#include <stdbool.h>

/* Its first byte, which is its dlpi_addr too. Source: ld(1); the linker defines it. */
extern const char __ehdr_start[] __attribute__((visibility("hidden")));

/* dl_iterate_phdr(3). The list does not hold us until all libraries have started: a shared
 * run-time of AddressSanitizer looks there, at its start, for a library in front of it, and
 * refuses to run behind one. Behind us it runs well: we call on to it. */
int sf_self_iterate(int (*callback)(struct dl_phdr_info *info, size_t bytes, void *context), void *context);

#endif
