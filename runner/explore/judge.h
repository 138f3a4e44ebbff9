/* From a run under faults to what is wrong with the programs: oracles that need no expectation.
 *
 * docs/explore.md says of each what it judges and what it does not. All pure. */
#ifndef SF_EXPLORE_JUDGE_H
#define SF_EXPLORE_JUDGE_H

#include "explore/baseline.h"
#include "explore/candidate.h"

enum sf_symptom_kind {
    SF_SYMPTOM_NONE,
    SF_SYMPTOM_CRASH,
    SF_SYMPTOM_SPIN,
    SF_SYMPTOM_SERVICE_DOWN,
    SF_SYMPTOM_HANG,
    SF_SYMPTOM_SILENT,
    SF_SYMPTOM_FRAGILE,
    SF_SYMPTOM_LEAK,
    SF_SYMPTOM_COUNT
};
extern const char *const sf_symptom_names[SF_SYMPTOM_COUNT]; /* "crash", "service-down" */

#define SF_DETAIL_BYTES 256u

struct sf_symptom {
    enum sf_symptom_kind kind;
    unsigned program;             /* that shows it */
    char detail[SF_DETAIL_BYTES]; /* "SIGSEGV" */
    enum sf_family family; /* of a spin: of the calls that were repeated; SF_FAMILY_NONE: it burnt the CPU */
    uint64_t limit;        /* … and how many of them would be fine */
    bool by_status;        /* of a crash: a shell's exit status told of the signal */
};

/* The gravest symptom of a run; NONE: it went as it should, no rule fired, or it
 * is void. A run that was cut short by a
 * time-out of our own is judged by what it showed until then. */
struct sf_symptom sf_trial_judge(const struct sf_baseline *baseline, const struct sf_trial_facts *facts,
                                 const struct sf_candidate *candidate);

/* Of a traced run that was cut: was the program only slowed down, and on its way to its end? */
bool sf_trial_is_slow(const struct sf_trial_facts *facts, const struct sf_candidate *candidate,
                      unsigned program);

/* Of a traced run: did the program listen, and wait for a client that met the fault and never came? */
bool sf_trial_awaits_client(const struct sf_trial_facts *facts, const struct sf_candidate *candidate,
                            unsigned program);

/* Of a traced run: did the program make as many calls as would be a spin, had they not moved something? */
bool sf_trial_is_busy(const struct sf_baseline *baseline, const struct sf_trial_facts *facts,
                      unsigned program);

#endif
