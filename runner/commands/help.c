/* sockfault help: the commands and what each takes. */
#include "commands/help.h"

#include "base/diagnostic.h"
#include "commands/commands.h"
#include "commands/options.h"
#include "commands/page.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

enum { WRONG_USAGE = 2, USAGE_COLUMNS = 46 };

static const struct command {
    struct sf_command_entry entry;
    unsigned options; /* enum sf_command; 0: none of the table */
    const char *more;
} commands[] = {
    {{"run", sf_command_run, "run [OPTION...] [--] PROGRAM [ARG...]", "run one program under faults", NULL},
     SF_COMMAND_RUN,
     "The exit status is the program's own; 128+N when signal N killed it, 124 when\n"
     "--timeout ended it, 125 when sockfault failed, 126 when PROGRAM is not\n"
     "executable, 127 when it is not found.\n"
     "\n"
     "What --save writes is for `test`, and for `run -s`. A FILE that is written may be -\n"
     "for standard output.\n"
     "\n"
     "  sockfault run -f 'call: recv, partial: 1' -- curl -fsS http://localhost:8080/\n"},
    {{"test", sf_command_test, "test [OPTION...] PATH...", "run scenarios and judge their expectations",
      NULL},
     SF_COMMAND_TEST,
     "A PATH is a scenario file, - for standard input, or a folder: every *.yaml and\n"
     "*.yml below it, sorted. A FILE that is written may be - for standard output.\n"
     "A REGEX (PCRE2) may match anywhere in the name, the values of the matrix included;\n"
     "a KEY must be a variable of at least one scenario.\n"
     "\n"
     "The exit status is 0 when all passed or were skipped, 1 when one failed, 2 when a\n"
     "scenario is invalid, none was found, or the usage is wrong; 125 when sockfault\n"
     "failed.\n"
     "\n"
     "  sockfault test --filter 'chunk=7' --set host=127.0.0.1 tests/\n"},
    {{"explore", sf_command_explore, "explore [OPTION...] SCENARIO",
      "find the faults that programs do not survive", "explore [OPTION...] -- PROGRAM [ARG...]"},
     SF_COMMAND_EXPLORE,
     "Runs the programs without faults, then with one fault after another wherever they make a socket\n"
     "call, and writes a scenario that reproduces each crash, hang, spin, leak, wrong output or needless\n"
     "failure, and each service that serves no more.\n"
     "--timeout is 10s where the scenario says none. Ctrl-C ends the search with what is known.\n"
     "\n"
     "The exit status is 0 when nothing was found, 1 with findings, 2 when the usage is wrong or\n"
     "a program fails with no fault injected; 125 when sockfault failed.\n"
     "\n"
     "  sockfault explore -- curl -fsS -m 5 http://localhost:8080/\n"},
    {{"trace", sf_command_trace, "trace [OPTION...] [--] PROGRAM [ARG...]",
      "show the socket calls of one program", NULL},
     SF_COMMAND_TRACE,
     "A line a call on stderr, nothing is injected: when the call came back, whose it was,\n"
     "its connection and state, what was asked for and what came of it, how long it took.\n"
     "CALL and PATTERN are those of rules. The exit status is that of `run`.\n"
     "\n"
     "  sockfault trace --call connect,send,recv -v -- curl -fsS http://localhost:8080/\n"},
    {{"check", sf_command_check, "check [-q] PATH...", "validate scenarios, start nothing", NULL},
     0,
     "A PATH is a scenario file, - for standard input, or a folder: every *.yaml and\n"
     "*.yml below it. The exit status is 0 when all are valid, otherwise 2.\n"},
    {{"compile", sf_command_compile, "compile SCENARIO -o FILE", "write the plan for use without the runner",
      NULL},
     0,
     "  LD_PRELOAD=.../libsockfault.so SOCKFAULT_PLAN=FILE PROGRAM\n"
     "\n"
     "Where the scenario has several programs, SOCKFAULT_PROGRAM says which one this is;\n"
     "default: the one that is named as the executable. SCENARIO may be - for standard\n"
     "input, FILE for standard output. The exit status is 0, or 2 when the scenario is\n"
     "invalid.\n"},
    {{"list", sf_command_list, "list faults|calls|errors|keys|scenarios|schema",
      "show what rules can use, and the bundled scenarios", NULL},
     0,
     NULL},
    {{"completion", sf_command_completion, "completion bash|zsh|fish",
      "print what lets a shell complete all this", NULL},
     0,
     "Bash:  source <(sockfault completion bash)               in ~/.bashrc\n"
     "Zsh:   source <(sockfault completion zsh)                in ~/.zshrc, behind compinit\n"
     "Fish:  sockfault completion fish | source                in ~/.config/fish/config.fish\n"
     "\n"
     "`make install` puts them where these shells look by themselves.\n"},
    {{"help", sf_command_help, "help [COMMAND]", "show this, or more about a command", NULL}, 0, NULL},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

/* What else there are pages of. */
static const struct topic {
    const char *name, *page, *document;
    int section;
} topics[] = {
    {"scenario", "sockfault-scenario", "docs/reference/language.md", 5},
    {"faults", "sockfault-faults", "docs/reference/faults.md", 7},
    {"libsockfault", "libsockfault", "docs/architecture.md", 7},
};
enum { TOPICS = sizeof topics / sizeof *topics };

static const struct topic *find_topic(const char *name)
{
    for (int i = 0; i < TOPICS; i++)
        if (strcmp(topics[i].name, name) == 0)
            return &topics[i];
    return NULL;
}

static const struct command *find(const char *name)
{
    for (int i = 0; i < COMMANDS; i++)
        if (strcmp(commands[i].entry.name, name) == 0)
            return &commands[i];
    return NULL;
}

const struct sf_command_entry *sf_command_find(const char *name)
{
    const struct command *command = find(name);
    return command ? &command->entry : NULL;
}

const struct sf_command_entry *sf_command_at(size_t place, unsigned *options)
{
    if (place >= COMMANDS)
        return NULL;
    *options = commands[place].options;
    return &commands[place].entry;
}

static void print_all(FILE *out)
{
    fputs("sockfault makes the network fail on purpose and says what your programs made of it.\n\n", out);
    for (int i = 0; i < COMMANDS; i++) {
        const struct sf_command_entry *entry = &commands[i].entry;
        fprintf(out, "  sockfault %-*s %s\n", USAGE_COLUMNS, entry->usage, entry->about);
        if (entry->other_usage)
            fprintf(out, "  sockfault %s\n", entry->other_usage);
    }
    fputs("  sockfault --version\n\nSee 'sockfault help COMMAND' for the options of a command, 'sockfault "
          "help scenario' and\n"
          "'sockfault help faults' for the language.\n",
          out);
}

int sf_help_print(const char *name, FILE *out)
{
    const struct command *command = name ? find(name) : NULL;
    if (!command) {
        print_all(out);
        return 0;
    }
    fprintf(out, "Usage: sockfault %s\n", command->entry.usage);
    if (command->entry.other_usage)
        fprintf(out, "       sockfault %s\n", command->entry.other_usage);
    fprintf(out, "\n%c%s.\n", toupper((unsigned char)command->entry.about[0]), command->entry.about + 1);
    if (command->options) {
        fputc('\n', out);
        sf_options_print(command->options, out);
    }
    if (command->more)
        fprintf(out, "\n%s", command->more);
    fprintf(out, "\nThe manual page: man sockfault-%s\n", command->entry.name);
    return 0;
}

int sf_help_unknown(const char *name)
{
    const char *names[COMMANDS + TOPICS];
    for (int i = 0; i < COMMANDS; i++)
        names[i] = commands[i].entry.name;
    for (int i = 0; i < TOPICS; i++)
        names[COMMANDS + i] = topics[i].name;
    const char *near = sf_nearest(name, names, COMMANDS + TOPICS);
    fprintf(stderr, "sockfault: unknown command '%s'%s%s%s\nTry 'sockfault help'.\n", name,
            near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
    return WRONG_USAGE;
}

/* The page, where there is someone to read it. */
static int show_command(const char *name)
{
    char page[64];
    snprintf(page, sizeof page, "sockfault-%s", name);
    if (isatty(STDOUT_FILENO))
        sf_page_show(page, 1);
    return sf_help_print(name, stdout);
}

static int show_topic(const struct topic *topic)
{
    sf_page_show(topic->page, topic->section);
    fprintf(stderr, "sockfault help: there is no manual page %s(%d) here, or no man: see %s\n", topic->page,
            topic->section, topic->document);
    return WRONG_USAGE;
}

int sf_command_help(int argc, char **argv)
{
    if (argc > 2) {
        fputs("sockfault help: one command at most is explained\n", stderr);
        return WRONG_USAGE;
    }
    if (argc < 2)
        return sf_help_print(NULL, stdout);
    const struct topic *topic = find_topic(argv[1]);
    return topic ? show_topic(topic) : find(argv[1]) ? show_command(argv[1]) : sf_help_unknown(argv[1]);
}
