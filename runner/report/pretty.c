/* The report for people: a line for each scenario, and below a failed one what
 * is wrong, each with a place that editors and terminals can open. */
#include "report/formats.h"

#include "base/output.h"
#include "base/arena.h"
#include "base/diagnostic.h"
#include "verify/wording.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *label, *color;
} styles[] = {
    [SF_PASSED] = {"PASS", "32"},
    [SF_FAILED] = {"FAIL", "31"},
    [SF_SKIPPED] = {"SKIP", "33"},
    [SF_INVALID] = {"INVALID", "31"},
};

static void put_label(FILE *out, enum sf_result result)
{
    if (sf_output_colors(fileno(out)))
        fprintf(out, "\033[%sm%s\033[0m", styles[result].color, styles[result].label);
    else
        fputs(styles[result].label, out);
}

static void put_findings(FILE *out, const struct sf_report_scenario *report)
{
    for (size_t i = 0; i < report->findings.count; i++) {
        const struct sf_finding *finding = &report->findings.list[i];
        fprintf(out, "%s:", sf_printable(report->arena, finding->place.file));
        if (finding->place.line)
            fprintf(out, "%u:", finding->place.line);
        fprintf(out, " %s\n", finding->message);
    }
}

static void put_stderr(FILE *out, const struct sf_report_scenario *report,
                       const struct sf_report_program *program)
{
    struct sf_tail tail = sf_report_tail(report, program);
    if (tail.count)
        fprintf(out, "    %s's standard error%s:\n", program->name, tail.is_cut ? " ended with" : "");
    for (size_t i = 0; i < tail.count; i++)
        fprintf(out, "    | %s\n", tail.lines[i]);
}

static void put_program(FILE *out, const struct sf_report_scenario *report,
                        const struct sf_report_program *program)
{
    const struct sf_exit *exit = &program->exit;
    fprintf(out, "    program %s: ", program->name);
    if (exit->end == SF_END_NOT_STARTED || exit->end == SF_END_FAILED)
        fputs("not started", out);
    else if (exit->end == SF_END_TIMEOUT)
        fputs("still running", out); /* a service by design */
    else if (exit->signal)
        fprintf(out, "ended by %s", sf_word_signal(report->arena, exit->signal));
    else
        fprintf(out, "exited with %d", exit->code);
    if (exit->duration_ns > 0)
        fprintf(out, " after %s", sf_word_duration(report->arena, exit->duration_ns));
    const char *separator = program->calls_unknown ? "; calls, not all of them: " : "; calls: ";
    for (unsigned family = 0; family < SF_FAMILY_COUNT; family++) {
        if (program->calls[family] == 0)
            continue;
        fprintf(out, "%s%s %" PRIu64, separator, sf_family_names[family], program->calls[family]);
        separator = ", ";
    }
    fputc('\n', out);
    if (program->leaked_sockets > 0)
        fprintf(out, "    program %s leaked %s%s%s\n", program->name,
                sf_word_count(report->arena, (uint64_t)program->leaked_sockets, "socket"),
                *program->leaks ? ": " : "", program->leaks);
}

static void put_habits(FILE *out, const struct sf_report_program *program)
{
    for (size_t i = 0; i < program->habit_count; i++)
        fprintf(out, "    program %s: %s: %s\n", program->name, program->habits[i].warning,
                program->habits[i].message);
    if (program->hygiene_unknown)
        fprintf(out, "    program %s: hygiene: not all seen: %s\n", program->name, program->hygiene_unknown);
    else if (program->has_hygiene && program->habit_count == 0)
        fprintf(out, "    program %s: hygiene: clean\n", program->name);
}

static void put_details(FILE *out, const struct sf_report_scenario *report)
{
    fprintf(out, "    seed %" PRIu64 "\n", report->seed);
    if (report->tags)
        fprintf(out, "    tags %s\n", report->tags);
    for (size_t i = 0; i < report->program_count; i++)
        put_program(out, report, &report->programs[i]);
    for (size_t i = 0; i < report->program_count; i++)
        put_habits(out, &report->programs[i]);
    for (size_t i = 0; i < report->rule_count; i++) {
        const struct sf_report_rule *rule = &report->rules[i];
        fprintf(out, "    %s (%s): fired %s", sf_word_rule(report->arena, rule->id), rule->text,
                sf_word_count(report->arena, rule->fired, "time"));
        if (rule->forced)
            fputs(", forced", out);
        if (rule->illegal)
            fprintf(out, ", refused %s: %s", sf_word_count(report->arena, rule->illegal, "time"),
                    rule->illegal_reason);
        fputc('\n', out);
    }
    for (size_t i = 0; i < report->event_count; i++)
        fprintf(out, "    %s\n", report->events[i]);
    if (report->events_more)
        fprintf(out, "    ... and %" PRIu64 " more\n", report->events_more);
}

/* A run has no expectations, so there is no verdict, only remarks. */
static void put_run(FILE *out, const struct sf_report_scenario *report, int verbosity)
{
    if (verbosity >= 0) {
        fprintf(out, "sockfault: %s\n", report->name);
        put_details(out, report);
    }
    for (size_t i = 0; i < report->findings.count; i++)
        fprintf(out, "sockfault: %s\n", report->findings.list[i].message);
}

void sf_pretty_scenario(FILE *out, const struct sf_report_scenario *report, int verbosity)
{
    if (report->is_run) {
        put_run(out, report, verbosity);
        return;
    }
    bool failed = report->result == SF_FAILED || report->result == SF_INVALID;
    if (verbosity < 0 && !failed)
        return;
    put_label(out, report->result);
    fprintf(out, " %s", sf_printable(report->arena, report->name));
    if (report->result == SF_SKIPPED)
        fprintf(out, ": %s\n", report->reason);
    else if (report->duration_ns == 0) /* it was not started */
        fputc('\n', out);
    else
        fprintf(out, " (%s)\n", sf_word_duration(report->arena, report->duration_ns));
    put_findings(out, report);
    for (size_t i = 0; failed && i < report->program_count; i++)
        put_stderr(out, report, &report->programs[i]);
    if (verbosity > 0)
        put_details(out, report);
}

void sf_pretty_summary(FILE *out, const struct sf_report_run *run)
{
    struct sf_arena *arena = sf_arena_new();
    for (enum sf_result result = SF_PASSED; result <= SF_INVALID; result++) {
        size_t count = sf_report_count(run, result);
        if (result <= SF_FAILED || count)
            fprintf(out, "%s%zu %s", result == SF_PASSED ? "" : ", ", count, sf_result_names[result]);
    }
    fprintf(out, " in %s\n", sf_word_duration(arena, run->duration_ns));
    sf_arena_free(arena);
}

int sf_pretty_write(FILE *out, const struct sf_report_run *run, int verbosity)
{
    for (size_t i = 0; i < run->count; i++)
        sf_pretty_scenario(out, run->scenarios[i], verbosity);
    if (run->count == 0 ? !run->failure : !run->scenarios[0]->is_run)
        sf_pretty_summary(out, run);
    return 0;
}
