#include "scenario/sections.h"
#include "scenario/tables.h"

#include <signal.h>
#include <string.h>

#define SECOND UINT64_C(1000000000)

static void append(struct sf_decoder *decoder, struct sf_program *program, size_t *count,
                   const char *argument)
{
    char **slot = sf_arena_push(decoder->arena, &program->argv, count, sizeof *slot);
    *slot = argument ? sf_arena_strdup(decoder->arena, argument) : NULL;
}

static void decode_run(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                       void *object)
{
    struct sf_program *program = object;
    size_t count = 0;
    const char *text;
    if (value->kind == SF_NODE_LIST) {
        for (size_t i = 0; i < value->count; i++) {
            text = sf_text_decode(decoder, key, value->items[i]);
            if (text && i == 0 && !*text)
                sf_value_reject(decoder, key, value->items[i], "");
            append(decoder, program, &count, text ? text : "");
        }
        if (!value->count)
            sf_value_reject(decoder, key, value, "");
    } else if ((text = sf_text_decode(decoder, key, value))) {
        if (!*text)
            sf_value_reject(decoder, key, value, "");
        append(decoder, program, &count, "/bin/sh");
        append(decoder, program, &count, "-c");
        append(decoder, program, &count, text);
    }
    append(decoder, program, &count, NULL);
}

static void decode_env(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                       void *object)
{
    struct sf_program *program = object;
    if (!sf_mapping_check(decoder, value, key->name))
        return;
    for (size_t i = 0; i < value->count; i++) {
        const struct sf_pair *pair = &value->pairs[i];
        const char *name = pair->key->text;
        if (!*name || strchr(name, '='))
            sf_error(decoder->diagnostics, sf_node_place(decoder, pair->key),
                     "%s is no name for an environment variable: it must not be empty nor contain '='",
                     sf_quoted(decoder->diagnostics->arena, name));
        struct sf_env *env = sf_arena_push(decoder->arena, &program->env, &program->env_count, sizeof *env);
        env->name = sf_arena_strdup(decoder->arena, name);
        env->value = sf_text_decode(decoder, key, pair->value);
    }
}

#define AT(member) offsetof(struct sf_ready, member)
static const struct sf_key ready_keys[] = {
    {.name = "port", .type = &sf_type_u16, .offset = AT(port), SF_BETWEEN(1, UINT16_MAX)},
    {.name = "output", .type = &sf_type_regex, .offset = AT(output)},
    {.name = "file", .type = &sf_type_line, .offset = AT(file)},
    {.name = "within", .type = &sf_type_duration, .offset = AT(within_ns), .min = 1},
};
#undef AT
const struct sf_table sf_ready_table = SF_TABLE("ready", ready_keys);

/* The one kind that is given; none and several are reported. */
static int ready_kind(struct sf_decoder *decoder, const struct sf_node *value)
{
    static const struct {
        const char *key;
        int kind;
    } kinds[] = {{"port", SF_READY_PORT}, {"output", SF_READY_OUTPUT}, {"file", SF_READY_FILE}};
    int kind = SF_READY_NONE;
    bool misspelt = false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const struct sf_node *given = sf_node_get(value, kinds[i].key);
        misspelt |= sf_key_misspelt(&sf_ready_table, value, kinds[i].key);
        if (given && kind != SF_READY_NONE)
            sf_error(decoder->diagnostics, sf_node_place(decoder, given),
                     "ready takes one of port, output and file");
        kind = given ? kinds[i].kind : kind;
    }
    if (kind == SF_READY_NONE && !misspelt)
        sf_error(decoder->diagnostics, sf_node_place(decoder, value),
                 "ready needs one of the keys port, output, file");
    return kind;
}

static void decode_ready(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                         void *object)
{
    struct sf_ready *ready = sf_key_field(key, object);
    ready->place = sf_node_place(decoder, value);
    if (sf_mapping_decode(decoder, &sf_ready_table, value, ready))
        ready->kind = ready_kind(decoder, value);
}

static void decode_file(struct sf_decoder *decoder, const struct sf_key *key, const struct sf_node *value,
                        void *object)
{
    struct sf_program *program = object;
    const char *path = NULL;
    if (program->stdin_text)
        sf_error(decoder->diagnostics, sf_node_place(decoder, value),
                 "a program has one standard input: stdin or stdin_file");
    sf_type_line.decode(decoder, key, value, &path); /* key->offset is 0 */
    if (!path)
        return;
    program->stdin_file = sf_path_resolve(decoder, path);
    program->is_stdin_relative = *path != '/';
}

static const struct sf_type type_file = {"the path of a file", decode_file, "line"};
static const struct sf_type type_run = {"a command: a list of words, or text for the shell",
                                        decode_run, "run"};
static const struct sf_type type_env = {"a mapping of names to texts", decode_env, "texts_by_name"};
static const struct sf_type type_ready = {"a mapping such as {port: 8080}", decode_ready, "ready"};

#define AT(member) offsetof(struct sf_program, member)
static const struct sf_key program_keys[] = {
    {.name = "run", .type = &type_run, .flags = SF_KEY_REQUIRED},
    {.name = "ready", .type = &type_ready, .offset = AT(ready)},
    {.name = "env", .type = &type_env},
    {.name = "cwd", .type = &sf_type_line, .offset = AT(cwd)},
    {.name = "stdin", .type = &sf_type_text, .offset = AT(stdin_text)},
    {.name = "stdin_file", .type = &type_file},
    {.name = "start_after", .type = &sf_type_duration, .offset = AT(start_after_ns)},
    {.name = "wrap", .type = &sf_type_flag, .offset = AT(wrap)},
    {.name = "stop", .type = &sf_type_signal, .offset = AT(stop_signal)},
    {.name = "stop_within", .type = &sf_type_duration, .offset = AT(stop_within_ns), .min = 1},
};
#undef AT
const struct sf_table sf_program_table = SF_TABLE("a program", program_keys);

static void check_name(struct sf_decoder *decoder, const struct sf_node *key)
{
    bool good = *key->text;
    for (const char *c = key->text; *c; c++)
        good &= (unsigned char)*c > ' ' && *c != 0x7f;
    if (strcmp(key->text, "faults") == 0)
        sf_error(decoder->diagnostics, sf_node_place(decoder, key),
                 "a program cannot be named faults: expect.faults is what is expected of the rules");
    else if (!good)
        sf_error(decoder->diagnostics, sf_node_place(decoder, key),
                 "%s is no name for a program: it must not be empty nor contain spaces",
                 sf_quoted(decoder->diagnostics->arena, key->text));
}

static void decode_program(struct sf_decoder *decoder, const struct sf_pair *pair, struct sf_program *program)
{
    *program = (struct sf_program){.name = sf_arena_strdup(decoder->arena, pair->key->text),
                                   .place = sf_node_place(decoder, pair->key),
                                   .ready = {.within_ns = 10 * SECOND},
                                   .wrap = true,
                                   .stop_signal = SIGTERM,
                                   .stop_within_ns = 5 * SECOND};
    check_name(decoder, pair->key);
    if (pair->value->kind == SF_NODE_SCALAR || pair->value->kind == SF_NODE_LIST)
        decode_run(decoder, &program_keys[0], pair->value, program);
    else
        sf_mapping_decode(decoder, &sf_program_table, pair->value, program);
}

void sf_programs_decode(struct sf_decoder *decoder, const struct sf_node *node)
{
    struct sf_scenario *scenario = decoder->scenario;
    if (!sf_mapping_check(decoder, node, "programs"))
        return;
    if (node->count > SF_PLAN_PROGRAMS_MAX) {
        sf_error(decoder->diagnostics, sf_node_place(decoder, node), "%zu programs: at most %u are allowed",
                 node->count, SF_PLAN_PROGRAMS_MAX);
        return;
    }
    if (!scenario->expect)
        scenario->expect = sf_arena_alloc(decoder->arena, (node->count + 1) * sizeof *scenario->expect);
    for (size_t i = 0; i < node->count; i++) {
        const char **name =
            sf_arena_push(decoder->arena, &decoder->programs, &decoder->program_count, sizeof *name);
        *name = sf_arena_strdup(decoder->arena, node->pairs[i].key->text);
        if (decoder->bindings->program_name)
            continue; /* only the names matter */
        struct sf_program *program =
            sf_arena_push(decoder->arena, &scenario->programs, &scenario->program_count, sizeof *program);
        decode_program(decoder, &node->pairs[i], program);
    }
}
