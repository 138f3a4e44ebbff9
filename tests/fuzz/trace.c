/* Any bytes as what programs have left in a trace: skipped, or safe to show. */
#include "base/memory.h"
#include "trace/lanes.h"
#include "trace/order.h"
#include "trace/sinks.h"
#include "trace/sites.h"
#include "trace/follow.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static struct sf_session_memory *session;
static struct sf_recording recording;

static void open_session(void)
{
    static struct sf_program programs[] = {{.name = "client", .wrap = true},
                                           {.name = "server", .wrap = true}};
    static struct sf_rule rule = {
        .id = "rule", .fault_text = "reset: true", .probability = 1, .fault = SF_FAULT_RESET};
    static struct sf_scenario scenario = {
        .file = "", .name = "n", .programs = programs, .program_count = 2, .rules = &rule, .rule_count = 1};
    static const struct sf_trace_wish wish = {.data_bytes = 64};
    struct sf_plan *plan = sf_plan_compile(&scenario);
    session = sf_session_create(plan, &wish);
    free(plan);
    int file = open("/dev/null", O_WRONLY | O_CLOEXEC);
    recording = (struct sf_recording){.scenario = &scenario,
                                      .session = session,
                                      .text = file,
                                      .json = file,
                                      .capture = file,
                                      .seeks_habits = true,
                                      .draws_timeline = true,
                                      .timeline = file,
                                      .lock = -1,
                                      .verbosity = 2,
                                      .is_colored = true,
                                      .names_scenario = true};
}

static void add(void *context, unsigned lane, const struct sf_trace_record *record)
{
    sf_order_add(context, lane, record, UINT64_MAX);
}

static void show_all(struct sf_order *order)
{
    struct sf_directory none = {.entries = NULL};
    struct sf_follower *follower = sf_follower_new(session->plan, none);
    struct sf_trace_sink sinks[5];
    static struct sf_warnings warnings;
    struct sf_trace_record *record;
    warnings.count = warnings.more = 0;
    recording.follower = follower;
    recording.sites = sf_sites_new();
    recording.warnings = &warnings;
    sf_text_sink(&recording, &sinks[0]);
    sf_json_sink(&recording, &sinks[1]);
    sf_capture_sink(&recording, &sinks[2]);
    sf_hygiene_sink(&recording, &sinks[3]);
    sf_timeline_sink(&recording, &sinks[4]);
    while ((record = sf_order_take(order, UINT64_MAX))) {
        struct sf_traced call = {.t = 1};
        if (record->kind == SF_TRACE_SOCKET)
            sf_follower_meet(follower, (const void *)record);
        else if (record->kind == SF_TRACE_CALL)
            call = sf_follower_call(follower, (const void *)record);
        for (unsigned i = 0; i < 5 && call.record; i++)
            sinks[i].take(sinks[i].context, &call);
        free(record);
    }
    for (unsigned i = 0; i < 5; i++)
        sinks[i].end(sinks[i].context, 1);
    sf_sites_free(recording.sites);
    sf_follower_free(follower);
}

/* The first eight bytes say where the lane is written to, modulo its size; records stand from
 * the ring's start on. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct sf_lanes lanes;
    struct sf_order order = {0};
    if (!session)
        open_session();
    struct sf_lane *lane = sf_trace_lane(session->trace, 0);
    uint64_t written = 0;
    if (bytes < sizeof written || bytes > SF_LANE_BYTES)
        return 0;
    memcpy(&written, data, sizeof written);
    memset(lane, 0, sizeof *lane + bytes + 64);
    memcpy(lane + 1, data + sizeof written, bytes - sizeof written);
    lane->written = written % 2 ? written : bytes - sizeof written;
    sf_lanes_open(&lanes, session->trace, session->plan);
    sf_lanes_take(&lanes, add, &order);
    sf_lanes_close(&lanes);
    show_all(&order);
    sf_order_free(&order);
    return 0;
}
