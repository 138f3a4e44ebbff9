/* Which calls of a trace are shown. */
#ifndef SF_TRACE_FILTER_H
#define SF_TRACE_FILTER_H

#include "trace/sink.h"

struct sf_arena;

#define SF_FILTER_PROGRAMS_MAX 64

struct sf_trace_filter { /* zeroed: all */
    struct sf_call_set calls;
    bool by_call;
    const char **programs; /* by name */
    uint64_t met; /* bit N: a scenario has program N */
    size_t program_count; /* SF_FILTER_PROGRAMS_MAX at most */
    struct sf_pattern *peers;
    size_t peer_count;
    struct sf_plan *plan; /* the peers, for the engine; made by sf_trace_filter_close */
};

/* Add what `--call`, `--program` and `--peer` are given: names of calls, apart by commas; a
 * program; a PATTERN, or the name of a program. Returns NULL, or what is wrong with it. */
const char *sf_trace_filter_calls(struct sf_arena *arena, struct sf_trace_filter *filter, const char *text);
const char *sf_trace_filter_program(struct sf_arena *arena, struct sf_trace_filter *filter, const char *text);
const char *sf_trace_filter_peer(struct sf_arena *arena, struct sf_trace_filter *filter, const char *text);

/* Note which of the programs that it names a scenario has. Returns the first that none has had so
 * far; NULL: there is none. */
const char *sf_trace_filter_meet(struct sf_trace_filter *filter, const struct sf_scenario *scenario);

/* It is complete: make it ready for use. */
void sf_trace_filter_close(struct sf_trace_filter *filter);
void sf_trace_filter_free(struct sf_trace_filter *filter); /* what close has made */

/* A socket without a peer, and a call without a socket, fit no peer. */
bool sf_trace_filter_shows(const struct sf_trace_filter *filter, const struct sf_traced *call);

/* The same of a connection on the whole, whatever the calls. filter NULL: all. */
bool sf_trace_filter_shows_socket(const struct sf_trace_filter *filter, const char *program,
                                  const struct sf_followed *socket);

#endif
