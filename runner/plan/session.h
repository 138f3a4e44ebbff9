/* From a scenario to the memory that its programs share.
 *
 * sf_plan_compile is pure; sf_session_create makes the memfd, lays the plan
 * into it and maps it. See shim/abi/session.h for what it holds. */
#ifndef SF_PLAN_SESSION_H
#define SF_PLAN_SESSION_H

#include "abi/event.h"
#include "abi/session.h"
#include "abi/silence.h"
#include "abi/trace.h"
#include "scenario/scenario.h"

/* Can what the scenario asks for be done without a supervisor? Otherwise an error for each rule that cannot. */
bool sf_plan_admits(const struct sf_scenario *scenario, struct sf_diagnostics *diagnostics);

/* The image of a scenario, malloc'ed: the caller frees it. Never NULL.
 * A rule of the scenario has the same index in the plan; none is dropped. */
struct sf_plan *sf_plan_compile(const struct sf_scenario *scenario);

struct sf_session_memory {
    int fd; /* memfd, close-on-exec, sealed against resizing */
    int refused[3]; /* hold session->refused_port: TCP over IPv4 and IPv6, Unix; -1: not held */
    struct sf_silence silence; /* holds session->silent_port */
    char id[2 * SF_SESSION_ID_BYTES + 1];
    struct sf_session *session; /* the whole of it, mapped read-write */
    const struct sf_plan *plan;
    struct sf_control *control;
    struct sf_program_state *programs;
    struct sf_rule_state *rules;
    struct sf_tally *tallies; /* tallies[i], i < program_count, is the shared one of program i */
    struct sf_exec *execs;
    struct sf_event_log *events;
    struct sf_trace *trace; /* NULL: none */
};

/* Returns NULL with errno set when the kernel refuses the memory. wish NULL: no trace. */
struct sf_session_memory *sf_session_create(const struct sf_plan *plan, const struct sf_trace_wish *wish);
void sf_session_free(struct sf_session_memory *session);

/* Calls that a program's processes made on sockets, by family. Exact once they
 * have ended. */
void sf_session_calls(const struct sf_session_memory *session, unsigned program,
                      uint64_t calls[static SF_FAMILY_COUNT]);

/* The exec behind `previous` (NULL: the first) whose image never brought the shim with it,
 * of a program (UINT32_MAX: of any); NULL at the end. */
const struct sf_exec *sf_session_escaped(const struct sf_session_memory *session, uint32_t program,
                                         const struct sf_exec *previous);

/* The socket's record that lies there, counted from the session's start; NULL: none does. */
struct sf_socket *sf_session_socket(const struct sf_session *session, uint64_t record);

/* The event behind `previous` (NULL: the first), or NULL at the end. Reads only
 * complete records; safe on a log whose producers died half-way. */
const struct sf_event *sf_session_event(const struct sf_session_memory *session,
                                        const struct sf_event *previous);

#endif
