/* Any text as a scenario: it is read, decoded and compiled, or refused with
 * errors; the plan that comes out must be one that the shim takes. */
#include "base/arena.h"
#include "plan/session.h"
#include "scenario/node.h"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* `data` ends nowhere: the reader is given bytes, not a string. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static FILE *nowhere;
    struct sf_arena *arena = sf_arena_new();
    struct sf_diagnostics diagnostics = {.arena = arena};
    struct sf_source source = {.file = "fuzz", .text = (const char *)data, .bytes = bytes};
    size_t count;

    if (!nowhere)
        nowhere = fopen("/dev/null", "w");
    struct sf_document **documents = sf_documents_parse(arena, &source, &count, &diagnostics);
    for (size_t i = 0; i < count; i++) {
        const struct sf_scenario *scenario = sf_scenario_decode(arena, documents[i], NULL, &diagnostics);
        if (!scenario || scenario->program_count == 0 || !sf_plan_admits(scenario, true, &diagnostics))
            continue;
        struct sf_plan *plan = sf_plan_compile(scenario);
        if (sf_plan_verify(plan, plan->total_bytes))
            abort();
        free(plan);
    }
    sf_diagnostics_print(&diagnostics, nowhere);
    sf_arena_free(arena);
    return 0;
}
