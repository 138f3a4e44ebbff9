#include "commands/reports.h"

#include "base/arena.h"

#include <string.h>

const char *sf_reports_problem(struct sf_arena *arena, const struct sf_report_request *request, int error)
{
    return sf_arena_printf(arena, "cannot write the report%s%s: %s", request->path ? " to " : "",
                           request->path ? request->path : "", strerror(error));
}

const char *sf_reports_open(struct sf_arena *arena, const struct sf_options *options)
{
    for (size_t i = 0; i < options->report_count; i++) {
        int error = sf_report_open(&options->reports[i]);
        if (error)
            return sf_reports_problem(arena, &options->reports[i], error);
    }
    return NULL;
}

void sf_reports_close(const struct sf_options *options)
{
    for (size_t i = 0; i < options->report_count; i++)
        sf_report_close(&options->reports[i]);
}

bool sf_reports_draw(const struct sf_options *options)
{
    for (size_t i = 0; i < options->report_count; i++)
        if (options->reports[i].format == SF_REPORT_HTML)
            return true;
    return false;
}
