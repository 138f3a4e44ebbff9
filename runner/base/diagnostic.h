/* What is wrong with the user's input, all of it, with places.
 *
 *   scenarios/reset.yaml:14:9: unknown errno 'ECONRESET' (did you mean ECONNRESET?)
 *
 * Errors make the input invalid; warnings do not. Messages are kept in the
 * order of their places within a file and printed together. The same message
 * for the same place (a node behind several aliases) is kept once; behind
 * SF_DIAGNOSTICS_MAX messages errors are only counted. */
#ifndef SF_BASE_DIAGNOSTIC_H
#define SF_BASE_DIAGNOSTIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct sf_arena;

#define SF_DIAGNOSTICS_MAX 200u

/* Where something stands. line and column count from 1, columns in bytes;
 * line 0: no place within the file (it could not be read, say). */
struct sf_place {
    const char *file;
    unsigned line, column;
};

enum sf_severity { SF_WARNING, SF_ERROR };

struct sf_diagnostic {
    enum sf_severity severity;
    struct sf_place place;
    const char *message;
};

struct sf_diagnostics {
    struct sf_arena *arena; /* owns the messages; set by the caller */
    struct sf_diagnostic *list;
    size_t count, errors;
    size_t repeated; /* errors that were there already, not among `errors` */
    size_t left_out; /* messages beyond SF_DIAGNOSTICS_MAX */
};

/* Further messages are counted only: a caller may save the effort of wording them. */
static inline bool sf_diagnostics_full(const struct sf_diagnostics *diagnostics)
{
    return diagnostics->count >= SF_DIAGNOSTICS_MAX;
}

void sf_error(struct sf_diagnostics *diagnostics, struct sf_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void sf_warning(struct sf_diagnostics *diagnostics, struct sf_place place, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* One line each: `FILE:LINE:COLUMN: MESSAGE`, a warning with `warning: ` before
 * the message. A place with line 0 is `FILE: `, one without a file is left off. */
void sf_diagnostics_print(const struct sf_diagnostics *diagnostics, FILE *out);

/* The nearest of `count` names to `text` when it is near enough to be a slip
 * (edit distance, transpositions count one, case nothing), otherwise NULL. */
const char *sf_nearest(const char *text, const char *const *names, size_t count);

/* " (did you mean NAME?)" for the nearest name, otherwise "". */
const char *sf_suggestion(struct sf_arena *arena, const char *text, const char *const *names, size_t count);

/* "a, b, c" */
const char *sf_names_join(struct sf_arena *arena, const char *const *names, size_t count);

/* A name as a part of one line: control characters are told (\n, \x1b), all else is as it is. */
const char *sf_printable(struct sf_arena *arena, const char *text);

/* The user's text for a message: in single quotes, printable, shortened when long. */
const char *sf_quoted(struct sf_arena *arena, const char *text);

/* The text as one word of a command that a person may copy: as it is, or in single
 * quotes. Source: POSIX, Shell Command Language, 2.2. */
const char *sf_shell_word(struct sf_arena *arena, const char *text);

#endif
