/* What keys mean, for those who read them in an editor. docs/reference/language.md has all of it. */
#include "schema/schema.h"

#include "base/arena.h"
#include "base/diagnostic.h"

#include <inttypes.h>
#include <string.h>

static const struct {
    const char *table, *key, *text;
} rows[] = {
    {"scenario", "name", "What the scenario shows, in a line."},
    {"scenario", "description", "Free text; list scenarios shows its first line."},
    {"scenario", "seed",
     "Of all random draws; without it they follow from the name. The same seed gives the same faults."},
    {"scenario", "timeout", "Bounds the whole scenario; 60s without it."},
    {"scenario", "run_for", "How long it runs where every program is a service."},
    {"scenario", "tags", "Words to choose scenarios by."},
    {"scenario", "requires", "Commands that must be on PATH: otherwise it is skipped."},
    {"scenario", "matrix", "A scenario for each combination of these values, each used as ${NAME}."},
    {"scenario", "vars", "Texts to use as ${NAME}; --set overrides them."},
    {"scenario", "programs", "What is started, in this order: a command, or a mapping with more."},
    {"scenario", "faults", "The rules: what goes wrong, where and when."},
    {"scenario", "expect", "What must have come of each program, and how often rules must have fired."},
    {"program", "run", "The command: a list is executed, text goes to /bin/sh."},
    {"program", "ready",
     "Makes it a service: the next program starts once this holds, and it is stopped when all others have "
     "ended."},
    {"program", "env", "Variables that are added to its environment."},
    {"program", "cwd", "The folder that it starts in."},
    {"program", "stdin", "What it reads from standard input; without it nothing."},
    {"program", "stdin_file", "A file that it reads from standard input."},
    {"program", "start_after", "How long after the one before it is started."},
    {"program", "wrap", "false: it is started without the library, so that no rule reaches it."},
    {"program", "stop", "The signal that stops a service; TERM without it."},
    {"program", "stop_within", "How long a service may take to stop, before KILL; 5s without it."},
    {"ready", "port", "It listens on this port. Nobody connects to find out."},
    {"ready", "output", "Its output matches this."},
    {"ready", "file", "This file is there."},
    {"ready", "within", "How long that may take; 10s without it."},
    {"rule", "id", "By which expectations and reports name it."},
    {"rule", "call", "A call fault: what these calls return. Families or functions."},
    {"rule", "link",
     "A link fault: what the network does between the two ends, into the program, out of it, or both."},
    {"rule", "partition", "Groups of programs that do not reach each other."},
    {"rule", "program", "Only in these programs."},
    {"rule", "exe", "Only in processes of these executables."},
    {"rule", "peer", "Only on sockets with this other end."},
    {"rule", "local", "Only on sockets with this own address."},
    {"rule", "family", "Only on sockets of these address families."},
    {"rule", "type", "Only on sockets of these types."},
    {"rule", "role", "Only on the side that connected, or on the one that accepted."},
    {"rule", "connection",
     "Only on connections with these numbers, from 1, of those that the rest of the scope selects."},
    {"rule", "when", "When it strikes: all that is given must hold."},
    {"rule", "per", "What nth, every and times count over, or what shares a throttle."},
    {"rule", "times", "How often it fires at most."},
    {"rule", "optional", "true: that it never fires does not fail the scenario."},
    {"rule", "force", "true: also where the kernel could not do it. Reports mark it."},
    {"rule", "error", "The call fails with this errno; look-ups with an EAI_ code."},
    {"rule", "delay", "The call, or on a link every byte, comes so much later."},
    {"rule", "partial", "At most so many bytes are moved."},
    {"rule", "interrupt", "EINTR, as a signal gives it."},
    {"rule", "again", "EAGAIN, as a socket that is not ready gives it."},
    {"rule", "refuse", "The connection is refused."},
    {"rule", "eof", "The peer has ended its side: reads give 0 from now on."},
    {"rule", "reset", "The connection is reset, by a real RST."},
    {"rule", "timeout",
     "The peer falls silent for so long, then the call ends as its time-out would end it."},
    {"rule", "resolve", "What look-ups answer."},
    {"rule", "corrupt", "So many bits are flipped in what passes."},
    {"rule", "signal", "This signal is sent to the process before the call."},
    {"rule", "throttle", "The link passes so much a second."},
    {"rule", "chunk", "The link hands on pieces of so many bytes."},
    {"rule", "close", "The other end closes, in order."},
    {"rule", "blackhole", "Nothing passes any more, and nobody says so."},
    {"rule", "unreachable", "Connects fail as without a way there."},
    {"rule", "syn_timeout", "Connects are not answered for so long."},
    {"rule", "drop", "Datagrams are lost."},
    {"rule", "duplicate", "Datagrams come twice."},
    {"rule", "reorder", "Datagrams come in another order, within so many."},
    {"when", "nth", "At the Nth such call, or at those from A to B."},
    {"when", "from", "From this call on."},
    {"when", "to", "Up to this call."},
    {"when", "every", "At every Nth such call."},
    {"when", "probability", "With this probability, drawn from the seed."},
    {"when", "after", "From so long after the program's start on."},
    {"when", "until", "Until so long after the program's start."},
    {"when", "after_bytes", "Behind so many bytes of the connection, in the fault's direction."},
    {"when", "match", "Behind these bytes of the connection, in the fault's direction."},
    {"when", "state", "In these states of the TCP connection."},
    {"when", "exists", "While this file exists: a switch."},
    {"when", "site", "Below this function of the program."},
    {"when", "exactly", "At calls named one by one, as --save writes them."},
    {"delay", "mean", "The delay in the middle."},
    {"delay", "jitter", "How much it varies."},
    {"delay", "distribution", "How the variation is spread."},
    {"expect", "exit", "Its exit status."},
    {"expect", "signal", "The signal that ended it."},
    {"expect", "stdout", "Its standard output."},
    {"expect", "stderr", "Its standard error."},
    {"expect", "duration", "How long it ran."},
    {"expect", "cpu", "How much processor time it took."},
    {"expect", "calls", "How many calls of each family it made on sockets."},
    {"expect", "leaked_sockets", "How many sockets it left open."},
    {"expect", "hygiene", "The broken habits that it may have, or clean: none."},
    {"output", "equals", "Exactly this text."},
    {"output", "equals_file", "Exactly what this file holds."},
    {"output", "contains", "Holds these texts."},
    {"output", "not_contains", "Holds none of these texts."},
    {"output", "matches", "Matches this expression somewhere."},
    {"output", "empty", "Whether there is none."},
};

const char *sf_schema_about(const char *table, const char *key)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].table, table) == 0 && strcmp(rows[i].key, key) == 0)
            return rows[i].text;
    return NULL;
}

/* What the type leaves to the row: names, or the bounds of a number. */
static const char *allowed_by(struct sf_arena *arena, const struct sf_key *key)
{
    const char *names[SF_KEY_CHOICES_MAX];
    size_t count = sf_key_choices(key, names);
    if (count)
        return sf_arena_printf(arena, "%s%s", count > 1 ? "one of " : "", sf_names_join(arena, names, count));
    return key->max ? sf_arena_printf(arena, "a number from %" PRIu64 " to %" PRIu64, key->min, key->max)
                    : "a number";
}

size_t sf_key_choices(const struct sf_key *key, const char *names[static SF_KEY_CHOICES_MAX])
{
    size_t count = 0;
    while (key->choices && count < SF_KEY_CHOICES_MAX && key->choices[count].name) {
        names[count] = key->choices[count].name;
        count++;
    }
    return count;
}

const char *sf_schema_describe(struct sf_arena *arena, const struct sf_named_table *table,
                               const struct sf_key *key)
{
    const char *about = sf_schema_about(table->name, key->name);
    const char *allowed = key->type->allowed ? key->type->allowed : allowed_by(arena, key);
    bool is_ended = allowed[0] && allowed[strlen(allowed) - 1] == '.'; /* "a range such as 2..5 or 2.." */
    return sf_arena_printf(arena, "%s%sIts value: %s%s", about ? about : "", about ? " " : "", allowed,
                           is_ended ? "" : ".");
}
