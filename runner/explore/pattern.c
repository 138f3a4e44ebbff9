#include "explore/pattern.h"

#include "base/arena.h"
#include "verify/wording.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { REGEX_BYTES_MAX = 8192 };

/* A run of letters and digits, or one other byte. */
struct word {
    const char *text;
    uint32_t bytes;
    bool varies;
};

struct sf_pattern_text {
    struct sf_arena *arena;
    const char *data;
    uint64_t bytes, hash;
    struct word *words; /* of the first output */
    size_t count;
    bool is_long, varies, is_beyond;
};

static uint64_t hash_of(const char *data, uint64_t bytes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (uint64_t i = 0; i < bytes; i++)
        hash = (hash ^ (unsigned char)data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static uint32_t word_length(const char *text, const char *end)
{
    const char *at = text;
    while (at < end && (isalnum((unsigned char)*at) || *at == '_'))
        at++;
    return at > text ? (uint32_t)(at - text) : 1;
}

struct sf_pattern_text *sf_pattern_learn(struct sf_arena *arena, const char *data, uint64_t bytes)
{
    struct sf_pattern_text *pattern = sf_arena_alloc(arena, sizeof *pattern);
    *pattern = (struct sf_pattern_text){.arena = arena, .bytes = bytes, .hash = hash_of(data, bytes)};
    pattern->is_long = bytes > SF_PATTERN_BYTES_MAX;
    if (pattern->is_long)
        return pattern;
    char *copy = sf_arena_alloc(arena, bytes + 1);
    if (bytes)
        memcpy(copy, data, bytes);
    pattern->data = copy;
    return pattern;
}

static void split(struct sf_pattern_text *pattern)
{
    const char *end = pattern->data + pattern->bytes;
    size_t count = 0;
    for (const char *at = pattern->data; at < end; at += word_length(at, end))
        count++;
    pattern->words = sf_arena_alloc(pattern->arena, (count + 1) * sizeof *pattern->words);
    for (const char *at = pattern->data; at < end; at += pattern->words[pattern->count - 1].bytes)
        pattern->words[pattern->count++] = (struct word){.text = at, .bytes = word_length(at, end)};
}

static bool equals(const struct sf_pattern_text *pattern, const char *data, uint64_t bytes)
{
    if (pattern->bytes != bytes)
        return false;
    return pattern->is_long ? pattern->hash == hash_of(data, bytes)
                            : bytes == 0 || memcmp(pattern->data, data, bytes) == 0;
}

/* Go through both word by word. widen NULL: only look. False: they have not as many words, or
 * differ where they may not. */
static bool walk(const struct sf_pattern_text *pattern, struct word *widen, const char *data, uint64_t bytes)
{
    const char *at = data, *end = data + bytes;
    for (size_t i = 0; i < pattern->count; i++) {
        const struct word *word = &pattern->words[i];
        if (at >= end)
            return false;
        uint32_t length = word_length(at, end);
        bool is_same = length == word->bytes && memcmp(at, word->text, length) == 0;
        bool are_words = isalnum((unsigned char)*at) && isalnum((unsigned char)*word->text);
        if (!is_same &&
            !are_words) /* what stands between words is the same, or nothing answers to anything */
            return false;
        if (!is_same && widen)
            widen[i].varies = true;
        else if (!is_same && !word->varies)
            return false;
        at += length;
    }
    return at == end;
}

void sf_pattern_widen(struct sf_pattern_text *pattern, const char *data, uint64_t bytes)
{
    if (pattern->is_beyond || equals(pattern, data, bytes))
        return;
    if (!pattern->is_long && !pattern->words)
        split(pattern);
    bool is_comparable = !pattern->is_long && walk(pattern, pattern->words, data, bytes);
    pattern->varies = true;
    pattern->is_beyond = !is_comparable;
}

bool sf_pattern_fits(const struct sf_pattern_text *pattern, const char *data, uint64_t bytes)
{
    if (pattern->is_beyond || equals(pattern, data, bytes))
        return true;
    return pattern->varies && walk(pattern, NULL, data, bytes);
}

bool sf_pattern_varies(const struct sf_pattern_text *pattern)
{
    return pattern->varies;
}

static bool is_text(const char *data, uint64_t bytes)
{
    unsigned length = 1;
    for (uint64_t at = 0; at < bytes && length; at += length)
        length = sf_utf8_length(data + at, bytes - at);
    return length > 0;
}

static char *put_literal(char *at, const char *text, uint64_t bytes)
{
    for (uint64_t i = 0; i < bytes; i++) {
        unsigned char byte = (unsigned char)text[i];
        if (byte == '\n' || byte == '\t') {
            *at++ = '\\';
            *at++ = byte == '\n' ? 'n' : 't';
        } else if (byte < ' ' || byte == 0x7f) {
            at += sprintf(at, "\\x%02x", byte);
        } else {
            if (!isalnum(byte) && byte != ' ' && byte != '_' && byte < 0x80)
                *at++ = '\\';
            *at++ = (char)byte;
        }
    }
    return at;
}

const char *sf_pattern_regex(struct sf_arena *arena, const struct sf_pattern_text *pattern)
{
    if (pattern->is_beyond || pattern->is_long || pattern->bytes > REGEX_BYTES_MAX ||
        !is_text(pattern->data, pattern->bytes))
        return NULL;
    char *regex = sf_arena_alloc(arena, 4 * pattern->bytes + 16), *at = regex;
    if (!pattern->varies) {
        *put_literal(at, pattern->data, pattern->bytes) = '\0';
        return regex;
    }
    for (size_t i = 0; i < pattern->count; i++) {
        const struct word *word = &pattern->words[i];
        if (word->varies) /* never longer than its word and two more */
            at = memcpy(at, "\\w+", 3), at += 3;
        else
            at = put_literal(at, word->text, word->bytes);
    }
    *at = '\0';
    return regex;
}

const char *sf_pattern_whole(const struct sf_pattern_text *pattern, uint64_t *bytes)
{
    *bytes = pattern->bytes;
    return pattern->varies ? NULL : pattern->data;
}
