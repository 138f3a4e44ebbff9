/* sockfault compile SCENARIO -o FILE: write the plan, for use without the runner. */
#include "base/arena.h"
#include "base/output.h"
#include "commands/commands.h"
#include "plan/session.h"
#include "scenario/files.h"
#include "scenario/scenario.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DONE = 0, INVALID = 2 };

static int wrong_usage(const char *problem, const char *what)
{
    const char *quote = *what ? "'" : "";
    fprintf(stderr, "sockfault compile: %s%s%s%s\nTry 'sockfault help compile'.\n", problem, quote, what,
            quote);
    return INVALID;
}

/* Each program that loads a plan has a session of its own. */
static void warn_of_peers(const struct sf_scenario *scenario, struct sf_diagnostics *diagnostics)
{
    for (size_t i = 0; i < scenario->rule_count; i++) {
        const struct sf_rule *rule = &scenario->rules[i];
        for (size_t j = 0; j < rule->peer_count; j++) {
            const struct sf_pattern *peer = &rule->peers[j];
            if (peer->kind == SF_PATTERN_PROGRAM &&
                scenario->programs[peer->program].ready.kind != SF_READY_PORT)
                sf_warning(diagnostics, peer->place,
                           "without the runner no program learns the addresses of another: "
                           "ready: {port: N} would tell where %s listens",
                           peer->text);
        }
    }
}

/* The only scenario of a file, or NULL after its errors. A plan without programs
 * gets one, so that it fits whatever loads it. */
static struct sf_scenario *read_scenario(struct sf_arena *arena, const char *path)
{
    struct sf_diagnostics diagnostics = {.arena = arena};
    size_t count, made;
    struct sf_document **documents = sf_documents_read(arena, path, &count, &diagnostics);
    struct sf_scenario *scenario = NULL;

    made = count == 1 ? sf_document_combinations(documents[0]) : count;
    if (made > 1)
        sf_error(&diagnostics, (struct sf_place){.file = sf_file_name(path)},
                 "it holds %zu scenarios: a plan is of one", made);
    else if (made == 1)
        scenario = sf_scenario_decode(arena, documents[0], NULL, &diagnostics);
    if (scenario && !sf_plan_admits(scenario, &diagnostics))
        scenario = NULL;
    if (scenario && scenario->program_count == 0) {
        scenario->programs = sf_arena_alloc(arena, sizeof *scenario->programs);
        scenario->programs[0] = (struct sf_program){.name = "program", .wrap = true};
        scenario->program_count = 1;
    }
    if (scenario)
        warn_of_peers(scenario, &diagnostics);
    sf_diagnostics_print(&diagnostics, stderr);
    return diagnostics.errors ? NULL : scenario;
}

/* Whole or not at all: a target that finds half a plan stops. What is no file (a
 * device, a pipe, standard output) was not made by us and stays. */
static int write_plan(const struct sf_plan *plan, const char *path)
{
    struct stat status = {0};
    FILE *file = sf_output_open(path);
    int error = file ? 0 : errno;
    bool is_ours = file && file != stdout && fstat(fileno(file), &status) == 0 && S_ISREG(status.st_mode);

    if (file && fwrite(plan, plan->total_bytes, 1, file) != 1)
        error = errno;
    int unwritten = sf_output_close(file);
    error = error ? error : unwritten;
    if (!error)
        return DONE;
    fprintf(stderr, "sockfault compile: cannot write %s: %s\n", file == stdout ? "to standard output" : path,
            strerror(error));
    if (is_ours)
        unlink(path);
    if (file == stdout)
        clearerr(stdout); /* once is enough */
    return SF_EXIT_INTERNAL;
}

int sf_command_compile(int argc, char **argv)
{
    static const struct option options[] = {{"output", required_argument, NULL, 'o'}, {0}};
    const char *output = NULL;
    int option;

    optind = 0; /* main has been over the arguments before */
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":o:", options, NULL)) != -1) {
        if (option != 'o')
            return wrong_usage(option == ':' ? "a value is missing behind option " : "unknown option ",
                               argv[optind - 1]);
        output = optarg;
    }
    if (argc - optind != 1)
        return wrong_usage(argc == optind ? "no scenario is given" : "one scenario at a time", "");
    if (!output)
        return wrong_usage("-o FILE is missing: where the plan goes", "");

    struct sf_arena *arena = sf_arena_new();
    const struct sf_scenario *scenario = read_scenario(arena, argv[optind]);
    int status = INVALID;
    if (scenario) {
        struct sf_plan *plan = sf_plan_compile(scenario);
        status = write_plan(plan, output);
        free(plan);
    }
    sf_arena_free(arena);
    return status;
}
