#include "completion/completion.h"

#include "base/arena.h"
#include "commands/help.h"
#include "commands/options.h"
#include "scenario/bundled.h"
#include "scenario/calls.h"
#include "scenario/errors.h"
#include "scenario/faults.h"
#include "scenario/link.h"
#include "scenario/tables.h"
#include "schema/schema.h"

#include <string.h>

/* What is being asked. */
struct asking {
    FILE *out;
    const char *typed; /* of the last word */
    const char *front; /* what each answer begins with: "--report=" */
    int front_bytes;
};

static void offer(const struct asking *asking, const char *word, const char *about)
{
    if (strncmp(word, asking->typed, strlen(asking->typed)) == 0)
        fprintf(asking->out, "%.*s%s\t%.*s\n", asking->front_bytes, asking->front, word,
                about ? (int)strcspn(about, "\n\t") : 0, about ? about : "");
}

static void offer_all(const struct asking *asking, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        offer(asking, words[i], NULL);
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
    fputs("*files\n", asking->out);
}

static void offer_calls(const struct asking *asking)
{
    const char *names[SF_CALL_NAMES_MAX];
    offer_all(asking, names, sf_calls_names(names));
}

static void offer_errors(const struct asking *asking)
{
    struct sf_error_names errors;
    sf_errno_names(&errors);
    offer_all(asking, errors.names, errors.count);
    sf_eai_names(&errors);
    offer_all(asking, errors.names, errors.count);
}

static void offer_rule_keys(const struct asking *asking)
{
    struct sf_arena *arena = sf_arena_new();
    for (size_t i = 0; i < sf_rule_table.count; i++) {
        const char *key = sf_rule_table.keys[i].name;
        offer(asking, sf_arena_printf(arena, "%s:", key), sf_schema_about("rule", key));
    }
    sf_arena_free(arena);
}

/* The value of a rule's key. */
static void offer_rule_value(const struct asking *asking, const char *key, size_t length)
{
    for (size_t i = 0; i < sf_rule_table.count; i++) {
        const struct sf_key *row = &sf_rule_table.keys[i];
        if (strlen(row->name) != length || strncmp(row->name, key, length) != 0)
            continue;
        const char *form = row->type->schema ? row->type->schema : "";
        if (strcmp(form, "call") == 0)
            offer_calls(asking);
        else if (strcmp(form, "error") == 0)
            offer_errors(asking);
        else if (strcmp(form, "true") == 0 || strcmp(form, "flag") == 0)
            offer(asking, "true", NULL);
        for (const struct sf_choice *choice = row->choices; choice && choice->name; choice++)
            offer(asking, choice->name, NULL);
    }
}

/* "call: recv, par": the keys of a rule, or what stands behind the colon. */
static void offer_rule(struct asking asking)
{
    const char *piece = asking.typed, *comma;
    while ((comma = strchr(piece, ',')))
        piece = comma + 1;
    piece += strspn(piece, " ");
    const char *colon = strchr(piece, ':'), *begin = colon ? colon + 1 + strspn(colon + 1, " ") : piece;
    asking.front = asking.typed;
    asking.front_bytes = (int)(begin - asking.typed);
    asking.typed = begin;
    if (colon)
        offer_rule_value(&asking, piece, (size_t)(colon - piece));
    else
        offer_rule_keys(&asking);
}

static void offer_formats(const struct asking *asking)
{
    const char *names[SF_REPORT_FORMAT_COUNT];
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
        offer_calls(asking);
    else if (strncmp(argument, "FORMAT", 6) == 0)
        offer_formats(asking);
    else if (strcmp(argument, "FILE") == 0)
        fputs("*files\n", asking->out);
    else if (strcmp(argument, "DIR") == 0)
        fputs("*folders\n", asking->out);
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

/* What is no option. */
static void offer_operand(const struct asking *asking, const struct sf_command_entry *command)
{
    if (strcmp(command->name, "help") == 0)
        offer_commands(asking);
    else if (strchr(command->usage, '|'))
        offer_usage(asking, command->usage);
    else if (strstr(command->usage, "PROGRAM"))
        fputs("*commands\n", asking->out);
    else
        fputs("*files\n", asking->out);
}

/* Does the program's own command line begin before the last word? */
static bool is_behind_program(const struct sf_command_entry *command, const struct sf_option_text *list,
                              size_t count, char *const *words, int last)
{
    if (!strstr(command->usage, "PROGRAM"))
        return false;
    for (int i = 1; i < last; i++) {
        const struct sf_option_text *option = option_of(list, count, words[i]);
        if (strcmp(words[i], "--") == 0)
            return i + 1 < last;
        if (words[i][0] != '-')
            return true;
        if (option && option->argument && !strchr(words[i], '='))
            i++;
    }
    return false;
}

static void offer_of(struct asking asking, const struct sf_command_entry *command, unsigned options,
                     char *const *words, int last)
{
    struct sf_option_text list[SF_OPTIONS_MAX];
    size_t count = options ? sf_options_list(options, list) : 0;
    const struct sf_option_text *before = option_of(list, count, words[last - 1]);
    const struct sf_option_text *here = option_of(list, count, asking.typed);
    const char *equals = strchr(asking.typed, '=');
    if (is_behind_program(command, list, count, words, last)) {
        fputs("*files\n", asking.out);
    } else if (last > 1 && before && before->argument && !strchr(words[last - 1], '=')) {
        offer_value(&asking, before->argument);
    } else if (here && here->argument && equals) {
        asking.front = asking.typed;
        asking.front_bytes = (int)(equals + 1 - asking.typed);
        asking.typed = equals + 1;
        offer_value(&asking, here->argument);
    } else if (asking.typed[0] == '-') {
        offer_options(&asking, list, count);
    } else {
        offer_operand(&asking, command);
    }
}

void sf_completion_words(FILE *out, char *const *words, int count)
{
    unsigned options = 0;
    struct asking asking = {.out = out, .typed = count ? words[count - 1] : "", .front = ""};
    asking.typed += *asking.typed == '\'' || *asking.typed == '"';
    if (count <= 1) {
        offer_commands(&asking);
        return;
    }
    const struct sf_command_entry *command = command_of(words[0], &options);
    if (command)
        offer_of(asking, command, options, words, count - 1);
}
