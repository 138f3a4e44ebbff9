/* sockfault: picks the command. What a command returns is the exit status. */
#include "abi/session.h"
#include "commands/help.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static bool is_help(const char *argument)
{
    return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0;
}

static int pick(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : NULL;
    if (!name) {
        sf_help_print(NULL, stderr);
        return 2;
    }
    if (strcmp(name, "--version") == 0)
        return puts("sockfault " SF_VERSION) == EOF ? SF_EXIT_INTERNAL : 0;
    if (is_help(name))
        return sf_help_print(NULL, stdout);
    const struct sf_command_entry *command = sf_command_find(name);
    if (!command)
        return sf_help_unknown(name);
    if (argc > 2 && is_help(argv[2]))
        return sf_help_print(name, stdout);
    return command->run(argc - 1, argv + 1);
}

/* What is opened must not get the number of a closed standard error, to which we and libc write. It ends
 * with an exec, so programs find theirs closed as without us. */
static void hold_standard_error(void)
{
    int fd = fcntl(STDERR_FILENO, F_GETFD) < 0 ? open("/dev/null", O_RDWR | O_CLOEXEC) : -1;
    if (fd >= 0 && fd != STDERR_FILENO) {
        dup3(fd, STDERR_FILENO, O_CLOEXEC);
        close(fd);
    }
}

int main(int argc, char **argv)
{
    hold_standard_error();
    int status = pick(argc, argv);
    errno = 0;
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "sockfault: cannot write to standard output: %s\n", strerror(errno ? errno : EIO));
        return SF_EXIT_INTERNAL;
    }
    return status;
}
