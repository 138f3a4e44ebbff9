#include "save/rules.h"

#include "base/arena.h"
#include "save/firings.h"
#include "save/pin.h"
#include "save/tree.h"
#include "verify/wording.h"

#include <inttypes.h>
#include <string.h>

const struct sf_node **sf_rule_nodes(struct sf_arena *arena, const struct sf_document *document,
                                     const struct sf_scenario *scenario)
{
    const struct sf_node **nodes = sf_arena_alloc(arena, (scenario->rule_count + 1) * sizeof *nodes);
    const struct sf_node *list = sf_node_get(document->root, "faults");
    size_t found = 0;
    /* Both in the order of the file; rules for other programs may have been left out. */
    for (size_t i = 0; list && i < list->count && found < scenario->rule_count; i++) {
        const struct sf_place *place = &scenario->rules[found].place;
        if (list->items[i]->line == place->line && list->items[i]->column == place->column)
            nodes[found++] = list->items[i];
    }
    return nodes;
}

static bool is_one_of(const char *key, const char *const *keys)
{
    for (; *keys; keys++)
        if (strcmp(*keys, key) == 0)
            return true;
    return false;
}

/* Do seed and count alone choose the rule's calls? Then it chooses them again. */
static bool hangs_on_counts(const struct sf_node *node)
{
    static const char *const counts[] = {"nth", "from", "to", "every", "probability", "exactly", NULL};
    const struct sf_node *when = sf_node_get(node, "when");
    for (size_t i = 0; when && i < when->count; i++)
        if (!is_one_of(when->pairs[i].key->text, counts))
            return false;
    return !sf_node_get(node, "times");
}

/* What the log has lost of a rule is lost, unless the rule finds it again by itself. */
static bool may_stay_as_it_was(struct sf_arena *arena, const struct sf_node *node, const struct sf_rule *rule,
                               uint64_t fired, uint64_t recorded, struct sf_saved *result)
{
    const char *name = sf_arena_printf(arena, "%s (%s)", sf_word_rule(arena, rule->id), rule->fault_text);
    if (!hangs_on_counts(node)) {
        result->problem = sf_arena_printf(arena,
                                          "%s fired %s, and the log holds %" PRIu64
                                          " of them: bound it by connection, times or when",
                                          name, sf_word_count(arena, fired, "time"), recorded);
        return false;
    }
    const char **note = sf_arena_push(arena, &result->notes, &result->note_count, sizeof *note);
    *note =
        sf_arena_printf(arena,
                        "%s fired %s, more than the log holds: it is saved as it was, and finds its calls "
                        "by seed and count",
                        name, sf_word_count(arena, fired, "time"));
    return true;
}

/* A length that is drawn, but was the same each time, is that length. */
static const struct sf_node *save_length(struct sf_arena *arena, const struct sf_rule *rule,
                                         const struct sf_firings *firings)
{
    uint32_t value;
    if (rule->fault != SF_FAULT_PARTIAL || rule->bytes_min == rule->bytes_max ||
        !sf_firings_agree(firings, &value) || value == 0)
        return NULL;
    return sf_tree_text(arena, sf_arena_printf(arena, "%u", value));
}

/* What a link rule waits for on a connection is as exact as what it named it by: only the choice of
 * connections is made anew. */
static void save_moments(struct sf_arena *arena, struct sf_node *when, const struct sf_node *node,
                         const char *folder)
{
    static const char *const moments[] = {"after", "until", "after_bytes", "match", "state", "exists", NULL};
    const struct sf_node *written = sf_node_get(node, "when");
    for (size_t i = 0; written && i < written->count; i++)
        if (is_one_of(written->pairs[i].key->text, moments))
            sf_tree_set(arena, when, written->pairs[i].key->text,
                        sf_pin_node(arena, written->pairs[i].value, folder));
}

/* A rate that connections share is taken from by those that it never held back, too. */
static bool is_of_all(const struct sf_rule *rule)
{
    return rule->kind == SF_RULE_PARTITION ||
           (rule->kind == SF_RULE_LINK && rule->link.fault == SF_LINK_THROTTLE && rule->link.is_per_written);
}

/* firings NULL: it stays as it was. */
static struct sf_node *save_rule(struct sf_arena *arena, const struct sf_node *node, bool is_run,
                                 const struct sf_scenario *scenario, const struct sf_rule *rule,
                                 const struct sf_firings *firings)
{
    static const char *const triggers[] = {"when", "times", NULL};
    struct sf_node *saved = sf_tree_mapping(arena), *when = sf_tree_mapping(arena);
    const struct sf_node *length = firings ? save_length(arena, rule, firings) : NULL;
    const char *folder = sf_scenario_folder(arena, rule->place.file);
    sf_tree_set(arena, saved, "id", sf_tree_text(arena, sf_pin_literal(arena, rule->id)));
    for (size_t i = 0; i < node->count; i++) {
        const char *key = node->pairs[i].key->text;
        if (strcmp(key, "id") == 0 || (is_run && strcmp(key, "program") == 0) ||
            (firings && is_one_of(key, triggers)))
            continue;
        sf_tree_set(arena, saved, key,
                    length && strcmp(key, "partial") == 0 ? length
                                                          : sf_pin_node(arena, node->pairs[i].value, folder));
    }
    if (!firings)
        return saved;
    bool draws = rule->fault == SF_FAULT_PARTIAL && rule->bytes_min != rule->bytes_max && !length;
    if (rule->kind == SF_RULE_LINK)
        save_moments(arena, when, node, folder);
    sf_tree_set(arena, when, "exactly", sf_firings_node(arena, firings, scenario, rule, draws));
    sf_tree_set(arena, saved, "when", when);
    return saved;
}

const struct sf_node *sf_save_rules(struct sf_arena *arena, const struct sf_node *const *nodes, bool is_run,
                                    const struct sf_scenario *scenario,
                                    const struct sf_session_memory *session, bool *saved,
                                    struct sf_saved *result)
{
    const struct sf_firings *all = sf_firings_read(arena, session);
    struct sf_node *list = sf_tree_list(arena);
    for (size_t i = 0; i < scenario->rule_count && !result->problem; i++) {
        const struct sf_rule *rule = &scenario->rules[i];
        uint64_t fired = session->rules[i].fired, recorded = all[i].recorded;
        bool is_whole = recorded >= fired;
        saved[i] = fired > 0 || recorded > 0;
        if (saved[i] && is_of_all(rule))
            sf_tree_add(arena, list, save_rule(arena, nodes[i], is_run, scenario, rule, NULL));
        else if (saved[i] && (is_whole || may_stay_as_it_was(arena, nodes[i], rule, fired, recorded, result)))
            sf_tree_add(arena, list,
                        save_rule(arena, nodes[i], is_run, scenario, rule, is_whole ? &all[i] : NULL));
    }
    return list;
}
