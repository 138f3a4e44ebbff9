/* What the shells' Tab asks for, and how words are offered; within completion/ alone. */
#ifndef SF_COMPLETION_ASKING_H
#define SF_COMPLETION_ASKING_H

#include <stddef.h>
#include <stdio.h>

struct asking {
    FILE *out;
    const char *typed; /* of the last word, as far as answers replace it … */
    int front_bytes;   /* … and what stands in front of that, which they all begin with: "--report=" */
    const char *gap;   /* what they have between: " ", or "" */
};

/* The same from `begin` on, which lies within what is typed. */
struct asking asking_from(struct asking asking, const char *begin);

/* The word, where it goes on from what is typed. about: NULL: nothing is known of it. */
void offer(const struct asking *asking, const char *word, const char *about);
void offer_all(const struct asking *asking, const char *const *words, size_t count);
void offer_calls(const struct asking *asking);

/* A rule as the command line takes it, as far as it is typed: "call: recv, when: {n". */
void offer_rule(struct asking asking);

#endif
