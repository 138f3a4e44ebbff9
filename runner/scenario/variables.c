/* vars and matrix: what `${NAME}` stands for. */
#include "scenario/sections.h"

#include <string.h>

enum { VARIABLES_MAX = 1024, MATRIX_KEYS_MAX = 64, COMBINATIONS_MAX = 10000 };

/* What decoding all combinations may cost, in nodes of YAML. */
#define MATRIX_NODES_MAX 20000000u

static bool known(const struct sf_decoder *decoder, const char *name)
{
    for (size_t i = 0; i < decoder->variable_count; i++)
        if (strcmp(decoder->variables[i].name, name) == 0)
            return true;
    return false;
}

static void check_variable(struct sf_decoder *decoder, const struct sf_node *key)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    if (!*key->text || key->text[strspn(key->text, letters)])
        sf_error(decoder->diagnostics, sf_node_place(decoder, key),
                 "%s is no name for a variable: letters, digits, '_' and '-' are allowed",
                 sf_quoted(decoder->diagnostics->arena, key->text));
    else if (sf_variable_reserved(key->text))
        sf_error(decoder->diagnostics, sf_node_place(decoder, key), "the variable %s is sockfault's own",
                 key->text);
}

/* `node` is where the value stands; what --set gives in its place is not filled in. */
static void add_variable(struct sf_decoder *decoder, const struct sf_node *key, const char *value,
                         const struct sf_node *node)
{
    const char *in_name = value;
    if (value && *value && decoder->is_filled) {
        decoder->is_naming = true;
        in_name = sf_text_expand(decoder, sf_node_place(decoder, node), node->text);
        decoder->is_naming = false;
    }
    struct sf_variable *variable =
        sf_arena_push(decoder->arena, &decoder->variables, &decoder->variable_count, sizeof *variable);
    *variable = (struct sf_variable){sf_arena_strdup(decoder->arena, key->text), value ? value : "",
                                     in_name ? in_name : ""};
}

static bool check_count(struct sf_decoder *decoder, const struct sf_node *node, size_t max)
{
    if (node->count > max)
        sf_error(decoder->diagnostics, sf_node_place(decoder, node), "%zu variables: at most %zu are allowed",
                 node->count, max);
    return node->count <= max;
}

/* The last of --set with this name; NULL: none. */
static const char *override_of(const struct sf_decoder *decoder, const char *name)
{
    const struct sf_bindings *bindings = decoder->bindings;
    for (size_t i = bindings->override_count; i-- > 0;)
        if (strcmp(bindings->overrides[i].name, name) == 0)
            return sf_arena_strdup(decoder->arena, bindings->overrides[i].value);
    return NULL;
}

static void decode_vars(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object)
{
    (void)object;
    if (!sf_mapping_check(decoder, value, key->name) || !check_count(decoder, value, VARIABLES_MAX))
        return;
    size_t of_matrix = decoder->variable_count;
    for (size_t i = 0; i < value->count; i++) {
        const struct sf_pair *pair = &value->pairs[i];
        check_variable(decoder, pair->key);
        if (of_matrix && known(decoder, pair->key->text))
            sf_error(decoder->diagnostics, sf_node_place(decoder, pair->key),
                     "%s is a key of the matrix already", sf_quoted(decoder->arena, pair->key->text));
        /* Each may use those above it, so none can contain itself. */
        const char *text = override_of(decoder, pair->key->text);
        decoder->is_filled = false;
        add_variable(decoder, pair->key, text ? text : sf_text_decode(decoder, key, pair->value),
                     pair->value);
    }
}

/* One value of a key; it becomes part of the scenario's name. */
static const char *decode_value(struct sf_decoder *decoder, const struct sf_node *node)
{
    static const struct sf_key key = {.name = "a value of matrix", .type = &sf_type_line};
    const char *text = sf_text_decode(decoder, &key, node);
    if (text && !sf_text_is_line(text))
        sf_value_reject(decoder, &key, node, "");
    return text ? text : "";
}

/* How many values a key has; 0: it has no list of them. */
static size_t value_count(const struct sf_pair *pair)
{
    return pair->value->kind == SF_NODE_LIST ? pair->value->count : 0;
}

/* 0: a key has no values; more than COMBINATIONS_MAX: how many more is not told. */
static size_t combinations(const struct sf_node *matrix)
{
    size_t product = 1;
    for (size_t i = 0; i < matrix->count && product && product <= COMBINATIONS_MAX; i++)
        product *= value_count(&matrix->pairs[i]);
    return product;
}

const struct sf_node *sf_matrix_choice(const struct sf_node *matrix, size_t combination, size_t index)
{
    size_t stride = 1, values = value_count(&matrix->pairs[index]);
    for (size_t i = index + 1; i < matrix->count; i++)
        stride *= value_count(&matrix->pairs[i]);
    if (stride == 0 || values == 0)
        return matrix->pairs[index].value; /* it is not valid: there is no combination */
    return matrix->pairs[index].value->items[combination / stride % values];
}

static bool too_many(size_t combinations, size_t nodes)
{
    return combinations > COMBINATIONS_MAX || (combinations > 1 && combinations * nodes > MATRIX_NODES_MAX);
}

static bool check_matrix(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *matrix)
{
    size_t errors = decoder->diagnostics->errors;
    struct sf_place place = sf_node_place(decoder, matrix);
    const struct sf_key values = {.name = "each key of matrix", .type = key->type};
    for (size_t i = 0; i < matrix->count; i++) {
        check_variable(decoder, matrix->pairs[i].key);
        if (!value_count(&matrix->pairs[i]) && matrix->pairs[i].value->kind != SF_NODE_BAD)
            sf_value_reject(decoder, &values, matrix->pairs[i].value, "");
    }
    size_t count = combinations(matrix);
    if (count > COMBINATIONS_MAX)
        sf_error(decoder->diagnostics, place, "the matrix has more than %d combinations", COMBINATIONS_MAX);
    else if (too_many(count, decoder->nodes))
        sf_error(decoder->diagnostics, place,
                 "the matrix makes %zu scenarios of %zu values each: at most %u are allowed altogether",
                 count, decoder->nodes, MATRIX_NODES_MAX);
    else if (count && decoder->diagnostics->errors == errors)
        decoder->combinations = count;
    return decoder->diagnostics->errors == errors && count;
}

static void decode_matrix(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                          void *object)
{
    (void)object;
    if (!sf_mapping_check(decoder, value, key->name) || !check_count(decoder, value, MATRIX_KEYS_MAX))
        return;
    bool valid = check_matrix(decoder, key, value);
    for (size_t i = 0; i < value->count; i++) {
        const struct sf_pair *pair = &value->pairs[i];
        const struct sf_node *chosen = pair->value; /* where it is wrong, what it probably meant to say */
        if (value_count(pair))
            chosen =
                valid ? sf_matrix_choice(value, decoder->bindings->combination, i) : pair->value->items[0];
        decoder->is_filled = false;
        const char *text = chosen->kind == SF_NODE_SCALAR || valid ? decode_value(decoder, chosen) : "";
        add_variable(decoder, pair->key, text, chosen);
        decoder->combination =
            sf_arena_printf(decoder->arena, "%s%s%s=%s", i ? decoder->combination : "", i ? ", " : "",
                            pair->key->text, decoder->variables[decoder->variable_count - 1].in_name);
    }
}

const struct sf_type sf_type_vars = {"a mapping of names to texts", decode_vars, "texts_by_name"};
const struct sf_type sf_type_matrix = {"a list of values", decode_matrix, "matrix"};

static const struct sf_node *section(const struct sf_document *document, const char *name)
{
    const struct sf_node *node =
        document->root->kind == SF_NODE_MAPPING ? sf_node_get(document->root, name) : NULL;
    return node && node->kind == SF_NODE_MAPPING ? node : NULL;
}

size_t sf_document_combinations(const struct sf_document *document)
{
    const struct sf_node *matrix = section(document, "matrix");
    size_t count = matrix && matrix->count <= MATRIX_KEYS_MAX ? combinations(matrix) : 1;
    return count == 0 || too_many(count, document->nodes) ? 1 : count;
}

void sf_document_variables(struct sf_arena *arena, const struct sf_document *document, const char ***names,
                           size_t *count)
{
    const struct sf_node *vars = section(document, "vars");
    for (size_t i = 0; vars && i < vars->count; i++) {
        const char **name = sf_arena_push(arena, names, count, sizeof *name);
        *name = vars->pairs[i].key->text;
    }
}
