/* The runs of a search, several at once. */
#include "explore/explore.h"

#include "base/arena.h"
#include "base/clock.h"
#include "commands/interrupt.h"
#include "explore/group.h"
#include "explore/store.h"
#include "explore/suspect.h"
#include "save/tree.h"
#include "verify/verify.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#define MS UINT64_C(1000000)
#define SHRINK_RUNS 3u             /* a smaller fault, and its reproducer, or else that of the larger */
#define SHORT_FACTOR 8             /* so many times as long as without faults … */
#define SHORT_LEAST_NS (1000 * MS) /* … and at least so long a run may take before it is suspect */
#define PROGRESS_NS (200 * MS)

enum { VOIDS_MAX = 3 }; /* runs of a reproducer that say nothing */
enum { IDLE_MAX = 3 };  /* runs of a fault that never fires: the kernel does not give it there */

/* A run under way: of a candidate, or the next of a suspect. */
struct slot {
    bool is_busy;
    struct sf_trial trial;
    size_t index;               /* of the candidate */
    struct sf_suspect *suspect; /* NULL: it is a candidate's first */
};

/* What was told to be alike before, and of which suspect. */
struct prior {
    const char *key;
    struct sf_suspect *suspect;
};

/* How a kind of fault has fared at a kind of call of a program. */
struct luck {
    unsigned program;
    enum sf_family family;
    const char *fault;
    unsigned idle; /* runs in which it did not fire, so far */
    bool has_fired;
};

struct search {
    struct luck *lucks;
    size_t luck_count;
    struct sf_exploration *exploration;
    struct slot *slots;
    struct pollfd *fds; /* one a slot, then that of signals */
    unsigned running;
    size_t next; /* candidate */
    struct sf_suspect *suspects, *last;
    struct prior *priors;
    size_t prior_count;
    bool *place_tried;
    uint64_t start_ns, told_ns;
    uint64_t patience_ns; /* so long a program took to give a silent peer up, and some more */
};

static uint64_t fault_ns(const struct sf_candidate *candidate)
{
    uint64_t sum_ns = 0;
    for (unsigned i = 0; candidate && i < candidate->count; i++) {
        const struct sf_injection *injection = &candidate->injections[i];
        sum_ns += injection->wait_ns *
                  (injection->last == UINT32_MAX || injection->family == SF_FAMILY_NONE ? 8 : 1);
    }
    return sum_ns;
}

/* When a run is cut that shows nothing but that it takes long. */
static uint64_t short_timeout(const struct search *search, const struct sf_candidate *candidate)
{
    uint64_t normal_ns = SHORT_FACTOR * search->exploration->baseline.duration_ns;
    if (candidate && candidate->injections[0].class == SF_CLASS_SILENCE)
        normal_ns = normal_ns > search->patience_ns ? normal_ns : search->patience_ns;
    uint64_t short_ns = (normal_ns > SHORT_LEAST_NS ? normal_ns : SHORT_LEAST_NS) + 2 * fault_ns(candidate);
    uint64_t full_ns = search->exploration->subject->timeout_ns;
    return short_ns < full_ns ? short_ns : full_ns;
}

static const struct sf_node *rules_of(struct sf_arena *arena, const struct sf_candidate *candidate)
{
    struct sf_node *rules = sf_tree_list(arena);
    for (unsigned i = 0; candidate && i < candidate->count; i++)
        sf_tree_add(arena, rules, sf_injection_node(arena, &candidate->injections[i], true));
    return rules;
}

static void fail(struct search *search, const char *problem)
{
    if (!search->exploration->failure)
        search->exploration->failure = sf_arena_strdup(search->exploration->arena, problem);
}

/* Start what the slot is for. FAILED: the slot is free again. */
static enum sf_trial_start start(struct search *search, struct slot *slot,
                                 const struct sf_candidate *candidate, uint64_t timeout_ns, bool is_traced)
{
    const char *problem;
    struct sf_arena *scratch = sf_arena_new();
    enum sf_trial_start started =
        sf_trial_start(&slot->trial, search->exploration->subject, rules_of(scratch, candidate), timeout_ns,
                       is_traced, &problem);
    sf_arena_free(scratch);
    if (started == SF_TRIAL_FAILED)
        fail(search, problem);
    slot->is_busy = started == SF_TRIAL_STARTED;
    search->running += slot->is_busy;
    if (!slot->is_busy)
        sf_trial_free(&slot->trial);
    return started;
}

static void remove_suspect(struct search *search, const struct sf_suspect *suspect)
{
    struct sf_suspect *last = NULL;
    for (struct sf_suspect **at = &search->suspects; *at;) {
        if (*at == suspect) {
            *at = suspect->next;
            continue;
        }
        last = *at;
        at = &(*at)->next;
    }
    search->last = last;
}

/* A suspect that is done leaves a finding, or something unstable, or nothing. */
static void settle(struct search *search, struct sf_suspect *suspect)
{
    struct sf_exploration *exploration = search->exploration;
    if (suspect->step != SF_SUSPECT_OVER)
        return;
    remove_suspect(search, suspect);
    if (!suspect->is_new)
        sf_store_forget(exploration, &suspect->finding);
    if (!suspect->is_new && !suspect->is_unstable)
        return;
    struct sf_explored_list *list = suspect->is_new ? &exploration->findings : &exploration->unstable;
    for (size_t i = 0; i < list->count && suspect->is_unstable; i++)
        if (strcmp(list->list[i].group, suspect->finding.group) == 0)
            return;
    suspect->finding.alike = suspect->alike;
    if (suspect->is_new && suspect->text) {
        const char *problem = sf_store_write(exploration, &suspect->finding, suspect->text);
        if (problem)
            fail(search, problem);
    } else {
        suspect->finding.reproducer = NULL;
    }
    struct sf_explored *slot = sf_arena_push(exploration->arena, &list->list, &list->count, sizeof *slot);
    *slot = suspect->finding;
}

/* How many runs a suspect needs yet that is made no smaller. */
static unsigned needs_of(const struct sf_suspect *suspect)
{
    static const unsigned needs[] = {[SF_SUSPECT_CONTROL] = 3,
                                     [SF_SUSPECT_CONFIRM] = 2,
                                     [SF_SUSPECT_SHRINK] = SHRINK_RUNS,
                                     [SF_SUSPECT_VERIFY] = 2};
    return suspect->step == SF_SUSPECT_OVER ? 0 : needs[suspect->step];
}

/* Is there room for so many more runs, when all that has begun comes to its end? */
static bool has_room(const struct search *search, const struct sf_suspect *beside, unsigned more)
{
    const struct sf_exploration *exploration = search->exploration;
    uint64_t promised = exploration->runs + more;
    for (unsigned i = 0; i < exploration->jobs; i++)
        if (search->slots[i].is_busy && !search->slots[i].suspect)
            promised += SF_EXPLORE_FAULT_RUNS;
    for (const struct sf_suspect *suspect = search->suspects; suspect; suspect = suspect->next)
        if (suspect != beside)
            promised += needs_of(suspect);
    return exploration->max_runs == 0 || promised <= exploration->max_runs;
}

static void start_suspect(struct search *search, struct slot *slot, struct sf_suspect *suspect)
{
    struct sf_exploration *exploration = search->exploration;
    enum sf_trial_start started;
    slot->suspect = suspect;
    suspect->is_running = true;
    exploration->is_short_of_runs = !has_room(search, suspect, SHRINK_RUNS);
    if (suspect->step == SF_SUSPECT_VERIFY) {
        const char *problem;
        started = sf_trial_start_document(&slot->trial, exploration->subject, suspect->document, &problem);
        slot->is_busy = started == SF_TRIAL_STARTED;
        search->running += slot->is_busy;
        if (!slot->is_busy)
            sf_trial_free(&slot->trial);
    } else {
        const struct sf_candidate *candidate = sf_suspect_candidate(suspect);
        bool is_shrink = suspect->step == SF_SUSPECT_SHRINK;
        started = start(search, slot, candidate,
                        is_shrink ? short_timeout(search, candidate) : exploration->subject->timeout_ns,
                        suspect->step == SF_SUSPECT_CONFIRM);
    }
    if (started == SF_TRIAL_STARTED)
        return;
    suspect->is_running = false;
    if (suspect->step == SF_SUSPECT_VERIFY)
        sf_suspect_verify(exploration, suspect, false);
    else
        sf_suspect_judge(exploration, suspect, NULL);
    settle(search, suspect);
}

static struct sf_suspect *waiting_suspect(const struct search *search)
{
    for (struct sf_suspect *suspect = search->suspects; suspect; suspect = suspect->next)
        if (!suspect->is_running)
            return suspect;
    return NULL;
}

static struct luck *luck_of(struct search *search, const struct sf_candidate *candidate)
{
    const struct sf_injection *injection = &candidate->injections[0];
    if (candidate->count != 1 || injection->given || injection->family == SF_FAMILY_NONE)
        return NULL;
    for (size_t i = 0; i < search->luck_count; i++) {
        struct luck *luck = &search->lucks[i];
        if (luck->program == injection->program_index && luck->family == injection->family &&
            strcmp(luck->fault, injection->fault) == 0)
            return luck;
    }
    struct luck *luck =
        sf_arena_push(search->exploration->arena, &search->lucks, &search->luck_count, sizeof *luck);
    *luck = (struct luck){
        .program = injection->program_index, .family = injection->family, .fault = injection->fault};
    return luck;
}

static bool is_hopeless(struct search *search, const struct sf_candidate *candidate)
{
    const struct luck *luck = luck_of(search, candidate);
    return luck && !luck->has_fired && luck->idle >= IDLE_MAX;
}

static void note_luck(struct search *search, const struct sf_candidate *candidate, bool has_fired)
{
    struct luck *luck = luck_of(search, candidate);
    if (!luck)
        return;
    luck->has_fired |= has_fired;
    luck->idle += !has_fired;
}

/* The next candidate of this part that nobody has tried; the count: there is none. */
static size_t next_candidate(struct search *search)
{
    struct sf_exploration *exploration = search->exploration;
    for (; search->next < exploration->candidates.count; search->next++) {
        if (exploration->done[search->next] || !sf_shard_holds(&exploration->shard, search->next))
            continue;
        if (!is_hopeless(search, &exploration->candidates.list[search->next]))
            break;
        exploration->done[search->next] = true;
    }
    return search->next;
}

static void note_place(struct search *search, const struct sf_candidate *candidate)
{
    if (candidate->place >= search->exploration->baseline.place_count ||
        search->place_tried[candidate->place])
        return;
    search->place_tried[candidate->place] = true;
    search->exploration->sites++;
}

/* Give a free slot something to do; false: there is nothing for now. */
static bool fill(struct search *search, struct slot *slot)
{
    struct sf_exploration *exploration = search->exploration;
    struct sf_suspect *suspect = waiting_suspect(search);
    if (suspect) {
        start_suspect(search, slot, suspect);
        return true;
    }
    size_t index = next_candidate(search);
    if (index == exploration->candidates.count || !has_room(search, NULL, SF_EXPLORE_FAULT_RUNS))
        return false;
    const struct sf_candidate *candidate = &exploration->candidates.list[index];
    slot->suspect = NULL;
    slot->index = index;
    search->next++;
    start(search, slot, candidate, short_timeout(search, candidate), false);
    return true;
}

static struct prior *find_prior(struct search *search, const char *key)
{
    for (size_t i = 0; i < search->prior_count; i++)
        if (strcmp(search->priors[i].key, key) == 0)
            return &search->priors[i];
    return NULL;
}

/* It tells no more than what is known, or soon will be: then it is counted alone. */
static bool is_alike(struct sf_exploration *exploration, struct sf_suspect *known)
{
    bool is_over = known->step == SF_SUSPECT_OVER;
    if (known->is_unstable || (is_over && !known->finding.group))
        return false;
    known->alike += !is_over;
    for (size_t i = 0; i < exploration->findings.count && is_over; i++)
        if (sf_group_is_same(exploration->findings.list[i].group, known->finding.group))
            exploration->findings.list[i].alike++;
    return true;
}

static void add_suspect(struct search *search, const struct sf_candidate *candidate,
                        const struct sf_symptom *symptom, bool was_cut)
{
    struct sf_exploration *exploration = search->exploration;
    struct sf_arena *scratch = sf_arena_new();
    struct prior *known = find_prior(search, sf_suspect_prior(scratch, exploration, candidate, symptom));
    sf_arena_free(scratch);
    if (known && is_alike(exploration, known->suspect))
        return;
    struct sf_suspect *suspect = sf_suspect_new(exploration, candidate, symptom, was_cut);
    if (!known)
        known = sf_arena_push(exploration->arena, &search->priors, &search->prior_count, sizeof *known);
    *known = (struct prior){suspect->prior, suspect};
    if (search->last)
        search->last->next = suspect;
    else
        search->suspects = suspect;
    search->last = suspect;
}

static void judge_candidate(struct search *search, struct slot *slot)
{
    struct sf_exploration *exploration = search->exploration;
    const struct sf_candidate *candidate = &exploration->candidates.list[slot->index];
    const struct sf_trial_facts *facts = &slot->trial.facts;
    exploration->done[slot->index] = true;
    note_luck(search, candidate, facts->fired > 0);
    if (facts->fired)
        note_place(search, candidate);
    struct sf_symptom found = sf_trial_judge(&exploration->baseline, facts, candidate);
    bool was_cut = facts->timed_out && facts->timeout_ns < exploration->subject->timeout_ns;
    if (found.kind != SF_SYMPTOM_NONE)
        add_suspect(search, candidate, &found, was_cut);
}

/* It ends by itself, but later than we thought: the next may take as long. */
static void note_patience(struct search *search, const struct sf_suspect *suspect,
                          const struct sf_trial_facts *facts)
{
    uint64_t needed_ns = facts->duration_ns + facts->duration_ns / 4;
    if (suspect->step == SF_SUSPECT_CONFIRM && suspect->was_cut && !facts->timed_out &&
        needed_ns > search->patience_ns)
        search->patience_ns = needed_ns;
}

/* As `test` would judge it. */
static bool fails(struct sf_trial *trial)
{
    struct sf_outcome outcome = *sf_launch_wait(trial->launch);
    outcome.warnings = trial->facts.warnings;
    return sf_verify(trial->arena, trial->scenario, trial->session, &outcome).count > 0;
}

static void collect(struct search *search, struct slot *slot)
{
    struct sf_exploration *exploration = search->exploration;
    struct sf_suspect *suspect = slot->suspect;
    const char *problem = sf_trial_collect(&slot->trial);
    exploration->runs++;
    if (problem) {
        fail(search, problem);
    } else if (!suspect) {
        judge_candidate(search, slot);
    } else {
        note_patience(search, suspect, &slot->trial.facts);
        suspect->is_running = false;
        exploration->is_short_of_runs = !has_room(search, suspect, SHRINK_RUNS);
        if (suspect->step != SF_SUSPECT_VERIFY)
            sf_suspect_judge(exploration, suspect, &slot->trial.facts);
        else if (!slot->trial.facts.is_void || suspect->voids++ == VOIDS_MAX)
            sf_suspect_verify(exploration, suspect, !slot->trial.facts.is_void && fails(&slot->trial));
        settle(search, suspect);
    }
    sf_trial_free(&slot->trial);
    slot->is_busy = false;
    search->running--;
}

static void tell(struct search *search, bool is_over)
{
    struct sf_exploration *exploration = search->exploration;
    uint64_t now_ns = sf_clock_now_ns();
    if (!exploration->progress || (!is_over && now_ns - search->told_ns < PROGRESS_NS))
        return;
    search->told_ns = now_ns;
    struct sf_explore_progress progress = {.runs = exploration->runs,
                                           .findings = exploration->findings.count,
                                           .elapsed_ns = now_ns - search->start_ns,
                                           .is_over = is_over};
    for (size_t i = 0; i < exploration->candidates.count; i++) {
        bool is_ours = sf_shard_holds(&exploration->shard, i);
        progress.total += is_ours;
        progress.tried += is_ours && exploration->done[i];
    }
    exploration->tried_now = progress.tried;
    exploration->progress(exploration->context, &progress);
}

static void sleep_until_news(struct search *search)
{
    bool is_over = false;
    unsigned jobs = search->exploration->jobs;
    for (unsigned i = 0; i < jobs; i++) {
        struct slot *slot = &search->slots[i];
        search->fds[i].fd = slot->is_busy ? sf_trial_fd(&slot->trial) : -1;
        search->fds[i].revents = 0;
        is_over |= slot->is_busy && search->fds[i].fd < 0;
    }
    while (poll(search->fds, jobs + 1, is_over ? 0 : (int)(PROGRESS_NS / MS)) < 0 && errno == EINTR)
        ;
}

/* False: nothing runs, and there is nothing to start. */
static bool step(struct search *search)
{
    unsigned jobs = search->exploration->jobs;
    for (unsigned i = 0; i < jobs; i++)
        while (!search->slots[i].is_busy && !search->exploration->failure && fill(search, &search->slots[i]))
            ;
    if (search->running == 0)
        return false;
    sleep_until_news(search);
    for (unsigned i = 0; i < jobs; i++)
        if (search->slots[i].is_busy && (search->fds[i].fd < 0 || search->fds[i].revents))
            collect(search, &search->slots[i]);
    return true;
}

static void end_all(struct search *search, int signal)
{
    unsigned jobs = search->exploration->jobs;
    for (unsigned i = 0; i < jobs; i++)
        if (search->slots[i].is_busy)
            sf_launch_interrupt(search->slots[i].trial.launch, signal);
    for (unsigned i = 0; i < jobs; i++)
        if (search->slots[i].is_busy)
            sf_trial_free(&search->slots[i].trial);
    for (struct sf_suspect *suspect = search->suspects; suspect; suspect = suspect->next)
        sf_store_forget(search->exploration, &suspect->finding);
}

void sf_explore_search(struct sf_exploration *exploration)
{
    struct search search = {.exploration = exploration, .start_ns = sf_clock_now_ns()};
    unsigned jobs = exploration->jobs;
    int signals = sf_interrupt_catch();
    if (signals < 0) {
        exploration->failure =
            sf_arena_printf(exploration->arena, "cannot catch signals: %s", strerror(errno));
        return;
    }
    search.slots = sf_arena_alloc(exploration->arena, jobs * sizeof *search.slots);
    search.fds = sf_arena_alloc(exploration->arena, (jobs + 1) * sizeof *search.fds);
    search.place_tried = sf_arena_alloc(exploration->arena, exploration->baseline.place_count + 1);
    for (unsigned i = 0; i <= jobs; i++)
        search.fds[i] = (struct pollfd){.fd = i == jobs ? signals : -1, .events = POLLIN};
    while (step(&search) && !exploration->failure && !sf_interrupt_signal())
        tell(&search, false);
    exploration->signal = sf_interrupt_signal();
    end_all(&search, exploration->signal ? exploration->signal : SIGTERM);
    sf_interrupt_release();
    exploration->duration_ns = sf_clock_now_ns() - search.start_ns;
    tell(&search, true);
}
