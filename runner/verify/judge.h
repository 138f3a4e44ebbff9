/* What the parts of the judgement share; no business of other folders. */
#ifndef SF_VERIFY_JUDGE_H
#define SF_VERIFY_JUDGE_H

#include "verify/verify.h"

struct sf_judge {
    struct sf_arena *arena;
    const struct sf_scenario *scenario;
    const struct sf_session_memory *session;
    const struct sf_outcome *outcome;
    struct sf_findings found;
};

/* Note a finding about `subject` ("client", "faults") under the key
 * "SUBJECT.ASPECT"; with aspect NULL under "SUBJECT". The message is formatted. */
void sf_judge_note(struct sf_judge *judge, struct sf_place place, const char *subject, const char *aspect,
                   const char *want, const char *got, const char *format, ...)
    __attribute__((format(printf, 7, 8)));

/* Was it started, and not cancelled for another's failure, so that what it did
 * can be judged? */
static inline bool sf_judge_ran(const struct sf_exit *exit)
{
    return exit->end != SF_END_NOT_STARTED && exit->end != SF_END_FAILED && !exit->cancelled;
}

void sf_judge_end(struct sf_judge *judge, size_t program);    /* ends.c: exit, signal, ready, stop */
void sf_judge_shim(struct sf_judge *judge, size_t program);   /* shim.c: loaded, escapes */
void sf_judge_measures(struct sf_judge *judge, size_t program); /* measures.c: duration, cpu, calls, leaks */
void sf_judge_habits(struct sf_judge *judge, size_t program);  /* habits.c: hygiene */
void sf_judge_output(struct sf_judge *judge, size_t program); /* outputs.c: stdout, stderr */
void sf_judge_rules(struct sf_judge *judge);                  /* rules.c: fired or not */

#endif
