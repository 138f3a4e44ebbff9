/* Signals by name, with or without SIG. */
#ifndef SF_SCENARIO_SIGNALS_H
#define SF_SCENARIO_SIGNALS_H

#include <stddef.h>

struct sf_arena;

/* 0: there is no such signal. */
int sf_signal_find(const char *name);

/* " (did you mean TERM?)" or "". */
const char *sf_signal_suggestion(struct sf_arena *arena, const char *name);

/* The names, without SIG, of all that have one of their own. Returns how many. */
#define SF_SIGNALS_MAX 70
size_t sf_signal_names(const char *names[static SF_SIGNALS_MAX]);

/* What those of real-time signals look like. */
#define SF_SIGNAL_REAL_TIME "^(SIG)?(RTMIN([+][0-9]{1,2})?|RTMAX(-[0-9]{1,2})?)$"

#endif
