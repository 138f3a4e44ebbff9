#include "scenario/signals.h"

#include "base/diagnostic.h"

#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Second names of signals: sigabbrev_np knows one each. */
static const struct {
    const char *name;
    int number;
} aliases[] = {{"IOT", SIGIOT}, {"CLD", SIGCHLD}, {"IO", SIGIO}};
#define SECOND_NAMES (sizeof aliases / sizeof aliases[0])
_Static_assert(NSIG + SECOND_NAMES <= SF_SIGNALS_MAX, "room for each signal, and for second names");

/* RTMIN, RTMIN+3, RTMAX-2 and their like, as kill(1) has them. */
static int find_real_time(const char *name)
{
    bool is_from_top = strncmp(name, "RTMAX", 5) == 0;
    int number = is_from_top ? SIGRTMAX : SIGRTMIN;

    if (!is_from_top && strncmp(name, "RTMIN", 5) != 0)
        return 0;
    const char *off = name + 5;
    if (*off == '\0')
        return number;
    size_t digits = strspn(off + 1, "0123456789");
    if (*off != (is_from_top ? '-' : '+') || digits < 1 || digits > 2 || off[1 + digits] != '\0')
        return 0;
    number += is_from_top ? -atoi(off + 1) : atoi(off + 1);
    return number >= SIGRTMIN && number <= SIGRTMAX ? number : 0;
}

int sf_signal_find(const char *name)
{
    if (strncmp(name, "SIG", 3) == 0)
        name += 3;
    for (int number = 1; number < SIGRTMIN; number++) {
        const char *known = sigabbrev_np(number);
        if (known && strcmp(known, name) == 0)
            return number;
    }
    for (size_t i = 0; i < SECOND_NAMES; i++) {
        if (strcmp(aliases[i].name, name) == 0)
            return aliases[i].number;
    }
    return find_real_time(name);
}

size_t sf_signal_names(const char *names[static SF_SIGNALS_MAX])
{
    size_t count = 0;
    for (int number = 1; number < SIGRTMIN; number++) {
        const char *known = sigabbrev_np(number);
        if (known)
            names[count++] = known;
    }
    for (size_t i = 0; i < SECOND_NAMES; i++)
        names[count++] = aliases[i].name;
    return count;
}

const char *sf_signal_suggestion(struct sf_arena *arena, const char *name)
{
    const char *names[SF_SIGNALS_MAX];
    size_t count = sf_signal_names(names) - SECOND_NAMES; /* nobody means IO by "no" */
    if (strncasecmp(name, "SIG", 3) == 0)
        name += 3;
    return sf_suggestion(arena, name, names, count);
}
