/* The directory: whose address is whose.
 *
 * A rule's `peer` may be another program of the scenario, or a host by the name
 * under which it was looked up. An address tells neither. So whoever gets one, or
 * is told one for a name, enters it here, and who meets it looks it up.
 *
 * One word an entry: fingerprint of the key (55 bits) | met | passing | owner (7),
 * entered by one compare-and-swap: nobody sees half of one, and a writer that
 * dies leaves nothing behind. That two keys share place and fingerprint is left to
 * chance, which is below 1 in 10^15 for each look-up. The table is set-associative
 * and nothing is ever taken out: an address that another program has now is that
 * program's, and passing entries give way to newer ones where a set is full.
 *
 * No system call, no errno; any number of threads and processes may share it. */
#ifndef SF_ENGINE_DIRECTORY_H
#define SF_ENGINE_DIRECTORY_H

#include "abi/session.h"

#include <stdbool.h>

#define SF_DIRECTORY_WAYS 16u

struct sf_directory {
    _Atomic uint64_t *entries;
    uint32_t count; /* a power of two; 0: there is none, and so nothing in it */
};

/* Owners: programs, by their index in the plan. */
#define SF_OWNER_NONE 0u
static inline uint8_t sf_owner_of_program(uint32_t program)
{
    return (uint8_t)(program + 1);
}

/* The keys. An IPv4 address and its mapped form are one, whatever socket has it. */
uint64_t sf_key_of_address(uint8_t type, const struct sf_addr *address); /* where a socket is bound; a path */
uint64_t sf_key_of_pair(const struct sf_addr *from, const struct sf_addr *to); /* a TCP connection */
uint64_t sf_key_of_file(uint64_t device, uint64_t inode); /* a Unix socket, however its path is spelled */
uint64_t sf_key_of_process(uint32_t pid);
uint64_t sf_key_of_name(const char *name, uint32_t program, const uint8_t ip[16]); /* told to a program */

/* Enter an owner, in place of the one that the key had. passing: it matters for a
 * moment, and may give way later. False: its set is full of others that do not. */
bool sf_directory_enter(const struct sf_directory *directory, uint64_t key, uint8_t owner, bool passing);

/* The owner, or SF_OWNER_NONE. */
uint8_t sf_directory_find(const struct sf_directory *directory, uint64_t key);

/* The same once for each time that the key was entered: who meets what happens once,
 * as a connection is accepted once, is not told of an earlier one. */
uint8_t sf_directory_meet(const struct sf_directory *directory, uint64_t key);

/* Whose socket of this type (SF_TYPE_…) is bound to an address: to this very one,
 * or to all addresses with its port; the plan may say it of a service that is
 * ready by port. */
uint8_t sf_directory_owner(const struct sf_directory *directory, const struct sf_plan *plan, uint8_t type,
                           const struct sf_addr *address);

/* All addresses of the family of this one, with its port: ::, or 0.0.0.0 in its mapped form. */
struct sf_addr sf_address_any(const struct sf_addr *address);

#endif
