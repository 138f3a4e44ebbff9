#include "explore/report.h"

#include "base/arena.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

size_t sf_explored_count(const struct sf_exploration *exploration)
{
    size_t count = 0;
    for (size_t i = 0; i < exploration->findings.count; i++)
        count += !exploration->findings.list[i].is_known;
    return count;
}

unsigned sf_explored_line(const struct sf_explored *finding)
{
    const char *colon = *finding->source ? strrchr(finding->place, ':') : NULL;
    return colon ? (unsigned)strtoul(colon + 1, NULL, 10) : 0;
}

/* A finding as a scenario that failed. */
static struct sf_report_scenario *report_of(struct sf_arena *arena, const struct sf_exploration *exploration,
                                            const struct sf_explored *finding)
{
    const char *name = sf_arena_printf(arena, "%s of %s: %s %u meets %s", sf_symptom_names[finding->kind],
                                       finding->program, finding->site, finding->nth, finding->fault);
    const char *file = finding->reproducer ? finding->reproducer : exploration->subject->document->file;
    struct sf_report_scenario *report = sf_report_new(name, file, 1);
    report->seed = finding->seed;
    report->result = finding->is_known ? SF_SKIPPED : SF_FAILED;
    if (finding->is_known) {
        report->reason = "known";
        return report;
    }
    struct sf_finding *slot =
        sf_arena_push(report->arena, &report->findings.list, &report->findings.count, sizeof *slot);
    *slot = (struct sf_finding){.what = sf_symptom_names[finding->kind],
                                .want = "an end without it",
                                .got = sf_arena_strdup(report->arena, finding->detail),
                                .message = sf_explored_sentence(report->arena, finding),
                                .place = {.file = report->file, .line = 1}};
    char here[PATH_MAX];
    unsigned line = sf_explored_line(finding);
    if (line)
        slot->place = (struct sf_place){
            .file = sf_source_from(report->arena, finding->source, getcwd(here, sizeof here) ? here : "/"),
            .line = line};
    return report;
}

/* A search without findings passed: a scenario says so, that no reader takes for none. */
static struct sf_report_scenario *report_of_nothing(const struct sf_exploration *exploration)
{
    struct sf_report_scenario *report =
        sf_report_new(exploration->subject->name, exploration->subject->document->file, 1);
    report->seed = exploration->subject->seed;
    report->duration_ns = exploration->duration_ns;
    report->result = SF_PASSED;
    return report;
}

static const char *failure_of(const struct sf_exploration *exploration)
{
    return exploration->failure   ? exploration->failure
           : exploration->problem ? exploration->problem
           : exploration->signal  ? "interrupted"
                                  : NULL;
}

static int write_as_test(const struct sf_report_request *request, const struct sf_exploration *exploration,
                         FILE *fallback, int verbosity)
{
    struct sf_arena *arena = sf_arena_new();
    size_t count = exploration->findings.count;
    bool is_over = !failure_of(exploration);
    struct sf_report_scenario **list =
        sf_arena_alloc(arena, (count + 1) * sizeof(struct sf_report_scenario *));
    for (size_t i = 0; i < count; i++)
        list[i] = report_of(arena, exploration, &exploration->findings.list[i]);
    if (count == 0 && is_over)
        list[count++] = report_of_nothing(exploration);
    const struct sf_report_run run = {.scenarios = list,
                                      .count = count,
                                      .duration_ns = exploration->duration_ns,
                                      .failure = failure_of(exploration)};
    int error = sf_report_write(request, &run, fallback, verbosity);
    for (size_t i = 0; i < count; i++)
        sf_report_free(list[i]);
    sf_arena_free(arena);
    return error;
}

int sf_explored_report(const struct sf_report_request *request, const struct sf_exploration *exploration,
                       FILE *fallback, int verbosity)
{
    FILE *out = request->file ? request->file : fallback;
    int error;
    if (request->format == SF_REPORT_PRETTY)
        error = sf_explored_table(out, exploration, verbosity);
    else if (request->format == SF_REPORT_JSON)
        error = sf_explored_json(out, exploration);
    else if (request->format == SF_REPORT_SARIF)
        error = sf_explored_sarif(out, exploration);
    else
        return write_as_test(request, exploration, fallback, verbosity);
    errno = 0;
    if (fflush(out) != 0 || ferror(out))
        error = error ? error : errno ? errno : EIO;
    return error;
}
