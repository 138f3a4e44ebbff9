/* A scenario as the rest of the runner sees it: decoded, checked, `${…}`
 * replaced. Every node keeps its place, for messages and reports.
 *
 * All memory belongs to the arena it was decoded into. */
#ifndef SF_SCENARIO_SCENARIO_H
#define SF_SCENARIO_SCENARIO_H

#include "abi/plan.h"
#include "base/diagnostic.h"
#include "scenario/link.h"

#include <stdbool.h>
#include <stdint.h>

/* "<5s", ">=10", "3", "2..4": both bounds inclusive; an open end is 0 or UINT64_MAX.
 * Durations are in nanoseconds. text is as written. */
struct sf_comparison {
    struct sf_place place; /* file NULL: not given */
    const char *text;
    uint64_t min, max;
};

struct sf_text_item {
    struct sf_place place;
    const char *text; /* NULL: not given */
};

struct sf_ready {
    enum { SF_READY_NONE, SF_READY_PORT, SF_READY_OUTPUT, SF_READY_FILE } kind; /* NONE: not a service */
    struct sf_place place;
    uint16_t port;
    struct sf_text_item output; /* a regular expression */
    const char *file;           /* a relative path is meant from the program's folder on */
    uint64_t within_ns; /* default 10 s */
};

struct sf_env { /* added to the program's environment */
    const char *name, *value;
};

struct sf_program {
    const char *name;
    struct sf_place place;
    char **argv; /* NULL-terminated; a string `run` is {"/bin/sh", "-c", text} */
    struct sf_ready ready;
    struct sf_env *env;
    size_t env_count;
    const char *cwd;   /* NULL: the runner's */
    const char *stdin_text; /* NULL: stdin_file */
    const char *stdin_file; /* NULL: /dev/null */
    bool is_stdin_relative; /* as written; stdin_file is not */
    uint64_t start_after_ns; /* since the program before it was started, a service: ready */
    bool wrap;         /* default true */
    int stop_signal;   /* default SIGTERM */
    uint64_t stop_within_ns; /* default 5 s */
    bool is_last; /* it starts once all before it that are no services have ended (explore) */
};

struct sf_pattern {
    struct sf_place place;
    const char *text; /* as written */
    enum sf_pattern_kind kind;
    uint8_t domains; /* SF_PATTERN_INET: SF_DOMAIN_INET and/or _INET6 */
    uint8_t address[16];
    uint32_t prefix_len;
    uint16_t port; /* 0: any */
    const char *glob;
    uint32_t program; /* SF_PATTERN_PROGRAM: its index */
};

struct sf_exactly {
    struct sf_place place; /* file NULL: not given */
    struct sf_stretch *list; /* sorted and apart, as in the plan */
    size_t count;
};

/* What a rule acts on: one call; the network between the two ends of a connection;
 * that between groups of programs. */
enum sf_rule_kind { SF_RULE_CALL, SF_RULE_LINK, SF_RULE_PARTITION };

struct sf_rule {
    struct sf_place place;
    const char *id; /* as written, or "rule-N" with N from 1 */
    bool optional, force;
    bool is_caught; /* what interrupts is a signal that the program catches: of explore, no key says it */

    enum sf_rule_kind kind;
    struct sf_call_set calls; /* empty unless SF_RULE_CALL */
    uint32_t families; /* bits of the calls' families */

    uint64_t programs; /* bit per program of the scenario; all ones: any; of a partition all it names */
    struct sf_pattern *peers;
    size_t peer_count;
    struct sf_pattern *locals;
    size_t local_count;
    struct sf_pattern *exes; /* SF_PATTERN_EXE */
    size_t exe_count;
    uint8_t domains, types, roles;      /* SF_DOMAIN_… etc; 0: any */
    uint32_t connection_first, connection_last; /* 0, 0: any; open end UINT32_MAX */

    /* nth and every count calls, of a link rule connections, on datagram sockets datagrams. */
    uint32_t nth_first, nth_last; /* 0, 0: any; open end UINT32_MAX */
    uint32_t every, times;        /* 0: not given */
    double probability;           /* 1: always */
    uint64_t after_ns, until_ns;  /* since the program's start; until 0: for ever */
    uint64_t after_bytes;
    const char *match;            /* match_bytes bytes, NULs among them; NULL: none */
    size_t match_bytes;
    uint32_t states;              /* bit 1 << TCP_ESTABLISHED etc; 0: any */
    const char *exists;           /* a path; NULL: none */
    const char *site;             /* the name of a function; NULL: none */
    struct sf_exactly exactly;    /* the calls that are named one by one */
    enum sf_per per;              /* resolved: the default of the family or the link, or as written */

    enum sf_fault_kind fault; /* of a call rule; others have link.fault */
    struct sf_place fault_place;
    const char *fault_text; /* "partial: 1", for reports */
    int error;
    uint64_t delay_ns;             /* of a link the mean */
    uint32_t bytes_min, bytes_max; /* partial, chunk; max 0: random */
    uint32_t bits;                 /* corrupt */
    int signal;
    struct sf_pattern *answers;    /* resolve: one address each */
    size_t answer_count;
    struct sf_link link;
};

struct sf_text_expectation {
    struct sf_place place; /* file NULL: not given */
    struct sf_text_item equals;
    struct sf_text_item equals_file; /* its path */
    bool is_file_relative;           /* as written; equals_file is not */
    struct sf_text_item matches;     /* a regular expression */
    struct sf_text_item *contains, *not_contains;
    size_t contains_count, not_contains_count;
    struct { struct sf_place place; bool given, value; } empty;
};

struct sf_program_expectation {
    struct sf_place place; /* file NULL: nothing was said of this program */
    struct { struct sf_place place; bool given, nonzero, any; int *codes; size_t count; const char *text; } exit;
    struct { struct sf_place place; bool given; int number; /* 0: none */ } signal;
    struct sf_text_expectation out, err;
    struct sf_comparison duration, cpu;
    struct sf_comparison calls[SF_FAMILY_COUNT];
    struct sf_comparison leaked_sockets;
    struct { struct sf_place place; bool given; uint32_t allowed; /* bits of enum sf_habit */ const char *text; } hygiene;
};

struct sf_scenario {
    const char *file; /* as the user named it; "--fault" for rules of the command line */
    struct sf_place place;
    const char *name, *description; /* name: the full one, with the values of the matrix */
    const char **tags;
    size_t tag_count;
    struct sf_text_item *requires; /* commands that must be on PATH */
    size_t requires_count;
    uint64_t seed; /* always set: written, or derived from the full name */
    uint64_t timeout_ns; /* default 60 s */
    struct sf_place timeout_place; /* of the scenario where it says none */
    uint64_t run_for_ns; /* where all programs are services, which run that long; otherwise 0 */
    struct sf_program *programs;
    size_t program_count;
    struct sf_program_expectation *expect; /* one for each program */
    struct sf_rule *rules;
    size_t rule_count;
    size_t left_out; /* rules of other programs than the one of `run` */
    struct sf_comparison *rule_expect; /* one for each rule: how often it must fire */
};

/* `--set NAME=VALUE`: the value of one of a scenario's vars, taken as it stands. */
struct sf_override {
    const char *name, *value;
};

/* What `${…}` stands for beyond the scenario's own vars. */
struct sf_bindings {
    /* A port for ${port.NAME}: free for TCP and UDP, the same for equal names
     * during one run. NULL: any fixed number will do (`check`). */
    uint16_t (*port)(void *context, const char *name);
    void *context;

    /* The folder for ${dir}: fresh, empty, the same throughout. NULL: any path
     * will do (`check`); its answer NULL: there is none to be had. */
    const char *(*dir)(void *context);
    void *dir_context;
    const uint64_t *seed; /* --seed; NULL: the scenario's */
    size_t combination;   /* of the matrix, from 0: its last key changes fastest */
    const struct sf_override *overrides; /* names that are no vars of the scenario are ignored */
    size_t override_count;

    bool hints; /* warn as well where there is a better way (`check`) */

    /* `run --scenario`: the only program there is. The file's programs and
     * expectations are ignored, and rules for other programs of the file left
     * out. NULL: the scenario's own programs. */
    const char *program_name;
};

struct sf_arena;
struct sf_document; /* one YAML document: nodes with places */

/* Read the YAML of a file into its documents. Syntax errors, tags, nulls,
 * duplicate keys go to `diagnostics`. Returns the documents that can be decoded
 * further, with or without errors (count in *count; an unreadable or empty file
 * gives an error and 0). */
struct sf_document **sf_documents_read(struct sf_arena *arena, const char *path, size_t *count,
                                       struct sf_diagnostics *diagnostics);

/* Decode and check one document. All its errors go to `diagnostics`; returns
 * NULL when there was one. `bindings` may be NULL. May be called again with
 * other bindings, into another arena: the scenario holds no pointer into the
 * document. */
struct sf_scenario *sf_scenario_decode(struct sf_arena *arena, const struct sf_document *document,
                                       const struct sf_bindings *bindings,
                                       struct sf_diagnostics *diagnostics);

/* How many scenarios the document's matrix makes of it: 1 without one, or with
 * one that is wrong. */
size_t sf_document_combinations(const struct sf_document *document);

/* The folder of a scenario file, absolute where it can be found: ${scenario_dir}. */
const char *sf_scenario_folder(struct sf_arena *arena, const char *file);

/* Add the names of the document's vars. */
void sf_document_variables(struct sf_arena *arena, const struct sf_document *document, const char ***names,
                           size_t *count);

/* Decode all that the documents of one file hold, combination by combination,
 * with `bindings` (its `combination` is of no matter; NULL is fine). All errors
 * go to `diagnostics`. `each` (NULL: none) is called for what is valid; the
 * scenario is gone when it returns. */
typedef void sf_scenario_visitor(void *context, const struct sf_document *document, size_t combination,
                                 const struct sf_scenario *scenario);
void sf_documents_decode(struct sf_document **documents, size_t count, const struct sf_bindings *bindings,
                         struct sf_diagnostics *diagnostics, sf_scenario_visitor *each, void *context);

/* Give those of `count` rules, from the `first` on, that have no id the default one: rule-N of
 * the Nth; where another rule says that it has that, the next N beyond `count` that is free. */
void sf_rules_number(struct sf_arena *arena, struct sf_rule *rules, size_t first, size_t count);

/* The rule with this id, or NULL. */
const struct sf_rule *sf_rule_find(const struct sf_rule *rules, size_t count, const char *id);

/* Decode one rule from the command line (`--fault 'call: recv, partial: 1'`,
 * braces left off or not). Places name `file` ("--fault") and count within the
 * text. The rule's programs may only name `program_name`; its id is NULL where it
 * says none. Returns false on error. */
bool sf_rule_decode_argument(struct sf_arena *arena, const char *file, const char *text,
                             const char *program_name, struct sf_rule *rule,
                             struct sf_diagnostics *diagnostics);

#endif
