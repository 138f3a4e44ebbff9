#include "commands/unstarted.h"

#include "base/arena.h"
#include "commands/prepare.h"
#include "launch/lookup.h"

#include <limits.h>
#include <stdlib.h>

static void add_finding(struct sf_report_scenario *report, const struct sf_finding *finding)
{
    struct sf_finding *added =
        sf_arena_push(report->arena, &report->findings.list, &report->findings.count, sizeof *added);
    *added = *finding;
    added->place.file = report->file;
    report->result = SF_FAILED;
}

static void fail_without(struct sf_report_scenario *report, const struct sf_text_item *item, const char *name)
{
    const struct sf_finding finding = {
        .what = "requires",
        .want = sf_arena_printf(report->arena, "%s on PATH", name),
        .got = "not found",
        .message = sf_arena_printf(report->arena, "it needs %s, which is not on PATH", name),
        .place = item->place,
    };
    add_finding(report, &finding);
}

/* What it requires and PATH has not. */
static struct sf_report_scenario *report_missing(const struct sf_scenario *scenario, bool no_skip)
{
    char path[PATH_MAX];
    struct sf_report_scenario *report = NULL;
    for (size_t i = 0; i < scenario->requires_count; i++) {
        const struct sf_text_item *item = &scenario->requires[i];
        if (sf_program_find(item->text, getenv("PATH"), NULL, path, sizeof path) == 0)
            continue;
        if (!report)
            report = sf_report_of(scenario);
        const char *name = sf_arena_strdup(report->arena, item->text);
        if (no_skip) {
            fail_without(report, item, name);
            continue;
        }
        report->result = SF_SKIPPED;
        report->reason = report->reason ? sf_arena_printf(report->arena, "%s, %s", report->reason, name)
                                        : sf_arena_printf(report->arena, "needs %s", name);
    }
    return report;
}

static struct sf_report_scenario *report_program(const struct sf_scenario *scenario,
                                                 const struct sf_program *program, const char *why)
{
    bool is_meant = sf_verify_is_meant(scenario, (size_t)(program - scenario->programs));
    struct sf_report_scenario *report = sf_report_of(scenario);
    const struct sf_finding finding = {
        .what = sf_arena_printf(report->arena, "%s.unreachable", program->name),
        .want = "within reach of the rules",
        .got = sf_arena_strdup(report->arena, why),
        .message =
            sf_arena_printf(report->arena,
                            is_meant ? "no rule can reach %s: %s"
                                     : "nobody learns the addresses of %s, which is named as a peer: %s",
                            program->name, why),
        .place = program->place,
    };
    add_finding(report, &finding);
    return report;
}

static struct sf_report_scenario *report_unreachable(const struct sf_scenario *scenario)
{
    struct sf_report_scenario *report = NULL;
    struct sf_arena *scratch = sf_arena_new();
    for (size_t i = 0; i < scenario->program_count && !report; i++) {
        const char *why = sf_program_unreachable(scratch, scenario, i);
        if (why)
            report = report_program(scenario, &scenario->programs[i], why);
    }
    sf_arena_free(scratch);
    return report;
}

struct sf_report_scenario *sf_scenario_unstarted(const struct sf_scenario *scenario, bool no_skip)
{
    struct sf_report_scenario *report = report_missing(scenario, no_skip);
    return report ? report : report_unreachable(scenario);
}
