/* Lives of connections, a lane each: its states as bars, its traffic above (out) and below (in) the line,
 * faults and errors where they struck; opened, the events in words. */
#include "html/html.h"

#include "base/address.h"
#include "base/memory.h"
#include "scenario/calls.h"
#include "scenario/states.h"
#include "trace/sinks.h"
#include "verify/wording.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MS UINT64_C(1000000)
enum { TICKS_MAX = 7, LANES_MANY = 60 }; /* more lanes than these scroll by themselves */

struct drawing {
    FILE *out;
    const struct sf_report_scenario *report;
    const struct sf_timeline *timeline;
    uint64_t first_ns, end_ns;
    const struct sf_timeline_event **events; /* of one connection after the other, each in its order */
    uint32_t *first;                         /* [connection_count + 1]: where those of a connection begin */
};

static double percent(const struct drawing *drawing, uint64_t ns)
{
    uint64_t within_ns =
        ns < drawing->first_ns ? 0 : (ns < drawing->end_ns ? ns : drawing->end_ns) - drawing->first_ns;
    return (double)within_ns * 100 / (double)(drawing->end_ns - drawing->first_ns);
}

/* ---- what is drawn -------------------------------------------------------------- */

static int compare_times(const void *left, const void *right)
{
    const struct sf_timeline_event *const *one = left, *const *other = right;
    bool is_by_time = (*one)->ns != (*other)->ns;
    return is_by_time ? ((*one)->ns < (*other)->ns ? -1 : 1) : (*one < *other ? -1 : *one > *other);
}

/* Bring the events in the order of their connections, a counting sort, and those of each in that of time. */
static void group(struct drawing *drawing)
{
    const struct sf_timeline *timeline = drawing->timeline;
    const struct sf_timeline_event *events = sf_timeline_events(timeline);
    uint32_t *next = sf_memory_new((timeline->connection_count + 1) * sizeof *next);
    drawing->first = sf_memory_new((timeline->connection_count + 1) * sizeof *drawing->first);
    drawing->events = sf_memory_new((timeline->event_count + 1) * sizeof *drawing->events);
    for (uint32_t i = 0; i < timeline->event_count; i++)
        drawing->first[events[i].connection + 1]++;
    for (uint32_t i = 0; i < timeline->connection_count; i++)
        drawing->first[i + 1] += drawing->first[i];
    memcpy(next, drawing->first, timeline->connection_count * sizeof *next);
    for (uint32_t i = 0; i < timeline->event_count; i++)
        drawing->events[next[events[i].connection]++] = &events[i];
    for (uint32_t i = 0; i < timeline->connection_count; i++)
        qsort(drawing->events + drawing->first[i], drawing->first[i + 1] - drawing->first[i],
              sizeof(const struct sf_timeline_event *), compare_times);
    free(next);
}

static bool is_marked(const struct drawing *drawing, uint32_t index)
{
    for (uint32_t i = drawing->first[index]; i < drawing->first[index + 1]; i++)
        if (drawing->events[i]->kind != SF_TIMELINE_STATE)
            return true;
    return false;
}

static bool is_listener(const struct drawing *drawing, uint32_t index)
{
    for (uint32_t i = drawing->first[index]; i < drawing->first[index + 1]; i++)
        if (drawing->events[i]->kind == SF_TIMELINE_STATE && drawing->events[i]->state == SF_STATE_LISTEN)
            return true;
    return false;
}

/* What has a life worth a lane: pairs and sockets that were never used have none. */
static bool is_shown(const struct drawing *drawing, uint32_t index)
{
    const struct sf_timeline_connection *connection = &drawing->timeline->connections[index];
    bool is_datagram = connection->type == SF_TYPE_DGRAM && connection->bytes_in + connection->bytes_out;
    return connection->connection || is_datagram || is_marked(drawing, index) || is_listener(drawing, index);
}

/* ---- words ------------------------------------------------------------------------ */

static const char *program_of(const struct drawing *drawing, const struct sf_timeline_connection *connection)
{
    return connection->program < drawing->report->program_count
               ? drawing->report->programs[connection->program].name
               : "";
}

static const char *peer_of(const struct sf_timeline_connection *connection,
                           char text[static SF_ADDRESS_TEXT_BYTES])
{
    return *connection->peer_name || !sf_address_print(text, &connection->peer) ? connection->peer_name
                                                                                : text;
}

static void put_label(struct drawing *drawing, uint32_t index)
{
    const struct sf_timeline_connection *connection = &drawing->timeline->connections[index];
    char local[SF_ADDRESS_TEXT_BYTES] = "", peer[SF_ADDRESS_TEXT_BYTES] = "";
    const char *name = peer_of(connection, peer);
    sf_html_put(drawing->out, "<span class=\"who\"><b>%s</b> ", program_of(drawing, connection));
    sf_address_print(local, &connection->local);
    if (connection->number == 0)
        fputs("without a socket", drawing->out);
    else if (is_listener(drawing, index))
        sf_html_put(drawing->out, "listens on %s", local);
    else if (connection->connection)
        sf_html_put(drawing->out, connection->role == SF_ROLE_SERVER ? "#%u ← %s" : "#%u → %s",
                    connection->connection, name);
    else
        sf_html_put(drawing->out, *name ? "%s ↔ %s" : "%s%s", local, name);
    fputs("</span>", drawing->out);
}

static const char *rule_of(const struct drawing *drawing, const struct sf_timeline_event *event)
{
    const struct sf_report_scenario *report = drawing->report;
    return event->rule < report->rule_count ? sf_word_rule(report->arena, report->rules[event->rule].id)
                                            : "rule";
}

static const char *error_of(const struct sf_timeline_event *event)
{
    const struct sf_trace_call call = {.error = event->error};
    const char *name = sf_error_name(&call);
    return name ? name : event->error ? "an error" : "";
}

static void put_call(FILE *out, const struct sf_timeline_event *event)
{
    char name[SF_FUNCTION_BYTES_MAX];
    char result[32];
    sf_call_function((enum sf_call_id)event->call, name);
    snprintf(result, sizeof result, "%" PRId64, event->result);
    sf_html_put(out, "%s() = %s %s", name, result, error_of(event));
}

static void put_sentence(struct drawing *drawing, const struct sf_timeline_event *event)
{
    FILE *out = drawing->out;
    const char *state = sf_state_name(event->state);
    if (event->kind == SF_TIMELINE_STATE) {
        sf_html_put(out, "%s", state ? state : "closed");
        return;
    }
    if (event->kind == SF_TIMELINE_FAULT)
        sf_html_put(out, "%s: ", rule_of(drawing, event));
    if (event->call < SF_CALL_COUNT)
        put_call(out, event);
    else
        sf_html_put(out, "on the link, %s, behind %s", event->state == SF_LINK_IN ? "in" : "out",
                    sf_word_count(drawing->report->arena, (uint64_t)event->result, "byte"));
    if (event->times > 1)
        sf_html_put(out, ", %u times", event->times);
}

/* ---- a lane ------------------------------------------------------------------------- */

static void put_segment(struct drawing *drawing, uint64_t from_ns, uint64_t to_ns, const char *state)
{
    double left = percent(drawing, from_ns);
    sf_html_put(drawing->out, "<i class=\"s %s\" title=\"%s\" style=\"left:%.3f%%;width:%.3f%%\"></i>", state,
                state, left, percent(drawing, to_ns) - left);
}

static const char *class_of(uint8_t state)
{
    const char *name = sf_state_name(state);
    return name ? name : "open";
}

static void put_states(struct drawing *drawing, uint32_t index)
{
    const struct sf_timeline_connection *connection = &drawing->timeline->connections[index];
    uint64_t end_ns = connection->closed_ns < drawing->end_ns ? connection->closed_ns : drawing->end_ns;
    uint64_t from_ns = connection->opened_ns;
    const char *state = NULL;
    if (connection->number == 0)
        return;
    for (uint32_t i = drawing->first[index]; i < drawing->first[index + 1]; i++) {
        const struct sf_timeline_event *event = drawing->events[i];
        if (event->kind != SF_TIMELINE_STATE)
            continue;
        if (state)
            put_segment(drawing, from_ns, event->ns, state);
        from_ns = event->ns;
        state = class_of(event->state);
    }
    if (!state || from_ns < end_ns || strcmp(state, "CLOSED") != 0)
        put_segment(drawing, from_ns, end_ns > from_ns ? end_ns : from_ns, state ? state : "open");
}

static void put_marks(struct drawing *drawing, uint32_t index)
{
    for (uint32_t i = drawing->first[index]; i < drawing->first[index + 1]; i++) {
        const struct sf_timeline_event *event = drawing->events[i];
        const char *kind = event->kind == SF_TIMELINE_FAULT ? "fault" : "error";
        double left = percent(drawing, event->ns);
        if (event->kind == SF_TIMELINE_STATE)
            continue;
        if (event->times > 1)
            sf_html_put(drawing->out, "<i class=\"band %s\" style=\"left:%.3f%%;width:%.3f%%\"></i>", kind,
                        left, percent(drawing, event->last_ns) - left);
        sf_html_put(drawing->out, "<i class=\"mark %s\" style=\"left:%.3f%%\" title=\"", kind, left);
        put_sentence(drawing, event);
        fputs("\"></i>", drawing->out);
    }
}

static double in_buckets(const struct sf_timeline *timeline, uint64_t ns)
{
    return ((double)ns - (double)timeline->first_ns) / (double)timeline->bucket_ns;
}

static uint64_t most_of(const uint64_t *buckets, uint64_t most)
{
    for (unsigned i = 0; i < SF_TIMELINE_BUCKETS; i++)
        most = buckets[i] > most ? buckets[i] : most;
    return most;
}

/* Heights by the square root, so that a small answer shows beside a large download. */
static unsigned height_of(uint64_t bytes, uint64_t most)
{
    unsigned height = 0;
    if (bytes == 0)
        return 0;
    while (height < 10 && (uint64_t)(height + 1) * (height + 1) * most <= bytes * 100)
        height++;
    return height ? height : 1;
}

/* A bar for each bucket, as much of it as the connection lived in. */
static void put_path(const struct drawing *drawing, const struct sf_timeline_connection *connection,
                     const uint64_t *buckets, uint64_t most, bool is_up)
{
    const struct sf_timeline *timeline = drawing->timeline;
    double opened = in_buckets(timeline, connection->opened_ns),
           closed = in_buckets(timeline, connection->closed_ns);
    sf_html_put(drawing->out, "<path class=\"%s\" d=\"", is_up ? "out" : "in");
    for (unsigned i = 0; i < SF_TIMELINE_BUCKETS; i++) {
        unsigned height = height_of(buckets[i], most);
        double left = opened > i && opened < i + 1 ? opened : i;
        double right = closed > left && closed < i + 1 ? closed : i + 1;
        if (height)
            fprintf(drawing->out, "M%.6g 10V%uh%.4gV10", left, is_up ? 10 - height : 10 + height,
                    right - left);
    }
    fputs("\"/>", drawing->out);
}

static void put_traffic(struct drawing *drawing, const struct sf_timeline_connection *connection)
{
    const struct sf_timeline *timeline = drawing->timeline;
    uint64_t most = most_of(connection->out, most_of(connection->in, 0));
    double left = in_buckets(timeline, drawing->first_ns);
    if (most == 0)
        return;
    sf_html_put(drawing->out,
                "<svg viewBox=\"%.3f 0 %.3f 20\" preserveAspectRatio=\"none\" aria-hidden=\"true\">", left,
                in_buckets(timeline, drawing->end_ns) - left);
    put_path(drawing, connection, connection->out, most, true);
    put_path(drawing, connection, connection->in, most, false);
    fputs("</svg>", drawing->out);
}

static void put_events(struct drawing *drawing, uint32_t index)
{
    static const char *const kinds[] = {"state", "fault", "error"};
    const struct sf_timeline_connection *connection = &drawing->timeline->connections[index];
    char local[SF_ADDRESS_TEXT_BYTES] = "", peer[SF_ADDRESS_TEXT_BYTES] = "";
    sf_address_print(local, &connection->local);
    sf_address_print(peer, &connection->peer);
    sf_html_put(drawing->out, "<div class=\"events\"><p><code>%s</code> to <code>%s</code>, %s</p><ol>",
                *local ? local : "no address", *peer ? peer : "no peer",
                sf_word_count(drawing->report->arena, connection->calls, "call"));
    for (uint32_t i = drawing->first[index]; i < drawing->first[index + 1]; i++) {
        const struct sf_timeline_event *event = drawing->events[i];
        sf_html_put(drawing->out, "<li class=\"%s\"><time>%.3f ms</time> ", kinds[event->kind % 3],
                    (double)event->ns / 1e6);
        put_sentence(drawing, event);
        fputs("</li>", drawing->out);
    }
    fputs("</ol>", drawing->out);
    if (connection->events_more)
        sf_html_put(drawing->out, "<p>and %u more that are not kept</p>", connection->events_more);
    fputs("</div>", drawing->out);
}

static void put_lane(struct drawing *drawing, uint32_t index)
{
    const struct sf_timeline_connection *connection = &drawing->timeline->connections[index];
    char in[SF_HTML_SIZE_BYTES], sent[SF_HTML_SIZE_BYTES];
    sf_html_put(drawing->out, "<details class=\"lane%s\"><summary>",
                is_marked(drawing, index) ? " marked" : "");
    put_label(drawing, index);
    fputs("<span class=\"track\"><span class=\"time\">", drawing->out);
    put_traffic(drawing, connection);
    put_states(drawing, index);
    put_marks(drawing, index);
    sf_html_put(drawing->out,
                "</span></span><span class=\"bytes\"><b title=\"sent\">↑ %s</b> <b title=\"received\">↓ "
                "%s</b></span></summary>",
                sf_html_size(sent, connection->bytes_out), sf_html_size(in, connection->bytes_in));
    put_events(drawing, index);
    fputs("</details>\n", drawing->out);
}

/* ---- all of them ---------------------------------------------------------------------- */

/* 1, 2 or 5 times a power of ten: the least that leaves few enough ticks. */
static uint64_t step_of(uint64_t span_ns)
{
    uint64_t step_ns = 1000;
    for (unsigned i = 0; span_ns / step_ns >= TICKS_MAX; i++)
        step_ns = i % 3 == 1 ? step_ns / 2 * 5 : step_ns * 2;
    return step_ns;
}

static void put_axis(struct drawing *drawing)
{
    fputs("<div class=\"axis\" aria-hidden=\"true\"><span></span><span class=\"track\"><span class=\"time\">",
          drawing->out);
    uint64_t step_ns = step_of(drawing->end_ns - drawing->first_ns);
    uint64_t unit_ns = step_ns >= 1000 * MS ? 1000 * MS : MS;
    int decimals = 0;
    for (uint64_t unit = unit_ns; unit > step_ns; unit /= 10)
        decimals++;
    for (uint64_t at_ns = (drawing->first_ns + step_ns - 1) / step_ns * step_ns; at_ns <= drawing->end_ns;
         at_ns += step_ns)
        fprintf(drawing->out, "<i style=\"left:%.3f%%\">%.*f %s</i>", percent(drawing, at_ns), decimals,
                (double)at_ns / (double)unit_ns, unit_ns == MS ? "ms" : "s");
    fputs("</span></span><span></span></div>\n", drawing->out);
}

/* Shown by the script that it needs. */
static void put_zoom(FILE *out)
{
    fputs("<div class=\"zoom\" hidden><button type=\"button\" data-zoom=\"in\" title=\"+\">zoom in</button> "
          "<button type=\"button\" data-zoom=\"out\" title=\"-\">zoom out</button> "
          "<button type=\"button\" data-zoom=\"whole\" title=\"0\">whole</button> "
          "<span>or drag over the axis, or double-click a connection (z)</span></div>\n",
          out);
}

static void put_legend(FILE *out)
{
    static const char *const states[] = {"LISTEN",     "SYN_SENT",   "ESTABLISHED", "CLOSE_WAIT", "LAST_ACK",
                                         "FIN_WAIT_1", "FIN_WAIT_2", "TIME_WAIT",   "CLOSED",     "open"};
    fputs("<p class=\"legend\">", out);
    for (size_t i = 0; i < sizeof states / sizeof *states; i++)
        sf_html_put(out, "<span><i class=\"s %s\"></i>%s</span> ", states[i],
                    strcmp(states[i], "open") == 0 ? "no TCP" : states[i]);
    fputs("<span><i class=\"mark fault\"></i>fault</span> <span><i class=\"mark error\"></i>error that the "
          "program saw</span> <span><i class=\"bar out\"></i>sent</span> "
          "<span><i class=\"bar in\"></i>received</span></p>\n",
          out);
}

static void put_lacking(const struct drawing *drawing)
{
    const struct sf_timeline *timeline = drawing->timeline;
    if (timeline->connections_more)
        sf_html_put(drawing->out, "<p class=\"failure\">%" PRIu64 " more are not drawn</p>",
                    timeline->connections_more);
    if (timeline->dropped)
        sf_html_put(drawing->out,
                    "<p class=\"failure\">%" PRIu64 " calls are missing: they came faster than they "
                    "could be written</p>",
                    timeline->dropped);
}

/* From `from_ns` to `to_ns` is of interest. */
static void widen(struct drawing *drawing, uint64_t from_ns, uint64_t to_ns)
{
    drawing->first_ns = from_ns < drawing->first_ns ? from_ns : drawing->first_ns;
    drawing->end_ns = to_ns > drawing->end_ns ? to_ns : drawing->end_ns;
}

static void widen_by_traffic(struct drawing *drawing, const struct sf_timeline_connection *connection)
{
    const struct sf_timeline *timeline = drawing->timeline;
    for (uint32_t i = 0; i < SF_TIMELINE_BUCKETS; i++)
        if (connection->in[i] + connection->out[i])
            widen(drawing, timeline->first_ns + i * timeline->bucket_ns,
                  timeline->first_ns + (i + 1) * timeline->bucket_ns);
}

static void widen_by_lane(struct drawing *drawing, uint32_t index, uint64_t last_ns)
{
    const struct sf_timeline_connection *connection = &drawing->timeline->connections[index];
    bool is_life = connection->connection && !is_listener(drawing, index);
    if (is_life)
        widen(drawing, connection->opened_ns,
              connection->closed_ns < last_ns ? connection->closed_ns : last_ns);
    else
        widen_by_traffic(drawing, connection);
    for (uint32_t i = drawing->first[index]; i < drawing->first[index + 1]; i++)
        if (is_life || drawing->events[i]->kind != SF_TIMELINE_STATE)
            widen(drawing, drawing->events[i]->ns, drawing->events[i]->last_ns);
}

/* The axis: where connections live, bytes pass or something strikes. A server waits for its first client, and
 * for its end, far longer than a connection takes: its socket is drawn as far as the axis reaches. */
static void choose_axis(struct drawing *drawing)
{
    const struct sf_timeline *timeline = drawing->timeline;
    uint64_t duration_ns = drawing->report->duration_ns;
    uint64_t last_ns = timeline->end_ns > duration_ns ? timeline->end_ns : duration_ns;
    drawing->first_ns = UINT64_MAX;
    for (uint32_t i = 0; i < timeline->connection_count; i++)
        if (is_shown(drawing, i))
            widen_by_lane(drawing, i, last_ns);
    if (drawing->first_ns > drawing->end_ns)
        widen(drawing, 0, last_ns);
    uint64_t margin_ns = (drawing->end_ns - drawing->first_ns) / 50 + 1;
    drawing->first_ns -= margin_ns < drawing->first_ns ? margin_ns : drawing->first_ns;
    drawing->end_ns += margin_ns;
}

void sf_html_timeline(FILE *out, const struct sf_report_scenario *report)
{
    struct drawing drawing = {.out = out, .report = report, .timeline = report->timeline};
    uint32_t count = 0;
    if (!drawing.timeline)
        return;
    group(&drawing);
    choose_axis(&drawing);
    for (uint32_t i = 0; i < drawing.timeline->connection_count; i++)
        count += is_shown(&drawing, i);
    sf_html_put(out, "<section class=\"timeline\"><h3>Connections <small>%u</small></h3>", count);
    put_lacking(&drawing);
    if (count) {
        put_legend(out);
        put_zoom(out);
        sf_html_put(out, "<div class=\"lanes%s\" data-first=\"%.3f\" data-end=\"%.3f\">",
                    count > LANES_MANY ? " many" : "", (double)drawing.first_ns / 1e6,
                    (double)drawing.end_ns / 1e6);
        put_axis(&drawing);
    }
    for (uint32_t i = 0; i < drawing.timeline->connection_count; i++)
        if (is_shown(&drawing, i))
            put_lane(&drawing, i);
    fputs(count ? "</div></section>\n" : "</section>\n", out);
    free(drawing.first);
    free(drawing.events);
}
