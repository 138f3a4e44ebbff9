/* What a rule acts on. */
#include "scenario/calls.h"
#include "scenario/draft.h"

static void decode_call(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object)
{
    struct sf_rule *rule = &sf_draft_of(object)->rule;
    struct sf_items items = sf_node_items(&value);
    if (!items.count)
        sf_value_reject(decoder, key, value, "");
    for (size_t i = 0; i < items.count; i++) {
        const char *names[SF_CALL_NAMES_MAX];
        const char *text = sf_text_decode(decoder, key, items.list[i]);
        if (!text || sf_calls_find(text, &rule->calls, &rule->families))
            continue;
        struct sf_arena *arena = decoder->diagnostics->arena;
        sf_error(decoder->diagnostics, sf_node_place(decoder, items.list[i]),
                 "unknown call %s, allowed are the families %s and functions such as recvmsg%s",
                 sf_quoted(arena, text), sf_names_join(arena, sf_family_names, SF_FAMILY_COUNT),
                 sf_suggestion(arena, text, names, sf_calls_names(names)));
    }
}

const struct sf_type sf_type_call = {
    "a family such as recv, a function such as recvmsg, or a list of these", decode_call};
