#include "launch/environ.h"

#include "abi/session.h"
#include "base/memory.h"
#include "scenario/scenario.h"

#include <stdlib.h>
#include <string.h>

#define SHIM_NAME "libsockfault.so"
#define PRELOAD_SEPARATORS ": " /* ld.so(8) */

static void append(struct sf_environ *environment, char *entry)
{
    if (environment->count + 1 >= environment->room) {
        environment->room = environment->room ? environment->room * 2 : 128;
        environment->list = realloc(environment->list, environment->room * sizeof *environment->list);
    }
    if (!environment->list || !entry)
        sf_out_of_memory();
    environment->list[environment->count++] = entry;
    environment->list[environment->count] = NULL;
}

/* Join up to four pieces. */
static char *concat(const char *a, const char *b, const char *c, const char *d)
{
    char *text = sf_memory_new(strlen(a) + strlen(b) + strlen(c) + strlen(d) + 1);
    strcpy(text, a);
    strcat(text, b);
    strcat(text, c);
    strcat(text, d);
    return text;
}

static bool names(const char *entry, const char *name)
{
    size_t length = strlen(name);
    return strncmp(entry, name, length) == 0 && entry[length] == '=';
}

struct sf_environ sf_environ_new(char *const *base, const struct sf_env *added, size_t added_count)
{
    struct sf_environ environment = {0};
    for (; *base; base++)
        append(&environment, strdup(*base));
    for (size_t i = 0; i < added_count; i++)
        sf_environ_set(&environment, added[i].name, added[i].value);
    return environment;
}

void sf_environ_free(struct sf_environ *environment)
{
    for (size_t i = 0; i < environment->count; i++)
        free(environment->list[i]);
    free(environment->list);
    *environment = (struct sf_environ){0};
}

const char *sf_environ_get(const struct sf_environ *environment, const char *name)
{
    for (size_t i = 0; i < environment->count; i++)
        if (names(environment->list[i], name))
            return environment->list[i] + strlen(name) + 1;
    return NULL;
}

void sf_environ_unset(struct sf_environ *environment, const char *name)
{
    size_t kept = 0;
    for (size_t i = 0; i < environment->count; i++) {
        if (names(environment->list[i], name))
            free(environment->list[i]);
        else
            environment->list[kept++] = environment->list[i];
    }
    environment->count = kept;
    if (environment->list)
        environment->list[kept] = NULL;
}

void sf_environ_set(struct sf_environ *environment, const char *name, const char *value)
{
    char *entry = concat(name, "=", value, "");
    for (size_t i = 0; i < environment->count; i++) {
        if (names(environment->list[i], name)) {
            free(environment->list[i]);
            environment->list[i] = entry;
            return;
        }
    }
    append(environment, entry);
}

/* What LD_PRELOAD holds besides the shim; allocated. */
static char *other_preloads(const struct sf_environ *environment)
{
    const char *value = sf_environ_get(environment, "LD_PRELOAD");
    char *others = sf_memory_new(value ? strlen(value) + 1 : 1);
    while (value && *value) {
        size_t length = strcspn(value, PRELOAD_SEPARATORS);
        size_t tail = strlen(SHIM_NAME);
        bool shim = length >= tail && memcmp(value + length - tail, SHIM_NAME, tail) == 0;
        if (length > 0 && !shim) {
            if (*others)
                strcat(others, ":");
            strncat(others, value, length);
        }
        value += length + strspn(value + length, PRELOAD_SEPARATORS);
    }
    return others;
}

void sf_environ_unwrap(struct sf_environ *environment)
{
    static const char *const ours[] = {SF_ENV_SESSION, SF_ENV_PLAN, SF_ENV_PROGRAM};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
        sf_environ_unset(environment, ours[i]);
    if (!sf_environ_get(environment, "LD_PRELOAD"))
        return;
    char *others = other_preloads(environment);
    if (*others)
        sf_environ_set(environment, "LD_PRELOAD", others);
    else
        sf_environ_unset(environment, "LD_PRELOAD");
    free(others);
}

void sf_environ_wrap(struct sf_environ *environment, const char *shim_path, const char *session)
{
    sf_environ_unwrap(environment);
    sf_environ_set(environment, SF_ENV_SESSION, session);

    const char *others = sf_environ_get(environment, "LD_PRELOAD");
    char *preload = concat(shim_path, others ? ":" : "", others ? others : "", "");
    sf_environ_set(environment, "LD_PRELOAD", preload);
    free(preload);
}
