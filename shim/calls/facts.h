/* What the legality of a fault hangs on, asked of the kernel when it matters. */
#ifndef SF_CALLS_FACTS_H
#define SF_CALLS_FACTS_H

#include "engine/verdict.h"

struct sf_call;
struct sf_socket;

/* SO_RCVTIMEO or SO_SNDTIMEO, whichever bounds this call; 0: none. Changes errno. */
uint64_t sf_call_timeout_ns(const struct sf_call *call);

/* Is `fd` a TCP socket whose handshake is over and which has not ended? Changes errno. */
bool sf_is_tcp_connected(int fd);

/* The state that TCP would be in without us: where a time-out runs, and where a rule has let
 * the peer half-close. */
uint8_t sf_mended_state(struct sf_socket *socket, uint8_t state);

/* context is a struct sf_call. Each changes errno. */
uint32_t sf_call_state(void *context);
bool sf_call_exists(void *context, const char *path);
bool sf_call_site(void *context, uint32_t rule);
bool sf_call_fact(void *context, enum sf_fact fact);

/* Does a sandbox let us bring the fault about at this call? False: the program's escapes say so. */
bool sf_call_permits(void *context, enum sf_fault_kind fault);

#endif
