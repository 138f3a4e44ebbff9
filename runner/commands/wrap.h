/* What run and trace have in common: one program, otherwise as if it were started without us. */
#ifndef SF_COMMANDS_WRAP_H
#define SF_COMMANDS_WRAP_H

#include "commands/options.h"

/* From the arguments, argv[0] being the command's name, to the status. */
int sf_wrap(enum sf_command command, int argc, char **argv);

#endif
