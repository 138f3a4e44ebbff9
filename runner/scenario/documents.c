/* A scenario file -> its documents -> all scenarios that they hold. */
#include "base/arena.h"
#include "scenario/files.h"
#include "scenario/node.h"

enum { FILE_COMBINATIONS_MAX = 10000 };

struct sf_document **sf_documents_read(struct sf_arena *arena, const char *path, size_t *count,
                                       struct sf_diagnostics *diagnostics)
{
    struct sf_source source = {.file = sf_arena_strdup(arena, sf_file_name(path))};
    size_t errors = diagnostics->errors;
    *count = 0;
    source.text = sf_file_read(arena, path, SF_FILE_BYTES_MAX, &source.bytes, diagnostics);
    if (!source.text)
        return NULL;
    struct sf_document **documents = sf_documents_parse(arena, &source, count, diagnostics);
    if (!*count && diagnostics->errors == errors)
        sf_error(diagnostics, (struct sf_place){.file = source.file}, "the file holds no scenario");
    return documents;
}

void sf_documents_decode(struct sf_document **documents, size_t count, const struct sf_bindings *bindings,
                         struct sf_diagnostics *diagnostics, sf_scenario_visitor *each, void *context)
{
    struct sf_bindings own = bindings ? *bindings : (struct sf_bindings){0};
    size_t of_matrices = 0;
    for (size_t i = 0; i < count; i++) {
        const struct sf_node *root = documents[i]->root;
        size_t made = sf_document_combinations(documents[i]);
        of_matrices += made > 1 ? made : 0;
        if (of_matrices > FILE_COMBINATIONS_MAX) {
            sf_error(diagnostics, (struct sf_place){documents[i]->file, root->line, root->column},
                     "the matrices of this file have more than %d combinations", FILE_COMBINATIONS_MAX);
            return;
        }
        for (size_t at = 0; at < made && (at == 0 || !sf_diagnostics_full(diagnostics)); at++) {
            struct sf_arena *arena = sf_arena_new();
            own.combination = at;
            const struct sf_scenario *scenario = sf_scenario_decode(arena, documents[i], &own, diagnostics);
            if (scenario && each)
                each(context, documents[i], at, scenario);
            sf_arena_free(arena);
        }
    }
}
