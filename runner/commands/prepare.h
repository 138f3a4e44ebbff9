/* What the commands that start programs do before the start. */
#ifndef SF_COMMANDS_PREPARE_H
#define SF_COMMANDS_PREPARE_H

#include "plan/session.h"

struct sf_arena;

/* The path of libsockfault.so: beside this command, otherwise where it was
 * installed. NULL: `problem` says where it was looked for, or why it cannot be
 * loaded from there. */
const char *sf_shim_find(struct sf_arena *arena, const char **problem);

/* Why a program's first executable cannot be reached by the rules that mean it, or tell
 * its addresses to those that name it as a peer, as a sentence; NULL: it can, or there
 * are none. */
const char *sf_program_unreachable(struct sf_arena *arena, const struct sf_scenario *scenario,
                                   size_t program);

/* Compile a scenario and make the session for it; NULL: `problem` says why. wish NULL: its
 * calls are not traced. */
struct sf_session_memory *sf_scenario_session(struct sf_arena *arena, const struct sf_scenario *scenario,
                                              const struct sf_trace_wish *wish, const char **problem);

#endif
