#include "base/diagnostic.h"

#include "base/arena.h"

#include <stdarg.h>
#include <string.h>

static bool same_file(const struct sf_place *a, const struct sf_place *b)
{
    return a->file == b->file || (a->file && b->file && strcmp(a->file, b->file) == 0);
}

static bool stands_behind(const struct sf_place *a, const struct sf_place *b)
{
    return a->line != b->line ? a->line > b->line : a->column > b->column;
}

static bool known(const struct sf_diagnostics *diagnostics, const struct sf_diagnostic *new)
{
    for (size_t i = diagnostics->count; i-- > 0;) {
        const struct sf_diagnostic *old = &diagnostics->list[i];
        if (old->severity == new->severity && old->place.line == new->place.line &&
            old->place.column == new->place.column &&same_file(&old->place, &new->place) &&
            strcmp(old->message, new->message) == 0)
            return true;
    }
    return false;
}

__attribute__((format(printf, 4, 0))) static void add(struct sf_diagnostics *diagnostics,
                                                      enum sf_severity severity, struct sf_place place,
                                                      const char *format, va_list args)
{
    if (sf_diagnostics_full(diagnostics)) {
        diagnostics->left_out++;
        diagnostics->errors += severity == SF_ERROR;
        return;
    }
    struct sf_diagnostic new = {severity, place, sf_arena_vprintf(diagnostics->arena, format, args)};
    if (known(diagnostics, &new)) {
        diagnostics->repeated += severity == SF_ERROR;
        return;
    }
    if (place.file)
        new.place.file = sf_arena_strdup(diagnostics->arena, place.file);
    sf_arena_push(diagnostics->arena, &diagnostics->list, &diagnostics->count, sizeof new);
    size_t at = diagnostics->count - 1;
    for (; at > 0; at--) {
        const struct sf_diagnostic *before = &diagnostics->list[at - 1];
        if (!same_file(&before->place, &place) || !stands_behind(&before->place, &place))
            break;
        diagnostics->list[at] = *before;
    }
    diagnostics->list[at] = new;
    diagnostics->errors += severity == SF_ERROR;
}

void sf_error(struct sf_diagnostics *diagnostics, struct sf_place place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(diagnostics, SF_ERROR, place, format, args);
    va_end(args);
}

void sf_warning(struct sf_diagnostics *diagnostics, struct sf_place place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add(diagnostics, SF_WARNING, place, format, args);
    va_end(args);
}

void sf_diagnostics_print(const struct sf_diagnostics *diagnostics, FILE *out)
{
    for (size_t i = 0; i < diagnostics->count; i++) {
        const struct sf_diagnostic *diagnostic = &diagnostics->list[i];
        const struct sf_place *place = &diagnostic->place;
        if (place->file)
            fprintf(out, "%s:", sf_printable(diagnostics->arena, place->file));
        if (place->file && place->line)
            fprintf(out, "%u:%u:", place->line, place->column);
        fprintf(out, "%s%s%s\n", place->file ? " " : "",
                diagnostic->severity == SF_WARNING ? "warning: " : "", diagnostic->message);
    }
    if (diagnostics->left_out)
        fprintf(out, "and %zu more\n", diagnostics->left_out);
}
