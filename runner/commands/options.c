#include "commands/options.h"

#include "base/arena.h"
#include "base/diagnostic.h"
#include "base/quantity.h"
#include "base/regex.h"
#include "explore/explore.h"

#include <assert.h>
#include <getopt.h>
#include <sched.h>
#include <string.h>

/* A value is taken over or a sentence says what would be allowed. */
typedef const char *taker(struct sf_arena *arena, struct sf_options *options, const char *value);

static taker take_scenario, take_fault, take_as, take_seed, take_timeout, take_report, take_jobs, take_filter,
    take_repeat, take_shard, take_set, take_save, take_trace, take_pcap, take_output, take_program, take_peer,
    take_call, take_fail_fast, take_no_skip, take_verbose, take_quiet, take_help, take_out, take_max_runs,
    take_known, take_resume, take_thorough, take_explored_report;

enum {
    ALL = SF_COMMAND_RUN | SF_COMMAND_TEST | SF_COMMAND_TRACE,
    EXPLORES = SF_COMMAND_EXPLORE,
    JUDGES = SF_COMMAND_TEST | SF_COMMAND_EXPLORE,
    WRAPS = SF_COMMAND_RUN | SF_COMMAND_TRACE /* one program, whose arguments are its own */
};

static const struct row {
    const char *name;
    char letter;          /* 0: none */
    const char *argument; /* NULL: none */
    unsigned commands;    /* bits of enum sf_command */
    taker *take;
    const char *about;
} rows[] = {
    {"scenario", 's', "FILE|NAME", SF_COMMAND_RUN, take_scenario,
     "take faults and seed from a scenario file (-: stdin), or a bundled one"},
    {"fault", 'f', "RULE", SF_COMMAND_RUN, take_fault,
     "add a rule: 'call: recv, partial: 1'; may be repeated"},
    {"fault", 'f', "RULE", EXPLORES, take_fault, "a rule to try before all others; may be repeated"},
    {"as", 0, "NAME", WRAPS | EXPLORES, take_as, "the program's name in rules; default: its base name"},
    {"seed", 0, "N", SF_COMMAND_RUN | JUDGES, take_seed, "override every seed"},
    {"timeout", 0, "DURATION", ALL | EXPLORES, take_timeout, "end a run that takes longer"},
    {"report", 0, "FORMAT[=FILE]", SF_COMMAND_RUN | SF_COMMAND_TEST, take_report,
     "pretty, tap, junit, json, github or html; may be repeated"},
    {"report", 0, "FORMAT[=FILE]", EXPLORES, take_explored_report,
     "pretty, tap, junit, json, github, html or sarif; may be repeated"},
    {"jobs", 'j', "N", SF_COMMAND_TEST, take_jobs, "scenarios at once; default: the cores"},
    {"jobs", 'j', "N", EXPLORES, take_jobs, "runs at once; default: the cores"},
    {"max-runs", 0, "N", EXPLORES, take_max_runs, "end the search after so many runs"},
    {"out", 0, "DIR", EXPLORES, take_out, "where reproducers go; default: sockfault-findings"},
    {"known", 0, "FILE", EXPLORES, take_known, "findings of that JSON report are listed, but do not fail"},
    {"thorough", 0, NULL, EXPLORES, take_thorough, "end connections in the midst of what they bring, too"},
    {"resume", 0, NULL, EXPLORES, take_resume, "go on with the search that left off in --out"},
    {"filter", 0, "REGEX", SF_COMMAND_TEST, take_filter, "only scenarios whose name matches"},
    {"filter", 0, "REGEX", EXPLORES, take_filter, "the scenario of the file whose name matches"},
    {"repeat", 0, "N", SF_COMMAND_TEST, take_repeat, "each scenario N times, with seeds seed, seed+1, ..."},
    {"shard", 0, "K/N", SF_COMMAND_TEST, take_shard, "only part K of N of the scenarios, K from 1"},
    {"shard", 0, "K/N", EXPLORES, take_shard, "only part K of N of the faults, K from 1"},
    {"set", 0, "KEY=VALUE", SF_COMMAND_RUN | JUDGES, take_set,
     "override one of the scenario's vars; may be repeated"},
    {"save", 0, "FILE", SF_COMMAND_RUN | SF_COMMAND_TEST, take_save,
     "write the faults that fired as a scenario that fires them again"},
    {"trace", 0, "FILE", ALL, take_trace, "write every socket call as JSON Lines"},
    {"pcap", 0, "FILE", ALL, take_pcap, "write what was sent and received as pcapng"},
    {"output", 'o', "FILE", SF_COMMAND_TRACE, take_output, "write the lines there instead of to stderr"},
    {"program", 0, "NAME", ALL, take_program, "trace only calls of this program; may be repeated"},
    {"peer", 0, "PATTERN", ALL, take_peer, "trace only calls whose peer fits, as in rules; may be repeated"},
    {"call", 0, "CALLS", ALL, take_call, "trace only these, apart by commas, as in rules; may be repeated"},
    {"fail-fast", 0, NULL, SF_COMMAND_TEST, take_fail_fast, "stop at the first failure"},
    {"no-skip", 0, NULL, SF_COMMAND_TEST, take_no_skip, "a missing requirement fails instead of skipping"},
    {"verbose", 'v', NULL, SF_COMMAND_RUN | SF_COMMAND_TEST, take_verbose,
     "show counters and injected faults"},
    {"verbose", 'v', NULL, EXPLORES, take_verbose, "show the rules, and what programs said last"},
    {"verbose", 'v', NULL, SF_COMMAND_TRACE, take_verbose,
     "show the first 64 bytes of data and sum up connections; -vv: all data"},
    {"quiet", 'q', NULL, ALL, take_quiet, "show failures and the count only"},
    {"quiet", 'q', NULL, EXPLORES, take_quiet, "show findings only, and no progress"},
    {"help", 'h', NULL, ALL | EXPLORES, take_help, "show this"},
};
enum { ROWS = sizeof rows / sizeof *rows };

static const char *take_scenario(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    (void)arena;
    if (options->scenario)
        return "--scenario is given twice; one file is allowed";
    options->scenario = value;
    return NULL;
}

static const char *take_fault(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    const char **slot =
        sf_arena_push(arena, &options->faults, &options->fault_count, sizeof *options->faults);
    *slot = value;
    return NULL;
}

static const char *take_as(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    (void)arena;
    options->as = value;
    return *value ? NULL : "--as: a name is needed";
}

static const char *take_seed(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    options->has_seed = true;
    if (sf_number_parse(value, &options->seed) && options->seed <= INT64_MAX)
        return NULL;
    return sf_arena_printf(arena, "--seed: '%s' is not a number from 0 to %lld", value, (long long)INT64_MAX);
}

static const char *take_timeout(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    if (sf_duration_parse(value, &options->timeout_ns) && options->timeout_ns > 0)
        return NULL;
    return sf_arena_printf(arena, "--timeout: '%s' is not " SF_DURATION_EXAMPLES, value);
}

static const char *take_report(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    char error[200];
    struct sf_report_request *request =
        sf_arena_push(arena, &options->reports, &options->report_count, sizeof *request);
    return sf_report_parse(value, request, error, sizeof error)
               ? NULL
               : sf_arena_printf(arena, "--report: %s", error);
}

static const char *take_jobs(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    uint64_t jobs;
    if (!sf_number_parse(value, &jobs) || jobs == 0 || jobs > 1024)
        return sf_arena_printf(arena, "--jobs: '%s' is not a number from 1 to 1024", value);
    options->jobs = (unsigned)jobs;
    return NULL;
}

static const char *take_filter(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    char error[SF_REGEX_ERROR_BYTES];
    struct sf_regex *regex = sf_regex_compile(value, error);
    options->filter = value;
    sf_regex_free(regex);
    return regex ? NULL : sf_arena_printf(arena, "--filter: '%s' is no regular expression: %s", value, error);
}

static const char *take_repeat(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    uint64_t count;
    if (!sf_number_parse(value, &count) || count == 0 || count > 100000)
        return sf_arena_printf(arena, "--repeat: '%s' is not a number from 1 to 100000", value);
    options->repeat = (unsigned)count;
    return NULL;
}

static const char *take_shard(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    const char *wanted = sf_shard_parse(arena, value, &options->shard);
    return wanted ? sf_arena_printf(arena, "--shard: '%s' is not %s", value, wanted) : NULL;
}

static const char *take_set(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    size_t length = strcspn(value, "=");
    if (length == 0 || !value[length])
        return sf_arena_printf(arena, "--set: '%s' is not KEY=VALUE", value);
    struct sf_override *slot =
        sf_arena_push(arena, &options->overrides, &options->override_count, sizeof *slot);
    *slot = (struct sf_override){sf_arena_strndup(arena, value, length), value + length + 1};
    return NULL;
}

static const char *take_save(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    (void)arena;
    if (options->save)
        return "--save is given twice; one file is allowed";
    options->save = value;
    return *value ? NULL : "--save: a file is needed";
}

static const char *take_pcap(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    (void)arena;
    if (options->pcap)
        return "--pcap is given twice; one file is allowed";
    options->pcap = value;
    return *value ? NULL : "--pcap: a file is needed";
}

static const char *take_trace(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    (void)arena;
    if (options->trace)
        return "--trace is given twice; one file is allowed";
    options->trace = value;
    return *value ? NULL : "--trace: a file is needed";
}

static const char *take_output(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    (void)arena;
    if (options->output)
        return "--output is given twice; one file is allowed";
    options->output = value;
    return *value ? NULL : "--output: a file is needed";
}

static const char *take_program(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    return sf_trace_filter_program(arena, &options->shown, value);
}

static const char *take_peer(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    return sf_trace_filter_peer(arena, &options->shown, value);
}

static const char *take_call(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    return sf_trace_filter_calls(arena, &options->shown, value);
}

static const char *take_fail_fast(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    (void)arena, (void)value;
    options->fail_fast = true;
    return NULL;
}

static const char *take_no_skip(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    (void)arena, (void)value;
    options->no_skip = true;
    return NULL;
}

static const char *take_verbose(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    (void)arena, (void)value;
    options->verbosity = options->verbosity < 1 ? 1 : 2;
    return NULL;
}

static const char *take_quiet(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    (void)arena, (void)value;
    options->verbosity = -1;
    return NULL;
}

static const char *take_out(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    (void)arena;
    options->out = value;
    return *value ? NULL : "--out: a folder is needed";
}

static const char *take_max_runs(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    if (sf_number_parse(value, &options->max_runs) && options->max_runs >= SF_EXPLORE_RUNS_MIN)
        return NULL;
    return sf_arena_printf(
        arena,
        "--max-runs: %s is not a number from %u: three runs without faults come first, and a "
        "fault takes up to %u",
        sf_quoted(arena, value), SF_EXPLORE_RUNS_MIN, SF_EXPLORE_FAULT_RUNS);
}

static const char *take_known(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    (void)arena;
    options->known = value;
    return *value ? NULL : "--known: a file is needed";
}

static const char *take_resume(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    (void)arena, (void)value;
    options->resume = true;
    return NULL;
}

static const char *take_thorough(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    (void)arena, (void)value;
    options->thorough = true;
    return NULL;
}

/* A format more than the others write. */
static const char *take_explored_report(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    static const char name[] = "sarif";
    const size_t length = sizeof name - 1;
    if (strncmp(value, name, length) != 0 || (value[length] && value[length] != '=') ||
        strcmp(value + length, "=") == 0) {
        const char *problem = take_report(arena, options, value);
        return problem ? sf_arena_printf(arena, "%s; and sarif", problem) : NULL;
    }
    struct sf_report_request *request =
        sf_arena_push(arena, &options->reports, &options->report_count, sizeof *request);
    *request = (struct sf_report_request){.format = SF_REPORT_SARIF,
                                          .path = value[length] ? value + length + 1 : NULL};
    return NULL;
}

static const char *take_help(struct sf_arena *arena, struct sf_options *options, const char *value)
{
    (void)arena, (void)value;
    options->help = true;
    return NULL;
}

/* getopt's view of the command's rows. Values are row numbers, out of the way of letters. */
struct view {
    struct option longs[ROWS + 1];
    char letters[2 * ROWS + 3];
    const char *names[ROWS];
    size_t count;
};

enum { FIRST_ROW = 256 };

static struct view view_of(enum sf_command command)
{
    struct view view = {.count = 0};
    size_t length = 0;
    if (command & WRAPS)
        view.letters[length++] = '+';
    view.letters[length++] = ':'; /* a missing argument is ':', not '?' */
    for (int i = 0; i < ROWS; i++) {
        if (!(rows[i].commands & command))
            continue;
        view.names[view.count] = rows[i].name;
        view.longs[view.count++] = (struct option){
            rows[i].name, rows[i].argument ? required_argument : no_argument, NULL, FIRST_ROW + i};
        if (rows[i].letter) {
            view.letters[length++] = rows[i].letter;
            if (rows[i].argument)
                view.letters[length++] = ':';
        }
    }
    return view;
}

static const struct row *row_of(int value)
{
    if (value >= FIRST_ROW)
        return &rows[value - FIRST_ROW];
    for (int i = 0; i < ROWS; i++)
        if (rows[i].letter == value)
            return &rows[i];
    return NULL;
}

/* Why getopt returned '?': an unknown letter, an unknown or ambiguous long
 * option, or one with a value that takes none. */
static const char *explain(struct sf_arena *arena, const struct view *view, const char *argument)
{
    if (optopt >= FIRST_ROW)
        return sf_arena_printf(arena, "option '--%s' takes no value", row_of(optopt)->name);
    if (optopt)
        return sf_arena_printf(arena, "unknown option '-%c'", optopt);
    char *name = sf_arena_strndup(arena, argument + 2, strcspn(argument + 2, "="));
    const char *near = sf_nearest(name, view->names, view->count);
    if (near)
        return sf_arena_printf(arena, "unknown option '--%s' (did you mean --%s?)", name, near);
    return sf_arena_printf(arena, "unknown option '--%s'", name);
}

static unsigned core_count(void)
{
    cpu_set_t cores;
    int count = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
    return count > 0 ? (unsigned)count : 1;
}

const char *sf_options_parse(struct sf_arena *arena, enum sf_command command, int argc, char **argv,
                             struct sf_options *options)
{
    const struct view view = view_of(command);
    const char *problem = NULL;
    *options = (struct sf_options){.jobs = core_count(), .repeat = 1, .out = "sockfault-findings"};
    optind = 0; /* glibc: start anew */
    opterr = 0;
    while (!problem) {
        int value = getopt_long(argc, argv, view.letters, view.longs, NULL);
        if (value == -1)
            break;
        const struct row *row = row_of(value == ':' ? optopt : value);
        if (value == '?')
            problem = explain(arena, &view, argv[optind - 1]);
        else if (value == ':')
            problem = sf_arena_printf(arena, "option '--%s' needs a value: %s", row->name, row->argument);
        else
            problem = row->take(arena, options, optarg);
    }
    if (!problem && command & JUDGES && !options->shard.count && !options->help)
        problem = sf_shard_environ(arena, &options->shard);
    options->is_behind_dashes = optind > 1 && strcmp(argv[optind - 1], "--") == 0;
    options->rest = argv + optind;
    options->rest_count = argc - optind;
    return problem;
}

const char *sf_options_filter_conflict(enum sf_command command, const struct sf_options *options)
{
    const struct sf_trace_filter *shown = &options->shown;
    if (command == SF_COMMAND_TRACE || options->trace)
        return NULL;
    return shown->program_count ? "--program: without --trace nothing is traced"
           : shown->peer_count  ? "--peer: without --trace nothing is traced"
           : shown->by_call     ? "--call: without --trace nothing is traced"
                                : NULL;
}

size_t sf_options_list(unsigned commands, struct sf_option_text list[static SF_OPTIONS_MAX])
{
    static_assert(ROWS <= SF_OPTIONS_MAX, "room for all");
    size_t count = 0;
    for (int i = 0; i < ROWS; i++)
        if (rows[i].commands & commands)
            list[count++] =
                (struct sf_option_text){rows[i].name, rows[i].argument, rows[i].about, rows[i].letter};
    return count;
}

void sf_options_print(enum sf_command command, FILE *out)
{
    struct sf_option_text list[SF_OPTIONS_MAX];
    size_t count = sf_options_list(command, list);
    for (size_t i = 0; i < count; i++) {
        char name[64];
        snprintf(name, sizeof name, "--%s%s%s", list[i].name, list[i].argument ? " " : "",
                 list[i].argument ? list[i].argument : "");
        if (list[i].letter)
            fprintf(out, "  -%c, %-24s %s\n", list[i].letter, name, list[i].about);
        else
            fprintf(out, "      %-24s %s\n", name, list[i].about);
    }
}
