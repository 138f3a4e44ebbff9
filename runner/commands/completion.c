/* sockfault completion SHELL: the script for a shell; completion words WORD…: what may stand there. */
#include "completion/completion.h"

#include "commands/commands.h"

#include <string.h>

enum { PRINTED = 0, WRONG_USAGE = 2 };

int sf_command_completion(int argc, char **argv)
{
    const char *script = argc == 2 ? sf_completion_script(argv[1]) : NULL;
    if (argc > 1 && strcmp(argv[1], "words") == 0) {
        sf_completion_words(stdout, argv + 2, argc - 2);
        return PRINTED;
    }
    if (!script) {
        fputs("sockfault completion: one shell is wanted: bash, zsh or fish\n"
              "Try 'sockfault help completion'.\n",
              stderr);
        return WRONG_USAGE;
    }
    fputs(script, stdout);
    return PRINTED;
}
