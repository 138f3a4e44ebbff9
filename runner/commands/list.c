/* sockfault list faults|calls|errors|keys|scenarios|schema: what rules can use. */
#include "base/arena.h"
#include "base/diagnostic.h"
#include "base/json.h"
#include "commands/commands.h"
#include "commands/error_places.h"
#include "scenario/bundled.h"
#include "scenario/calls.h"
#include "scenario/errors.h"
#include "scenario/faults.h"
#include "scenario/files.h"
#include "scenario/scenario.h"
#include "scenario/tables.h"
#include "schema/schema.h"

#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LISTED = 0, WRONG_USAGE = 2 };

static void print_fault(const char *name, const char *values, const char *about)
{
    printf("%-11s %-27s %s; ", name, values, about);
}

static void list_call_fault(const struct sf_fault *fault)
{
    const char *separator = "on ";
    print_fault(fault->name, fault->values, fault->about);
    if (fault->families == SF_FAMILIES_ALL) {
        printf("on any call\n");
        return;
    }
    for (int family = 0; family < SF_FAMILY_COUNT; family++) {
        if (fault->families >> family & 1) {
            printf("%s%s", separator, sf_family_names[family]);
            separator = ", ";
        }
    }
    printf("\n");
}

static void list_link_fault(const struct sf_link_fault *fault)
{
    print_fault(fault->name, fault->values, fault->about);
    printf("on links%s\n", fault->types == SF_TYPE_STREAM  ? " of streams"
                           : fault->types == SF_TYPE_DGRAM ? " of datagrams"
                                                           : "");
}

/* Call faults, then link faults; some names are both. */
static int list_faults(void)
{
    for (int i = 0; i < SF_FAULT_COUNT; i++)
        list_call_fault(&sf_faults[i]);
    for (int i = 0; i < SF_LINK_FAULT_COUNT; i++)
        list_link_fault(&sf_link_faults[i]);
    return LISTED;
}

static int list_calls(void)
{
    static const char *const about[SF_FAMILY_COUNT] = {
#define SF_X(id, spelling, text) text,
        SF_FAMILIES(SF_X)
#undef SF_X
    };
    for (int family = 0; family < SF_FAMILY_COUNT; family++) {
        printf("%-18s %s\n", sf_family_names[family], about[family]);
        for (int call = 0; call < SF_CALL_COUNT; call++) {
            if (sf_call_families[call] == family && sf_call_nameable((enum sf_call_id)call) &&
                strcmp(sf_call_names[call], sf_family_names[family]) != 0)
                printf("  %-16s this function alone\n", sf_call_names[call]);
        }
    }
    return LISTED;
}

static void list_error(struct sf_arena *arena, const char *name, const char *about, int error)
{
    const char *places = sf_error_places(arena, error);
    printf("%-16s %s; %s%s\n", name, about, *places ? "on " : "only with force: true", places);
}

static int list_errors(void)
{
    struct sf_arena *arena = sf_arena_new();
    struct sf_error_names errors;
    sf_errno_names(&errors);
    for (size_t i = 0; i < errors.count; i++)
        list_error(arena, errors.names[i], strerror(errors.numbers[i]), errors.numbers[i]);
    sf_eai_names(&errors);
    for (size_t i = 0; i < errors.count; i++)
        list_error(arena, errors.names[i], gai_strerror(errors.numbers[i]), errors.numbers[i]);
    sf_arena_free(arena);
    return LISTED;
}

/* The keys of each mapping below the name of the mapping. */
static int list_keys(void)
{
    struct sf_arena *arena = sf_arena_new();
    for (size_t i = 0; i < SF_TABLES; i++) {
        const struct sf_table *table = sf_tables[i].table;
        printf("%-18s the keys of %s\n", sf_tables[i].name, table->what);
        for (size_t at = 0; at < table->count; at++)
            printf("  %-16s %s\n", table->keys[at].name,
                   sf_schema_describe(arena, &sf_tables[i], &table->keys[at]));
    }
    sf_arena_free(arena);
    return LISTED;
}

/* The name to use it by, and what it says of itself. */
static void list_file(struct sf_arena *arena, const char *path, struct sf_diagnostics *diagnostics)
{
    const char *base = strrchr(path, '/') + 1;
    int name_bytes = (int)(strrchr(base, '.') - base);
    size_t count;
    struct sf_document **documents = sf_documents_read(arena, path, &count, diagnostics);
    for (size_t i = 0; i < count; i++) {
        const struct sf_scenario *scenario = sf_scenario_decode(arena, documents[i], NULL, diagnostics);
        if (!scenario)
            continue;
        const char *about = scenario->description ? scenario->description : scenario->name;
        printf("%-*.*s %.*s\n", 24, name_bytes, base, (int)strcspn(about, "\n"), about);
    }
}

/* A file of the folder itself: what lies deeper has no name to be used by. */
static bool is_named(const char *folder, const char *path)
{
    return (size_t)(strrchr(path, '/') - path) == strlen(folder);
}

static int list_scenarios(void)
{
    struct sf_arena *arena = sf_arena_new();
    struct sf_diagnostics diagnostics = {.arena = arena};
    struct sf_files files = {0};
    const char *folder = sf_bundled_folder(arena);
    if (access(folder, F_OK) == 0)
        sf_files_add(arena, folder, &files, &diagnostics);
    else
        fprintf(stderr, "sockfault list: no scenarios in %s\n", folder);
    for (size_t i = 0; i < files.count; i++)
        if (is_named(folder, files.paths[i]))
            list_file(arena, files.paths[i], &diagnostics);
    sf_diagnostics_print(&diagnostics, stderr);
    sf_arena_free(arena);
    return LISTED;
}

static int list_schema(void)
{
    sf_json_put(sf_schema_new(), stdout); /* main says what standard output failed at */
    return LISTED;
}

static const struct {
    const char *name;
    int (*list)(void);
} lists[] = {{"faults", list_faults}, {"calls", list_calls},         {"errors", list_errors},
             {"keys", list_keys},     {"scenarios", list_scenarios}, {"schema", list_schema}};

static int refuse(const char *what)
{
    const char *names[sizeof lists / sizeof lists[0]];
    struct sf_arena *arena = sf_arena_new();
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        names[i] = lists[i].name;
    size_t count = sizeof names / sizeof names[0];
    if (what)
        fprintf(stderr, "sockfault list: no list %s%s\n", sf_quoted(arena, what),
                sf_suggestion(arena, what, names, count));
    else
        fprintf(stderr, "sockfault list: one list is wanted\n");
    fprintf(stderr, "There are %s.\n", sf_names_join(arena, names, count));
    sf_arena_free(arena);
    return WRONG_USAGE;
}

int sf_command_list(int argc, char **argv)
{
    for (size_t i = 0; argc == 2 && i < sizeof lists / sizeof lists[0]; i++) {
        if (strcmp(argv[1], lists[i].name) == 0)
            return lists[i].list();
    }
    return refuse(argc == 2 ? argv[1] : NULL);
}
