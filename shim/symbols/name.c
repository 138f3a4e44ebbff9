#include "symbols/name.h"

#include <string.h>

#define PARTS_MAX 16u

struct text {
    const char *at;
    size_t length;
};

/* The parts of a path, the last of them called by `prefix` and its text. */
struct path {
    struct text parts[PARTS_MAX];
    unsigned count;
    const char *prefix;
    const char *at, *end; /* what has not been read yet */
};

static bool equals(const char *name, struct text symbol)
{
    return strncmp(name, symbol.at, symbol.length) == 0 && name[symbol.length] == '\0';
}

static struct text cut(struct text symbol, char mark)
{
    const char *found = symbol.length > 1 ? memchr(symbol.at + 1, mark, symbol.length - 1) : NULL;
    return (struct text){symbol.at, found ? (size_t)(found - symbol.at) : symbol.length};
}

static char peek(const struct path *path)
{
    return path->at < path->end ? *path->at : '\0';
}

static bool accept(struct path *path, const char *letters)
{
    size_t length = strlen(letters);
    if ((size_t)(path->end - path->at) < length || memcmp(path->at, letters, length) != 0)
        return false;
    path->at += length;
    return true;
}

static bool is_digit(char letter)
{
    return letter >= '0' && letter <= '9';
}

/* "6Client" */
static bool read_text(struct path *path, struct text *text)
{
    size_t length = 0, left;
    while (is_digit(peek(path)) && length < 100000)
        length = length * 10 + (size_t)(*path->at++ - '0');
    left = (size_t)(path->end - path->at);
    if (length == 0 || length > left)
        return false;
    *text = (struct text){path->at, length};
    path->at += length;
    return true;
}

/* "S_", "S1_", "T0_": past the underscore. */
static bool skip_reference(struct path *path)
{
    while (path->at < path->end && *path->at != '_')
        path->at++;
    return accept(path, "_");
}

static bool skip_literal(struct path *path)
{
    if (peek(path) < 'a' || peek(path) > 'z')
        return false; /* of another type than a plain one */
    while (path->at < path->end && *path->at != 'E')
        path->at++;
    return accept(path, "E");
}

/* One step within template arguments; `depth` counts what an E will end. */
static bool skip_argument(struct path *path, unsigned *depth)
{
    struct text text;
    char letter = peek(path), next;

    if (is_digit(letter))
        return read_text(path, &text);
    path->at++;
    next = peek(path);
    switch (letter) {
    case 'I':
    case 'J':
    case 'N':
    case 'F':
        ++*depth;
        return true;
    case 'E':
        --*depth;
        return true;
    case 'L':
        return skip_literal(path);
    case 'S':
    case 'T':
    case 'A':
        if (next < 'a' || next > 'z')
            return skip_reference(path);
        path->at++;
        return true;
    case 'D':
        path->at++;
        return next == 'p' || next == 'n' || next == 'a' || next == 'i' || next == 's' || next == 'u';
    default:
        return letter >= 'a' ? letter <= 'z'
                             : letter == 'K' || letter == 'P' || letter == 'R' || letter == 'O' ||
                                   letter == 'V' || letter == 'M';
    }
}

static bool skip_arguments(struct path *path)
{
    unsigned depth = 1;
    while (depth > 0)
        if (path->at == path->end || !skip_argument(path, &depth))
            return false;
    return true;
}

static bool add(struct path *path, struct text part)
{
    if (path->count == PARTS_MAX)
        return false;
    path->parts[path->count++] = part;
    return true;
}

/* The class itself is the name of what makes and ends its objects. */
static bool add_special(struct path *path)
{
    bool ends = *path->at++ == 'D';
    if (path->count == 0 || peek(path) < '0' || peek(path) > '5')
        return false;
    path->at++;
    path->prefix = ends ? "~" : "";
    return add(path, path->parts[path->count - 1]);
}

static bool read_part(struct path *path)
{
    static const struct text std = {"std", 3}, unknown = {"", 0};
    struct text text;

    if (accept(path, "St"))
        return add(path, std);
    if (accept(path, "B")) /* a tag of the ABI */
        return read_text(path, &text);
    if (accept(path, "I"))
        return skip_arguments(path);
    if (accept(path, "L") || is_digit(peek(path)))
        return read_text(path, &text) && add(path, text);
    if (accept(path, "S"))
        return (peek(path) >= 'a' && peek(path) <= 'z' ? path->at++ != NULL : skip_reference(path)) &&
               add(path, unknown);
    if (peek(path) == 'C' || peek(path) == 'D')
        return add_special(path);
    return false;
}

/* Rust puts a hash at the end of its paths. */
static void drop_hash(struct path *path)
{
    const struct text *last = &path->parts[path->count - 1];
    bool is_hash = path->count > 1 && last->length == 17 && last->at[0] == 'h';

    for (size_t i = 1; is_hash && i < last->length; i++)
        is_hash = is_digit(last->at[i]) || (last->at[i] >= 'a' && last->at[i] <= 'f');
    path->count -= is_hash;
}

static bool read_path(struct path *path)
{
    if (!accept(path, "_Z"))
        return false;
    accept(path, "L");
    if (accept(path, "N")) {
        while (peek(path) == 'K' || peek(path) == 'V' || peek(path) == 'R' || peek(path) == 'O')
            path->at++;
        while (peek(path) != 'E')
            if (!read_part(path))
                return false;
    } else {
        bool is_std = accept(path, "St");
        struct text text, std = {"std", 3};
        accept(path, "L");
        if ((is_std && !add(path, std)) || !read_text(path, &text) || !add(path, text))
            return false;
    }
    if (path->count == 0)
        return false;
    drop_hash(path);
    return true;
}

/* Is that the end of the name, before `end`? The rest of the name then ends where it did. */
static bool ends_in(const char *name, const char **end, const char *text, size_t length)
{
    if ((size_t)(*end - name) < length || memcmp(*end - length, text, length) != 0)
        return false;
    *end -= length;
    return true;
}

static bool is_end_of(const char *name, const struct path *path)
{
    const char *end = name + strlen(name);

    for (unsigned i = path->count; i > 0; i--) {
        const struct text *part = &path->parts[i - 1];
        if (part->length == 0 || !ends_in(name, &end, part->at, part->length))
            return false;
        if (i == path->count && !ends_in(name, &end, path->prefix, strlen(path->prefix)))
            return false;
        if (end == name)
            return true;
        if (!ends_in(name, &end, "::", 2))
            return false;
    }
    return false;
}

/* Most symbols do not even hold the last part of the name. */
static bool may_hold(const char *name, struct text symbol)
{
    const char *part = name;
    for (const char *next = strstr(name, "::"); next; next = strstr(part, "::"))
        part = next + 2;
    part += *part == '~';
    return memmem(symbol.at, symbol.length, part, strlen(part)) != NULL;
}

bool sf_name_means(const char *name, const char *symbol, size_t length)
{
    struct text whole = {symbol, length}, plain = cut(whole, '@'), bare = cut(plain, '.');

    if (length == 0)
        return false;
    if (equals(name, whole) || equals(name, plain) || equals(name, bare))
        return true;
    if (length < 2 || symbol[0] != '_' || symbol[1] != 'Z' || !may_hold(name, plain))
        return false;
    struct path path = {.prefix = "", .at = symbol, .end = symbol + plain.length};
    return read_path(&path) && is_end_of(name, &path);
}
