/* The fault-free runs, and what they promise. */
#include "explore/explore.h"

#include "base/arena.h"
#include "commands/interrupt.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { BASELINE_RUNS = 3, PAIRS_SHARE = 4 };

/* One run to its end, or until a signal comes. NULL: its facts are in the trial; otherwise the failure. */
static const char *run_once(struct sf_exploration *exploration, struct sf_trial *trial, int signals)
{
    const char *problem;
    enum sf_trial_start started =
        sf_trial_start(trial, exploration->subject, NULL, exploration->subject->timeout_ns, true, &problem);
    if (started != SF_TRIAL_STARTED)
        return problem;
    struct pollfd fds[] = {{.fd = sf_trial_fd(trial), .events = POLLIN}, {.fd = signals, .events = POLLIN}};
    while (fds[0].fd >= 0 && !fds[0].revents && !sf_interrupt_signal())
        if (poll(fds, 2, -1) < 0 && errno != EINTR)
            break;
    if (sf_interrupt_signal())
        return NULL;
    exploration->runs++;
    return sf_trial_collect(trial);
}

/* What the programs wrote, to be shown with the problem. */
static const char *output_of(struct sf_exploration *exploration, struct sf_trial *trial)
{
    const struct sf_outcome *outcome = sf_launch_wait(trial->launch);
    const char *all = "";
    for (size_t i = 0; i < trial->scenario->program_count; i++) {
        const struct sf_output *outputs[] = {&outcome->programs[i].out, &outcome->programs[i].err};
        for (unsigned at = 0; at < 2; at++)
            if (outputs[at]->tail_bytes)
                all = sf_arena_printf(exploration->arena, "%s%.*s%s", all, (int)outputs[at]->tail_bytes,
                                      outputs[at]->tail,
                                      outputs[at]->tail[outputs[at]->tail_bytes - 1] == '\n' ? "" : "\n");
    }
    return all;
}

/* Returns false when it is no use to go on. */
static bool take_in(struct sf_exploration *exploration, struct sf_trial *trial, bool *again)
{
    struct sf_subject *subject = exploration->subject;
    bool probe_fails;
    const char *problem = sf_baseline_problem(trial->arena, subject, &trial->facts, &probe_fails);
    *again = false;
    if (problem && !(trial->facts.has_probe && trial->facts.timed_out)) {
        exploration->problem = sf_arena_strdup(exploration->arena, problem);
        exploration->output = output_of(exploration, trial);
        return false;
    }
    if (problem || probe_fails) { /* it cannot be run twice: then no later client is asked */
        subject->probe = subject->program_count;
        *again = true;
        return true;
    }
    sf_baseline_add(&exploration->baseline, subject, &trial->facts);
    return true;
}

static bool has_service(const struct sf_subject *subject)
{
    for (unsigned i = 0; i < subject->program_count; i++)
        if (subject->programs[i].is_service)
            return true;
    return false;
}

/* The first that is no service. */
static unsigned choose_probe(const struct sf_subject *subject)
{
    for (unsigned i = 0; i < subject->program_count && has_service(subject); i++)
        if (!subject->programs[i].is_service)
            return i;
    return subject->program_count;
}

static void run_all(struct sf_exploration *exploration, int signals)
{
    sf_baseline_begin(&exploration->baseline, exploration->arena);
    exploration->subject->probe = choose_probe(exploration->subject);
    for (unsigned run = 0; run < BASELINE_RUNS; run++) {
        struct sf_trial trial;
        bool again = false;
        const char *failure = run_once(exploration, &trial, signals);
        bool goes_on = false;
        exploration->signal = sf_interrupt_signal();
        if (failure)
            exploration->failure = sf_arena_strdup(exploration->arena, failure);
        else if (!exploration->signal)
            goes_on = take_in(exploration, &trial, &again);
        sf_trial_free(&trial);
        if (!goes_on)
            return;
        if (again) {
            sf_baseline_begin(&exploration->baseline, exploration->arena);
            run = UINT32_MAX;
        }
    }
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Those of an earlier search are done. */
static void mark_tried(struct sf_exploration *exploration)
{
    struct sf_candidates *all = &exploration->candidates;
    exploration->done = sf_arena_alloc(exploration->arena, (all->count + 1) * sizeof *exploration->done);
    struct sf_arena *scratch = sf_arena_new();
    for (size_t i = 0; i < all->count && exploration->tried_count; i++) {
        const char *text = sf_candidate_text(scratch, &all->list[i]);
        exploration->done[i] =
            bsearch(&text, exploration->tried, exploration->tried_count, sizeof text, compare_texts) != NULL;
    }
    sf_arena_free(scratch);
}

static size_t pairs_wanted(const struct sf_exploration *exploration)
{
    size_t singles = exploration->candidates.singles;
    if (exploration->max_runs == 0)
        return singles / PAIRS_SHARE;
    return exploration->max_runs > singles ? (size_t)exploration->max_runs - singles : 0;
}

void sf_explore_begin(struct sf_exploration *exploration)
{
    int signals = sf_interrupt_catch();
    if (signals < 0) {
        exploration->failure =
            sf_arena_printf(exploration->arena, "cannot catch signals: %s", strerror(errno));
        return;
    }
    run_all(exploration, signals);
    sf_interrupt_release();
    if (exploration->failure || exploration->problem || exploration->signal)
        return;
    sf_baseline_close(&exploration->baseline);
    sf_candidates_make(&exploration->candidates, exploration->arena, &exploration->baseline,
                       exploration->given, exploration->is_thorough);
    sf_candidates_pair(&exploration->candidates, exploration->subject->seed, pairs_wanted(exploration));
    mark_tried(exploration);
    if (exploration->baseline.is_cut)
        exploration->note = "a program makes more calls than are kept: faults are tried at the first ones";
}
