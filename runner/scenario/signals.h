/* Signals by name, with or without SIG. */
#ifndef SF_SCENARIO_SIGNALS_H
#define SF_SCENARIO_SIGNALS_H

struct sf_arena;

/* 0: there is no such signal. */
int sf_signal_find(const char *name);

/* " (did you mean TERM?)" or "". */
const char *sf_signal_suggestion(struct sf_arena *arena, const char *name);

#endif
