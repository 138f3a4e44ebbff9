/* Workflow commands of GitHub Actions, which turn failures into annotations of the source, between the
 * lines of the pretty report. Source: actions/toolkit, packages/core/src/command.ts; which lines are
 * commands, actions/runner, src/Runner.Common/ActionCommand.cs. */
#include "report/formats.h"

#include "base/arena.h"
#include "verify/wording.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* A value ends at ',' and ':' where it is a property's. */
static void put_value(FILE *out, const char *text, bool is_property)
{
    for (; *text; text++) {
        if (strchr("%\r\n", *text) || (is_property && strchr(":,", *text)))
            fprintf(out, "%%%02X", (unsigned char)*text);
        else
            fputc(*text, out);
    }
}

/* Text that the runner takes for no command: an older form of them may stand anywhere in a line. */
static void put_plain(FILE *out, const char *text)
{
    static const char command[] = "##[";
    while (*text) {
        const char *end = strstr(text, command);
        size_t length = end ? (size_t)(end - text) : strlen(text);
        fwrite(text, 1, length, out);
        text += length;
        if (end) {
            fputs("##\\[", out);
            text += strlen(command);
        }
    }
}

/* Annotations name files from the root of the repository, wherever in it we are. */
static const char *path_of(struct sf_arena *arena, const char *file)
{
    char path[PATH_MAX], root[PATH_MAX];
    const char *workspace = getenv("GITHUB_WORKSPACE");
    if (!workspace || !realpath(workspace, root) || !realpath(file, path))
        return file;
    size_t length = strlen(root);
    bool is_below = strncmp(path, root, length) == 0 && path[length] == '/';
    return is_below ? sf_arena_strdup(arena, path + length + 1) : file;
}

static void put_command(FILE *out, const struct sf_report_scenario *report, const char *command,
                        const struct sf_place *place, const char *message)
{
    fprintf(out, "::%s ", command);
    if (sf_report_is_path(place->file)) {
        fputs("file=", out);
        put_value(out, path_of(report->arena, place->file), true);
        if (place->line)
            fprintf(out, ",line=%u", place->line);
        fputc(',', out);
    }
    fputs("title=", out);
    put_value(out, report->name, true);
    fputs("::", out);
    put_value(out, message, false);
    fputc('\n', out);
}

/* What is known of a failed scenario can be unfolded. */
static void put_details(FILE *out, const struct sf_report_scenario *report, int verbosity)
{
    const char *rest, *heading = sf_pretty_text(report, report->result == SF_FAILED ? 1 : verbosity, &rest);
    if (!*rest && *heading) {
        put_plain(out, heading);
        fputc('\n', out);
    } else if (*rest) {
        fputs("::group::", out);
        put_value(out, heading, false);
        fputc('\n', out);
        put_plain(out, rest);
        fputs("::endgroup::\n", out);
    }
}

static void put_scenario(FILE *out, const struct sf_report_scenario *report, int verbosity)
{
    const struct sf_place place = {.file = report->file, .line = report->line};
    put_details(out, report, verbosity);
    for (size_t i = 0; i < report->findings.count; i++)
        put_command(out, report, "error", &report->findings.list[i].place, report->findings.list[i].message);
    if (report->result == SF_SKIPPED)
        put_command(out, report, "notice", &place,
                    sf_arena_printf(report->arena, "skipped: %s", report->reason));
}

static void put_remark(FILE *out, const char *command, const char *message)
{
    fprintf(out, "::%s title=sockfault::", command);
    put_value(out, message, false);
    fputc('\n', out);
}

int sf_github_write(FILE *out, const struct sf_report_run *run, int verbosity)
{
    for (size_t i = 0; i < run->count; i++)
        put_scenario(out, run->scenarios[i], verbosity);
    if (run->failure)
        put_remark(out, "error", run->failure);
    if (run->idle)
        put_remark(out, "notice", run->idle);
    if (run->count == 0 ? !run->failure : !run->scenarios[0]->is_run)
        sf_pretty_summary(out, run);
    return 0;
}
