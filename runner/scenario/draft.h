/* A rule under way: its keys are read by places.c, scopes.c, triggers.c and
 * fault_values.c, its fault is chosen by fault_choice.c; their table and what
 * holds between them are in rules.c. */
#ifndef SF_SCENARIO_DRAFT_H
#define SF_SCENARIO_DRAFT_H

#include "scenario/decode.h"

enum { SF_PER_DEFAULT = -1 };

/* A rule with what is only needed until it is whole. */
struct sf_draft {
    struct sf_rule rule;
    bool placed; /* it has exactly one place, rule.kind */
    int per;
    uint32_t from, to;
    bool foreign; /* it names programs, but not that of `run` */
};

/* The object that the types below are handed. */
static inline struct sf_draft *sf_draft_of(void *object)
{
    return object;
}

/* One pattern or a list of them, read by `parse`; what `hint` (NULL: nothing)
 * makes of a bad one stands behind its error. */
typedef bool sf_pattern_parser(const struct sf_decoder *decoder, const char *text,
                               struct sf_pattern *pattern);
typedef const char *sf_pattern_adviser(const struct sf_decoder *decoder, const char *text);
void sf_patterns_decode(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object, sf_pattern_parser *parse, sf_pattern_adviser *hint);

/* Which place a rule has, before its keys are decoded: what others may be hangs on
 * it. None and several are reported. */
void sf_place_choose(struct sf_decoder *decoder, const struct sf_node *node, struct sf_draft *draft);

/* Which fault a rule has, once its keys are decoded. None, several and one that its
 * place cannot meet are reported. */
void sf_fault_choose(struct sf_decoder *decoder, const struct sf_node *node, struct sf_draft *draft);

/* The fault as reports name it: "partial: 1", "resolve: [::1, 127.0.0.1]". The rule
 * must be free of errors: what is wrong may be larger than any text. */
const char *sf_fault_text(struct sf_decoder *decoder, const struct sf_node *node, const struct sf_rule *rule);

extern const struct sf_type sf_type_call; /* before the faults: what they may be hangs on it */
extern const struct sf_type sf_type_partition;
extern const struct sf_type sf_type_programs, sf_type_exe, sf_type_peer, sf_type_local;
extern const struct sf_type sf_type_when;
extern const struct sf_type sf_type_error, sf_type_partial, sf_type_true, sf_type_answer;
extern const struct sf_type sf_type_delay, sf_type_chunk;

#endif
