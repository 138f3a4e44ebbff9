/* What each command is told as. */
#ifndef SF_COMMANDS_HELP_H
#define SF_COMMANDS_HELP_H

#include <stddef.h>
#include <stdio.h>

/* The command of this name, NULL: there is none. */
struct sf_command_entry {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *usage, *about;
    const char *other_usage; /* a second form; NULL: there is none */
};
const struct sf_command_entry *sf_command_find(const char *name);

/* The command at `place` in the order of the help, NULL: there are no more. options: bits for
 * sf_options_list; 0: it has none of these. */
const struct sf_command_entry *sf_command_at(size_t place, unsigned *options);

/* Help of one command, NULL: of all. Returns the status to exit with. */
int sf_help_print(const char *command, FILE *out);

/* "unknown command 'rnu' (did you mean run?)", on stderr. Returns 2. */
int sf_help_unknown(const char *command);

#endif
