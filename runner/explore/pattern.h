/* What of a program's output is the same in every fault-free run.
 *
 * Learnt from the outputs of several runs: lines that differ are compared word by word, and what differs
 * there is not compared at all. Outputs whose lines do not answer to one another are beyond comparison. */
#ifndef SF_EXPLORE_PATTERN_H
#define SF_EXPLORE_PATTERN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sf_arena;

struct sf_pattern_text; /* of one output */

#define SF_PATTERN_BYTES_MAX (1u << 20) /* a longer output is compared by its length and hash alone */

/* From the first output. The pattern belongs to the arena; the data is copied. */
struct sf_pattern_text *sf_pattern_learn(struct sf_arena *arena, const char *data, uint64_t bytes);

/* Another output of a fault-free run: what differs in it counts no more. */
void sf_pattern_widen(struct sf_pattern_text *pattern, const char *data, uint64_t bytes);

/* Does an output fit? One that is beyond comparison fits whatever it is. */
bool sf_pattern_fits(const struct sf_pattern_text *pattern, const char *data, uint64_t bytes);

/* Was anything found to vary? */
bool sf_pattern_varies(const struct sf_pattern_text *pattern);

/* The pattern as a regular expression (PCRE2) for the whole of an output; NULL: it is too long, is no
 * UTF-8, or is beyond comparison. */
const char *sf_pattern_regex(struct sf_arena *arena, const struct sf_pattern_text *pattern);

/* The output that every run gave, of *bytes bytes, as long as the pattern lives; NULL: it varies, or is
 * longer than what is kept. */
const char *sf_pattern_whole(const struct sf_pattern_text *pattern, uint64_t *bytes);

#endif
