/* What the programs do when nothing is injected: that which faulted runs are compared with.
 *
 * Made from several runs, so that what varies among them is not judged. */
#ifndef SF_EXPLORE_BASELINE_H
#define SF_EXPLORE_BASELINE_H

#include "explore/pattern.h"
#include "explore/trial.h"

/* A call that a rule can name, seen in every run. */
struct sf_site {
    unsigned program;
    enum sf_family family;
    uint8_t domain, type, role;
    uint32_t connection, nth;
    uint32_t place;      /* index into the baseline's places */
    uint32_t occurrence; /* of its place, from 1 */
    bool is_last;        /* of its place */
    bool is_bounded;     /* as sf_observed_call has it */
    bool was_peeked;     /* likewise */
};

/* A place of the code: of one program and one family, whichever process. */
struct sf_site_place {
    const char *name;   /* "greet (greet.c:27)"; "": not known */
    const char *source; /* "/home/me/greet.c"; "": not known */
    unsigned program;
    enum sf_family family;
    uint32_t count; /* of its sites */
};

struct sf_site_connection {
    unsigned program;
    uint8_t domain, type, role;
    uint32_t connection; /* 0: datagrams without one */
    uint64_t bytes_in, bytes_out;
    uint32_t sends;
    bool was_read_out; /* the program has read its end */
};

struct sf_baseline_program {
    const char *name;
    bool is_service, is_wrapped;
    int code;
    uint64_t cpu_ns, duration_ns;    /* the most */
    uint64_t calls[SF_FAMILY_COUNT]; /* likewise */
    int64_t leaked;
    uint32_t unclosed;
    uint32_t idle_calls;
    uint64_t bytes; /* that it moved on sockets */
    struct sf_pattern_text *out;
    bool has_report; /* a sanitizer's */
};

struct sf_baseline {
    struct sf_arena *arena;
    unsigned runs;
    struct sf_baseline_program *programs; /* the probe is the last, if there is one */
    unsigned program_count;
    bool has_probe;
    uint64_t duration_ns; /* the most */
    struct sf_site *sites;
    size_t site_count;
    struct sf_site_place *places;
    size_t place_count;
    size_t place_used; /* those that have a site */
    struct sf_site_connection *connections;
    size_t connection_count;
    bool is_cut; /* there were more calls than are kept */
};

/* Begin with nothing. All memory belongs to the arena. */
void sf_baseline_begin(struct sf_baseline *baseline, struct sf_arena *arena);

/* Take in a run without faults that went well; traced ones bring sites. */
void sf_baseline_add(struct sf_baseline *baseline, const struct sf_subject *subject,
                     const struct sf_trial_facts *facts);

/* The runs are over: count occurrences. */
void sf_baseline_close(struct sf_baseline *baseline);

/* What is wrong with a run that should have gone well: a sentence; NULL: nothing. The probe may fail:
 * *probe_fails says so. */
const char *sf_baseline_problem(struct sf_arena *arena, const struct sf_subject *subject,
                                const struct sf_trial_facts *facts, bool *probe_fails);

#endif
