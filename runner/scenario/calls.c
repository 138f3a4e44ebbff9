#include "scenario/calls.h"

#include "base/arena.h"
#include "base/diagnostic.h"

#include <string.h>

void sf_call_function(enum sf_call_id call, char name[static SF_FUNCTION_BYTES_MAX])
{
    const char *symbol = sf_call_names[call];
    static const char fortified[] = "__", check[] = "_chk";
    size_t bytes = strlen(symbol);
    if (strncmp(symbol, fortified, strlen(fortified)) == 0) {
        symbol += strlen(fortified);
        bytes -= strlen(fortified) + strlen(check);
    }
    const char *large = memmem(symbol, bytes, "64", 2);
    size_t before = large ? (size_t)(large - symbol) : bytes;
    size_t skipped = !large ? 0 : large[2] == 'v' ? 3 : 2;
    memcpy(name, symbol, before);
    memcpy(name + before, symbol + before + skipped, bytes - before - skipped);
    name[bytes - skipped] = '\0';
}

static int family_find(const char *name)
{
    for (int family = 0; family < SF_FAMILY_COUNT; family++) {
        if (strcmp(sf_family_names[family], name) == 0)
            return family;
    }
    return -1;
}

bool sf_call_nameable(enum sf_call_id call)
{
    char function[SF_FUNCTION_BYTES_MAX];
    sf_call_function((enum sf_call_id)call, function);
    return sf_call_families[call] != SF_FAMILY_NONE && strcmp(function, sf_call_names[call]) == 0;
}

bool sf_calls_find(const char *name, struct sf_call_set *calls, uint32_t *families)
{
    int family = family_find(name);
    bool found = false;
    for (int call = 0; call < SF_CALL_COUNT; call++) {
        char function[SF_FUNCTION_BYTES_MAX];
        if (sf_call_families[call] == SF_FAMILY_NONE)
            continue;
        sf_call_function((enum sf_call_id)call, function);
        if (family >= 0 ? sf_call_families[call] == family : strcmp(function, name) == 0) {
            sf_call_set_add(calls, (enum sf_call_id)call);
            *families |= 1u << sf_call_families[call];
            found = true;
        }
    }
    return found;
}

/* Is this one row of a name whose other row, of one of these families, is in the set? */
static bool has_namesake(const struct sf_call_set *calls, int call, uint32_t families)
{
    for (int other = 0; other < SF_CALL_COUNT; other++)
        if (strcmp(sf_call_names[other], sf_call_names[call]) == 0 &&
            families >> sf_call_families[other] & 1 && sf_call_set_has(calls, (enum sf_call_id)other))
            return true;
    return false;
}

void sf_calls_narrow(struct sf_call_set *calls, uint32_t *families, uint32_t meant)
{
    struct sf_call_set all = *calls;
    *calls = (struct sf_call_set){{0}};
    *families = 0;
    for (int call = 0; call < SF_CALL_COUNT; call++) {
        if (!sf_call_set_has(&all, (enum sf_call_id)call) ||
            (!(meant >> sf_call_families[call] & 1) && has_namesake(&all, call, meant)))
            continue;
        sf_call_set_add(calls, (enum sf_call_id)call);
        *families |= 1u << sf_call_families[call];
    }
}

size_t sf_calls_names(const char *names[static SF_CALL_NAMES_MAX])
{
    size_t count = 0;
    for (int family = 0; family < SF_FAMILY_COUNT; family++)
        names[count++] = sf_family_names[family];
    for (int call = 0; call < SF_CALL_COUNT; call++) {
        if (sf_call_nameable((enum sf_call_id)call) && family_find(sf_call_names[call]) < 0)
            names[count++] = sf_call_names[call];
    }
    return count;
}

const char *sf_families_join(struct sf_arena *arena, uint32_t families)
{
    const char *names[SF_FAMILY_COUNT];
    size_t count = 0;
    for (unsigned family = 0; family < SF_FAMILY_COUNT; family++) {
        if (families >> family & 1)
            names[count++] = sf_family_names[family];
    }
    return sf_names_join(arena, names, count);
}

const char *sf_calls_unknown(struct sf_arena *arena, const char *name)
{
    const char *names[SF_CALL_NAMES_MAX];
    size_t count = sf_calls_names(names);
    return sf_arena_printf(arena, "unknown call %s, allowed are the families %s and functions such as recvmsg%s",
                           sf_quoted(arena, name), sf_names_join(arena, sf_family_names, SF_FAMILY_COUNT),
                           sf_suggestion(arena, name, names, count));
}
