/* What a rule acts on. */
#include "scenario/calls.h"
#include "scenario/draft.h"
#include "scenario/peer.h"
#include "scenario/tables.h"

#include <string.h>

static const char *const places[] = {
    [SF_RULE_CALL] = "call", [SF_RULE_LINK] = "link", [SF_RULE_PARTITION] = "partition"};
enum { PLACES = sizeof places / sizeof places[0] };

/* PLACES: the key is none. */
static unsigned place_find(const char *key)
{
    unsigned kind = 0;
    while (kind < PLACES && strcmp(places[kind], key) != 0)
        kind++;
    return kind;
}

void sf_place_choose(struct sf_decoder *decoder, const struct sf_node *node, struct sf_draft *draft)
{
    struct sf_rule *rule = &draft->rule;
    size_t found = 0;
    bool misspelt = false;
    for (size_t i = 0; i < node->count && found < PLACES; i++) {
        const struct sf_node *key = node->pairs[i].key;
        unsigned kind = place_find(key->text);
        if (kind == PLACES)
            continue;
        if (found++) {
            sf_error(decoder->diagnostics, sf_node_place(decoder, key),
                     "a second place %s beside %s: a rule has exactly one", key->text, places[rule->kind]);
            continue;
        }
        rule->kind = (enum sf_rule_kind)kind;
        if (rule->kind != SF_RULE_CALL)
            rule->link.place = sf_node_place(decoder, key);
    }
    for (unsigned kind = 0; kind < PLACES; kind++)
        misspelt |= sf_key_misspelt(&sf_rule_table, node, places[kind]);
    if (!found && !misspelt)
        sf_error(decoder->diagnostics, sf_node_place(decoder, node), "a rule needs a place, one of %s",
                 sf_names_join(decoder->diagnostics->arena, places, PLACES));
    draft->placed = found == 1;
}

static void decode_call(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object)
{
    struct sf_rule *rule = &sf_draft_of(object)->rule;
    struct sf_items items = sf_node_items(&value);
    if (!items.count)
        sf_value_reject(decoder, key, value, "");
    for (size_t i = 0; i < items.count; i++) {
        const char *text = sf_text_decode(decoder, key, items.list[i]);
        if (!text || sf_calls_find(text, &rule->calls, &rule->families))
            continue;
        bool is_full = sf_diagnostics_full(decoder->diagnostics);
        sf_error(decoder->diagnostics, sf_node_place(decoder, items.list[i]), "%s",
                 is_full ? "unknown call" : sf_calls_unknown(decoder->diagnostics->arena, text));
    }
}

/* What the groups read so far say. */
struct members {
    uint64_t seen;  /* a bit per program */
    bool named_own; /* the program of `run` is among them */
};

/* The programs of a partition are each other's peers. */
static void add_peer(struct sf_decoder *decoder, struct sf_rule *rule, struct sf_place place,
                     const char *name)
{
    struct sf_pattern *peer = sf_arena_push(decoder->arena, &rule->peers, &rule->peer_count, sizeof *peer);
    peer->place = place;
    sf_peer_find(decoder, name, peer);
}

/* A member of a group: its bit, or 0 after an error. */
static uint64_t decode_member(struct sf_decoder *decoder, const struct sf_key *key,
                              const struct sf_node *node, struct sf_rule *rule, struct members *members)
{
    const char *text = sf_text_decode(decoder, key, node), *own = decoder->bindings->program_name;
    struct sf_place place = sf_node_place(decoder, node);
    ptrdiff_t index =
        text ? sf_name_find(decoder, place, "program", text, decoder->programs, decoder->program_count) : -1;
    if (index < 0)
        return 0;
    uint64_t bit = UINT64_C(1) << index;
    if (members->seen & bit)
        sf_error(decoder->diagnostics, place, "%s is in the partition twice", text);
    else
        add_peer(decoder, rule, place, text);
    members->seen |= bit;
    members->named_own |= own && strcmp(text, own) == 0;
    return bit;
}

/* A connection is cut where it is made, so that end has to be within reach, and the other's address known. */
static void check_reach(struct sf_decoder *decoder, const struct sf_rule *rule)
{
    const char *only = decoder->bindings->program_name;
    for (size_t i = 0; i < rule->peer_count; i++) {
        const struct sf_pattern *peer = &rule->peers[i];
        size_t errors = decoder->diagnostics->errors + decoder->diagnostics->repeated;
        if (only && strcmp(peer->text, only) == 0)
            continue;
        sf_peer_check(decoder, peer);
        if (decoder->diagnostics->errors + decoder->diagnostics->repeated == errors &&
            !decoder->scenario->programs[peer->program].wrap)
            sf_warning(decoder->diagnostics, peer->place,
                       "connections that %s makes are not cut: it says wrap: false", peer->text);
    }
}

/* A group as bits. */
static uint64_t decode_group(struct sf_decoder *decoder, const struct sf_key *key,
                             const struct sf_node *group, struct sf_rule *rule, struct members *members)
{
    static const struct sf_type type_group = {"a list of programs such as [a, b]", NULL, NULL};
    const struct sf_key group_key = {.name = "each group of partition", .type = &type_group};
    uint64_t bits = 0;
    if (group->kind == SF_NODE_BAD)
        return 0;
    if (group->kind != SF_NODE_LIST || !group->count)
        sf_value_reject(decoder, &group_key, group, "");
    for (size_t i = 0; group->kind == SF_NODE_LIST && i < group->count; i++)
        bits |= decode_member(decoder, key, group->items[i], rule, members);
    return bits;
}

static void decode_partition(struct sf_decoder *decoder, const struct sf_key *key,
                             const struct sf_node *value, void *object)
{
    struct sf_draft *draft = sf_draft_of(object);
    struct sf_link *link = &draft->rule.link;
    bool is_run = decoder->bindings->program_name;
    struct members members = {0};
    if (value->kind != SF_NODE_LIST || value->count < 2) {
        sf_value_reject(decoder, key, value, "");
        return;
    }
    for (size_t i = 0; i < value->count; i++) {
        uint64_t *group = sf_arena_push(decoder->arena, &link->groups, &link->group_count, sizeof *group);
        *group = decode_group(decoder, key, value->items[i], &draft->rule, &members);
    }
    link->directions = SF_LINK_IN | SF_LINK_OUT;
    draft->rule.programs = is_run ? 1 : members.seen;
    draft->foreign = is_run && !members.named_own;
    if (!draft->foreign)
        check_reach(decoder, &draft->rule);
}

const struct sf_type sf_type_partition = {"a list of two or more groups of programs such as [[a, b], [c]]",
                                          decode_partition, "partition"};
const struct sf_type sf_type_call = {
    "a family such as recv, a function such as recvmsg, or a list of these", decode_call, "call"};
