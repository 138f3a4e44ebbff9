/* sockfault run PROGRAM: one program under faults. */
#include "commands/commands.h"
#include "commands/wrap.h"

int sf_command_run(int argc, char **argv)
{
    return sf_wrap(SF_COMMAND_RUN, argc, argv);
}
