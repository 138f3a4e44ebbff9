/* `exactly`: "1..4, 7, 9=3", over whatever the rule counts, or for each connection,
 * socket or program by itself. */
#include "base/quantity.h"
#include "scenario/calls.h"
#include "scenario/sections.h"

#include <stdlib.h>
#include <string.h>

static const char connection_prefix[] = "connection ", socket_prefix[] = "socket ";

/* "7", "1..4", "2..", with "=VALUE" behind it or not; `text` is cut up. */
static bool parse_stretch(char *text, struct sf_stretch *stretch)
{
    uint64_t first, last, value = 0;
    char *equals = strchr(text, '=');
    if (equals) {
        *equals = '\0';
        if (!sf_number_parse(equals + 1, &value) || value == 0 || value > UINT32_MAX)
            return false;
    }
    if (!sf_range_parse(text, &first, &last) || first == 0 || first > UINT32_MAX ||
        (last > UINT32_MAX && last != UINT64_MAX))
        return false;
    stretch->first = (uint32_t)first;
    stretch->last = last == UINT64_MAX ? UINT32_MAX : (uint32_t)last;
    stretch->value = (uint32_t)value;
    return true;
}

/* Without spaces and line ends around it. */
static char *trim(char *text)
{
    text += strspn(text, " \n");
    size_t length = strlen(text);
    while (length > 0 && strchr(" \n", text[length - 1]))
        text[--length] = '\0';
    return text;
}

static void add_stretches(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *node,
                          struct sf_stretch stretch, struct sf_exactly *exactly)
{
    const char *text = sf_text_decode(decoder, key, node);
    char *rest = text ? sf_arena_strdup(decoder->arena, text) : NULL, *piece;
    while ((piece = strsep(&rest, ","))) {
        piece = trim(piece);
        const char *named = sf_quoted(decoder->diagnostics->arena, piece);
        if (!parse_stretch(piece, &stretch)) {
            sf_value_reject(decoder, key, node,
                            sf_arena_printf(decoder->diagnostics->arena, " (%s is none)", named));
            return;
        }
        if (++decoder->stretches > SF_PLAN_STRETCHES_MAX) {
            sf_error(decoder->diagnostics, sf_node_place(decoder, node),
                     "exactly: more than %u stretches of calls", SF_PLAN_STRETCHES_MAX);
            return;
        }
        struct sf_stretch *slot =
            sf_arena_push(decoder->arena, &exactly->list, &exactly->count, sizeof *slot);
        *slot = stretch;
    }
}

/* A list is one long text in pieces. */
static void add_all(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                    struct sf_stretch stretch, struct sf_exactly *exactly)
{
    struct sf_items items = sf_node_items(&value);
    if (!items.count)
        sf_value_reject(decoder, key, value, "");
    for (size_t i = 0; i < items.count && decoder->stretches <= SF_PLAN_STRETCHES_MAX; i++)
        if (items.list[i]->kind != SF_NODE_BAD)
            add_stretches(decoder, key, items.list[i], stretch, exactly);
}

static bool parse_ordinal(const char *text, uint32_t *ordinal)
{
    uint64_t number;
    if (!sf_number_parse(text, &number) || number == 0 || number > UINT32_MAX)
        return false;
    *ordinal = (uint32_t)number;
    return true;
}

/* False: it is the name of a program that is not there in `run`, or nothing at all. */
static bool find_program(struct sf_decoder *decoder, const struct sf_node *node, uint32_t *ordinal)
{
    const char *only = decoder->bindings->program_name;
    if (only && strcmp(node->text, only) == 0)
        return true;
    ptrdiff_t index = sf_name_find(decoder, sf_node_place(decoder, node), "program", node->text,
                                   decoder->programs, decoder->program_count);
    *ordinal = (uint32_t)index;
    return index >= 0 && !only;
}

/* Whose calls are counted: "connection 2", "socket 1", "client". */
static bool find_counter(struct sf_decoder *decoder, const struct sf_node *node, struct sf_stretch *stretch)
{
    const size_t connection = strlen(connection_prefix), socket = strlen(socket_prefix);
    stretch->counter = SF_COUNTER_CONNECTION;
    if (strncmp(node->text, connection_prefix, connection) == 0 &&
        parse_ordinal(node->text + connection, &stretch->ordinal))
        return true;
    stretch->counter = SF_COUNTER_SOCKET;
    if (strncmp(node->text, socket_prefix, socket) == 0 &&
        parse_ordinal(node->text + socket, &stretch->ordinal))
        return true;
    stretch->counter = SF_COUNTER_PROGRAM;
    if (!strchr(node->text, ' '))
        return find_program(decoder, node, &stretch->ordinal);
    sf_error(decoder->diagnostics, sf_node_place(decoder, node),
             "%s is none of connection N, socket N and the name of a program",
             sf_quoted(decoder->diagnostics->arena, node->text));
    return false;
}

static int compare(const void *a, const void *b)
{
    return sf_stretch_compare(a, b);
}

static void sort(struct sf_decoder *decoder, struct sf_exactly *exactly)
{
    if (exactly->count)
        qsort(exactly->list, exactly->count, sizeof *exactly->list, compare);
    for (size_t i = 1; i < exactly->count; i++) {
        const struct sf_stretch *before = &exactly->list[i - 1], *here = &exactly->list[i];
        if (before->counter != here->counter || before->ordinal != here->ordinal ||
            before->last < here->first)
            continue;
        sf_error(decoder->diagnostics, exactly->place, "exactly names call %u twice", here->first);
        return;
    }
}

static void decode_exactly(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                           void *object)
{
    struct sf_exactly *exactly = sf_key_field(key, object);
    exactly->place = sf_node_place(decoder, value);
    if (value->kind != SF_NODE_MAPPING)
        add_all(decoder, key, value, (struct sf_stretch){.counter = SF_COUNTER_ALL}, exactly);
    for (size_t i = 0; value->kind == SF_NODE_MAPPING && i < value->count; i++) {
        const struct sf_pair *pair = &value->pairs[i];
        struct sf_stretch stretch = {0};
        if (find_counter(decoder, pair->key, &stretch) && pair->value->kind != SF_NODE_BAD)
            add_all(decoder, key, pair->value, stretch, exactly);
    }
    sort(decoder, exactly);
}

/* Can the rule count calls over that? Those on no socket are the program's, whatever `per` says. */
static bool counts_over(const struct sf_rule *rule, uint32_t counter)
{
    switch (counter) {
    case SF_COUNTER_ALL:
        return true;
    case SF_COUNTER_PROGRAM:
        return rule->per == SF_PER_PROGRAM ||
               (rule->per == SF_PER_CONNECTION && rule->families & SF_FAMILIES_WITHOUT_SOCKET);
    default:
        return rule->per == SF_PER_CONNECTION;
    }
}

void sf_exactly_check(struct sf_decoder *decoder, const struct sf_rule *rule)
{
    static const char *const counters[] = {[SF_COUNTER_CONNECTION] = "connections",
                                           [SF_COUNTER_SOCKET] = "sockets",
                                           [SF_COUNTER_PROGRAM] = "programs"};
    static const char *const pers[] = {
        [SF_PER_CONNECTION] = "connection", [SF_PER_PROGRAM] = "program", [SF_PER_SCENARIO] = "scenario"};
    const struct sf_exactly *exactly = &rule->exactly;
    if (exactly->count && rule->kind == SF_RULE_PARTITION) {
        sf_error(decoder->diagnostics, exactly->place,
                 "exactly names calls or connections, and a partition is for all");
        return;
    }
    for (size_t i = 0; i < exactly->count; i++) {
        const struct sf_stretch *stretch = &exactly->list[i];
        bool is_link = rule->kind == SF_RULE_LINK;
        if ((rule->families || is_link) && !counts_over(rule, stretch->counter)) {
            sf_error(decoder->diagnostics, exactly->place, "exactly names %s, but this rule counts %s per %s",
                     counters[stretch->counter], is_link ? "its connections" : "calls", pers[rule->per]);
            return;
        }
        if (stretch->value && (is_link || rule->fault != SF_FAULT_PARTIAL)) {
            sf_error(decoder->diagnostics, exactly->place,
                     "exactly: behind '=' stands the limit of partial, which is not this rule's fault");
            return;
        }
    }
}

const struct sf_type sf_type_exactly = {
    "calls such as \"1..4, 7\", a list of these, or a mapping such as {connection 2: 3..5}",
    decode_exactly, "exactly"};
