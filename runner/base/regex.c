#define PCRE2_CODE_UNIT_WIDTH 8
#include "base/regex.h"

#include "base/memory.h"

#include <pcre2.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* PCRE2's own bounds hold for each place where a match may begin. Over all of
 * them the clock bounds the search; it is looked at once in some items of the
 * pattern, each of which may itself go through the whole text. */
enum { STEPS_MAX = 10000000, MEMORY_MAX_KIB = 64 << 10, SECONDS_MAX = 5, ITEMS_A_LOOK = 16 };

struct sf_regex {
    pcre2_code *code;
};

struct search {
    struct timespec deadline;
    unsigned items;
};

struct sf_regex *sf_regex_compile(const char *pattern, char *error)
{
    /* A callout before each item is what gives us a look at the clock. */
    const uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_AUTO_CALLOUT;
    int number;
    PCRE2_SIZE offset;
    pcre2_code *code =
        pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED, options, &number, &offset, NULL);
    if (!code) {
        PCRE2_UCHAR text[SF_REGEX_ERROR_BYTES - 64];
        pcre2_get_error_message(number, text, sizeof text);
        snprintf(error, SF_REGEX_ERROR_BYTES, "%s (at offset %zu)", (const char *)text, offset);
        return NULL;
    }
    struct sf_regex *regex = sf_memory_new(sizeof *regex);
    regex->code = code;
    return regex;
}

void sf_regex_free(struct sf_regex *regex)
{
    if (regex)
        pcre2_code_free(regex->code);
    free(regex);
}

static int look_at_clock(pcre2_callout_block *block, void *context)
{
    (void)block;
    struct search *search = context;
    struct timespec now;
    if (++search->items % ITEMS_A_LOOK != 0)
        return 0;
    clock_gettime(CLOCK_MONOTONIC, &now);
    bool late = now.tv_sec > search->deadline.tv_sec ||
                (now.tv_sec == search->deadline.tv_sec && now.tv_nsec > search->deadline.tv_nsec);
    return late ? PCRE2_ERROR_MATCHLIMIT : 0;
}

enum sf_regex_result sf_regex_search(const struct sf_regex *regex, const char *data, size_t bytes)
{
    struct search search = {0};
    pcre2_match_context *context = pcre2_match_context_create(NULL);
    pcre2_match_data *match = pcre2_match_data_create(1, NULL);
    if (!context || !match)
        sf_out_of_memory();
    clock_gettime(CLOCK_MONOTONIC, &search.deadline);
    search.deadline.tv_sec += SECONDS_MAX;
    pcre2_set_match_limit(context, STEPS_MAX);
    pcre2_set_heap_limit(context, MEMORY_MAX_KIB);
    pcre2_set_callout(context, look_at_clock, &search);
    int found = pcre2_match(regex->code, (PCRE2_SPTR)(data ? data : ""), bytes, 0, 0, match, context);
    pcre2_match_data_free(match);
    pcre2_match_context_free(context);
    if (found >= 0)
        return SF_REGEX_FOUND;
    return found == PCRE2_ERROR_NOMATCH ? SF_REGEX_NONE : SF_REGEX_GIVEN_UP;
}
