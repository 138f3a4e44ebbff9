/* From an address in a process to the function and the line of its source. */
#ifndef SF_TRACE_SITES_H
#define SF_TRACE_SITES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sf_sites;

struct sf_sites *sf_sites_new(void);
void sf_sites_free(struct sf_sites *sites); /* NULL is fine */

/* An object of a process, from `start` to `end` in memory, `bias` above the addresses of its
 * file. An executable is the first of another image: what was known of the process goes. */
void sf_sites_add(struct sf_sites *sites, uint32_t pid, bool is_executable, uint64_t bias, uint64_t start,
                  uint64_t end, const char *path);

/* Learn in which file an address of a process lies: of what it has loaded by itself only
 * while it lives. Cheap, where sf_sites_name is not the first time. */
void sf_sites_locate(struct sf_sites *sites, uint32_t pid, uint64_t address);

/* Where the call was made that returns to `address`: "greet (greet.c:27)", "greet (greet)" of a
 * file without lines, "" where no function is known. Cut to `bytes`. Asks /proc for objects
 * that were loaded later; a forked process that nothing was said of is taken for a copy of
 * another. Reads the object's file and its separate debug file, once. */
void sf_sites_name(struct sf_sites *sites, uint32_t pid, uint64_t address, char *room, size_t bytes);

/* The file of the source of that line, as the compiler was told, from the folder that it ran in:
 * "/home/me/greet/src/greet.c". "" where there is no line, or the path does not fit. */
void sf_sites_source(struct sf_sites *sites, uint32_t pid, uint64_t address, char *room, size_t bytes);

#endif
