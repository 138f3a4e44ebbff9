#include "completion/asking.h"
#include "completion/completion.h"

#include "base/arena.h"
#include "commands/help.h"
#include "commands/options.h"
#include "scenario/bundled.h"
#include "scenario/calls.h"

#include <string.h>

struct asking asking_from(struct asking asking, const char *begin)
{
    asking.front_bytes += (int)(begin - asking.typed);
    asking.typed = begin;
    return asking;
}

void offer(const struct asking *asking, const char *word, const char *about)
{
    if (strncmp(word, asking->typed, strlen(asking->typed)) == 0)
        fprintf(asking->out, "%.*s%s%s\t%.*s\n", asking->front_bytes, asking->typed - asking->front_bytes,
                asking->gap, word, about ? (int)strcspn(about, "\n\t") : 0, about ? about : "");
}

void offer_all(const struct asking *asking, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        offer(asking, words[i], NULL);
}

/* kind: "files", "scenarios", … */
static void offer_paths(const struct asking *asking, const char *kind)
{
    fprintf(asking->out, "*%s\t%.*s\n", kind, asking->front_bytes, asking->typed - asking->front_bytes);
}

/* ---- values ---------------------------------------------------------------- */

static void offer_bundled(const struct asking *asking)
{
    struct sf_arena *arena = sf_arena_new();
    size_t count;
    const char **names = sf_bundled_names(arena, &count);
    for (size_t i = 0; i < count; i++)
        offer(asking, names[i], "bundled scenario");
    sf_arena_free(arena);
    offer_paths(asking, "scenarios");
}

void offer_calls(const struct asking *asking)
{
    const char *names[SF_CALL_NAMES_MAX];
    offer_all(asking, names, sf_calls_names(names));
}

/* "recv,se": the last of them. */
static void offer_more_calls(const struct asking *asking)
{
    const char *comma = strrchr(asking->typed, ',');
    const struct asking last = asking_from(*asking, comma ? comma + 1 : asking->typed);
    offer_calls(&last);
}

/* FORMAT, or FORMAT=FILE. */
static void offer_formats(const struct asking *asking)
{
    const char *names[SF_REPORT_FORMAT_COUNT], *equals = strchr(asking->typed, '=');
    if (equals) {
        const struct asking file = asking_from(*asking, equals + 1);
        offer_paths(&file, "files");
        return;
    }
    sf_report_formats(names);
    offer_all(asking, names, SF_REPORT_FORMAT_COUNT);
}

/* The value of an option, by what it is called in the help. */
static void offer_value(const struct asking *asking, const char *argument)
{
    if (strcmp(argument, "FILE|NAME") == 0)
        offer_bundled(asking);
    else if (strcmp(argument, "RULE") == 0)
        offer_rule(*asking);
    else if (strcmp(argument, "CALLS") == 0)
        offer_more_calls(asking);
    else if (strncmp(argument, "FORMAT", 6) == 0)
        offer_formats(asking);
    else if (strcmp(argument, "FILE") == 0)
        offer_paths(asking, "files");
    else if (strcmp(argument, "DIR") == 0)
        offer_paths(asking, "folders");
}

/* ---- options and commands ---------------------------------------------------- */

static const struct sf_command_entry *command_of(const char *name, unsigned *options)
{
    const struct sf_command_entry *command;
    for (size_t i = 0; (command = sf_command_at(i, options)); i++)
        if (strcmp(command->name, name) == 0)
            return command;
    return NULL;
}

static void offer_commands(const struct asking *asking)
{
    const struct sf_command_entry *command;
    unsigned options;
    for (size_t i = 0; (command = sf_command_at(i, &options)); i++)
        offer(asking, command->name, command->about);
}

/* The option that `word` is, NULL: none. */
static const struct sf_option_text *option_of(const struct sf_option_text *list, size_t count,
                                              const char *word)
{
    size_t length = strcspn(word, "=");
    for (size_t i = 0; i < count; i++) {
        bool is_long = strncmp(word, "--", 2) == 0 && strlen(list[i].name) == length - 2 &&
                       strncmp(word + 2, list[i].name, length - 2) == 0;
        if (is_long || (word[0] == '-' && word[1] && word[1] == list[i].letter && !word[2]))
            return &list[i];
    }
    return NULL;
}

static void offer_options(const struct asking *asking, const struct sf_option_text *list, size_t count)
{
    struct sf_arena *arena = sf_arena_new();
    for (size_t i = 0; i < count; i++)
        offer(asking, sf_arena_printf(arena, "--%s", list[i].name), list[i].about);
    sf_arena_free(arena);
}

/* The words of "list faults|calls" and the like. */
static void offer_usage(const struct asking *asking, const char *usage)
{
    struct sf_arena *arena = sf_arena_new();
    for (const char *at = strchr(usage, ' '); at && *at; at += strcspn(at, "|")) {
        size_t length = strcspn(++at, "|");
        offer(asking, sf_arena_strndup(arena, at, length), NULL);
    }
    sf_arena_free(arena);
}

/* What is no option. is_program: it stands where a program has to. */
static void offer_operand(const struct asking *asking, const struct sf_command_entry *command,
                          bool is_program)
{
    if (strcmp(command->name, "help") == 0)
        offer_commands(asking);
    else if (strchr(command->usage, '|'))
        offer_usage(asking, command->usage);
    else
        offer_paths(asking, is_program ? "commands" : "scenarios");
}

/* Where the program's own command line begins: the index of its first word, `last` where that is the one that
 * is asked for or would come behind it; -1: it has none, or not here. */
static int program_at(const struct sf_command_entry *command, const struct sf_option_text *list, size_t count,
                      char *const *words, int last)
{
    bool is_anywhere = strstr(command->usage, "PROGRAM");
    for (int i = 1; i < last && (is_anywhere || command->other_usage); i++) {
        const struct sf_option_text *option = option_of(list, count, words[i]);
        if (strcmp(words[i], "--") == 0)
            return i + 1;
        if (words[i][0] != '-' && is_anywhere)
            return i;
        if (option && option->argument && !strchr(words[i], '='))
            i++;
    }
    return is_anywhere ? last : -1;
}

static void offer_of(struct asking asking, const struct sf_command_entry *command, unsigned options,
                     char *const *words, int last)
{
    struct sf_option_text list[SF_OPTIONS_MAX];
    size_t count = options ? sf_options_list(options, list) : 0;
    const struct sf_option_text *before = option_of(list, count, words[last - 1]);
    const struct sf_option_text *here = option_of(list, count, asking.typed);
    const char *equals = strchr(asking.typed, '=');
    int program = program_at(command, list, count, words, last);
    bool is_behind_dashes = last > 1 && strcmp(words[last - 1], "--") == 0;
    if (program >= 0 && program < last) {
        offer_paths(&asking, "files");
    } else if (last > 1 && before && before->argument && !strchr(words[last - 1], '=')) {
        offer_value(&asking, before->argument);
    } else if (here && here->argument && equals && !is_behind_dashes) {
        const struct asking value = asking_from(asking, equals + 1);
        offer_value(&value, here->argument);
    } else if (asking.typed[0] == '-' && !is_behind_dashes) {
        offer_options(&asking, list, count);
    } else {
        offer_operand(&asking, command, program == last);
    }
}

void sf_completion_words(FILE *out, char *const *words, int count)
{
    unsigned options = 0;
    struct asking asking = {.out = out, .typed = count ? words[count - 1] : "", .gap = ""};
    asking.typed += *asking.typed == '\'' || *asking.typed == '"';
    if (count <= 1) {
        offer_commands(&asking);
        return;
    }
    const struct sf_command_entry *command = command_of(words[0], &options);
    if (command)
        offer_of(asking, command, options, words, count - 1);
}
