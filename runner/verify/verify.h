/* From what happened to what is wrong with it. */
#ifndef SF_VERIFY_VERIFY_H
#define SF_VERIFY_VERIFY_H

#include "launch/launch.h"

struct sf_arena;

struct sf_finding {
    const char *what;    /* "client.exit", "faults.one-byte", "timeout": the key of the expectation */
    const char *want;    /* "0" */
    const char *got;     /* "56" */
    const char *message; /* "client exited with 56, expected 0" */
    struct sf_place place;
};

struct sf_findings {
    struct sf_finding *list; /* by line */
    size_t count;
};

/* Judge one scenario: its expectations and all that holds by default (a program
 * ends with 0 by itself, a service is still running when stopped and does not
 * crash, every rule fired, the shim was loaded, no child escaped). Pure but for
 * the arena, which owns the findings, the files that outputs must equal, and the
 * executables of what escaped. */
struct sf_findings sf_verify(struct sf_arena *arena, const struct sf_scenario *scenario,
                             const struct sf_session_memory *session, const struct sf_outcome *outcome);

/* Judge what `run` wrapped, of which nothing is expected: only what makes it
 * mean less than it seems to: the time-out struck, it could not be started, the
 * shim was not loaded, a child escaped, a rule never fired; in this order. */
struct sf_findings sf_verify_run(struct sf_arena *arena, const struct sf_scenario *scenario,
                                 const struct sf_session_memory *session, const struct sf_outcome *outcome);

/* Why the calls that a program was seen to make may not be all: the end of a sentence
 * ("it started ./stat (pid 7) without the shim"). NULL: they are all.
 *
 * families  bits of enum sf_family: which calls; 0: only what hides those of any family. */
const char *sf_verify_calls_unknown(struct sf_arena *arena, const struct sf_scenario *scenario,
                                    const struct sf_session_memory *session, size_t program,
                                    uint32_t families);

/* The same of the sockets that it leaked. */
const char *sf_verify_leaks_unknown(struct sf_arena *arena, const struct sf_scenario *scenario,
                                    const struct sf_session_memory *session,
                                    const struct sf_outcome *outcome, size_t program);

/* The sockets that a program is known to have leaked: of a service those that it held on
 * to when it was stopped, of what ends by itself those that it had opened and not closed.
 * NULL: none were counted. */
const struct sf_leaks *sf_verify_leaks(const struct sf_scenario *scenario,
                                       const struct sf_session_memory *session,
                                       const struct sf_outcome *outcome, size_t program);

/* It is a service that ran until it was stopped. */
bool sf_verify_stopped(const struct sf_program *program, const struct sf_exit *exit);

/* The broken habits that a program is known to have, each warning once a place; `count` of
 * them. What the recorder could only suspect is weighed against how the program ended and the
 * sockets that it leaked. None where nobody looked. */
const struct sf_warning *sf_verify_habits(struct sf_arena *arena, const struct sf_scenario *scenario,
                                          const struct sf_session_memory *session,
                                          const struct sf_outcome *outcome, size_t program, size_t *count);

/* Why there may be more of them than was seen: the end of a sentence. NULL: there are not. */
const char *sf_verify_habits_unknown(struct sf_arena *arena, const struct sf_scenario *scenario,
                                     const struct sf_session_memory *session,
                                     const struct sf_outcome *outcome, size_t program);

/* Can some rule of the scenario select what a process of this program does … */
bool sf_verify_is_faulted(const struct sf_scenario *scenario, size_t program);

/* … and what its first executable does, `exe` considered? */
bool sf_verify_is_meant(const struct sf_scenario *scenario, size_t program);

/* Must its addresses be known for some rule to select its peers, and are they known by
 * its own account alone? Of a service that is ready by port the scenario tells enough. */
bool sf_verify_is_peer(const struct sf_scenario *scenario, size_t program);

#endif
