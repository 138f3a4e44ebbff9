/* Exactly one fault, and one that the rule's place can meet. */
#include "abi/plan.h"
#include "scenario/calls.h"
#include "scenario/draft.h"
#include "scenario/faults.h"
#include "scenario/tables.h"

#include <string.h>

/* SF_FAULT_COUNT: the key is no call fault. */
static unsigned call_fault(const char *key)
{
    unsigned kind = 0;
    while (kind < SF_FAULT_COUNT && strcmp(sf_faults[kind].name, key) != 0)
        kind++;
    return kind;
}

/* SF_LINK_FAULT_COUNT: the key is no link fault. */
static unsigned link_fault(const char *key)
{
    unsigned kind = 0;
    while (kind < SF_LINK_FAULT_COUNT && strcmp(sf_link_faults[kind].name, key) != 0)
        kind++;
    return kind;
}

/* The keys of faults that the rule's place takes. */
static size_t fault_names(const struct sf_rule *rule,
                          const char *names[static SF_FAULT_COUNT + SF_LINK_FAULT_COUNT])
{
    size_t count = 0;
    for (unsigned i = 0; rule->kind == SF_RULE_CALL && i < SF_FAULT_COUNT; i++)
        names[count++] = sf_faults[i].name;
    for (unsigned i = 0; rule->kind == SF_RULE_LINK && i < SF_LINK_PARTITION; i++)
        names[count++] = sf_link_faults[i].name;
    return count;
}

/* The fault's key was meant, but misspelt: that was reported. */
static bool is_misspelt(const struct sf_node *node)
{
    bool misspelt = false;
    for (unsigned i = 0; i < SF_FAULT_COUNT; i++)
        misspelt |= sf_key_misspelt(&sf_rule_table, node, sf_faults[i].name);
    for (unsigned i = 0; i < SF_LINK_FAULT_COUNT; i++)
        misspelt |= sf_key_misspelt(&sf_rule_table, node, sf_link_faults[i].name);
    return misspelt;
}

static void take_call(struct sf_decoder *decoder, const struct sf_node *key, struct sf_rule *rule)
{
    struct sf_arena *arena = decoder->diagnostics->arena;
    struct sf_place place = sf_node_place(decoder, key);
    unsigned kind = call_fault(key->text);
    if (kind == SF_FAULT_COUNT) {
        sf_error(decoder->diagnostics, place, "%s is a link fault: write link: both instead of call",
                 key->text);
        return;
    }
    const struct sf_fault *fault = &sf_faults[kind];
    rule->fault = (enum sf_fault_kind)kind;
    sf_calls_narrow(&rule->calls, &rule->families, fault->families);
    if (rule->families & ~fault->families)
        sf_error(decoder->diagnostics, place, "%s does nothing to %s: it is for %s", fault->name,
                 sf_families_join(arena, rule->families & ~fault->families),
                 sf_families_join(arena, fault->families));
}

/* What the kernel does within the call that sends such a datagram nobody can do later, or elsewhere. */
static void check_unix_datagrams(struct sf_decoder *decoder, const struct sf_node *node,
                                 const struct sf_rule *rule, const struct sf_link_fault *fault,
                                 struct sf_place place)
{
    static const char waits[] = "%s cannot act on datagrams of Unix sockets: one that waits would be sent by "
                                "another process, which its receiver can tell (SCM_CREDENTIALS); drop, "
                                "duplicate, corrupt, blackhole and refuse can";
    static const char comes[] =
        "link: %s cannot act on datagrams of Unix sockets: the call that sends one puts "
        "it into the queue of the one socket that has the name; link: out, of its "
        "sender, can";
    enum sf_link_fault_kind kind = rule->link.fault;
    uint8_t types = rule->types ? rule->types : fault->types;

    if (types != SF_TYPE_DGRAM || !(fault->types & SF_TYPE_DGRAM) || rule->domains != SF_DOMAIN_UNIX ||
        fault->domains)
        return;
    if (kind == SF_LINK_DELAY || kind == SF_LINK_THROTTLE || kind == SF_LINK_REORDER)
        sf_error(decoder->diagnostics, place, waits, fault->name);
    else if (rule->link.directions & SF_LINK_IN && kind != SF_LINK_REFUSE)
        sf_error(decoder->diagnostics, sf_node_place(decoder, sf_node_get(node, "link")), comes,
                 rule->link.directions & SF_LINK_OUT ? "both" : "in");
}

static void take_link(struct sf_decoder *decoder, const struct sf_node *node, const struct sf_node *key,
                      struct sf_rule *rule)
{
    struct sf_place place = sf_node_place(decoder, key);
    unsigned kind = link_fault(key->text);
    if (kind == SF_LINK_FAULT_COUNT) {
        uint32_t families = sf_faults[call_fault(key->text)].families;
        sf_error(decoder->diagnostics, place, "%s is a call fault: write call: %s instead of link", key->text,
                 sf_family_names[families >> SF_FAMILY_RECV & 1 ? SF_FAMILY_RECV : __builtin_ctz(families)]);
        return;
    }
    const struct sf_link_fault *fault = &sf_link_faults[kind];
    rule->link.fault = (enum sf_link_fault_kind)kind;
    if (rule->types && !(rule->types & fault->types))
        sf_error(decoder->diagnostics, place, "%s does nothing to %s", fault->name,
                 rule->types == SF_TYPE_STREAM ? "streams: it is for datagrams (type: dgram)"
                                               : "datagrams: it is for streams (type: stream)");
    if (rule->domains && fault->domains && !(rule->domains & fault->domains))
        sf_error(decoder->diagnostics, place, "%s does nothing to Unix sockets: it is for inet and inet6",
                 fault->name);
    check_unix_datagrams(decoder, node, rule, fault, place);
}

void sf_fault_choose(struct sf_decoder *decoder, const struct sf_node *node, struct sf_draft *draft)
{
    const char *names[SF_FAULT_COUNT + SF_LINK_FAULT_COUNT];
    struct sf_rule *rule = &draft->rule;
    const struct sf_node *chosen = NULL;
    for (size_t i = 0; i < node->count; i++) {
        const struct sf_node *key = node->pairs[i].key;
        unsigned link = link_fault(key->text);
        if (call_fault(key->text) == SF_FAULT_COUNT && link == SF_LINK_FAULT_COUNT)
            continue;
        if (link == SF_LINK_PARTITION && !draft->placed)
            continue; /* a second place, which was reported */
        if (chosen)
            sf_error(decoder->diagnostics, sf_node_place(decoder, key),
                     "a second fault %s beside %s: a rule has exactly one", key->text, chosen->text);
        else
            chosen = key;
    }
    if (chosen)
        rule->fault_place = sf_node_place(decoder, chosen);
    if (chosen && draft->placed && rule->kind == SF_RULE_CALL)
        take_call(decoder, chosen, rule);
    else if (chosen && draft->placed)
        take_link(decoder, node, chosen, rule);
    else if (!chosen && draft->placed && !is_misspelt(node))
        sf_error(decoder->diagnostics, sf_node_place(decoder, node), "a rule needs a fault, one of %s",
                 sf_names_join(decoder->diagnostics->arena, names, fault_names(rule, names)));
}

/* As it could be written, on one line. */
static const char *value_text(struct sf_decoder *decoder, const struct sf_node *node)
{
    if (node->kind == SF_NODE_SCALAR) {
        const char *text = sf_text_expand(decoder, sf_node_place(decoder, node), node->text);
        return text ? text : "..."; /* it became too large just now, which was reported */
    }
    if (node->kind == SF_NODE_BAD)
        return "...";
    bool is_list = node->kind == SF_NODE_LIST;
    const char **texts = sf_arena_alloc(decoder->arena, (node->count + 1) * sizeof *texts);
    for (size_t i = 0; i < node->count; i++)
        texts[i] = is_list ? value_text(decoder, node->items[i])
                           : sf_arena_printf(decoder->arena, "%s: %s", node->pairs[i].key->text,
                                             value_text(decoder, node->pairs[i].value));
    return sf_arena_printf(decoder->arena, is_list ? "[%s]" : "{%s}",
                           sf_names_join(decoder->arena, texts, node->count));
}

const char *sf_fault_text(struct sf_decoder *decoder, const struct sf_node *node, const struct sf_rule *rule)
{
    const char *name =
        rule->kind == SF_RULE_CALL ? sf_faults[rule->fault].name : sf_link_faults[rule->link.fault].name;
    return sf_arena_printf(decoder->arena, "%s: %s", name, value_text(decoder, sf_node_get(node, name)));
}
