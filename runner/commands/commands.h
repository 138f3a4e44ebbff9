/* The commands of sockfault, one file each. argv[0] is the command's name;
 * each returns the status to exit with and leaves exiting to main. */
#ifndef SF_COMMANDS_COMMANDS_H
#define SF_COMMANDS_COMMANDS_H

int sf_command_run(int argc, char **argv);
int sf_command_test(int argc, char **argv);
int sf_command_explore(int argc, char **argv);
int sf_command_trace(int argc, char **argv);
int sf_command_check(int argc, char **argv);
int sf_command_compile(int argc, char **argv);
int sf_command_list(int argc, char **argv);
int sf_command_completion(int argc, char **argv);
int sf_command_help(int argc, char **argv);

#endif
