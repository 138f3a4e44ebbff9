/* sockfault trace PROGRAM: its socket calls on stderr, and no faults. */
#include "commands/commands.h"
#include "commands/wrap.h"

int sf_command_trace(int argc, char **argv)
{
    return sf_wrap(SF_COMMAND_TRACE, argc, argv);
}
