/* A scenario file -> its documents. */
#include "base/arena.h"
#include "scenario/files.h"
#include "scenario/node.h"

struct sf_document **sf_documents_read(struct sf_arena *arena, const char *path, size_t *count,
                                       struct sf_diagnostics *diagnostics)
{
    struct sf_source source = {.file = sf_arena_strdup(arena, path)};
    size_t errors = diagnostics->errors;
    *count = 0;
    source.text = sf_file_read(arena, path, SF_FILE_BYTES_MAX, &source.bytes, diagnostics);
    if (!source.text)
        return NULL;
    struct sf_document **documents = sf_documents_parse(arena, &source, count, diagnostics);
    if (!*count && diagnostics->errors == errors)
        sf_error(diagnostics, (struct sf_place){.file = path}, "the file holds no scenario");
    return documents;
}
