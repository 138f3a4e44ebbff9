#include "wire/deadline.h"

#include "base/memory.h"

#include <stdlib.h>

static void put(struct sf_deadlines *deadlines, size_t place, struct sf_deadline *deadline)
{
    deadlines->list[place - 1] = deadline;
    deadline->place = place;
}

static struct sf_deadline *get(const struct sf_deadlines *deadlines, size_t place)
{
    return deadlines->list[place - 1];
}

/* Where it belongs, from `place` on towards the top and then downwards. */
static void settle(struct sf_deadlines *deadlines, size_t place, struct sf_deadline *deadline)
{
    for (; place > 1 && get(deadlines, place / 2)->at_ns > deadline->at_ns; place /= 2)
        put(deadlines, place, get(deadlines, place / 2));
    for (size_t child; (child = 2 * place) <= deadlines->count; place = child) {
        if (child < deadlines->count && get(deadlines, child + 1)->at_ns < get(deadlines, child)->at_ns)
            child++;
        if (get(deadlines, child)->at_ns >= deadline->at_ns)
            break;
        put(deadlines, place, get(deadlines, child));
    }
    put(deadlines, place, deadline);
}

static void take_away(struct sf_deadlines *deadlines, struct sf_deadline *deadline)
{
    size_t place = deadline->place;
    struct sf_deadline *last = get(deadlines, deadlines->count--);
    deadline->place = 0;
    if (last != deadline)
        settle(deadlines, place, last);
}

static void grow(struct sf_deadlines *deadlines)
{
    deadlines->room = deadlines->room ? 2 * deadlines->room : 64;
    deadlines->list = realloc(deadlines->list, deadlines->room * sizeof(struct sf_deadline *));
    if (!deadlines->list)
        sf_out_of_memory();
}

void sf_deadline_set(struct sf_deadlines *deadlines, struct sf_deadline *deadline, uint64_t at_ns)
{
    if (at_ns == SF_NEVER) {
        if (deadline->place)
            take_away(deadlines, deadline);
        return;
    }
    if (deadline->place && deadline->at_ns == at_ns)
        return;
    deadline->at_ns = at_ns;
    if (!deadline->place) {
        if (deadlines->count == deadlines->room)
            grow(deadlines);
        deadline->place = ++deadlines->count;
    }
    settle(deadlines, deadline->place, deadline);
}

struct sf_deadline *sf_deadlines_first(const struct sf_deadlines *deadlines)
{
    return deadlines->count ? get(deadlines, 1) : NULL;
}

void sf_deadlines_free(struct sf_deadlines *deadlines)
{
    free(deadlines->list);
    *deadlines = (struct sf_deadlines){0};
}
