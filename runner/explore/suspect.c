#include "explore/suspect.h"

#include "base/arena.h"
#include "explore/group.h"
#include "explore/reproduce.h"
#include "explore/store.h"
#include "verify/wording.h"

#include <string.h>

enum { SHRINKS_MAX = 14, TURNS_MAX = 2, EARLY_CALLS = 6 };

const char *sf_suspect_prior(struct sf_arena *arena, const struct sf_exploration *exploration,
                             const struct sf_candidate *candidate, const struct sf_symptom *symptom)
{
    const struct sf_injection *injection = &candidate->injections[0];
    const char *place = candidate->place < exploration->baseline.place_count
                            ? exploration->baseline.places[candidate->place].name
                            : "";
    const char *struck = injection->given ? "-" : injection->program;
    return sf_arena_printf(arena, "%s %s %s %s %s %s %s", sf_symptom_names[symptom->kind],
                           exploration->baseline.programs[symptom->program].name, struck,
                           sf_injection_place(injection), place, sf_class_names[injection->class],
                           symptom->kind == SF_SYMPTOM_CRASH ? symptom->detail : "");
}

struct sf_suspect *sf_suspect_new(struct sf_exploration *exploration, const struct sf_candidate *candidate,
                                  const struct sf_symptom *symptom, bool was_cut)
{
    struct sf_suspect *suspect = sf_arena_alloc(exploration->arena, sizeof *suspect);
    *suspect = (struct sf_suspect){
        .step = symptom->kind == SF_SYMPTOM_SILENT ? SF_SUSPECT_CONTROL : SF_SUSPECT_CONFIRM,
        .was_cut = was_cut,
        .candidate = *candidate,
        .first = *candidate,
        .symptom = *symptom,
        .prior = sf_suspect_prior(exploration->arena, exploration, candidate, symptom),
    };
    return suspect;
}

const struct sf_candidate *sf_suspect_candidate(const struct sf_suspect *suspect)
{
    return suspect->step == SF_SUSPECT_CONTROL  ? NULL
           : suspect->step == SF_SUSPECT_SHRINK ? &suspect->variant
                                                : &suspect->candidate;
}

static unsigned connections_of(const struct sf_baseline *baseline, unsigned program)
{
    unsigned count = 0;
    for (size_t i = 0; i < baseline->connection_count; i++)
        count += baseline->connections[i].program == program && baseline->connections[i].connection > 0;
    return count;
}

/* The nth thing that may be smaller than what there is; false: there are no more. */
static bool make_variant(const struct sf_baseline *baseline, const struct sf_candidate *from, unsigned nth,
                         struct sf_candidate *variant)
{
    unsigned index = 0;
    *variant = *from;
    if (from->count == 2) {
        for (unsigned i = 0; i < 2; i++)
            if (index++ == nth) {
                *variant = (struct sf_candidate){.injections = {from->injections[i]},
                                                 .count = 1,
                                                 .place = i == 0 ? from->place : SF_NO_PLACE};
                return true;
            }
        return false;
    }
    struct sf_injection *injection = &variant->injections[0];
    if (injection->given)
        return false;
    bool is_all = injection->family != SF_FAMILY_NONE && injection->first == 0;
    for (uint32_t call = 1; is_all && call <= EARLY_CALLS; call++)
        if (index++ == nth) {
            injection->first = injection->last = call;
            injection->every = 0;
            return true;
        }
    if (injection->first && injection->last == UINT32_MAX && index++ == nth) {
        injection->last = injection->first;
        return true;
    }
    if (injection->connection == 1 && connections_of(baseline, injection->program_index) == 1 &&
        index++ == nth) {
        injection->connection = 0;
        return true;
    }
    return false;
}

/* On to the next variant, or to the reproducer. */
static void shrink_on(struct sf_exploration *exploration, struct sf_suspect *suspect);

static const char *seen_place(const struct sf_trial_facts *facts, uint32_t place)
{
    return facts->observation ? sf_observation_place(facts->observation, place) : "";
}

/* "recv, greet (greet.c:27)": the family, since programs may choose among its functions. */
static const char *call_at(struct sf_arena *arena, const struct sf_trial_facts *facts, uint16_t call,
                           uint32_t place)
{
    uint8_t family = sf_call_families[call];
    const char *name = family == SF_FAMILY_NONE ? sf_call_names[call] : sf_family_names[family];
    const char *where = seen_place(facts, place);
    return *where ? sf_arena_printf(arena, "%s, %s", name, where) : sf_arena_strdup(arena, name);
}

/* Where the program stood when it was ended, or what it did over and over: "recv, in greet (greet.c:27)". */
static const char *shown_at(struct sf_arena *arena, const struct sf_trial_facts *facts,
                            const struct sf_symptom *symptom)
{
    if (!facts->observation || symptom->program >= SF_OBSERVED_PROGRAMS)
        return "";
    const struct sf_observed_program *seen = &facts->observation->programs[symptom->program];
    bool is_hang = symptom->kind == SF_SYMPTOM_HANG && seen->waits;
    bool is_spin = symptom->kind == SF_SYMPTOM_SPIN && seen->idle_calls > 0;
    if (!is_hang && !is_spin)
        return "";
    return is_hang ? call_at(arena, facts, seen->wait_call, seen->wait_place)
                   : call_at(arena, facts, seen->idle_call, seen->idle_place);
}

/* Did the program that shows the symptom meet the fault itself, at a call that came out otherwise for it? */
static bool is_own_call(const struct sf_suspect *suspect, const struct sf_trial_facts *facts)
{
    const struct sf_injection *injection = &suspect->first.injections[0];
    const struct sf_observation *seen = facts->observation;
    const char *fault = sf_injection_fault(injection);
    return seen && seen->has_fired && strcmp(sf_injection_place(injection), "link") != 0 &&
           seen->fired.program == suspect->symptom.program &&
           (seen->fired.error || strcmp(fault, "partial") == 0 || strcmp(fault, "eof") == 0);
}

/* The call at which the program went wrong: the one that was struck, or that it stood in, or else its
 * last trouble, or its last move. */
static const char *wrong_at(struct sf_arena *arena, const struct sf_suspect *suspect,
                            const struct sf_trial_facts *facts)
{
    const struct sf_observation *seen = facts->observation;
    if (!seen || suspect->symptom.program >= SF_OBSERVED_PROGRAMS)
        return "";
    const struct sf_observed_program *program = &seen->programs[suspect->symptom.program];
    if (is_own_call(suspect, facts))
        return call_at(arena, facts, seen->fired.call, seen->fired.place);
    if (*suspect->finding.shown_at)
        return suspect->finding.shown_at;
    if (program->has_trouble)
        return call_at(arena, facts, program->trouble_call, program->trouble_place);
    return program->has_data ? call_at(arena, facts, program->data_call, program->data_place) : "";
}

/* What the finding is called from run to run: one bug shows under many faults. */
static const char *group_of(struct sf_arena *arena, const struct sf_suspect *suspect,
                            const struct sf_trial_facts *facts)
{
    const struct sf_explored *finding = &suspect->finding;
    const char *at = facts ? wrong_at(arena, suspect, facts) : finding->rules;
    return sf_arena_printf(arena, "%s of %s at %s", sf_symptom_names[finding->kind], finding->program,
                           *at ? at : finding->site);
}

/* All that can be said of the rule, once it is as small as it gets. */
static void describe(struct sf_exploration *exploration, struct sf_suspect *suspect)
{
    struct sf_arena *arena = exploration->arena;
    const struct sf_injection *injection = &suspect->candidate.injections[0];
    struct sf_explored *finding = &suspect->finding;
    finding->site = sf_injection_place(injection);
    if (!injection->given || finding->nth == 0)
        finding->nth = injection->first        ? injection->first
                       : injection->connection ? injection->connection
                                               : 1;
    finding->fault = sf_candidate_fault(arena, &suspect->candidate);
    finding->rules = sf_candidate_text(arena, &suspect->candidate);
}

static void take_confirmed(struct sf_exploration *exploration, struct sf_suspect *suspect,
                           const struct sf_trial_facts *facts)
{
    struct sf_arena *arena = exploration->arena;
    const struct sf_injection *injection = &suspect->candidate.injections[0];
    const struct sf_trial_program *program = &facts->programs[suspect->symptom.program];
    struct sf_site_place place = {.name = "", .source = ""};
    if (suspect->candidate.place < exploration->baseline.place_count)
        place = exploration->baseline.places[suspect->candidate.place];
    if (!*place.name && facts->observation && facts->observation->has_fired) {
        place.name = seen_place(facts, facts->observation->fired.place);
        place.source = sf_observation_source(facts->observation, facts->observation->fired.place);
    }
    bool has_place = injection->family != SF_FAMILY_NONE;
    bool is_seen = injection->given && facts->observation && facts->observation->has_fired;
    const struct sf_observed_call *fired = is_seen ? &facts->observation->fired : NULL;
    suspect->finding = (struct sf_explored){
        .kind = suspect->symptom.kind,
        .program = exploration->baseline.programs[suspect->symptom.program].name,
        .struck = !injection->given ? injection->program
                  : fired           ? exploration->baseline.programs[fired->program].name
                                    : NULL,
        .nth = fired ? fired->nth : 0,
        .place = has_place ? sf_arena_strdup(arena, place.name) : "",
        .source = has_place ? sf_arena_strdup(arena, place.source) : "",
        .shown_at = shown_at(arena, facts, &suspect->symptom),
        .detail = sf_arena_strdup(arena, suspect->symptom.detail),
        .last_words = sf_arena_strdup(arena, program->last_words),
        .seed = exploration->subject->seed,
    };
    describe(exploration, suspect);
    suspect->finding.group = group_of(arena, suspect, facts);
}

static void end_unstable(struct sf_exploration *exploration, struct sf_suspect *suspect)
{
    suspect->step = SF_SUSPECT_OVER;
    suspect->is_unstable = true;
    if (suspect->finding.detail)
        return;
    suspect->finding = (struct sf_explored){
        .kind = suspect->symptom.kind,
        .program = exploration->baseline.programs[suspect->symptom.program].name,
        .struck = suspect->candidate.injections[0].given ? NULL : suspect->candidate.injections[0].program,
        .place = "",
        .source = "",
        .shown_at = "",
        .last_words = "",
        .detail = sf_arena_strdup(exploration->arena, suspect->symptom.detail),
        .seed = exploration->subject->seed};
    describe(exploration, suspect);
    suspect->finding.group = group_of(exploration->arena, suspect, NULL);
}

static struct sf_explored *find_group(struct sf_exploration *exploration, const char *group)
{
    for (size_t i = 0; i < exploration->findings.count; i++)
        if (sf_group_is_same(exploration->findings.list[i].group, group))
            return &exploration->findings.list[i];
    return NULL;
}

/* Another's fault has shown the same: no more is to be learnt. */
static bool merge(struct sf_exploration *exploration, struct sf_suspect *suspect)
{
    struct sf_explored *known = find_group(exploration, suspect->finding.group);
    if (!known)
        return false;
    known->alike += 1 + suspect->alike;
    suspect->step = SF_SUSPECT_OVER;
    return true;
}

static const struct sf_document *parse(struct sf_arena *arena, const char *text)
{
    struct sf_diagnostics diagnostics = {.arena = arena};
    const struct sf_source source = {.file = "the reproducer", .text = text, .bytes = strlen(text)};
    size_t count;
    struct sf_document **documents = sf_documents_parse(arena, &source, &count, &diagnostics);
    return count == 1 && diagnostics.errors == 0 ? documents[0] : NULL;
}

/* What it expects, if no scenario can hold that; false: it cannot be written. */
static bool write_output(struct sf_exploration *exploration, struct sf_suspect *suspect,
                         const struct sf_reproduction *reproduction)
{
    uint64_t bytes;
    const char *output = sf_reproduction_output(exploration->arena, reproduction, &bytes);
    const char *problem = output ? sf_store_expect(exploration, &suspect->finding, output, bytes) : NULL;
    if (problem && !exploration->failure)
        exploration->failure = problem;
    return problem == NULL;
}

static void write_down(struct sf_exploration *exploration, struct sf_suspect *suspect)
{
    struct sf_arena *arena = exploration->arena;
    struct sf_explored *finding = &suspect->finding;
    describe(exploration, suspect);
    struct sf_reproduction reproduction = {.subject = exploration->subject,
                                           .baseline = &exploration->baseline,
                                           .candidate = &suspect->candidate,
                                           .symptom = &suspect->symptom,
                                           .finding = finding,
                                           .timeout_ns = exploration->subject->timeout_ns};
    finding->reproducer = sf_reproduction_name(arena, &reproduction);
    suspect->text = NULL;
    if (write_output(exploration, suspect, &reproduction)) {
        reproduction.expected = finding->expected;
        suspect->text = sf_reproduction_write(arena, &reproduction, &finding->obstacle);
    }
    if (!suspect->text) { /* it is what it is, though no scenario can tell */
        finding->reproducer = NULL;
        suspect->step = SF_SUSPECT_OVER;
        suspect->is_new = !merge(exploration, suspect);
        return;
    }
    suspect->document = parse(arena, suspect->text);
    suspect->step = SF_SUSPECT_VERIFY;
    if (!suspect->document)
        sf_suspect_verify(exploration, suspect, false);
}

static void shrink_on(struct sf_exploration *exploration, struct sf_suspect *suspect)
{
    suspect->step = SF_SUSPECT_SHRINK;
    if (suspect->shrinks < SHRINKS_MAX && !exploration->is_short_of_runs &&
        make_variant(&exploration->baseline, &suspect->candidate, suspect->next_variant, &suspect->variant)) {
        suspect->next_variant++;
        suspect->shrinks++;
        return;
    }
    write_down(exploration, suspect);
}

static void confirm(struct sf_exploration *exploration, struct sf_suspect *suspect,
                    const struct sf_trial_facts *facts)
{
    const struct sf_symptom found = sf_trial_judge(&exploration->baseline, facts, &suspect->candidate);
    if (found.kind == suspect->symptom.kind && found.program == suspect->symptom.program) {
        suspect->symptom = found;
        take_confirmed(exploration, suspect, facts);
        if (!merge(exploration, suspect))
            shrink_on(exploration, suspect);
        return;
    }
    bool was_slow = suspect->symptom.kind == SF_SYMPTOM_HANG &&
                    (sf_trial_is_slow(facts, &suspect->candidate, suspect->symptom.program) ||
                     sf_trial_awaits_client(facts, &suspect->candidate, suspect->symptom.program));
    bool was_busy = suspect->symptom.kind == SF_SYMPTOM_SPIN &&
                    sf_trial_is_busy(&exploration->baseline, facts, suspect->symptom.program);
    if (found.kind == SF_SYMPTOM_NONE &&
        (suspect->was_cut || was_busy || was_slow)) { /* all it lacked was time, or a look */
        suspect->step = SF_SUSPECT_OVER;
        return;
    }
    if (found.kind == SF_SYMPTOM_NONE || suspect->turns++ == TURNS_MAX) {
        end_unstable(exploration, suspect);
        return;
    }
    suspect->symptom = found;
    suspect->was_cut = false;
    suspect->step = found.kind == SF_SYMPTOM_SILENT ? SF_SUSPECT_CONTROL : SF_SUSPECT_CONFIRM;
}

static void judge_variant(struct sf_exploration *exploration, struct sf_suspect *suspect,
                          const struct sf_trial_facts *facts)
{
    const struct sf_symptom found = facts && facts->is_whole
                                        ? sf_trial_judge(&exploration->baseline, facts, &suspect->variant)
                                        : (struct sf_symptom){0};
    bool is_same_symptom = found.kind == suspect->symptom.kind && found.program == suspect->symptom.program;
    bool is_half = suspect->variant.count < suspect->candidate.count;
    if (is_same_symptom) {
        suspect->candidate = suspect->variant;
        suspect->next_variant = 0;
    }
    if (is_same_symptom && is_half) { /* of two faults one does it: where that strikes is to be seen yet */
        suspect->first = suspect->candidate;
        suspect->step = SF_SUSPECT_CONFIRM;
        return;
    }
    shrink_on(exploration, suspect);
}

static void widen(struct sf_exploration *exploration, const struct sf_trial_facts *facts)
{
    for (unsigned i = 0; i < facts->count; i++)
        if (facts->programs[i].end == SF_END_EXITED)
            sf_pattern_widen(exploration->baseline.programs[i].out, facts->programs[i].out,
                             facts->programs[i].out_bytes);
}

void sf_suspect_judge(struct sf_exploration *exploration, struct sf_suspect *suspect,
                      const struct sf_trial_facts *facts)
{
    if (suspect->step == SF_SUSPECT_SHRINK) {
        judge_variant(exploration, suspect, facts);
    } else if (!facts) {
        end_unstable(exploration, suspect);
    } else if (suspect->step == SF_SUSPECT_CONTROL) {
        widen(exploration, facts);
        suspect->step = SF_SUSPECT_CONFIRM;
    } else {
        confirm(exploration, suspect, facts);
    }
}

static bool is_same(const struct sf_candidate *a, const struct sf_candidate *b)
{
    struct sf_arena *scratch = sf_arena_new();
    bool same = strcmp(sf_candidate_text(scratch, a), sf_candidate_text(scratch, b)) == 0;
    sf_arena_free(scratch);
    return same;
}

void sf_suspect_verify(struct sf_exploration *exploration, struct sf_suspect *suspect, bool failed)
{
    if (failed) {
        suspect->step = SF_SUSPECT_OVER;
        suspect->is_new = !merge(exploration, suspect);
    } else if (!is_same(&suspect->candidate, &suspect->first)) { /* it was made too small */
        suspect->candidate = suspect->first;
        write_down(exploration, suspect);
    } else {
        end_unstable(exploration, suspect);
    }
}
