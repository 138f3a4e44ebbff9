#include "report/formats.h"

#include "base/arena.h"
#include "base/diagnostic.h"
#include "base/output.h"

#include <errno.h>
#include <string.h>

static int write_json(FILE *out, const struct sf_report_run *run, int verbosity)
{
    (void)verbosity; /* it holds all there is */
    return sf_json_write(out, run);
}

static const struct {
    const char *name;
    int (*write)(FILE *out, const struct sf_report_run *run, int verbosity);
} formats[SF_REPORT_FORMAT_COUNT] = {
    [SF_REPORT_PRETTY] = {"pretty", sf_pretty_write},
    [SF_REPORT_TAP] = {"tap", sf_tap_write},
    [SF_REPORT_JUNIT] = {"junit", sf_junit_write},
    [SF_REPORT_JSON] = {"json", write_json},
    [SF_REPORT_GITHUB] = {"github", sf_github_write},
    [SF_REPORT_HTML] = {"html", sf_html_write},
};

void sf_report_formats(const char *names[static SF_REPORT_FORMAT_COUNT])
{
    for (unsigned i = 0; i < SF_REPORT_FORMAT_COUNT; i++)
        names[i] = formats[i].name;
}

/* What is wrong with a format that does not exist. */
static void refuse(const char *name, char *error, size_t error_bytes)
{
    struct sf_arena *arena = sf_arena_new();
    const char *names[SF_REPORT_FORMAT_COUNT];
    sf_report_formats(names);
    snprintf(error, error_bytes, "unknown report format %s%s: allowed are %s", sf_quoted(arena, name),
             sf_suggestion(arena, name, names, SF_REPORT_FORMAT_COUNT),
             sf_names_join(arena, names, SF_REPORT_FORMAT_COUNT));
    sf_arena_free(arena);
}

bool sf_report_parse(const char *text, struct sf_report_request *request, char *error, size_t error_bytes)
{
    size_t length = strcspn(text, "=");
    *request = (struct sf_report_request){0};
    if (text[length] == '=' && text[length + 1] == '\0') {
        snprintf(error, error_bytes, "'%s' names no file behind its '='", text);
        return false;
    }
    for (unsigned i = 0; i < SF_REPORT_FORMAT_COUNT; i++) {
        if (strlen(formats[i].name) != length || strncmp(text, formats[i].name, length) != 0)
            continue;
        request->format = i;
        request->path = text[length] == '=' ? text + length + 1 : NULL;
        return true;
    }
    char name[32];
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), text);
    refuse(name, error, error_bytes);
    return false;
}

size_t sf_report_count(const struct sf_report_run *run, enum sf_result result)
{
    size_t count = 0;
    for (size_t i = 0; i < run->count; i++)
        count += run->scenarios[i]->result == result;
    return count;
}

int sf_report_open(struct sf_report_request *request)
{
    if (!request->path)
        return 0;
    request->file = sf_output_open(request->path);
    return request->file ? 0 : errno;
}

void sf_report_close(struct sf_report_request *request)
{
    sf_output_close(request->file);
    request->file = NULL;
}

int sf_report_write(const struct sf_report_request *request, const struct sf_report_run *run, FILE *fallback,
                    int verbosity)
{
    FILE *out = request->file ? request->file : fallback;
    int error = formats[request->format].write(out, run, verbosity);
    /* On the screen it stands already. */
    if (request->format == SF_REPORT_PRETTY && request->file && run->failure)
        fprintf(out, "sockfault: %s\n", run->failure);
    errno = 0;
    if (fflush(out) != 0 || ferror(out))
        error = error ? error : errno ? errno : EIO;
    /* Behind the report, so that it is whole where both go to one place. */
    if (request->format == SF_REPORT_TAP && out == stdout)
        sf_tap_comment(stderr, run);
    return error;
}
