/* Runs a program in a traced session and prints what its lanes hold, in the order of `end_ns`.
 *
 *   tracer [-d BYTES] [-f RULE]… [-q] [-p] [-o FILE] PROGRAM [ARG…]
 *
 *   -d  data_bytes of the trace (0)         -q  print nothing: throw records away while it runs
 *   -o  print there rather than to stderr   -p  print the calls that never came back as well
 *
 * A line a record; what is not the same in every run (pids, addresses of code, times) is checked
 * here and not printed. */
#include "base/arena.h"
#include "base/diagnostic.h"
#include "launch/launch.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define RECORDS_MAX 200000u

struct taken {
    const struct sf_trace_record *record; /* a copy */
    uint64_t order_ns;                    /* of a socket: of the call that follows */
    uint32_t place;
};

static struct taken taken[RECORDS_MAX];
static uint32_t taken_count;
static FILE *out;

static void complain(const char *what)
{
    fprintf(out, "BAD %s\n", what);
}

/* ---- taking ------------------------------------------------------------------ */

static void take_lane(struct sf_lane *lane)
{
    uint64_t written = atomic_load(&lane->written), read = atomic_load(&lane->read);
    uint32_t first = taken_count;

    if (written - read > SF_LANE_BYTES)
        complain("more is written than fits");
    while (read < written && taken_count < RECORDS_MAX) {
        const struct sf_trace_record *record =
            (const void *)((const char *)(lane + 1) + (read & (SF_LANE_BYTES - 1)));
        if (record->bytes < sizeof *record || record->bytes % SF_TRACE_ALIGNMENT ||
            record->bytes > written - read || (read & (SF_LANE_BYTES - 1)) + record->bytes > SF_LANE_BYTES ||
            record->version != SF_TRACE_VERSION) {
            complain("record");
            return;
        }
        if (record->kind != SF_TRACE_FILLER) {
            void *copy = malloc(record->bytes);
            memcpy(copy, record, record->bytes);
            taken[taken_count] = (struct taken){.record = copy, .place = taken_count};
            taken_count++;
        }
        read += record->bytes;
    }
    atomic_store(&lane->read, read);
    uint64_t next_ns = UINT64_MAX;
    for (uint32_t i = taken_count; i-- > first;) {
        if (taken[i].record->kind == SF_TRACE_CALL)
            next_ns = ((const struct sf_trace_call *)taken[i].record)->end_ns;
        taken[i].order_ns = next_ns;
    }
}

static int compare(const void *left, const void *right)
{
    const struct taken *a = left, *b = right;
    if (a->order_ns != b->order_ns)
        return a->order_ns < b->order_ns ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

static void *throw_away(void *context)
{
    struct sf_trace *trace = context;
    const struct timespec pause = {.tv_nsec = 1000000};

    for (;;) {
        for (uint32_t i = 0; i < SF_LANES; i++) {
            struct sf_lane *lane = sf_trace_lane(trace, i);
            uint64_t written = atomic_load(&lane->written);
            if (written != atomic_load(&lane->read))
                atomic_store(&lane->read, written);
        }
        nanosleep(&pause, NULL);
    }
    return NULL;
}

/* ---- printing ---------------------------------------------------------------- */

static const char *text_of(const struct sf_addr *address, char text[static 160])
{
    char ip[INET6_ADDRSTRLEN];

    if (address->domain == 0)
        return "-";
    if (address->domain == SF_DOMAIN_UNIX) {
        snprintf(text, 160, "unix:%.*s", address->path_len, address->path);
        return text;
    }
    bool is_v4 = sf_ip_is_mapped(address->ip);
    inet_ntop(is_v4 ? AF_INET : AF_INET6, is_v4 ? address->ip + 12 : address->ip, ip, sizeof ip);
    snprintf(text, 160, is_v4 ? "%s:%u" : "[%s]:%u", ip, address->port);
    return text;
}

static void print_socket(const struct sf_trace_socket *socket)
{
    char local[160], peer[160];
    fprintf(out, "socket #%u domain %u type %u role %u %s > %s\n", socket->number, socket->domain,
            socket->type, socket->role, text_of(&socket->local, local), text_of(&socket->peer, peer));
}

static void print_data(const unsigned char *data, uint32_t bytes)
{
    fprintf(out, " '");
    for (uint32_t i = 0; i < bytes && i < 64; i++)
        fprintf(out, data[i] >= ' ' && data[i] < 127 ? "%c" : "\\%02x", data[i]);
    fprintf(out, bytes > 64 ? "'+%u" : "'", bytes - 64);
}

static void print_call(const struct sf_trace_call *call)
{
    static const struct {
        uint32_t bit;
        const char *name;
    } flags[] = {{SF_TRACE_WAITED, "waited"},       {SF_TRACE_NONBLOCKING, "nonblocking"},
                 {SF_TRACE_BOUNDED, "bounded"},     {SF_TRACE_CUT, "cut"},
                 {SF_TRACE_TRUNCATED, "truncated"}, {SF_TRACE_NOT_MADE, "not-made"}};
    const struct sf_firing *firings = (const void *)(call + 1);
    const char *rest = (const char *)(firings + call->rule_count);
    char text[160];

    if (call->pid == 0 || call->tid == 0 || call->begin_ns == 0 || call->end_ns < call->begin_ns ||
        call->return_address == 0 || call->call >= SF_CALL_COUNT)
        complain("who or when");
    fprintf(out, "%s(%d#%u, %llu, %#x) = %lld", sf_call_names[call->call], call->fd, call->socket,
            (unsigned long long)call->asked, call->argument, (long long)call->result);
    if (call->error)
        fprintf(out, " %s",
                sf_call_families[call->call] == SF_FAMILY_RESOLVE ? "EAI" : strerrorname_np(call->error));
    if (sf_call_families[call->call] == SF_FAMILY_RESOLVE && call->error)
        fprintf(out, "%d", call->error);
    if (call->state)
        fprintf(out, " state %u", call->state);
    for (unsigned i = 0; i < sizeof flags / sizeof *flags; i++)
        if (call->flags & flags[i].bit)
            fprintf(out, " %s", flags[i].name);
    for (unsigned i = 0; i < call->rule_count; i++)
        fprintf(out, " rule %u.%u", firings[i].rule, firings[i].nth);
    if (call->flags & SF_TRACE_ADDRESS) {
        fprintf(out, " to %s", text_of((const void *)rest, text));
        rest += sizeof(struct sf_addr);
    }
    if (call->data_bytes)
        print_data((const void *)rest, call->data_bytes);
    if (rest + call->data_bytes > (const char *)call + call->record.bytes)
        complain("length");
    fprintf(out, "\n");
}

static void print_presences(const struct sf_session_memory *session)
{
    for (uint32_t i = 0; i < session->session->tally_count; i++) {
        const struct sf_presence *presence = sf_trace_presence(session->trace, i);
        if (presence->begin_ns == 0)
            continue;
        if (presence->pid == 0 || presence->tid == 0 || presence->return_address == 0)
            complain("who is there");
        fprintf(out, "in %s(%d#%u, %llu)\n", sf_call_names[presence->call], presence->fd, presence->socket,
                (unsigned long long)presence->asked);
    }
}

static void print_all(struct sf_session_memory *session, bool with_presences)
{
    for (uint32_t i = 0; i < SF_LANES; i++)
        take_lane(sf_trace_lane(session->trace, i));
    qsort(taken, taken_count, sizeof *taken, compare);
    for (uint32_t i = 0; i < taken_count; i++)
        if (taken[i].record->kind == SF_TRACE_CALL)
            print_call((const void *)taken[i].record);
        else if (taken[i].record->kind == SF_TRACE_IMAGE)
            continue; /* where each object lies is nobody's to foresee */
        else if (taken[i].record->kind == SF_TRACE_SOCKET)
            print_socket((const void *)taken[i].record);
        else
            complain("kind");
    if (with_presences)
        print_presences(session);
    if (session->trace->dropped)
        fprintf(out, "%llu dropped\n", (unsigned long long)session->trace->dropped);
}

/* ---- the run ----------------------------------------------------------------- */

static const char *const name = "program";

static void add_rule(struct sf_arena *arena, struct sf_scenario *scenario, const char *text)
{
    struct sf_diagnostics diagnostics = {.arena = arena};
    struct sf_rule *rule = (struct sf_rule *)&scenario->rules[scenario->rule_count];
    if (!sf_rule_decode_argument(arena, "-f", text, name, rule, &diagnostics)) {
        sf_diagnostics_print(&diagnostics, stderr);
        exit(2);
    }
    scenario->rule_count++;
}

int main(int argc, char **argv)
{
    struct sf_arena *arena = sf_arena_new();
    struct sf_rule rules[16] = {0};
    struct sf_scenario scenario = {.file = "tracer",
                                   .name = "tracer",
                                   .seed = 1,
                                   .timeout_ns = 60000000000,
                                   .rules = rules,
                                   .program_count = 1};
    struct sf_trace_wish wish = {0};
    bool is_quiet = false, with_presences = false;
    int option;

    out = stderr;
    while ((option = getopt(argc, argv, "+d:f:o:qp")) != -1) {
        if (option == 'd')
            wish.data_bytes = (uint32_t)strtoul(optarg, NULL, 10);
        else if (option == 'f')
            add_rule(arena, &scenario, optarg);
        else if (option == 'o')
            out = fopen(optarg, "we");
        else if (option == 'q')
            is_quiet = true;
        else if (option == 'p')
            with_presences = true;
        else
            return 2;
    }
    if (optind == argc || !out)
        return 2;
    sf_rules_number(arena, rules, 0, scenario.rule_count);
    char **arguments = sf_arena_alloc(arena, (size_t)(argc - optind + 1) * sizeof *arguments);
    for (int i = optind; i < argc; i++)
        arguments[i - optind] = sf_arena_strdup(arena, argv[i]);
    struct sf_program program = {.name = name, .argv = arguments, .wrap = true};
    struct sf_program_expectation expectation = {0};
    scenario.programs = &program;
    scenario.expect = &expectation;
    scenario.rule_expect = sf_arena_alloc(arena, sizeof *scenario.rule_expect * 16);

    const struct sf_launch_options options = {.stdio = SF_STDIO_PASS, .shim_path = getenv("SOCKFAULT_SHIM")};
    struct sf_plan *plan = sf_plan_compile(&scenario);
    struct sf_session_memory *session = sf_session_create(plan, &wish);
    struct sf_launch *launch = sf_launch_start(&scenario, session, &options);
    pthread_t thread;
    if (is_quiet)
        pthread_create(&thread, NULL, throw_away, session->trace);
    const struct sf_outcome *outcome = sf_launch_wait(launch);
    if (outcome->failure)
        fprintf(stderr, "tracer: %s\n", outcome->failure);
    else if (!is_quiet)
        print_all(session, with_presences);
    return outcome->programs[0].code;
}
