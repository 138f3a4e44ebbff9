/* What libyaml did not like, in words that help. */
#ifndef SF_SCENARIO_SYNTAX_H
#define SF_SCENARIO_SYNTAX_H

#include "base/arena.h"

#include <stddef.h>
#include <yaml.h>

/* The message for a parser that failed; `at` is the byte of `text` that its
 * problem mark means. Never NULL. */
const char *sf_syntax_problem(struct sf_arena *arena, const yaml_parser_t *parser, const char *text,
                              size_t bytes, size_t at);

#endif
