/* sockfault check PATH…: validate scenarios, start nothing. */
#include "base/arena.h"
#include "commands/commands.h"
#include "scenario/files.h"
#include "scenario/scenario.h"

#include <getopt.h>
#include <stdio.h>

enum { VALID = 0, INVALID = 2 };

/* One file at a time, so that a thousand of them need the memory of one. */
static bool check_file(const char *path)
{
    struct sf_arena *arena = sf_arena_new();
    struct sf_diagnostics diagnostics = {.arena = arena};
    size_t count;
    struct sf_document **documents = sf_documents_read(arena, path, &count, &diagnostics);
    const struct sf_bindings bindings = {.hints = true};
    sf_documents_decode(documents, count, &bindings, &diagnostics, NULL, NULL);
    sf_diagnostics_print(&diagnostics, stderr);
    bool valid = diagnostics.errors == 0;
    sf_arena_free(arena);
    return valid;
}

int sf_command_check(int argc, char **argv)
{
    static const struct option options[] = {{"quiet", no_argument, NULL, 'q'}, {0}};
    bool quiet = false;
    int option;
    optind = 0; /* main has been over the arguments before */
    opterr = 0;
    while ((option = getopt_long(argc, argv, "q", options, NULL)) != -1) {
        if (option != 'q') {
            fprintf(stderr, "sockfault check: unknown option '%s'\nTry 'sockfault help check'.\n",
                    argv[optind - 1]);
            return INVALID;
        }
        quiet = true;
    }
    if (optind == argc) {
        fprintf(stderr, "sockfault check: no scenario is given\nTry 'sockfault help check'.\n");
        return INVALID;
    }

    struct sf_arena *arena = sf_arena_new();
    struct sf_diagnostics diagnostics = {.arena = arena};
    struct sf_files files = {0};
    for (int i = optind; i < argc; i++)
        sf_files_add(arena, argv[i], &files, &diagnostics);
    sf_diagnostics_print(&diagnostics, stderr);
    int status = diagnostics.errors ? INVALID : VALID;
    for (size_t i = 0; i < files.count; i++) {
        if (!check_file(files.paths[i]))
            status = INVALID;
        else if (!quiet)
            printf("%s: ok\n", sf_printable(arena, sf_file_name(files.paths[i])));
    }
    sf_arena_free(arena);
    return status;
}
