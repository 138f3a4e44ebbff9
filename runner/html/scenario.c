/* A scenario: what failed and where, how each program ended, what the rules did, the time line. */
#include "html/html.h"

#include "base/arena.h"
#include "verify/wording.h"

#include <inttypes.h>
#include <string.h>

static const char *const badges[] = {
    [SF_PASSED] = "PASS", [SF_FAILED] = "FAIL", [SF_SKIPPED] = "SKIP", [SF_INVALID] = "INVALID"};

static void put_place(FILE *out, const struct sf_place *place)
{
    sf_html_put(out, "<code class=\"place\">%s", place->file);
    if (place->line)
        sf_html_put(out, ":%u", place->line);
    fputs("</code>", out);
}

static bool is_same_place(const struct sf_place *one, const struct sf_place *other)
{
    return one->line == other->line && strcmp(one->file, other->file) == 0;
}

static void put_findings(FILE *out, const struct sf_report_scenario *report)
{
    if (report->findings.count == 0)
        return;
    fputs("<section class=\"findings\"><h3>What failed</h3><ol>", out);
    for (size_t i = 0; i < report->findings.count; i++) {
        const struct sf_place *place = &report->findings.list[i].place;
        fputs("<li>", out);
        for (; i + 1 < report->findings.count && is_same_place(place, &report->findings.list[i + 1].place);
             i++)
            sf_html_put(out, "<p>%s</p>", report->findings.list[i].message);
        sf_html_put(out, "<p>%s</p>", report->findings.list[i].message);
        put_place(out, place);
        sf_html_source(out, place);
        fputs("</li>", out);
    }
    fputs("</ol></section>\n", out);
}

static void put_end(FILE *out, struct sf_arena *arena, const struct sf_exit *exit)
{
    if (exit->end == SF_END_NOT_STARTED || exit->end == SF_END_FAILED)
        fputs("not started", out);
    else if (exit->end == SF_END_TIMEOUT)
        fputs("timed out", out);
    else if (exit->signal)
        sf_html_put(out, "%s", sf_word_signal(arena, exit->signal));
    else
        fprintf(out, "%s %d", exit->end == SF_END_STOPPED ? "stopped, exit" : "exit", exit->code);
}

static void put_calls(FILE *out, const struct sf_report_program *program)
{
    for (unsigned family = 0; family < SF_FAMILY_COUNT; family++)
        if (program->calls[family])
            sf_html_put(out, "<span class=\"call\">%s <b>%" PRIu64 "</b></span> ", sf_family_names[family],
                        program->calls[family]);
    if (program->calls_unknown)
        fputs("<em>not all were seen</em>", out);
}

static void put_program_row(FILE *out, struct sf_arena *arena, const struct sf_report_program *program)
{
    sf_html_put(out, "<tr><th scope=\"row\">%s</th><td>", program->name);
    put_end(out, arena, &program->exit);
    sf_html_put(out, "</td><td class=\"n\">%s</td><td>", sf_word_duration(arena, program->exit.duration_ns));
    put_calls(out, program);
    fputs("</td><td>", out);
    if (program->leaked_sockets < 0)
        fputs("not known", out);
    else
        fprintf(out, "%" PRId64 " ", program->leaked_sockets);
    if (program->leaked_sockets > 0)
        sf_html_put(out, "<small>%s</small>", program->leaks);
    fputs("</td></tr>", out);
}

static void put_programs(FILE *out, const struct sf_report_scenario *report)
{
    if (report->program_count == 0)
        return;
    fputs("<section><h3>Programs</h3><div class=\"wide\"><table><thead><tr><th scope=\"col\">program</th>"
          "<th scope=\"col\">end</th><th scope=\"col\" class=\"n\">time</th>"
          "<th scope=\"col\">calls on sockets</th><th scope=\"col\">leaked</th></tr></thead><tbody>",
          out);
    for (size_t i = 0; i < report->program_count; i++)
        put_program_row(out, report->arena, &report->programs[i]);
    fputs("</tbody></table></div></section>\n", out);
}

static void put_habits(FILE *out, const struct sf_report_scenario *report)
{
    bool is_begun = false;
    for (size_t i = 0; i < report->program_count; i++) {
        const struct sf_report_program *program = &report->programs[i];
        for (size_t at = 0; at < program->habit_count; at++) {
            fputs(is_begun ? "" : "<section><h3>Broken habits</h3><ul class=\"habits\">", out);
            is_begun = true;
            sf_html_put(out, "<li><b>%s</b> %s: %s</li>", program->habits[at].warning, program->name,
                        program->habits[at].message);
        }
    }
    fputs(is_begun ? "</ul></section>\n" : "", out);
}

static void put_rules(FILE *out, const struct sf_report_scenario *report)
{
    if (report->rule_count == 0)
        return;
    fputs("<section><h3>Faults</h3><div class=\"wide\"><table><thead><tr><th scope=\"col\">rule</th><th "
          "scope=\"col\">fault</th>"
          "<th scope=\"col\" class=\"n\">line</th><th scope=\"col\" class=\"n\">fired</th>"
          "<th scope=\"col\">refused</th></tr></thead><tbody>",
          out);
    for (size_t i = 0; i < report->rule_count; i++) {
        const struct sf_report_rule *rule = &report->rules[i];
        sf_html_put(out, "<tr class=\"%s\"><th scope=\"row\">%s</th><td><code>%s</code>%s</td>",
                    rule->fired ? "" : "never", rule->id, rule->text, rule->forced ? ", forced" : "");
        sf_html_put(out, "<td class=\"n\">%u</td><td class=\"n\">%" PRIu64 "</td><td>", rule->line,
                    rule->fired);
        if (rule->illegal)
            sf_html_put(out, "%" PRIu64 " <small>%s</small>", rule->illegal, rule->illegal_reason);
        fputs("</td></tr>", out);
    }
    fputs("</tbody></table></div></section>\n", out);
}

static void put_output(FILE *out, const char *program, const char *stream, const struct sf_output *output)
{
    char size[SF_HTML_SIZE_BYTES];
    if (output->tail_bytes == 0)
        return;
    sf_html_put(out, "<details class=\"output\"><summary>%s's standard %s <small>%s%s</small></summary><pre>",
                program, stream, sf_html_size(size, output->total_bytes),
                output->total_bytes > output->tail_bytes ? ", its end" : "");
    sf_html_bytes(out, output->tail, output->tail_bytes);
    fputs("</pre></details>\n", out);
}

static void put_outputs(FILE *out, const struct sf_report_scenario *report)
{
    for (size_t i = 0; i < report->program_count; i++) {
        const struct sf_report_program *program = &report->programs[i];
        put_output(out, program->name, "error", &program->exit.err);
        put_output(out, program->name, "output", &program->exit.out);
    }
}

void sf_html_scenario(FILE *out, const struct sf_report_scenario *report, size_t number, bool is_open)
{
    bool is_bad = report->result == SF_FAILED || report->result == SF_INVALID;
    const struct sf_place place = {.file = report->file, .line = report->line};
    sf_html_put(out, "<details class=\"scenario %s\" id=\"s%zu\"", sf_result_names[report->result], number);
    fputs(is_bad || is_open ? " open>" : ">", out);
    sf_html_put(out, "<summary><span class=\"badge\">%s</span> <h2>%s</h2> <small>%s", badges[report->result],
                report->name, sf_word_duration(report->arena, report->duration_ns));
    if (report->findings.count && report->result != SF_PASSED)
        sf_html_put(out, " · %s", report->findings.list[0].message);
    if (report->reason)
        sf_html_put(out, " · %s", report->reason);
    fputs("</small></summary><div class=\"body\">\n<p class=\"origin\">", out);
    put_place(out, &place);
    sf_html_put(out, " · seed %" PRIu64, report->seed);
    if (report->tags)
        sf_html_put(out, " · %s", report->tags);
    fputs("</p>\n", out);
    put_findings(out, report);
    sf_html_timeline(out, report);
    put_rules(out, report);
    put_programs(out, report);
    put_habits(out, report);
    put_outputs(out, report);
    fputs("</div></details>\n", out);
}
