/* `${...}` in values. */
#include "scenario/decode.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Each text and each `${...}` costs time, however short it is. */
enum {
    REPLACED_BYTES_MAX = 64 << 20,
    MATRIX_BYTES_MAX = 256 << 20,
    EXPANSION_BYTES = 32,
    PORT_WITHOUT_BINDING = 1024
};

#define FOLDER_WITHOUT_BINDING "/tmp/sockfault-dir"

static const char port_prefix[] = "port.", env_prefix[] = "env.", folder_name[] = "scenario_dir",
                  fresh_name[] = "dir";

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

bool sf_variable_reserved(const char *name)
{
    return strcmp(name, folder_name) == 0 || strcmp(name, fresh_name) == 0;
}

const char *sf_scenario_folder(struct sf_arena *arena, const char *file)
{
    const char *slash = strrchr(file, '/');
    const char *folder = !slash          ? "."
                         : slash == file ? "/"
                                         : sf_arena_strndup(arena, file, (size_t)(slash - file));
    char absolute[PATH_MAX];
    return sf_arena_strdup(arena, realpath(folder, absolute) ? absolute : folder);
}

const char *sf_path_resolve(struct sf_decoder *decoder, const char *path)
{
    if (*path == '/')
        return path;
    return sf_arena_printf(decoder->arena, "%s/%s", sf_scenario_folder(decoder->arena, decoder->file), path);
}

static const char *unknown(struct sf_decoder *decoder, struct sf_place place, const char *name)
{
    struct sf_arena *arena = decoder->diagnostics->arena;
    if (sf_diagnostics_full(decoder->diagnostics)) {
        sf_error(decoder->diagnostics, place, "unknown variable");
        return NULL;
    }
    const char **names = sf_arena_alloc(arena, (decoder->variable_count + 5) * sizeof *names);
    size_t count = 0;
    for (size_t i = 0; i < decoder->variable_count; i++)
        names[count++] = decoder->variables[i].name;
    const char *suggestion = sf_suggestion(arena, name, names, count);
    if (decoder->has_ports)
        names[count++] = "port.NAME";
    names[count++] = "env.NAME";
    names[count++] = folder_name;
    if (decoder->has_ports)
        names[count++] = fresh_name;
    sf_error(decoder->diagnostics, place, "unknown variable %s, known are %s; $${ is a literal ${%s",
             sf_quoted(arena, name), sf_names_join(arena, names, count), suggestion);
    return NULL;
}

static const char *port(struct sf_decoder *decoder, struct sf_place place, const char *name)
{
    const struct sf_bindings *bindings = decoder->bindings;
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    if (!*name || name[strspn(name, allowed)]) {
        sf_error(decoder->diagnostics, place,
                 "%s is no name for a port: letters, digits, '_' and '-' are allowed",
                 sf_quoted(decoder->diagnostics->arena, name));
        return NULL;
    }
    decoder->is_filled = true;
    if (decoder->is_naming)
        return sf_arena_printf(decoder->arena, "${%s%s}", port_prefix, name);
    unsigned number = bindings->port ? bindings->port(bindings->context, name) : PORT_WITHOUT_BINDING;
    return sf_arena_printf(decoder->arena, "%u", number);
}

static const char *fresh_folder(struct sf_decoder *decoder, struct sf_place place)
{
    const struct sf_bindings *bindings = decoder->bindings;
    decoder->is_filled = true;
    if (decoder->is_naming)
        return "${dir}";
    const char *path = bindings->dir ? bindings->dir(bindings->dir_context) : FOLDER_WITHOUT_BINDING;
    if (!path)
        sf_error(decoder->diagnostics, place, "there is no folder for ${dir}");
    return path;
}

static const char *own_folder(struct sf_decoder *decoder)
{
    decoder->is_filled = true;
    return decoder->is_naming ? "${scenario_dir}" : sf_scenario_folder(decoder->arena, decoder->file);
}

static const char *value_of(struct sf_decoder *decoder, const struct sf_variable *variable)
{
    decoder->is_filled |= variable->in_name != variable->value;
    return decoder->is_naming ? variable->in_name : variable->value;
}

static const char *lookup(struct sf_decoder *decoder, struct sf_place place, const char *name)
{
    for (size_t i = 0; i < decoder->variable_count; i++)
        if (strcmp(decoder->variables[i].name, name) == 0)
            return value_of(decoder, &decoder->variables[i]);
    if (decoder->has_ports && begins(name, port_prefix))
        return port(decoder, place, name + strlen(port_prefix));
    if (begins(name, env_prefix)) {
        const char *value = getenv(name + strlen(env_prefix));
        if (!value)
            sf_error(decoder->diagnostics, place, "the environment has no variable %s",
                     sf_quoted(decoder->diagnostics->arena, name + strlen(env_prefix)));
        return value;
    }
    if (strcmp(name, folder_name) == 0)
        return own_folder(decoder);
    if (decoder->has_ports && strcmp(name, fresh_name) == 0)
        return fresh_folder(decoder, place);
    return unknown(decoder, place, name);
}

/* Text that grows; what `${...}` multiplies to is bounded over the whole scenario
 * and over all that a matrix makes of it. */
struct growing {
    char *text;
    size_t bytes, room;
};

static bool charge(struct sf_decoder *decoder, struct sf_place place, size_t bytes)
{
    size_t share = MATRIX_BYTES_MAX / decoder->combinations;
    size_t limit = share < REPLACED_BYTES_MAX ? share : REPLACED_BYTES_MAX;
    bool over = decoder->replaced_bytes > limit; /* that was said already */
    decoder->replaced_bytes += bytes;
    if (over || decoder->replaced_bytes <= limit)
        return !over;
    if (limit == REPLACED_BYTES_MAX)
        sf_error(decoder->diagnostics, place, "with every ${...} replaced the scenario is larger than %d MiB",
                 REPLACED_BYTES_MAX >> 20);
    else
        sf_error(decoder->diagnostics, place,
                 "with every ${...} replaced the %zu scenarios of the matrix are larger than %d MiB",
                 decoder->combinations, MATRIX_BYTES_MAX >> 20);
    return false;
}

static bool append(struct sf_decoder *decoder, struct sf_place place, struct growing *to, const char *text,
                   size_t bytes)
{
    if (!charge(decoder, place, bytes))
        return false;
    if (to->bytes + bytes >= to->room) {
        to->room = 2 * (to->bytes + bytes) + 64;
        char *larger = sf_arena_alloc(decoder->arena, to->room);
        if (to->bytes)
            memcpy(larger, to->text, to->bytes);
        to->text = larger;
    }
    memcpy(to->text + to->bytes, text, bytes);
    to->bytes += bytes;
    to->text[to->bytes] = '\0';
    return true;
}

const char *sf_text_expand(struct sf_decoder *decoder, struct sf_place place, const char *text)
{
    struct growing result = {0};
    bool is_known = true;
    if (!charge(decoder, place, EXPANSION_BYTES) || !append(decoder, place, &result, "", 0))
        return NULL;
    for (;;) {
        const char *open = strstr(text, "${");
        const char *piece = open ? open : text + strlen(text);
        bool literal = open && open > text && open[-1] == '$';
        if (!append(decoder, place, &result, text, (size_t)(piece - text) - literal))
            return NULL;
        if (!open)
            return is_known ? result.text : NULL;
        if (literal) {
            if (!append(decoder, place, &result, "${", 2))
                return NULL;
            text = open + 2;
            continue;
        }
        const char *close = strchr(open, '}');
        if (!close) {
            sf_error(decoder->diagnostics, place, "'${' without '}'; $${ is a literal ${");
            return NULL;
        }
        const char *name = sf_arena_strndup(decoder->arena, open + 2, (size_t)(close - open - 2));
        const char *value = lookup(decoder, place, name);
        is_known = is_known && value;
        if (!charge(decoder, place, EXPANSION_BYTES) ||
            (value && !append(decoder, place, &result, value, strlen(value))))
            return NULL;
        text = close + 1;
    }
}
