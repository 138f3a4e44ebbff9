/* The failing expectation beside the scenario's line. */
#include "html/html.h"

#include "report/formats.h"

#include <stdlib.h>

enum { LINES_AROUND = 3, LINE_BYTES_MAX = 160 };

static void put_line(FILE *out, const char *line, ssize_t length, unsigned number, bool is_it)
{
    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        length--;
    fprintf(out, "<%s><i>%u</i>", is_it ? "mark" : "span", number);
    sf_html_bytes(out, line, (uint64_t)(length < LINE_BYTES_MAX ? length : LINE_BYTES_MAX));
    fputs(length > LINE_BYTES_MAX ? "…\n" : "\n", out);
    fputs(is_it ? "</mark>" : "</span>", out);
}

void sf_html_source(FILE *out, const struct sf_place *place)
{
    FILE *file = place->line && sf_report_is_path(place->file) ? fopen(place->file, "re") : NULL;
    char *line = NULL;
    size_t room = 0;
    ssize_t length;
    bool is_begun = false;
    if (!file)
        return;
    for (unsigned number = 1; number <= place->line + LINES_AROUND; number++) {
        length = getline(&line, &room, file);
        if (length < 0)
            break;
        if (number + LINES_AROUND < place->line)
            continue;
        if (!is_begun)
            fputs("<pre class=\"source\">", out);
        is_begun = true;
        put_line(out, line, length, number, number == place->line);
    }
    if (is_begun)
        fputs("</pre>", out);
    free(line);
    fclose(file);
}
