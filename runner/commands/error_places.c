#include "commands/error_places.h"

#include "base/arena.h"
#include "engine/legality.h"
#include "scenario/errors.h"

enum { ALL_INET = 7, ALL_UNIX = 56 };

static const struct {
    uint8_t domain, type;
    const char *name;
} kinds[] = {
    {SF_DOMAIN_INET, SF_TYPE_STREAM, "TCP"},       {SF_DOMAIN_INET, SF_TYPE_DGRAM, "UDP"},
    {SF_DOMAIN_INET, SF_TYPE_OTHER, "raw"},        {SF_DOMAIN_UNIX, SF_TYPE_STREAM, "unix stream"},
    {SF_DOMAIN_UNIX, SF_TYPE_DGRAM, "unix dgram"}, {SF_DOMAIN_UNIX, SF_TYPE_OTHER, "unix seqpacket"}};
enum { KINDS = sizeof kinds / sizeof *kinds };

static enum sf_call_id any_call_of(int family)
{
    int call = 0;
    while (sf_call_families[call] != family)
        call++;
    return (enum sf_call_id)call;
}

/* The kinds of socket, a bit each, that may meet the error at calls of the family. */
static unsigned kinds_that_meet(int error, int family)
{
    const struct sf_plan_rule rule = {.fault = SF_FAULT_ERROR, .error = error};
    unsigned met = 0;
    for (unsigned i = 0; i < KINDS; i++)
        if (sf_legality_ever(&rule, any_call_of(family), kinds[i].domain, kinds[i].type) == SF_LEGAL)
            met |= 1u << i;
    return met;
}

/* The kinds that meet any errno there: none of the others makes such calls, or each does. */
static unsigned kinds_of_family(int family)
{
    struct sf_error_names errors;
    unsigned met = 0;
    sf_errno_names(&errors);
    for (size_t i = 0; i < errors.count; i++)
        met |= kinds_that_meet(errors.numbers[i], family);
    return met;
}

static const char *kinds_join(struct sf_arena *arena, unsigned met)
{
    const char *joined = "";
    for (unsigned i = 0; i < KINDS; i++) {
        unsigned domain = 1u << i & ALL_INET ? ALL_INET : ALL_UNIX;
        bool is_whole = (met & domain) == domain;
        const char *name = !is_whole ? kinds[i].name : domain == ALL_INET ? "inet" : "unix";
        if (1u << i & met)
            joined = sf_arena_printf(arena, "%s%s%s", joined, *joined ? ", " : "", name);
        if (is_whole)
            met &= ~domain;
    }
    return joined;
}

const char *sf_error_places(struct sf_arena *arena, int error)
{
    const char *places = "";
    for (int family = 0; family < SF_FAMILY_COUNT; family++) {
        unsigned met = kinds_that_meet(error, family);
        if (!met)
            continue;
        bool is_all = error < 0 || met == kinds_of_family(family);
        places = sf_arena_printf(arena, "%s%s%s%s%s%s", places, *places ? ", " : "", sf_family_names[family],
                                 is_all ? "" : " (", is_all ? "" : kinds_join(arena, met), is_all ? "" : ")");
    }
    return places;
}
