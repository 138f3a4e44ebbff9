#include "hygiene/hygiene.h"

#include "base/memory.h"
#include "hygiene/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sf_hygiene *sf_hygiene_new(struct sf_warnings *warnings, sf_site_namer *namer, void *context)
{
    struct sf_hygiene *hygiene = sf_memory_new(sizeof *hygiene);
    *hygiene = (struct sf_hygiene){.warnings = warnings, .namer = namer, .namer_context = context};
    return hygiene;
}

void sf_hygiene_free(struct sf_hygiene *hygiene)
{
    sf_memory_free_all(hygiene);
    free(hygiene);
}

static struct sf_warning *find(struct sf_warnings *warnings, enum sf_habit habit, uint16_t program,
                               const struct sf_seen *seen)
{
    for (uint32_t i = 0; i < warnings->count; i++) {
        struct sf_warning *warning = &warnings->list[i];
        if (warning->habit == habit && warning->program == program && warning->call == seen->call &&
            warning->return_address == seen->return_address)
            return warning;
    }
    return NULL;
}

static void describe_socket(struct sf_warning *warning, const struct sf_followed *socket)
{
    warning->connection = socket->connection;
    warning->local = socket->local;
    warning->peer = socket->peer;
    if (socket->peer_name)
        snprintf(warning->peer_name, sizeof warning->peer_name, "%s", socket->peer_name);
}

struct sf_warning *sf_hygiene_note(struct sf_hygiene *hygiene, enum sf_habit habit, uint16_t program,
                                   const struct sf_seen *seen, const struct sf_followed *socket,
                                   const struct sf_traced *then)
{
    struct sf_warnings *warnings = hygiene->warnings;
    struct sf_warning *warning = find(warnings, habit, program, seen);

    /* Candidates are told apart later, so each socket has its own. */
    if (warning && habit != SF_HABIT_UNCLOSED && habit != SF_HABIT_UNCLOSED_AFTER_FAULT) {
        warning->times++;
        return warning;
    }
    if (warnings->count == SF_WARNINGS_MAX) {
        warnings->more++;
        return NULL;
    }
    warning = &warnings->list[warnings->count++];
    *warning = (struct sf_warning){.habit = habit,
                                   .times = 1,
                                   .program = program,
                                   .call = seen->call,
                                   .then_call = then ? then->record->call : SF_CALL_COUNT,
                                   .rule = seen->rule,
                                   .fd = seen->fd,
                                   .error = seen->error,
                                   .pid = seen->pid,
                                   .state = seen->state,
                                   .return_address = seen->return_address};
    if (socket)
        describe_socket(warning, socket);
    memcpy(warning->site, sf_site_name(hygiene, sf_memory_of_site(hygiene, seen->pid, seen->return_address)),
           sizeof warning->site);
    return warning;
}

void sf_hygiene_retract(struct sf_hygiene *hygiene, struct sf_warning *warning)
{
    struct sf_warnings *warnings = hygiene->warnings;
    bool is_there = warning < &warnings->list[warnings->count] && warning->habit == SF_HABIT_CLOSED_TWICE;
    if (is_there && --warning->times == 0) /* one that was retracted meanwhile may have moved it */
        *warning = warnings->list[--warnings->count];
}

void sf_hygiene_take(struct sf_hygiene *hygiene, const struct sf_traced *call)
{
    const struct sf_look look = {.hygiene = hygiene,
                                 .call = call,
                                 .memory = sf_memory_of_socket(hygiene, call->socket),
                                 .seen = sf_seen_of(call)};
    /* Errors come behind: the others ask whether the socket had failed before. */
    sf_look_at_reads(&look);
    sf_look_at_sends(&look);
    sf_look_at_waits(&look);
    sf_look_at_errors(&look);
    sf_look_at_closes(&look);
}

void sf_hygiene_rest(struct sf_hygiene *hygiene)
{
    for (size_t i = 0; hygiene->has_unnamed && i < hygiene->site_count && hygiene->sites[i].pid; i++)
        sf_site_name(hygiene, &hygiene->sites[i]);
    hygiene->has_unnamed = false;
}

void sf_hygiene_end(struct sf_hygiene *hygiene)
{
    sf_look_at_rests(hygiene);
}
