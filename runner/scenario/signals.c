#include "scenario/signals.h"

#include "base/diagnostic.h"

#include <signal.h>
#include <string.h>

_Static_assert(NSIG <= SF_SIGNALS_MAX - 3, "room for each signal, and for second names");

/* Second names of signals: sigabbrev_np knows one each. */
static const struct {
    const char *name;
    int number;
} aliases[] = {{"IOT", SIGIOT}, {"CLD", SIGCHLD}, {"IO", SIGIO}};

int sf_signal_find(const char *name)
{
    if (strncmp(name, "SIG", 3) == 0)
        name += 3;
    for (int number = 1; number < SIGRTMIN; number++) {
        const char *known = sigabbrev_np(number);
        if (known && strcmp(known, name) == 0)
            return number;
    }
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++) {
        if (strcmp(aliases[i].name, name) == 0)
            return aliases[i].number;
    }
    return 0;
}

size_t sf_signal_names(const char *names[static SF_SIGNALS_MAX])
{
    size_t count = 0;
    for (int number = 1; number < SIGRTMIN; number++) {
        const char *known = sigabbrev_np(number);
        if (known)
            names[count++] = known;
    }
    for (size_t i = 0; i < sizeof aliases / sizeof aliases[0]; i++)
        names[count++] = aliases[i].name;
    return count;
}

const char *sf_signal_suggestion(struct sf_arena *arena, const char *name)
{
    const char *names[SF_SIGNALS_MAX];
    size_t count = sf_signal_names(names);
    if (strncasecmp(name, "SIG", 3) == 0)
        name += 3;
    return sf_suggestion(arena, name, names, count);
}
