/* What values may be: the types that rows of several tables use. */
#include "base/quantity.h"
#include "base/regex.h"
#include "scenario/decode.h"
#include "scenario/signals.h"

#include <string.h>

static void decode_text(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object)
{
    const char **field = sf_key_field(key, object);
    *field = sf_text_decode(decoder, key, value);
}

bool sf_text_is_line(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

static void decode_line(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object)
{
    const char **field = sf_key_field(key, object);
    const char *text = sf_text_decode(decoder, key, value);
    if (!text)
        return;
    if (*text && sf_text_is_line(text))
        *field = text;
    else
        sf_value_reject(decoder, key, value, "");
}

static void decode_flag(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object)
{
    bool *field = sf_key_field(key, object);
    const char *text = sf_text_decode(decoder, key, value);
    if (!text)
        return;
    if (strcmp(text, "true") == 0)
        *field = true;
    else if (strcmp(text, "false") == 0)
        *field = false;
    else
        sf_value_reject(decoder, key, value, "");
}

static bool decode_number(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                          uint64_t *number)
{
    const char *text = sf_text_decode(decoder, key, value);
    if (!text)
        return false;
    if (sf_number_parse(text, number) && *number >= key->min && *number <= key->max)
        return true;
    sf_value_reject(decoder, key, value, "");
    return false;
}

static void decode_u16(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                       void *object)
{
    uint16_t *field = sf_key_field(key, object);
    uint64_t number;
    if (decode_number(decoder, key, value, &number))
        *field = (uint16_t)number;
}

static void decode_u32(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                       void *object)
{
    uint32_t *field = sf_key_field(key, object);
    uint64_t number;
    if (decode_number(decoder, key, value, &number))
        *field = (uint32_t)number;
}

static void decode_u64(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                       void *object)
{
    uint64_t *field = sf_key_field(key, object);
    uint64_t number;
    if (decode_number(decoder, key, value, &number))
        *field = number;
}

static void decode_range(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                         void *object)
{
    uint32_t *field = sf_key_field(key, object);
    const char *text = sf_text_decode(decoder, key, value);
    if (!text)
        return;
    uint64_t first, last;
    bool read = sf_range_parse(text, &first, &last) && first >= key->min && first <= key->max;
    if (read && last == UINT64_MAX)
        last = UINT32_MAX;
    if (read && (last <= key->max || last == UINT32_MAX)) {
        field[0] = (uint32_t)first;
        field[1] = (uint32_t)last;
    } else {
        sf_value_reject(decoder, key, value, "");
    }
}

static void decode_fraction(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                            void *object)
{
    double *field = sf_key_field(key, object);
    const char *text = sf_text_decode(decoder, key, value);
    if (!text)
        return;
    double fraction;
    if (sf_fraction_parse(text, &fraction) && fraction <= 1)
        *field = fraction;
    else
        sf_value_reject(decoder, key, value, "");
}

static void decode_duration(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                            void *object)
{
    uint64_t *field = sf_key_field(key, object);
    const char *text = sf_text_decode(decoder, key, value);
    if (!text)
        return;
    uint64_t ns;
    if (!sf_duration_parse(text, &ns))
        sf_value_reject(decoder, key, value, sf_number_parse(text, &ns) ? " (the unit is missing)" : "");
    else if (ns < key->min)
        sf_value_reject(decoder, key, value, " (it is too short)");
    else
        *field = ns;
}

static void decode_size(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object)
{
    uint64_t *field = sf_key_field(key, object), bytes;
    const char *text = sf_text_decode(decoder, key, value);
    if (!text)
        return;
    if (sf_size_parse(text, &bytes) && bytes >= key->min)
        *field = bytes;
    else
        sf_value_reject(decoder, key, value, "");
}

static void decode_rate(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object)
{
    uint64_t *field = sf_key_field(key, object), bytes;
    const char *text = sf_text_decode(decoder, key, value);
    if (!text)
        return;
    if (sf_rate_parse(text, &bytes) && bytes >= key->min)
        *field = bytes;
    else
        sf_value_reject(decoder, key, value, strchr(text, '/') ? "" : " (a rate ends with /s)");
}

static void decode_signal(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                          void *object)
{
    int *field = sf_key_field(key, object);
    const char *text = sf_text_decode(decoder, key, value);
    if (!text)
        return;
    int number = sf_signal_find(text);
    if (number)
        *field = number;
    else
        sf_value_reject(decoder, key, value, sf_signal_suggestion(decoder->diagnostics->arena, text));
}

static const struct sf_choice *find_choice(struct sf_decoder *decoder, const struct sf_key *key,
                                           const struct sf_node *value)
{
    const char *names[16];
    size_t count = 0;
    const char *text = sf_text_decode(decoder, key, value);
    if (!text)
        return NULL;
    for (const struct sf_choice *choice = key->choices; choice->name; choice++) {
        if (strcmp(choice->name, text) == 0)
            return choice;
        if (count < sizeof names / sizeof names[0])
            names[count++] = choice->name;
    }
    sf_value_reject(decoder, key, value, sf_suggestion(decoder->diagnostics->arena, text, names, count));
    return NULL;
}

static void decode_choice(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                          void *object)
{
    int *field = sf_key_field(key, object);
    const struct sf_choice *choice = find_choice(decoder, key, value);
    if (choice)
        *field = choice->value;
}

static void decode_mask(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object)
{
    uint8_t *field = sf_key_field(key, object);
    const struct sf_choice *choice = find_choice(decoder, key, value);
    if (choice)
        *field = (uint8_t)choice->value;
}

static void decode_comparison(struct sf_decoder *decoder, const struct sf_key *key,
                              const struct sf_node *value, void *object,
                              bool (*parse)(const char *, uint64_t *))
{
    struct sf_comparison *field = sf_key_field(key, object);
    const char *text = sf_text_decode(decoder, key, value);
    if (!text)
        return;
    if (sf_comparison_parse(text, parse, &field->min, &field->max)) {
        field->place = sf_node_place(decoder, value);
        field->text = text;
    } else {
        sf_value_reject(decoder, key, value, "");
    }
}

static void decode_count(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                         void *object)
{
    decode_comparison(decoder, key, value, object, sf_number_parse);
}

static void decode_elapsed(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                           void *object)
{
    uint64_t ns;
    const char *text = sf_text_decode(decoder, key, value);
    if (text && sf_duration_parse(text, &ns))
        sf_value_reject(decoder, key, value, " (nothing takes exactly so long)");
    else if (text)
        decode_comparison(decoder, key, value, object, sf_duration_parse);
}

static void decode_item(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object)
{
    struct sf_text_item *field = sf_key_field(key, object);
    field->place = sf_node_place(decoder, value);
    field->text = sf_text_decode(decoder, key, value);
}

static void decode_items(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                         void *object)
{
    struct sf_text_item **field = sf_key_field(key, object);
    size_t *count = (size_t *)((char *)object + key->count_offset);
    struct sf_items items = sf_node_items(&value);
    if (!items.count)
        sf_value_reject(decoder, key, value, "");
    for (size_t i = 0; i < items.count; i++) {
        struct sf_text_item *item = sf_arena_push(decoder->arena, field, count, sizeof *item);
        item->place = sf_node_place(decoder, items.list[i]);
        item->text = sf_text_decode(decoder, key, items.list[i]);
    }
}

static void decode_regex(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                         void *object)
{
    struct sf_text_item *field = sf_key_field(key, object);
    char error[SF_REGEX_ERROR_BYTES];
    const char *text = sf_text_decode(decoder, key, value);
    if (!text)
        return;
    struct sf_regex *regex = sf_regex_compile(text, error);
    if (regex)
        *field = (struct sf_text_item){sf_node_place(decoder, value), text};
    else
        sf_value_reject(decoder, key, value, sf_arena_printf(decoder->diagnostics->arena, ": %s", error));
    sf_regex_free(regex);
}

const struct sf_type sf_type_text = {"text", decode_text, "text"};
const struct sf_type sf_type_line = {"text on one line", decode_line, "line"};
const struct sf_type sf_type_flag = {"true or false", decode_flag, "flag"};
const struct sf_type sf_type_u16 = {NULL, decode_u16, NULL};
const struct sf_type sf_type_u32 = {NULL, decode_u32, NULL};
const struct sf_type sf_type_u64 = {NULL, decode_u64, NULL};
const struct sf_type sf_type_range = {"a range such as 2..5 or 2..", decode_range, "range"};
const struct sf_type sf_type_fraction = {"a number from 0 to 1 such as 0.25", decode_fraction, "fraction"};
const struct sf_type sf_type_duration = {SF_DURATION_EXAMPLES, decode_duration, "duration"};
const struct sf_type sf_type_size = {SF_SIZE_EXAMPLES, decode_size, "size"};
const struct sf_type sf_type_rate = {SF_RATE_EXAMPLES, decode_rate, "rate"};
const struct sf_type sf_type_signal = {"a signal such as TERM or SIGTERM", decode_signal, "signal"};
const struct sf_type sf_type_choice = {NULL, decode_choice, NULL};
const struct sf_type sf_type_mask = {NULL, decode_mask, NULL};
const struct sf_type sf_type_count = {"a number such as 3, or \">=10\", \"<3\" or 2..4",
                                      decode_count, "count"};
const struct sf_type sf_type_elapsed = {"a bound such as \"<5s\", \">=100ms\" or 1s..2s",
                                        decode_elapsed, "elapsed"};
const struct sf_type sf_type_item = {"text", decode_item, "text"};
const struct sf_type sf_type_items = {"text or a list of texts", decode_items, "texts"};
const struct sf_type sf_type_regex = {"a regular expression (PCRE2)", decode_regex, "regex"};
