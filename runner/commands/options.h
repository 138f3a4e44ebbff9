/* The options of the commands that start programs: one table for parsing, for
 * help and for "did you mean". */
#ifndef SF_COMMANDS_OPTIONS_H
#define SF_COMMANDS_OPTIONS_H

#include "commands/shard.h"
#include "report/report.h"
#include "trace/filter.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* Bits: which command is asking. */
enum sf_command { SF_COMMAND_RUN = 1, SF_COMMAND_TEST = 2, SF_COMMAND_TRACE = 4, SF_COMMAND_EXPLORE = 8 };

struct sf_options {
    const char *scenario; /* NULL: none */
    const char **faults;
    size_t fault_count;
    const char *as; /* NULL: the program's base name */
    uint64_t seed;
    bool has_seed;
    uint64_t timeout_ns; /* 0: not given */
    struct sf_report_request *reports;
    size_t report_count;
    const char *save; /* NULL: nothing is saved */
    FILE *save_file;  /* once it was opened */
    const char *trace;  /* where JSON Lines go; NULL: nowhere */
    const char *pcap;   /* where a capture goes; NULL: nowhere */
    const char *output; /* where the text of `trace` goes; NULL: to stderr */
    struct sf_trace_filter shown; /* of the calls that are traced */
    const char *filter;             /* a valid regular expression; NULL: all scenarios */
    unsigned repeat;                /* default 1 */
    struct sf_shard shard;          /* of --shard, of the environment, or the whole */
    struct sf_override *overrides;  /* --set, in order */
    size_t override_count;
    bool fail_fast, no_skip;
    const char *out;   /* where reproducers go; default: sockfault-findings */
    uint64_t max_runs; /* 0: not given */
    const char *known; /* a JSON report; NULL: nothing is known */
    bool resume, thorough;
    unsigned jobs; /* default: the cores that this process may use */
    int verbosity; /* -1 with -q, 1 with -v, 2 with -vv */
    bool help;     /* show the command's help, do nothing else */
    char **rest;   /* NULL-terminated: the program and its arguments, or paths */
    int rest_count;
    bool is_behind_dashes; /* `--` stands before them */
};

/* Parse a command's arguments; argv[0] is the command's name. `run` and `trace` stop at the
 * first argument that is no option, so that the program's own stay its own.
 * Returns NULL, or what is wrong as a sentence ("unknown option '--foo'"). All
 * memory belongs to `arena`. */
const char *sf_options_parse(struct sf_arena *arena, enum sf_command command, int argc, char **argv,
                             struct sf_options *options);

/* Why a choice of calls makes no sense: nothing is traced, or the program has another name. NULL:
 * it does, or there is none. */
const char *sf_options_filter_conflict(enum sf_command command, const struct sf_options *options);

/* An option as people know it. */
struct sf_option_text {
    const char *name, *argument, *about; /* argument NULL: it takes none */
    char letter;                         /* 0: none */
};

/* The options of the command, those of all bits; what they point to stays. Returns how many. */
#define SF_OPTIONS_MAX 64
size_t sf_options_list(unsigned commands, struct sf_option_text list[static SF_OPTIONS_MAX]);

/* One line for each option of the command. */
void sf_options_print(enum sf_command command, FILE *out);

#endif
