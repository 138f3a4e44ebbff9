/* What libyaml did not like, in words that help. */
#ifndef SF_SCENARIO_SYNTAX_H
#define SF_SCENARIO_SYNTAX_H

#include "base/arena.h"
#include "scenario/node.h"

#include <stddef.h>
#include <yaml.h>

/* The message for a parser that failed; `at` is the byte of the source's text
 * that its problem mark means. With source->braces the text has them around it,
 * but the user did not write them. Never NULL. */
const char *sf_syntax_problem(struct sf_arena *arena, const yaml_parser_t *parser,
                              const struct sf_source *source, size_t at);

#endif
