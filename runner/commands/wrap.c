#include "commands/wrap.h"

#include "base/arena.h"
#include "base/folder.h"
#include "base/ports.h"
#include "commands/help.h"
#include "commands/overrides.h"
#include "commands/prepare.h"
#include "commands/reports.h"
#include "commands/saves.h"
#include "commands/traces.h"
#include "save/rules.h"
#include "scenario/bundled.h"
#include "scenario/files.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

enum { TIMED_OUT = 124, FAILED = SF_EXIT_INTERNAL, NOT_EXECUTABLE = 126, NOT_FOUND = 127, SIGNALED = 128 };

/* One run, from the arguments to the report. */
struct run {
    struct sf_arena *arena;
    enum sf_command command;
    const char *command_name;
    struct sf_options options;
    struct sf_traces traces;
    struct sf_port_set ports;
    struct sf_folder folder;
    const char *shim_path;
    const struct sf_document *document; /* of --scenario; NULL: none */
    struct sf_scenario *scenario;
    struct sf_session_memory *session;
    struct sf_recorder *recorder; /* NULL: nothing is traced */
    struct sf_launch *launch;
    struct sf_report_scenario *report;
    const char *invalid; /* the first error of the rules, on one line */
};

/* Of all that goes wrong before the start there is one kind: ours. */
static int fail(const struct run *run, const char *message)
{
    fprintf(stderr, "sockfault %s: %s\n", run->command_name, message);
    return FAILED;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash && slash[1] ? slash + 1 : path;
}

static void check_overrides(struct run *run, const struct sf_document *document,
                            struct sf_diagnostics *diagnostics)
{
    const char **variables = NULL, *what;
    size_t count = 0, index = 0;
    sf_document_variables(run->arena, document, &variables, &count);
    while ((what = sf_override_unknown(run->arena, &run->options, &index, variables, count)))
        sf_error(diagnostics, (struct sf_place){.file = "--set"}, "the scenario has no %s", what);
}

/* The faults of a scenario file, for one program of whatever name. */
static struct sf_scenario *read_scenario(struct run *run, const char *name,
                                         struct sf_diagnostics *diagnostics)
{
    const char *path = run->options.scenario;
    if (strcmp(path, SF_STDIN) != 0 && !strchr(path, '/') && access(path, F_OK) != 0)
        path = sf_bundled_find(run->arena, path);
    if (!path) {
        size_t names_count;
        const char **names = sf_bundled_names(run->arena, &names_count);
        const char *way_out = sf_suggestion(run->arena, run->options.scenario, names, names_count);
        sf_error(diagnostics, (struct sf_place){.file = run->options.scenario},
                 "there is no such file, nor a bundled scenario of that name%s",
                 *way_out ? way_out : ": see 'sockfault list scenarios'");
        return NULL;
    }
    size_t count;
    struct sf_document **documents = sf_documents_read(run->arena, path, &count, diagnostics);
    size_t made = count == 1 ? sf_document_combinations(documents[0]) : count;
    if (made > 1)
        sf_error(diagnostics, (struct sf_place){.file = sf_file_name(path)},
                 "this file holds %zu scenarios; run takes a file with one", made);
    if (count == 0 || diagnostics->errors)
        return NULL;
    const char *conflict = sf_saves_conflict(run->arena, &run->options, sf_file_name(path));
    if (conflict)
        sf_error(diagnostics, (struct sf_place){.file = sf_file_name(path)}, "%s", conflict);
    run->document = documents[0];
    const struct sf_bindings bindings = {.port = sf_port_find,
                                         .context = &run->ports,
                                         .dir = sf_folder_find,
                                         .dir_context = &run->folder,
                                         .seed = run->options.has_seed ? &run->options.seed : NULL,
                                         .overrides = run->options.overrides,
                                         .override_count = run->options.override_count,
                                         .program_name = name};
    check_overrides(run, documents[0], diagnostics);
    return sf_scenario_decode(run->arena, documents[0], &bindings, diagnostics);
}

static struct sf_scenario *empty_scenario(struct run *run, const char *name)
{
    struct sf_scenario *scenario = sf_arena_alloc(run->arena, sizeof *scenario);
    scenario->file = "--fault";
    scenario->name = name;
    scenario->seed = run->options.seed;
    return scenario;
}

/* What places in the Nth `-f` name as their file. */
static const char *name_fault(const struct run *run, size_t index)
{
    return run->options.fault_count == 1 ? "--fault" : sf_arena_printf(run->arena, "--fault #%zu", index + 1);
}

/* Does the rule behind `count` others say an id that is theirs? */
static void check_id(struct run *run, const struct sf_rule *rules, size_t count,
                     struct sf_diagnostics *diagnostics)
{
    const struct sf_rule *rule = &rules[count];
    const struct sf_rule *other = rule->id ? sf_rule_find(rules, count, rule->id) : NULL;
    if (other)
        sf_error(diagnostics, rule->place, "duplicate id %s, that of the rule at %s:%u",
                 sf_quoted(run->arena, rule->id), other->place.file, other->place.line);
}

/* The rules of the file, then those of the command line. */
static void add_rules(struct run *run, const char *name, struct sf_diagnostics *diagnostics)
{
    struct sf_scenario *scenario = run->scenario;
    size_t count = scenario->rule_count + run->options.fault_count;
    struct sf_rule *rules = sf_arena_alloc(run->arena, count * sizeof *rules);
    if (scenario->rule_count)
        memcpy(rules, scenario->rules, scenario->rule_count * sizeof *rules);
    for (size_t i = 0; i < run->options.fault_count; i++) {
        size_t before = scenario->rule_count + i;
        if (sf_rule_decode_argument(run->arena, name_fault(run, i), run->options.faults[i], name,
                                    &rules[before], diagnostics))
            check_id(run, rules, before, diagnostics);
    }
    sf_rules_number(run->arena, rules, scenario->rule_count, count);
    if (count > SF_PLAN_RULES_MAX)
        sf_error(diagnostics, (struct sf_place){.file = "--fault"}, "%zu rules are too many: %u are allowed",
                 count, SF_PLAN_RULES_MAX);
    scenario->rules = rules;
    scenario->rule_count = count;
    scenario->rule_expect = sf_arena_alloc(run->arena, count * sizeof *scenario->rule_expect);
}

/* The supervisor names itself where our arguments are, so the program's are copied. */
static char **copy_arguments(struct sf_arena *arena, char **from, int count)
{
    char **to = sf_arena_alloc(arena, ((size_t)count + 1) * sizeof *to);
    for (int i = 0; i < count; i++)
        to[i] = sf_arena_strdup(arena, from[i]);
    return to;
}

/* As it is printed. */
static const char *first_error(const struct run *run, const struct sf_diagnostics *diagnostics)
{
    const struct sf_diagnostic *first = diagnostics->list;
    for (size_t i = 0; i < diagnostics->count && first->severity != SF_ERROR; i++)
        first++;
    if (first->place.line == 0)
        return sf_arena_printf(run->arena, "%s: %s", first->place.file, first->message);
    return sf_arena_printf(run->arena, "%s:%u:%u: %s", first->place.file, first->place.line,
                           first->place.column, first->message);
}

/* From options to a scenario of one program; false: its errors are printed. */
static bool make_scenario(struct run *run)
{
    char **argv = copy_arguments(run->arena, run->options.rest, run->options.rest_count);
    const char *name = sf_arena_strdup(run->arena, run->options.as ? run->options.as : base_name(argv[0]));
    struct sf_diagnostics diagnostics = {.arena = run->arena};
    run->scenario =
        run->options.scenario ? read_scenario(run, name, &diagnostics) : empty_scenario(run, name);
    if (run->scenario)
        add_rules(run, name, &diagnostics);
    if (!run->scenario || diagnostics.errors) {
        sf_diagnostics_print(&diagnostics, stderr);
        run->invalid = first_error(run, &diagnostics);
        return false;
    }
    struct sf_program *program = sf_arena_alloc(run->arena, sizeof *program);
    *program = (struct sf_program){.name = name, .place = run->scenario->place, .argv = argv, .wrap = true};
    run->scenario->programs = program;
    run->scenario->program_count = 1;
    run->scenario->expect = sf_arena_alloc(run->arena, sizeof *run->scenario->expect);
    if (run->options.timeout_ns)
        run->scenario->timeout_ns = run->options.timeout_ns;
    return true;
}

/* The program's own status, as a shell would give it. */
static int status_of(const struct run *run, const struct sf_outcome *outcome)
{
    const struct sf_exit *exit = &outcome->programs[0];
    if (outcome->failure)
        return fail(run, outcome->failure);
    if (exit->end == SF_END_FAILED) {
        fprintf(stderr, "sockfault %s: %s: %s\n", run->command_name, run->options.rest[0],
                strerror(exit->exec_errno));
        return exit->exec_errno == ENOENT ? NOT_FOUND : NOT_EXECUTABLE;
    }
    if (outcome->timed_out || exit->end == SF_END_TIMEOUT)
        return TIMED_OUT;
    return exit->signal ? SIGNALED + exit->signal : exit->code;
}

/* Does a report on the screen tell the findings anyway? All formats do, and a line before them would be
 * one too many for who reads them. */
static bool shows_findings(const struct run *run)
{
    const struct sf_options *options = &run->options;
    for (size_t i = 0; i < options->report_count; i++)
        if (!options->reports[i].path)
            return true;
    return options->report_count == 0 && options->verbosity > 0 && run->command == SF_COMMAND_RUN;
}

/* At the end of a trace: what is wrong with what it shows, a line each. */
static void put_habits(const struct run *run, const char *name)
{
    const struct sf_report_program *program = &run->report->programs[0];
    for (size_t i = 0; i < program->habit_count && run->command == SF_COMMAND_TRACE; i++)
        fprintf(stderr, "sockfault: %s: %s: %s\n", name, program->habits[i].warning,
                program->habits[i].message);
}

/* What makes the run mean less than it seems to: a line each. The status tells of a time-out. */
static void put_notes(const struct run *run, const struct sf_outcome *outcome)
{
    if (run->options.verbosity < 0)
        return;
    for (size_t i = 0; i < run->report->findings.count && !shows_findings(run); i++) {
        const struct sf_finding *finding = &run->report->findings.list[i];
        if (strcmp(finding->what, "timeout") != 0)
            fprintf(stderr, "sockfault: %s\n", finding->message);
    }
    const char *name = run->scenario->programs[0].name;
    put_habits(run, name);
    if (run->scenario->left_out && run->scenario->rule_count == run->options.fault_count)
        fprintf(stderr,
                "sockfault: no rule of %s is for %s: --as gives the program the name that they have\n",
                run->scenario->file, name);
    if (outcome->left_behind == 1)
        fprintf(stderr, "sockfault: a process that %s left behind was ended\n", name);
    else if (outcome->left_behind > 1)
        fprintf(stderr, "sockfault: %u processes that %s left behind were ended\n", outcome->left_behind,
                name);
}

/* `failure`: why there is nothing else to report; NULL: there is. */
static int write_reports(struct run *run, const char *failure, int status)
{
    static const struct sf_report_request details = {.format = SF_REPORT_PRETTY};
    const struct sf_report_run all = {.scenarios = &run->report,
                                      .count = run->report ? 1 : 0,
                                      .duration_ns = run->report ? run->report->duration_ns : 0,
                                      .failure = failure};
    const struct sf_report_request *requests = run->options.reports;
    size_t count = run->options.report_count;
    if (count == 0 && run->options.verbosity > 0 && run->report && run->command == SF_COMMAND_RUN) {
        requests = &details;
        count = 1;
    }
    for (size_t i = 0; i < count; i++) {
        int error = sf_report_write(&requests[i], &all, stderr, run->options.verbosity);
        if (error)
            status = fail(run, sf_reports_problem(run->arena, &requests[i], error));
    }
    return status;
}

/* The nodes of all rules: those of the file, then those of the command line. */
static const struct sf_node **rule_nodes(const struct run *run)
{
    size_t count = run->scenario->rule_count, of_file = count - run->options.fault_count;
    const struct sf_node **nodes = sf_arena_alloc(run->arena, (count + 1) * sizeof *nodes);
    struct sf_diagnostics none = {.arena = run->arena}; /* they were read before */
    if (run->document)
        memcpy(nodes, sf_rule_nodes(run->arena, run->document, run->scenario), of_file * sizeof *nodes);
    for (size_t i = of_file; i < count; i++)
        nodes[i] = sf_rule_parse_argument(run->arena, run->scenario->rules[i].place.file,
                                          run->options.faults[i - of_file], &none);
    return nodes;
}

/* A scenario ends after a minute by itself: too early for a run that took long. */
static uint64_t timeout_to_save(const struct run *run, const struct sf_outcome *outcome)
{
    if (run->options.timeout_ns || outcome->duration_ns < 20 * SECOND)
        return run->options.timeout_ns;
    return (3 * outcome->duration_ns / SECOND + 1) * SECOND;
}

static int write_saves(struct run *run, const struct sf_outcome *outcome, int status)
{
    bool ran = !outcome->failure && outcome->programs[0].end != SF_END_FAILED;
    struct sf_save_entry entry = {.name = run->scenario->programs[0].name};
    if (!run->options.save)
        return status;
    if (ran) {
        const struct sf_save_source source = {.document = run->document,
                                              .overrides = run->options.overrides,
                                              .override_count = run->options.override_count,
                                              .timeout_ns = timeout_to_save(run, outcome),
                                              .rules = rule_nodes(run)};
        entry.saved = sf_save(run->arena, &source, run->scenario, run->session);
    }
    int failed = sf_saves_write(run->arena, &run->options, "run", &entry, ran);
    return failed ? failed : status;
}

/* Why no call of the program could be seen, where they are all that is asked for; NULL: they can. */
static const char *untraceable(const struct run *run)
{
    const struct sf_program *program = &run->scenario->programs[0];
    char why[PATH_MAX + 200];
    bool is_unreachable = run->command == SF_COMMAND_TRACE &&
                          sf_unreachable(program->argv[0], getenv("PATH"), NULL, why, sizeof why);
    return is_unreachable ? sf_arena_strdup(run->arena, why) : NULL;
}

/* --program can mean one program alone. */
static const char *find_stranger(struct run *run)
{
    const char *name = sf_trace_filter_meet(&run->options.shown, run->scenario);
    return name ? sf_arena_printf(run->arena, "--program: there is no program %s: this one is %s",
                                  sf_quoted(run->arena, name), run->scenario->programs[0].name)
                : NULL;
}

/* Open what is written, and make the session; NULL, or what is wrong. */
static const char *prepare(struct run *run)
{
    const char *problem = find_stranger(run);
    if (!problem)
        problem = sf_saves_open(run->arena, &run->options);
    if (!problem)
        problem = sf_traces_open(run->arena, &run->options, run->command_name,
                                 run->command == SF_COMMAND_TRACE, false, &run->traces);
    if (problem)
        return problem;
    run->shim_path = sf_shim_find(run->arena, &problem);
    if (!problem)
        problem = sf_program_unreachable(run->arena, run->scenario, 0);
    if (!problem)
        problem = untraceable(run);
    if (problem)
        return problem;
    run->session =
        sf_scenario_session(run->arena, run->scenario, sf_traces_wish(&run->traces, run->scenario), &problem);
    if (run->session)
        run->recorder =
            sf_traces_record(run->arena, &run->traces, run->scenario, run->session, &problem);
    return problem;
}

/* The trace is complete, or the status says that it is not. */
static int finish_trace(struct run *run, struct sf_outcome *outcome, int status)
{
    const char *problem = sf_traces_finish(run->arena, &run->traces, run->scenario, run->session,
                                           run->recorder, outcome);
    return problem ? fail(run, problem) : status;
}

static int start(struct run *run)
{
    const char *problem = sf_reports_open(run->arena, &run->options);
    if (problem)
        return fail(run, problem);
    if (!make_scenario(run))
        return write_reports(run, run->invalid, FAILED);
    problem = prepare(run);
    if (problem)
        return write_reports(run, problem, fail(run, problem));
    const struct sf_launch_options options = {
        .stdio = SF_STDIO_PASS, .shim_path = run->shim_path, .no_timeout = run->options.timeout_ns == 0};
    run->launch = sf_launch_start(run->scenario, run->session, &options);
    struct sf_outcome seen = *sf_launch_wait(run->launch);
    const struct sf_outcome *outcome = &seen;
    int status = finish_trace(run, &seen, status_of(run, outcome));
    if (outcome->failure)
        return write_saves(run, outcome, write_reports(run, outcome->failure, status));
    run->report = sf_report_new(run->scenario->name, run->scenario->file, run->scenario->place.line);
    run->report->is_run = true;
    sf_report_judge(run->report, run->scenario, run->session, outcome);
    if (outcome->programs[0].end != SF_END_FAILED) /* that was told already */
        put_notes(run, outcome);
    return write_saves(run, outcome, write_reports(run, NULL, status));
}

/* What the options say together; NULL: that is fine. */
static const char *check_options(const struct run *run)
{
    const struct sf_options *options = &run->options;
    if (options->rest_count == 0)
        return "no program is given";
    if (options->override_count && !options->scenario)
        return "--set: there is no --scenario whose variables it could override";
    return sf_options_filter_conflict(run->command, options);
}

int sf_wrap(enum sf_command command, int argc, char **argv)
{
    struct run run = {.arena = sf_arena_new(), .command = command};
    run.command_name = command == SF_COMMAND_TRACE ? "trace" : "run"; /* argv gets the supervisor's name */
    run.ports.arena = run.folder.arena = run.arena;
    const char *problem = sf_options_parse(run.arena, command, argc, argv, &run.options);
    int status = FAILED;
    if (!problem && run.options.help)
        status = sf_help_print(run.command_name, stdout);
    else if (!problem)
        problem = check_options(&run);
    if (problem)
        fprintf(stderr, "sockfault %s: %s\nTry 'sockfault help %s'.\n", run.command_name, problem,
                run.command_name);
    else if (!run.options.help)
        status = start(&run);
    sf_saves_write(run.arena, &run.options, "run", NULL, 0); /* where nothing was started */
    sf_reports_close(&run.options);
    sf_report_free(run.report);
    sf_launch_free(run.launch);
    sf_recorder_free(run.recorder);
    sf_session_free(run.session);
    sf_traces_close(&run.traces);
    sf_port_set_release(&run.ports);
    sf_folder_remove(&run.folder);
    sf_arena_free(run.arena);
    return status;
}
