/* Calls as rules name them: a family, or one function. */
#ifndef SF_SCENARIO_CALLS_H
#define SF_SCENARIO_CALLS_H

#include "abi/calls.h"

#include <stdbool.h>
#include <stddef.h>

struct sf_arena;

/* Families whose calls are made on no one socket that is there already. */
#define SF_FAMILIES_WITHOUT_SOCKET (1u << SF_FAMILY_SOCKET | 1u << SF_FAMILY_POLL | 1u << SF_FAMILY_RESOLVE)

/* "bind, listen": the families of a mask. */
const char *sf_families_join(struct sf_arena *arena, uint32_t families);

/* Add the calls that a name means; a name that is both is the family. One
 * function is all the symbols that a program may call it by (read is also
 * __read_chk, sendfile also sendfile64). False: there is no such name. */
bool sf_calls_find(const char *name, struct sf_call_set *calls, uint32_t *families);

/* A name that stands for calls of two families (splice moves in or out) means those of
 * the families `meant`, where it has such: the others are taken out of the set. */
void sf_calls_narrow(struct sf_call_set *calls, uint32_t *families, uint32_t meant);

/* The function behind a symbol: without the __…_chk of fortified programs and the 64 of
 * large files (64v in pwritev64v2). Ended by a NUL. */
#define SF_FUNCTION_BYTES_MAX 64
void sf_call_function(enum sf_call_id call, char name[static SF_FUNCTION_BYTES_MAX]);

/* All names that a rule can use: the families, then the functions that are none. */
#define SF_CALL_NAMES_MAX (SF_FAMILY_COUNT + SF_CALL_COUNT)
size_t sf_calls_names(const char *names[static SF_CALL_NAMES_MAX]);

/* A function's name is one that rules use: not another spelling of it, not one that they cannot name. */
bool sf_call_nameable(enum sf_call_id call);

/* "unknown call 'recvv', allowed are … (did you mean recv?)" */
const char *sf_calls_unknown(struct sf_arena *arena, const char *name);

#endif
