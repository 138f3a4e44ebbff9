/* Scenarios from text, for the tests of the reader. */
#ifndef SF_TESTS_READER_H
#define SF_TESTS_READER_H

#include "base/arena.h"
#include "scenario/node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

struct reading {
    struct sf_arena *arena;
    struct sf_diagnostics diagnostics;
    struct sf_bindings bindings;
    size_t documents;
    struct sf_scenario *scenario; /* of the first document; NULL: it is invalid */
};

static inline struct reading *read_text_bytes(const char *text, size_t bytes,
                                              const struct sf_bindings *bindings)
{
    struct sf_arena *arena = sf_arena_new();
    struct reading *reading = sf_arena_alloc(arena, sizeof *reading);
    reading->arena = arena;
    reading->diagnostics.arena = arena;
    const struct sf_source source = {.file = "a.yaml", .text = text, .bytes = bytes};
    struct sf_document **documents =
        sf_documents_parse(arena, &source, &reading->documents, &reading->diagnostics);
    if (reading->documents)
        reading->scenario = sf_scenario_decode(arena, documents[0], bindings, &reading->diagnostics);
    return reading;
}

static inline struct reading *read_text(const char *text)
{
    return read_text_bytes(text, strlen(text), NULL);
}

/* What must be valid. */
static inline struct reading *read_valid(const char *text)
{
    struct reading *reading = read_text(text);
    if (!reading->scenario)
        sf_diagnostics_print(&reading->diagnostics, stderr);
    assert_non_null(reading->scenario);
    assert_int_equal(reading->diagnostics.errors, 0);
    return reading;
}

/* A scenario with two programs and one rule, of which only `inside` is given. */
static inline struct reading *read_rule(const char *inside)
{
    char text[4096];
    snprintf(text, sizeof text, "name: n\nprograms: {server: 'true', client: 'true'}\nfaults:\n  - {%s}\n",
             inside);
    return read_text(text);
}

/* Is there a message with this in it? */
static inline bool says(const struct reading *reading, const char *words)
{
    for (size_t i = 0; i < reading->diagnostics.count; i++) {
        if (strstr(reading->diagnostics.list[i].message, words))
            return true;
    }
    return false;
}

static inline void release(struct reading *reading)
{
    sf_arena_free(reading->arena);
}

#endif
