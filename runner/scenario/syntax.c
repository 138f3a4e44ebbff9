#include "scenario/syntax.h"

#include "base/diagnostic.h"

#include <string.h>

/* The slips that YAML makes easy: each is told apart by libyaml's own words
 * and, where these are vague, by what stands around the place. `before` and
 * `here` hold the characters that must stand there ("" means any; \t may be
 * one of them). */
static const struct slip {
    const char *context, *problem;
    const char *before, *here;
    const char *message;
} slips[] = {
    {"while scanning an alias", "", "", "", "text that begins with '*' wants quotes: \"*:80\""},
    {"while scanning an anchor", "", "", "", "text that begins with '&' wants quotes"},
    {"while scanning a block scalar", "", "", "", "text that begins with '>' or '|' wants quotes: \">=10\""},
    {"while parsing a flow mapping", "did not find expected", "$", "{",
     "'${...}' inside '{}' wants quotes: {port: \"${port.web}\"}"},
    {"while parsing a flow sequence", "did not find expected", "$", "{",
     "'${...}' inside '[]' wants quotes: [\"${port.web}\"]"},
    {"while parsing a block mapping", "did not find expected key", "]", "",
     "text that begins with '[' wants quotes: \"[::1]:80\""},
    {"while parsing a flow", "", "]", ":", "text that begins with '[' wants quotes: \"[::1]:80\""},
    {"while parsing a flow node", "did not find expected node content", "[", ":",
     "text that begins with '[' wants quotes: \"[::1]:80\""},
    {"", "found character that cannot start any token", "", "\t", "a tab cannot indent: use spaces"},
    {"", "found character that cannot start any token", "", ">",
     "text that begins with '>' wants quotes: \">=10\""},
    {"", "found character that cannot start any token", "", "|", "text that begins with '|' wants quotes"},
    {"", "found character that cannot start any token", "", "@", "text that begins with '@' wants quotes"},
    {"", "found character that cannot start any token", "", "`", "text that begins with '`' wants quotes"},
    {"", "found character that cannot start any token", "", "%", "text that begins with '%' wants quotes"},
    {"", "mapping values are not allowed in this context", "", "",
     "': ' is not allowed here: text that contains it wants quotes, and keys of one mapping the same "
     "indentation"},
    {"while scanning a directive", "could not find expected directive name", "", "",
     "text that begins with '%' wants quotes"},
    {"while scanning a directive", "found unknown directive name", "", "",
     "text that begins with '%' wants quotes; the directives of YAML are %YAML and %TAG"},
    {"", "found incompatible YAML document", "", "", "%YAML 1.1 and %YAML 1.2 are read, no other"},
    {"while scanning a quoted scalar", "found unexpected end of stream", "", "",
     "the quotes are never closed"},
    {"", "did not find expected ',' or '}'", "", "", "',' or '}' is missing here"},
    {"", "did not find expected ',' or ']'", "", "", "',' or ']' is missing here"},
    {"", "did not find expected <document start>", "", "}", "'}' has no '{' before it"},
    {"", "did not find expected <document start>", "", "",
     "this belongs to no document: keys of one mapping stand at the same indentation, '---' begins another "
     "scenario"},
    {"while parsing a quoted scalar", "found unknown escape character", "", "",
     "unknown escape in double quotes: '\\\\' is a backslash, single quotes take text as it stands"},
    {"while parsing a quoted scalar", "did not find expected hexdecimal number", "", "",
     "hex digits are missing in this escape: '\\\\' is a backslash, single quotes take text as it stands"},
    {"", "could not find expected ':'", "", "", "':' is missing behind a key"},
    {"while parsing a block mapping", "did not find expected key", "", "",
     "a key is expected here: keys of one mapping stand at the same indentation"},
    {"while parsing a block collection", "did not find expected '-' indicator", "", "",
     "'-' is expected here: items of one list stand at the same indentation"},
    {"", "control characters are not allowed", "", "", "control characters are not allowed"},
    {"", "invalid leading UTF-8 octet", "", "", "this is not UTF-8 text"},
    {"", "invalid trailing UTF-8 octet", "", "", "this is not UTF-8 text"},
    {"", "incomplete UTF-8 octet sequence", "", "", "this is not UTF-8 text"},
    {"", "invalid length of a UTF-8 sequence", "", "", "this is not UTF-8 text"},
    {"", "invalid Unicode character", "", "", "this is not UTF-8 text"},
    {"while parsing a flow node", "did not find expected node content", "", "", "a value is missing here"},
    {"while parsing a block node", "did not find expected node content", "", "", "a value is missing here"},
};

static bool stands_at(const char *text, size_t bytes, size_t at, const char *character)
{
    return !*character || (at < bytes && text[at] == *character);
}

/* Something is missing in the mapping whose braces are not the user's: a comma,
 * or, at the end, the brace that closes one of the user's own. At a "${" it is quotes. */
static const char *unbraced_problem(const yaml_parser_t *parser, const struct sf_source *source, size_t at)
{
    static const char missing[] = "did not find expected ',' or '}'";
    bool is_variable = at > 0 && at < source->bytes && memcmp(source->text + at - 1, "${", 2) == 0;
    if (!source->braces || parser->context_mark.index > 0 || is_variable ||
        strncmp(parser->problem ? parser->problem : "", missing, strlen(missing)) != 0)
        return NULL;
    return at < source->bytes ? "',' is missing here: commas stand between the keys of a rule"
                              : "'}' is missing here";
}

const char *sf_syntax_problem(struct sf_arena *arena, const yaml_parser_t *parser,
                              const struct sf_source *source, size_t at)
{
    const char *context = parser->context ? parser->context : "";
    const char *problem = parser->problem ? parser->problem : "";
    const char *unbraced = unbraced_problem(parser, source, at);
    if (unbraced)
        return unbraced;
    for (size_t i = 0; i < sizeof slips / sizeof slips[0]; i++) {
        const struct slip *slip = &slips[i];
        if (strncmp(context, slip->context, strlen(slip->context)) == 0 &&
            strncmp(problem, slip->problem, strlen(slip->problem)) == 0 &&
            stands_at(source->text, source->bytes, at - 1, slip->before) &&
            stands_at(source->text, source->bytes, at, slip->here))
            return slip->message;
    }
    return sf_arena_printf(arena, "not YAML: %s%s%s", context, *context ? ", " : "", problem);
}
