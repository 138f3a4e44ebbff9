/* What each command is told as. */
#ifndef SF_COMMANDS_HELP_H
#define SF_COMMANDS_HELP_H

#include <stdio.h>

/* The command of this name, NULL: there is none. */
struct sf_command_entry {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *usage, *about;
};
const struct sf_command_entry *sf_command_find(const char *name);

/* Help of one command, NULL: of all. Returns the status to exit with. */
int sf_help_print(const char *command, FILE *out);

/* "unknown command 'rnu' (did you mean run?)", on stderr. Returns 2. */
int sf_help_unknown(const char *command);

#endif
