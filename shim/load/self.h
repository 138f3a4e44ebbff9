/* Where in memory the library lies. */
#ifndef SF_LOAD_SELF_H
#define SF_LOAD_SELF_H

#include <link.h>

/* Its first byte, which is its dlpi_addr too. Source: ld(1); the linker defines it. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

#endif
