/* The report for people: a block for each finding, the new ones first. */
#include "explore/report.h"

#include "base/arena.h"
#include "base/output.h"
#include "verify/wording.h"

#include <inttypes.h>
#include <string.h>

static void put_kind(FILE *out, const struct sf_explored *finding)
{
    const char *color = finding->is_known ? "33" : "31";
    if (sf_output_colors(fileno(out)))
        fprintf(out, "\033[%sm%-12s\033[0m", color, sf_symptom_names[finding->kind]);
    else
        fprintf(out, "%-12s", sf_symptom_names[finding->kind]);
}

static void put_finding(FILE *out, struct sf_arena *arena, const struct sf_explored *finding, int verbosity)
{
    put_kind(out, finding);
    fprintf(out, " %s%s\n", sf_explored_sentence(arena, finding), finding->is_known ? " (known)" : "");
    if (finding->reproducer)
        fprintf(out, "             %s\n", finding->reproducer);
    else if (finding->obstacle)
        fprintf(out, "             no reproducer: %s\n", finding->obstacle);
    if (finding->alike)
        fprintf(out, "             %u other fault%s showed the same\n", finding->alike,
                finding->alike == 1 ? "" : "s");
    if (verbosity > 0)
        fprintf(out, "             rule: %s\n", finding->rules);
    if (verbosity > 0 && *finding->last_words)
        fprintf(out, "             last words: %s\n", finding->last_words);
}

static void put_unstable(FILE *out, struct sf_arena *arena, const struct sf_exploration *exploration)
{
    const struct sf_explored_list *list = &exploration->unstable;
    if (list->count == 0)
        return;
    fprintf(out, "\nnot repeated, and so no findings:\n");
    for (size_t i = 0; i < list->count; i++)
        fprintf(out, "  %-10s %s\n", sf_symptom_names[list->list[i].kind],
                sf_explored_sentence(arena, &list->list[i]));
}

static void put_summary(FILE *out, struct sf_arena *arena, const struct sf_exploration *exploration)
{
    size_t count = sf_explored_count(exploration), known = exploration->findings.count - count;
    if (exploration->findings.count + exploration->unstable.count)
        fputc('\n', out);
    fprintf(out, "%s in %s", sf_word_count(arena, count, "finding"),
            sf_word_count(arena, exploration->runs, "run"));
    if (known)
        fprintf(out, ", %zu more known", known);
    fprintf(out, "; faults at %s, %zu tried of %zu, %s\n", sf_word_count(arena, exploration->sites, "place"),
            exploration->tried_now, exploration->candidates.count,
            sf_word_duration(arena, exploration->duration_ns));
}

int sf_explored_table(FILE *out, const struct sf_exploration *exploration, int verbosity)
{
    struct sf_arena *arena = sf_arena_new();
    if (exploration->problem)
        fprintf(out, "without any fault, %s\n%s", exploration->problem, exploration->output);
    for (size_t pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < exploration->findings.count; i++)
            if (exploration->findings.list[i].is_known == (pass == 1))
                put_finding(out, arena, &exploration->findings.list[i], verbosity);
    put_unstable(out, arena, exploration);
    if (exploration->note)
        fprintf(out, "note: %s\n", exploration->note);
    if (!exploration->problem && verbosity >= 0)
        put_summary(out, arena, exploration);
    sf_arena_free(arena);
    return 0;
}
