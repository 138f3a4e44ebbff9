/* JUnit XML, in the elements and the order that the schema of Jenkins' xUnit plugin (junit-10.xsd) knows.
 * Two attributes of a test case are not in it, but GitLab and others read them: file and line. */
#include "report/formats.h"

#include "base/arena.h"
#include "verify/wording.h"

#include <inttypes.h>
#include <string.h>

struct counts {
    size_t tests, failures, errors, skipped;
    uint64_t duration_ns;
};

/* How many bytes make a character that XML 1.0 allows; 0: none starts here. */
static unsigned allowed(const char *data, uint64_t bytes)
{
    unsigned char byte = (unsigned char)*data;
    unsigned length = sf_utf8_length(data, bytes);
    if (byte < 0x20)
        return strchr("\t\n\r", byte) && byte ? 1 : 0;
    return length == 3 && memcmp(data, "\xef\xbf\xbe", 2) == 0 && (unsigned char)data[2] >= 0xbe ? 0 : length;
}

/* What XML cannot hold is shown as \x1b. Line ends of an attribute, and each CR, are written by number: a
 * parser would make something else of them. */
static void put_text(FILE *out, const char *data, uint64_t bytes, bool is_attribute)
{
    unsigned length;
    for (uint64_t at = 0; at < bytes; at += length) {
        unsigned char byte = (unsigned char)data[at];
        length = allowed(data + at, bytes - at);
        if (length == 0) {
            length = 1;
            fprintf(out, "\\x%02x", byte);
        } else if (byte == '&' || byte == '<' || byte == '>' || byte == '"') {
            fputs(byte == '&' ? "&amp;" : byte == '<' ? "&lt;" : byte == '>' ? "&gt;" : "&quot;", out);
        } else if (byte == '\r' || (is_attribute && byte < 0x20)) {
            fprintf(out, "&#%u;", byte);
        } else {
            fwrite(data + at, 1, length, out);
        }
    }
}

static void put_attribute(FILE *out, const char *name, const char *text)
{
    fprintf(out, " %s=\"", name);
    put_text(out, text, strlen(text), true);
    fputc('"', out);
}

static void put_time(FILE *out, uint64_t ns)
{
    fprintf(out, " time=\"%.3f\"", (double)ns / 1e9);
}

static void put_property(FILE *out, const char *name, const char *value)
{
    fputs("      <property", out);
    put_attribute(out, "name", name);
    put_attribute(out, "value", value);
    fputs("/>\n", out);
}

/* The path as Java would call it, so that folders are packages: tests/http/v1.0.yaml is tests.http.v1_0. */
static const char *class_of(const struct sf_report_scenario *report)
{
    if (report->is_run || !sf_report_is_path(report->file))
        return report->is_run ? "run" : "stdin";
    char *name = sf_arena_strdup(report->arena, report->file), *to = name;
    const char *dot = strrchr(report->file, '.');
    size_t length = dot && !strchr(dot, '/') ? (size_t)(dot - report->file) : strlen(report->file);
    for (size_t at = 0; at < length;) {
        size_t part = strcspn(report->file + at, "/");
        part = part < length - at ? part : length - at;
        if (strspn(report->file + at, ".") < part) { /* else it is empty, . or .. */
            if (to > name)
                *to++ = '.';
            for (size_t i = 0; i < part; i++)
                *to++ = report->file[at + i] == '.' ? '_' : report->file[at + i];
        }
        at += part + 1;
    }
    *to = '\0';
    return name;
}

static void put_outcome(FILE *out, const struct sf_report_scenario *report)
{
    const char *element = report->result == SF_INVALID ? "error" : "failure", *body;
    if (report->result == SF_SKIPPED) {
        fputs("      <skipped", out);
        put_attribute(out, "message", report->reason);
        fputs("/>\n", out);
    }
    if (report->result != SF_FAILED && report->result != SF_INVALID)
        return;
    const char *message = report->findings.count ? report->findings.list[0].message : "";
    if (report->findings.count > 1)
        message = sf_arena_printf(report->arena, "%s (and %zu more)", message, report->findings.count - 1);
    fprintf(out, "      <%s", element);
    put_attribute(out, "message", message);
    put_attribute(out, "type", report->findings.count ? report->findings.list[0].what : element);
    fputc('>', out);
    sf_pretty_text(report, report->result == SF_FAILED, &body);
    put_text(out, body, strlen(body), false);
    fprintf(out, "</%s>\n", element);
}

/* What all programs wrote to one of their outputs, each under its name. */
static void put_outputs(FILE *out, const struct sf_report_scenario *report, bool is_error)
{
    const char *element = is_error ? "system-err" : "system-out";
    bool is_open = false;
    for (size_t i = 0; i < report->program_count; i++) {
        const struct sf_report_program *program = &report->programs[i];
        const struct sf_output *output = is_error ? &program->exit.err : &program->exit.out;
        if (output->tail_bytes == 0)
            continue;
        if (!is_open)
            fprintf(out, "      <%s>", element);
        is_open = true;
        fputs("==&gt; ", out);
        put_text(out, program->name, strlen(program->name), false);
        fputs(" &lt;==\n", out);
        if (output->total_bytes > output->tail_bytes)
            fprintf(out, "... %" PRIu64 " bytes before these\n", output->total_bytes - output->tail_bytes);
        put_text(out, output->tail, output->tail_bytes, false);
        if (output->tail[output->tail_bytes - 1] != '\n')
            fputc('\n', out);
    }
    if (is_open)
        fprintf(out, "</%s>\n", element);
}

static void put_case(FILE *out, const struct sf_report_scenario *report)
{
    fputs("    <testcase", out);
    put_attribute(out, "name", report->name);
    put_attribute(out, "classname", class_of(report));
    put_time(out, report->duration_ns);
    if (sf_report_is_path(report->file)) {
        put_attribute(out, "file", report->file);
        fprintf(out, " line=\"%u\"", report->line);
    }
    fputs(">\n", out);
    put_outcome(out, report);
    put_outputs(out, report, false);
    put_outputs(out, report, true);
    fputs("    </testcase>\n", out);
}

static struct counts count(struct sf_report_scenario *const *scenarios, size_t count)
{
    struct counts sum = {.tests = count};
    for (size_t i = 0; i < count; i++) {
        sum.failures += scenarios[i]->result == SF_FAILED;
        sum.errors += scenarios[i]->result == SF_INVALID;
        sum.skipped += scenarios[i]->result == SF_SKIPPED;
        sum.duration_ns += scenarios[i]->duration_ns;
    }
    return sum;
}

static void open_suite(FILE *out, const char *name, const struct counts *counts)
{
    fputs("  <testsuite", out);
    put_attribute(out, "name", name);
    fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\"", counts->tests,
            counts->failures, counts->errors, counts->skipped);
    put_time(out, counts->duration_ns);
    fputs(">\n", out);
}

/* A test case has no properties in the schema: seeds stand in those of its suite. */
static void put_properties(FILE *out, const struct sf_report_run *run,
                           struct sf_report_scenario *const *scenarios, size_t count)
{
    fputs("    <properties>\n", out);
    put_property(out, "sockfault", SF_VERSION);
    if (run->shard)
        put_property(out, "shard", run->shard);
    for (size_t i = 0; i < count; i++) {
        struct sf_report_scenario *report = scenarios[i];
        if (report->result != SF_INVALID)
            put_property(out, sf_arena_printf(report->arena, "seed of %s", report->name),
                         sf_arena_printf(report->arena, "%" PRIu64, report->seed));
    }
    fputs("    </properties>\n", out);
}

/* The scenarios of one file, which stand one behind the other. Returns how many there are. */
static size_t put_suite(FILE *out, const struct sf_report_run *run, size_t first)
{
    struct sf_report_scenario *const *scenarios = run->scenarios + first;
    size_t length = 1;
    while (first + length < run->count && strcmp(scenarios[length]->file, scenarios[0]->file) == 0)
        length++;
    struct counts counts = count(scenarios, length);
    open_suite(out, scenarios[0]->is_run ? "sockfault run" : scenarios[0]->file, &counts);
    put_properties(out, run, scenarios, length);
    for (size_t i = 0; i < length; i++)
        put_case(out, scenarios[i]);
    fputs("  </testsuite>\n", out);
    return length;
}

/* That these are not all must not look like success. */
static void put_failure(FILE *out, const struct sf_report_run *run)
{
    const struct counts counts = {.tests = 1, .errors = 1};
    open_suite(out, "sockfault", &counts);
    put_properties(out, run, NULL, 0);
    fputs("    <testcase name=\"sockfault\" classname=\"sockfault\" time=\"0.000\">\n      <error", out);
    put_attribute(out, "message", run->failure);
    fputs(" type=\"sockfault\"/>\n    </testcase>\n  </testsuite>\n", out);
}

/* Some readers take a file without any suite for a broken one. */
static void put_idle(FILE *out, const struct sf_report_run *run)
{
    const struct counts counts = {.tests = 0};
    open_suite(out, "sockfault", &counts);
    put_properties(out, run, NULL, 0);
    fputs("  </testsuite>\n", out);
}

int sf_junit_write(FILE *out, const struct sf_report_run *run, int verbosity)
{
    (void)verbosity; /* it holds all there is */
    struct counts all = count(run->scenarios, run->count);
    size_t own = run->failure ? 1 : 0;
    fprintf(out,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuites name=\"sockfault\" tests=\"%zu\" failures=\"%zu\" errors=\"%zu\"",
            all.tests + own, all.failures, all.errors + own);
    put_time(out, run->duration_ns);
    fputs(">\n", out);
    for (size_t i = 0; i < run->count;)
        i += put_suite(out, run, i);
    if (run->failure)
        put_failure(out, run);
    else if (run->count == 0)
        put_idle(out, run);
    fputs("</testsuites>\n", out);
    return 0;
}
