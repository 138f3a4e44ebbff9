#include "save/writer.h"

#include "base/arena.h"
#include "save/pin.h"
#include "save/tree.h"

#include <string.h>

/* What the program reads, and where it runs, is pinned. */
static const struct sf_node *save_program(const struct sf_writer *writer, const struct sf_node *value,
                                          const struct sf_program *program)
{
    struct sf_node *saved = sf_tree_mapping(writer->arena);
    if (value->kind != SF_NODE_MAPPING)
        sf_tree_set(writer->arena, saved, "run", sf_pin_node(writer->arena, value, writer->folder));
    for (size_t i = 0; value->kind == SF_NODE_MAPPING && i < value->count; i++) {
        const char *key = value->pairs[i].key->text;
        const struct sf_node *from = value->pairs[i].value;
        const char *base = NULL;
        if (strcmp(key, "stdin_file") == 0 && program->is_stdin_relative)
            base = writer->folder;
        else if (strcmp(key, "cwd") == 0 && program->cwd[0] != '/')
            base = writer->here;
        sf_tree_set(writer->arena, saved, key,
                    base ? sf_pin_path(writer->arena, from, writer->folder, base)
                         : sf_pin_node(writer->arena, from, writer->folder));
    }
    if (!program->cwd)
        sf_tree_set(writer->arena, saved, "cwd",
                    sf_tree_text(writer->arena, sf_pin_literal(writer->arena, writer->here)));
    return saved;
}

static void put_programs(const struct sf_writer *writer)
{
    const struct sf_node *programs = sf_node_get(writer->source->document->root, "programs");
    struct sf_node *saved = sf_tree_mapping(writer->arena);
    for (size_t i = 0; i < programs->count; i++)
        sf_tree_set(writer->arena, saved, programs->pairs[i].key->text,
                    save_program(writer, programs->pairs[i].value, &writer->scenario->programs[i]));
    sf_tree_set(writer->arena, writer->root, "programs", saved);
}

static void put_program_of_run(const struct sf_writer *writer)
{
    struct sf_arena *arena = writer->arena;
    struct sf_node *programs = sf_tree_mapping(arena), *program = sf_tree_mapping(arena),
                   *run = sf_tree_list(arena);
    for (char **word = writer->scenario->programs[0].argv; *word; word++)
        sf_tree_add(arena, run, sf_tree_text(arena, sf_pin_literal(arena, *word)));
    sf_tree_set(arena, program, "run", run);
    sf_tree_set(arena, program, "cwd", sf_tree_text(arena, sf_pin_literal(arena, writer->here)));
    sf_tree_set(arena, programs, writer->scenario->programs[0].name, program);
    sf_tree_set(arena, writer->root, "programs", programs);
}

void sf_save_programs(const struct sf_writer *writer)
{
    if (writer->source->rules)
        put_program_of_run(writer);
    else
        put_programs(writer);
}
