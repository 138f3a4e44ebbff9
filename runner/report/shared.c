/* What more than one format needs. */
#include "report/formats.h"

#include "base/arena.h"
#include "base/memory.h"
#include "verify/wording.h"

#include <stdlib.h>
#include <string.h>

const char *const sf_result_names[SF_RESULT_COUNT] = {
    [SF_PASSED] = "passed", [SF_FAILED] = "failed", [SF_SKIPPED] = "skipped", [SF_INVALID] = "invalid"};

#define TAIL_LINES 5
#define TAIL_LINE_BYTES 300

/* The finding that made the reader ask for a program's last words; NULL: none. */
static const struct sf_finding *failure_of(const struct sf_report_scenario *report,
                                           const struct sf_report_program *program)
{
    size_t length = strlen(program->name);
    for (size_t i = 0; i < report->findings.count; i++) {
        const struct sf_finding *finding = &report->findings.list[i];
        if (strncmp(finding->what, program->name, length) == 0 && finding->what[length] == '.')
            return finding;
        if (strcmp(finding->what, "timeout") == 0 && program->exit.end == SF_END_TIMEOUT)
            return finding;
    }
    return NULL;
}

/* Where the last TAIL_LINES lines of these bytes begin. */
static uint64_t tail_start(const char *data, uint64_t bytes)
{
    unsigned lines = 0;
    for (uint64_t at = bytes; at > 0; at--)
        if (data[at - 1] == '\n' && at < bytes && ++lines == TAIL_LINES)
            return at;
    return 0;
}

struct sf_tail sf_report_tail(const struct sf_report_scenario *report,
                              const struct sf_report_program *program)
{
    struct sf_tail tail = {.count = 0};
    const struct sf_finding *finding = failure_of(report, program);
    const struct sf_output *output = &program->exit.err;
    if (!finding || output->tail_bytes == 0)
        return tail;
    /* One line that the message ended with need not be told again. */
    const char *last = sf_word_last_words(report->arena, output, TAIL_LINE_BYTES);
    if (output->tail_bytes <= strlen(last) + 1 && strstr(finding->message, last))
        return tail;
    uint64_t at = tail_start(output->tail, output->tail_bytes);
    tail.is_cut = at > 0 || output->total_bytes > output->tail_bytes;
    while (at < output->tail_bytes) {
        const char *line = output->tail + at;
        const char *end = memchr(line, '\n', output->tail_bytes - at);
        uint64_t length = end ? (uint64_t)(end - line) : output->tail_bytes - at;
        const char **slot = sf_arena_push(report->arena, &tail.lines, &tail.count, sizeof *slot);
        *slot = sf_word_line(report->arena, line, length, TAIL_LINE_BYTES);
        at += length + 1;
    }
    return tail;
}

bool sf_report_is_path(const char *file)
{
    return *file != '<' && strncmp(file, "--", 2) != 0;
}

const char *sf_pretty_text(const struct sf_report_scenario *report, int verbosity, const char **rest)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    if (!out)
        sf_out_of_memory();
    sf_pretty_scenario(out, report, verbosity);
    fclose(out);
    char *kept = sf_arena_strdup(report->arena, text);
    free(text);
    char *end = kept + strcspn(kept, "\n");
    *rest = *end ? end + 1 : end;
    *end = '\0';
    return kept;
}
