/* Parts of the HTML report. One file, with all that it needs within, readable without scripts: these only
 * sift and zoom. Nothing of what programs or scenarios say can end its element or start another. */
#ifndef SF_HTML_HTML_H
#define SF_HTML_HTML_H

#include "report/report.h"

#include <stdio.h>

/* The page's style and scripts; report.css, report.js and zoom.js as they are. */
extern const char sf_html_style[], sf_html_script[], sf_html_zoom[];

/* Text between tags or within a quoted attribute: markup is escaped, control characters but line ends are
 * shown as pictures, what is not UTF-8 is U+FFFD. */
void sf_html_text(FILE *out, const char *text);
void sf_html_bytes(FILE *out, const char *data, uint64_t bytes);

/* printf, each %s of it as sf_html_text; no other conversion may take text. */
void sf_html_put(FILE *out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "0 B", "1.2 KiB", "34 MiB". */
#define SF_HTML_SIZE_BYTES 24
const char *sf_html_size(char text[static SF_HTML_SIZE_BYTES], uint64_t bytes);

/* An article for the scenario. is_open: whatever its result. */
void sf_html_scenario(FILE *out, const struct sf_report_scenario *report, size_t number, bool is_open);

/* The lines of the file around the place, that one marked; nothing where it cannot be read. */
void sf_html_source(FILE *out, const struct sf_place *place);

/* Lives of its connections; nothing where none was collected. */
void sf_html_timeline(FILE *out, const struct sf_report_scenario *report);

#endif
