/* What a shell offers when the user presses Tab: words that may stand at a place of a command line, from the
 * tables of commands, options, formats and the language. The shells' part is glue around
 * `sockfault completion words WORD…` (glue.c). */
#ifndef SF_COMPLETION_COMPLETION_H
#define SF_COMPLETION_COMPLETION_H

#include <stdbool.h>
#include <stdio.h>

/* Print what may stand in place of the last of `words`, a line each: the word, a tab and what it is. A line
 * "*files" stands for files, "*folders" for folders, "*scenarios" for both that may hold scenarios,
 * "*commands" for programs and their files; behind its tab is what stands in front of the path in that word.
 *
 * words  behind `sockfault`, the last one as far as it is typed ("" where nothing is). */
void sf_completion_words(FILE *out, char *const *words, int count);

/* The script for a shell, NULL: that is none of ours. */
const char *sf_completion_script(const char *shell);

#endif
