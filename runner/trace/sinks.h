/* The sinks that there are: one row each in recorder.c. */
#ifndef SF_TRACE_SINKS_H
#define SF_TRACE_SINKS_H

#include "trace/recorder.h"

/* Fill in the sink; false: it is not asked for. Called in the recorder's process. */
typedef bool sf_sink_maker(const struct sf_recording *recording, struct sf_trace_sink *sink);

sf_sink_maker sf_text_sink; /* a line a call, for people */
sf_sink_maker sf_json_sink; /* JSON Lines, for machines */
sf_sink_maker sf_capture_sink; /* what passed, as a capture file (capture/capture.h) */
sf_sink_maker sf_hygiene_sink; /* warnings of broken habits (hygiene/hygiene.h) */
sf_sink_maker sf_timeline_sink; /* lives of connections, for the HTML report (timeline/timeline.h) */
sf_sink_maker sf_observe_sink; /* what explore learns of a run (explore/observe.h) */

/* What a call failed with, by name ("ECONNRESET", "EAI_NONAME"); NULL: it did not fail, or the
 * number has no name. */
const char *sf_error_name(const struct sf_trace_call *call);

/* Ids of the rules that fired, joined; "" when none did. */
struct sf_page;
void sf_page_rules(struct sf_page *page, const struct sf_plan *plan, const struct sf_traced *call,
                   const char *between, void (*put)(struct sf_page *page, const char *text));

#endif
