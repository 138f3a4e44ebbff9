#include "save/firings.h"

#include "base/arena.h"
#include "save/tree.h"

#include <stdlib.h>

enum { LINE_COLUMNS = 90 };

static int compare(const void *a, const void *b)
{
    return sf_stretch_compare(a, b);
}

static bool follows(const struct sf_stretch *before, const struct sf_stretch *next)
{
    return before->counter == next->counter && before->ordinal == next->ordinal &&
           before->value == next->value && before->last + 1 == next->first;
}

/* A link rule may meet one connection at more than one call. */
static bool repeats(const struct sf_stretch *before, const struct sf_stretch *next)
{
    return before->counter == next->counter && before->ordinal == next->ordinal &&
           next->first <= before->last;
}

static void join(struct sf_firings *firings)
{
    size_t kept = 0;
    if (firings->count)
        qsort(firings->list, firings->count, sizeof *firings->list, compare);
    for (size_t i = 0; i < firings->count; i++) {
        if (kept > 0 && repeats(&firings->list[kept - 1], &firings->list[i]))
            continue;
        if (kept > 0 && follows(&firings->list[kept - 1], &firings->list[i]))
            firings->list[kept - 1].last = firings->list[i].last;
        else
            firings->list[kept++] = firings->list[i];
    }
    firings->count = kept;
}

/* What a rule can name again. The log is the programs' memory too: they may have spoilt it. */
static bool is_sound(const struct sf_plan *plan, const struct sf_firing *firing)
{
    if (firing->rule >= plan->rule_count || firing->nth == 0)
        return false;
    switch (firing->counter) {
    case SF_COUNTER_ALL:
        return true;
    case SF_COUNTER_PROGRAM:
        return firing->ordinal < plan->program_count;
    default:
        return firing->counter <= SF_COUNTER_SOCKET && firing->ordinal > 0;
    }
}

struct sf_firings *sf_firings_read(struct sf_arena *arena, const struct sf_session_memory *session)
{
    const uint32_t rules = session->plan->rule_count;
    struct sf_firings *all = sf_arena_alloc(arena, (rules + 1) * sizeof *all);
    for (const struct sf_event *event = sf_session_event(session, NULL); event;
         event = sf_session_event(session, event)) {
        for (unsigned i = 0; i < event->rule_count; i++) {
            const struct sf_firing *firing = &event->rules[i];
            if (!is_sound(session->plan, firing))
                continue;
            struct sf_firings *firings = &all[firing->rule];
            struct sf_stretch *slot = sf_arena_push(arena, &firings->list, &firings->count, sizeof *slot);
            *slot = (struct sf_stretch){firing->counter, firing->ordinal, firing->nth, firing->nth,
                                        firing->value};
            firings->recorded++;
        }
    }
    for (uint32_t i = 0; i < rules; i++)
        join(&all[i]);
    return all;
}

bool sf_firings_agree(const struct sf_firings *firings, uint32_t *value)
{
    *value = firings->count ? firings->list[0].value : 0;
    for (size_t i = 1; i < firings->count; i++)
        if (firings->list[i].value != *value)
            return false;
    return true;
}

/* "1..4", "7=3" */
static const char *stretch_text(struct sf_arena *arena, const struct sf_stretch *stretch, bool with_value)
{
    const char *range = stretch->first == stretch->last
                            ? sf_arena_printf(arena, "%u", stretch->first)
                            : sf_arena_printf(arena, "%u..%u", stretch->first, stretch->last);
    return with_value && stretch->value ? sf_arena_printf(arena, "%s=%u", range, stretch->value) : range;
}

/* A text, or a list of them where it would be a long line. */
static const struct sf_node *stretches_node(struct sf_arena *arena, const struct sf_stretch *list,
                                            size_t count, bool with_values)
{
    struct sf_node *lines = sf_tree_list(arena);
    for (size_t i = 0; i < count;) {
        char line[LINE_COLUMNS + 64];
        int length = 0;
        for (; i < count && length < LINE_COLUMNS; i++)
            length += snprintf(line + length, sizeof line - (size_t)length, "%s%s", length ? ", " : "",
                               stretch_text(arena, &list[i], with_values));
        sf_tree_add(arena, lines, sf_tree_text(arena, sf_arena_strdup(arena, line)));
    }
    return lines->count == 1 ? lines->items[0] : lines;
}

static const char *counter_name(struct sf_arena *arena, const struct sf_stretch *stretch,
                                const struct sf_scenario *scenario)
{
    if (stretch->counter == SF_COUNTER_PROGRAM)
        return scenario->programs[stretch->ordinal].name;
    return sf_arena_printf(arena, "%s %u",
                           stretch->counter == SF_COUNTER_CONNECTION ? "connection" : "socket",
                           stretch->ordinal);
}

const struct sf_node *sf_firings_node(struct sf_arena *arena, const struct sf_firings *firings,
                                      const struct sf_scenario *scenario, const struct sf_rule *rule,
                                      bool with_values)
{
    if (rule->per == SF_PER_SCENARIO || (rule->per == SF_PER_PROGRAM && scenario->program_count == 1))
        return stretches_node(arena, firings->list, firings->count, with_values);
    struct sf_node *mapping = sf_tree_mapping(arena);
    for (size_t i = 0, end; i < firings->count; i = end) {
        const struct sf_stretch *from = &firings->list[i];
        for (end = i; end < firings->count && firings->list[end].counter == from->counter &&
                      firings->list[end].ordinal == from->ordinal;)
            end++;
        sf_tree_set(arena, mapping, counter_name(arena, from, scenario),
                    stretches_node(arena, from, end - i, with_values));
    }
    return mapping;
}
