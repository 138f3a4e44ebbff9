#include "report/report.h"

#include "base/diagnostic.h"
#include "base/output.h"

#include <errno.h>
#include <string.h>

const char *const sf_report_format_names[SF_REPORT_FORMAT_COUNT] = {
    [SF_REPORT_PRETTY] = "pretty",
    [SF_REPORT_JSON] = "json",
};

bool sf_report_parse(const char *text, struct sf_report_request *request, char *error, size_t error_bytes)
{
    size_t length = strcspn(text, "=");
    *request = (struct sf_report_request){0};
    if (text[length] == '=' && text[length + 1] == '\0') {
        snprintf(error, error_bytes, "'%s' names no file behind its '='", text);
        return false;
    }
    for (unsigned i = 0; i < SF_REPORT_FORMAT_COUNT; i++) {
        if (strlen(sf_report_format_names[i]) != length ||
            strncmp(text, sf_report_format_names[i], length) != 0)
            continue;
        request->format = i;
        request->path = text[length] == '=' ? text + length + 1 : NULL;
        return true;
    }
    char name[32];
    snprintf(name, sizeof name, "%.*s", (int)(length < sizeof name ? length : sizeof name - 1), text);
    const char *near = sf_nearest(name, sf_report_format_names, SF_REPORT_FORMAT_COUNT);
    snprintf(error, error_bytes, "unknown report format '%s'%s%s%s: this build writes pretty and json", name,
             near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
    return false;
}

size_t sf_report_count(const struct sf_report_run *run, enum sf_result result)
{
    size_t count = 0;
    for (size_t i = 0; i < run->count; i++)
        count += run->scenarios[i]->result == result;
    return count;
}

static int write_format(enum sf_report_format format, const struct sf_report_run *run, FILE *out,
                        int verbosity)
{
    if (format == SF_REPORT_JSON)
        return sf_json_write(out, run);
    for (size_t i = 0; i < run->count; i++)
        sf_pretty_scenario(out, run->scenarios[i], verbosity);
    if (run->count == 0 || !run->scenarios[0]->is_run)
        sf_pretty_summary(out, run);
    return 0;
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
    int error = write_format(request->format, run, out, verbosity);
    errno = 0;
    if (fflush(out) != 0 || ferror(out))
        error = error ? error : errno ? errno : EIO;
    return error;
}
