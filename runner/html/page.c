/* The page: its head, the summary, and an article for each scenario. */
#include "html/html.h"

#include "base/arena.h"
#include "report/formats.h"
#include "verify/wording.h"

#include <inttypes.h>

static enum sf_result verdict_of(const struct sf_report_run *run)
{
    if (sf_report_count(run, SF_INVALID))
        return SF_INVALID;
    if (run->failure || sf_report_count(run, SF_FAILED))
        return SF_FAILED;
    return sf_report_count(run, SF_PASSED) ? SF_PASSED : SF_SKIPPED;
}

/* "9 scenarios: 5 failed, 4 passed", what is worst first. */
static void put_counts(FILE *out, struct sf_arena *arena, const struct sf_report_run *run)
{
    static const enum sf_result order[] = {SF_INVALID, SF_FAILED, SF_PASSED, SF_SKIPPED};
    const char *before = ": ";
    if (run->failure)
        fputs("<b class=\"failed\">failed</b> after ", out);
    sf_html_put(out, "%s", sf_word_count(arena, run->count, "scenario"));
    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        size_t count = sf_report_count(run, order[i]);
        if (count == 0)
            continue;
        sf_html_put(out, "%s<b class=\"%s\">%zu %s</b>", before, sf_result_names[order[i]], count,
                    sf_result_names[order[i]]);
        before = ", ";
    }
}

static void put_summary(FILE *out, const struct sf_report_run *run)
{
    struct sf_arena *arena = sf_arena_new();
    enum sf_result verdict = verdict_of(run);
    sf_html_put(out, "<header class=\"page %s\"><h1>", sf_result_names[verdict]);
    if (run->count == 1)
        sf_html_put(out, "<b>%s</b> %s", sf_result_names[verdict], run->scenarios[0]->name);
    else
        put_counts(out, arena, run);
    fputs("</h1><ul class=\"counts\">", out);
    sf_html_put(out, "<li>in %s</li>", sf_word_duration(arena, run->duration_ns));
    if (run->shard)
        sf_html_put(out, "<li>part %s</li>", run->shard);
    sf_html_put(out, "<li>sockfault %s</li></ul>", SF_VERSION);
    if (run->failure)
        sf_html_put(out, "<p class=\"failure\">%s</p>", run->failure);
    if (run->idle)
        sf_html_put(out, "<p>%s</p>", run->idle);
    fputs("</header>\n", out);
    sf_arena_free(arena);
}

/* For many scenarios or connections; shown by the script that it needs. */
static void put_sieve(FILE *out)
{
    fputs("<form class=\"sieve\" hidden role=\"search\">"
          "<label>Find <input type=\"search\" id=\"find\" placeholder=\"scenario, program, address, "
          "fault\"></label>"
          "<label><input type=\"checkbox\" id=\"marked\"> only with faults or errors</label>"
          "<output id=\"found\" aria-live=\"polite\"></output></form>\n",
          out);
}

static void put_scenarios(FILE *out, const struct sf_report_run *run, bool is_bad)
{
    for (size_t i = 0; i < run->count; i++) {
        enum sf_result result = run->scenarios[i]->result;
        if ((result == SF_FAILED || result == SF_INVALID) == is_bad)
            sf_html_scenario(out, run->scenarios[i], i + 1, run->count == 1);
    }
}

int sf_html_write(FILE *out, const struct sf_report_run *run, int verbosity)
{
    (void)verbosity; /* it holds all there is */
    fputs("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
          "<meta name=\"color-scheme\" content=\"light dark\">",
          out);
    sf_html_put(out, "<title>%s: sockfault</title>\n<style>\n", sf_result_names[verdict_of(run)]);
    fputs(sf_html_style, out);
    fputs("</style></head>\n<body>\n", out);
    put_summary(out, run);
    put_sieve(out);
    fputs("<main>\n", out);
    put_scenarios(out, run, true);
    put_scenarios(out, run, false);
    fputs("</main>\n<script>\n", out);
    fputs(sf_html_script, out);
    fputs(sf_html_zoom, out);
    fputs("</script></body></html>\n", out);
    return 0;
}
