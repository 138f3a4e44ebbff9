/* TAP 14, the Test Anything Protocol (testanything.org): a line for each scenario, and below one that
 * failed a block of YAML. A harness that starts us says in TAP_VERSION what it reads at most: perl's, up
 * to 3.44, takes a 14 for an error. But for that number nothing here is newer than TAP 13. */
#include "report/formats.h"

#include "base/arena.h"
#include "verify/wording.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* The character that starts here; what is not UTF-8 is U+FFFD, a byte each. Returns its length. */
static unsigned decode(const char *text, size_t bytes, unsigned *character)
{
    const unsigned char *at = (const unsigned char *)text;
    unsigned length = sf_utf8_length(text, bytes);
    *character = length == 1 ? at[0] : length ? at[0] & (0x7fu >> length) : 0xfffd;
    for (unsigned i = 1; i < length; i++)
        *character = *character << 6 | (at[i] & 0x3fu);
    return length ? length : 1;
}

/* What a YAML stream must not hold, or may take for a line end. */
static bool is_special(unsigned character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0) || character == 0x2028 ||
           character == 0x2029 || character == 0xfffe || character == 0xffff;
}

/* Within double quotes, on one line: all text has a form there. */
static void put_characters(FILE *out, const char *text, size_t bytes)
{
    unsigned character, length;
    for (size_t at = 0; at < bytes; at += length) {
        length = decode(text + at, bytes - at, &character);
        if (character == '"' || character == '\\')
            fprintf(out, "\\%c", (int)character);
        else if (character == '\n')
            fputs("\\n", out);
        else if (is_special(character))
            fprintf(out, character < 0x100 ? "\\x%02x" : "\\u%04x", character);
        else if (character == 0xfffd)
            fputs("\xef\xbf\xbd", out);
        else
            fwrite(text + at, 1, length, out);
    }
}

static void put_string(FILE *out, const char *text)
{
    fputc('"', out);
    put_characters(out, text, strlen(text));
    fputc('"', out);
}

/* Of a list. Where a word, a colon and a space begin one, perl's reader takes it for a mapping, whatever the
 * quotes, and gives the whole report up. */
static void put_item(FILE *out, const char *text)
{
    const char *colon;
    fputc('"', out);
    for (; (colon = strstr(text, ": ")); text = colon + 2) {
        put_characters(out, text, (size_t)(colon + 1 - text));
        fputs("\\x20", out);
    }
    put_characters(out, text, strlen(text));
    fputs("\"\n", out);
}

static void put_pair(FILE *out, const char *indent, const char *key, const char *text)
{
    fprintf(out, "%s%s: ", indent, key);
    put_string(out, text);
    fputc('\n', out);
}

static void put_place(FILE *out, const char *indent, const struct sf_place *place)
{
    put_pair(out, indent, "file", place->file);
    if (place->line)
        fprintf(out, "%sline: %u\n", indent, place->line);
}

static void put_findings(FILE *out, const struct sf_report_scenario *report)
{
    fputs("  failures:\n", out);
    for (size_t i = 0; i < report->findings.count; i++) {
        const struct sf_finding *finding = &report->findings.list[i];
        put_pair(out, "    - ", "message", finding->message);
        put_place(out, "      ", &finding->place);
        put_pair(out, "      ", "what", finding->what);
        put_pair(out, "      ", "want", finding->want);
        put_pair(out, "      ", "got", finding->got);
    }
}

static void put_stderr(FILE *out, const struct sf_report_scenario *report)
{
    bool is_first = true;
    for (size_t i = 0; i < report->program_count; i++) {
        struct sf_tail tail = sf_report_tail(report, &report->programs[i]);
        if (tail.count == 0)
            continue;
        fputs(is_first ? "  stderr:\n    " : "    ", out);
        put_string(out, report->programs[i].name);
        fputs(":\n", out);
        for (size_t line = 0; line < tail.count; line++) {
            fputs("      - ", out);
            put_item(out, tail.lines[line]);
        }
        is_first = false;
    }
}

/* message, severity, file and line stand where other producers put them; all failures are listed below. */
static void put_diagnostics(FILE *out, const struct sf_report_scenario *report)
{
    const struct sf_place place = {.file = report->file, .line = report->line};
    fputs("  ---\n", out);
    if (report->findings.count) {
        put_pair(out, "  ", "message", report->findings.list[0].message);
        fprintf(out, "  severity: %s\n", report->result == SF_INVALID ? "error" : "fail");
        put_place(out, "  ", &report->findings.list[0].place);
    } else {
        put_place(out, "  ", &place);
    }
    if (report->result != SF_INVALID)
        fprintf(out, "  seed: %" PRIu64 "\n  duration_ms: %.3f\n", report->seed,
                (double)report->duration_ns / 1e6);
    if (report->findings.count)
        put_findings(out, report);
    put_stderr(out, report);
    fputs("  ...\n", out);
}

static void put_description(FILE *out, const struct sf_report_scenario *report)
{
    const char *name = sf_word_line(report->arena, report->name, strlen(report->name), UINT64_MAX);
    for (; *name; name++) {
        if (*name == '\\' || *name == '#')
            fputc('\\', out);
        fputc(*name, out);
    }
}

static void put_scenario(FILE *out, const struct sf_report_scenario *report, size_t number, int verbosity)
{
    bool failed = report->result == SF_FAILED || report->result == SF_INVALID;
    fprintf(out, "%s %zu - ", failed ? "not ok" : "ok", number);
    put_description(out, report);
    if (report->result == SF_SKIPPED)
        fprintf(out, " # SKIP %s",
                sf_word_line(report->arena, report->reason, strlen(report->reason), UINT64_MAX));
    fputc('\n', out);
    if (failed || verbosity > 0)
        put_diagnostics(out, report);
}

static void put_comment(FILE *out, const char *text)
{
    for (size_t length; *text; text += length + (text[length] == '\n')) {
        length = strcspn(text, "\n");
        fprintf(out, "# %.*s\n", (int)length, text);
    }
}

void sf_tap_comment(FILE *out, const struct sf_report_run *run)
{
    for (size_t i = 0; i < run->count; i++) {
        const struct sf_report_scenario *report = run->scenarios[i];
        const char *rest;
        if (report->is_run || report->result != SF_FAILED)
            continue;
        put_comment(out, sf_pretty_text(report, -1, &rest));
        put_comment(out, rest);
    }
}

int sf_tap_write(FILE *out, const struct sf_report_run *run, int verbosity)
{
    struct sf_arena *arena = sf_arena_new();
    const char *version = getenv("TAP_VERSION");
    fprintf(out, "TAP version %d\n", version && strcmp(version, "13") == 0 ? 13 : 14);
    if (run->count || !run->failure)
        fprintf(out, "1..%zu%s%s\n", run->count, run->idle ? " # SKIP " : "", run->idle ? run->idle : "");
    for (size_t i = 0; i < run->count; i++)
        put_scenario(out, run->scenarios[i], i + 1, verbosity);
    if (run->failure)
        fprintf(out, "Bail out! %s\n", sf_word_line(arena, run->failure, strlen(run->failure), UINT64_MAX));
    sf_arena_free(arena);
    return 0;
}
