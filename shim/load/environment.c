#include "load/environment.h"

#include "load/shim.h"

#include <string.h>

#define PRELOAD "LD_PRELOAD="
#define EXTRA_VARS 4 /* LD_PRELOAD, session or plan, program name, NULL */

static bool has_name(const char *entry, const char *name, size_t length)
{
    return strncmp(entry, name, length) == 0;
}

/* ld.so(8): entries of LD_PRELOAD are separated by spaces or colons. */
static bool names_library(const char *list, const char *library)
{
    size_t length = strlen(library);
    for (const char *at = strstr(list, library); at; at = strstr(at + 1, library))
        if ((at == list || at[-1] == ':' || at[-1] == ' ') &&
            (at[length] == '\0' || at[length] == ':' || at[length] == ' '))
            return true;
    return false;
}

struct found {
    const char *preload, *session, *plan, *program;
    size_t vars;
};

static struct found look(char *const *environment)
{
    struct found found = {0};
    for (; environment && environment[found.vars]; found.vars++) {
        const char *entry = environment[found.vars];
        if (has_name(entry, PRELOAD, sizeof PRELOAD - 1))
            found.preload = entry + sizeof PRELOAD - 1;
        else if (has_name(entry, SF_ENV_SESSION "=", sizeof SF_ENV_SESSION))
            found.session = entry;
        else if (has_name(entry, SF_ENV_PLAN "=", sizeof SF_ENV_PLAN))
            found.plan = entry;
        else if (has_name(entry, SF_ENV_PROGRAM "=", sizeof SF_ENV_PROGRAM))
            found.program = entry;
    }
    return found;
}

static bool is_same(const char *entry)
{
    return entry && strcmp(entry, sf_shim.environment) == 0;
}

/* A relative path leads to the plan from the folder in which it was given, which a child
 * may have left: ours is put in its place. */
static bool is_given(const char *entry)
{
    return entry && sf_shim.environment_given && strcmp(entry, sf_shim.environment_given) == 0;
}

/* A child that was given another name was given it on purpose. */
static bool lacks_program(const struct found *found)
{
    return sf_shim.environment_program && !found->program;
}

struct sf_mending sf_environment_inspect(char *const *environment)
{
    struct found found = look(environment);
    bool is_pointed = is_same(found.session) || is_same(found.plan);
    /* Another session's variable was put there on purpose: by a sockfault that
     * runs inside a program of ours. */
    struct sf_mending mending = {
        .vars = found.vars,
        .is_ours = is_pointed || (!found.session && (!found.plan || is_given(found.plan)))};

    if (mending.is_ours && !(is_pointed && !lacks_program(&found) && found.preload &&
                             names_library(found.preload, sf_shim.library_path)))
        mending.bytes = (found.vars + EXTRA_VARS) * sizeof(char *) + sizeof PRELOAD +
                        strlen(sf_shim.preload) + 1 + (found.preload ? strlen(found.preload) : 0);
    return mending;
}

char *const *sf_environment_mend(const struct sf_mending *mending, char *const *environment, void *room)
{
    struct found found = look(environment);
    char **to = room, *text = (char *)(to + mending->vars + EXTRA_VARS);
    size_t used = 0;

    for (size_t i = 0; i < found.vars; i++)
        if (!has_name(environment[i], PRELOAD, sizeof PRELOAD - 1) && !is_given(environment[i]))
            to[used++] = environment[i];
    if (!is_same(found.session) && !is_same(found.plan))
        to[used++] = (char *)sf_shim.environment;
    if (lacks_program(&found))
        to[used++] = (char *)sf_shim.environment_program;
    to[used++] = text;
    to[used] = NULL;

    text = stpcpy(text, PRELOAD);
    if (found.preload && names_library(found.preload, sf_shim.library_path)) {
        strcpy(text, found.preload);
    } else {
        text = stpcpy(text, sf_shim.preload);
        if (found.preload && *found.preload) {
            *text++ = ':';
            strcpy(text, found.preload);
        }
    }
    return to;
}
