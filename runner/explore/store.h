/* The folder of --out: reproducers, and what a search leaves for the next one to resume. */
#ifndef SF_EXPLORE_STORE_H
#define SF_EXPLORE_STORE_H

#include "explore/explore.h"

/* Write a reproducer; the finding's `reproducer`, so far a name, becomes its path. What was written before
 * for the same group keeps its number. Returns NULL, or why it cannot be written. */
const char *sf_store_write(struct sf_exploration *exploration, struct sf_explored *finding, const char *text);

/* Put the output that a reproducer will expect beside it; the finding's `expected` becomes its path,
 * absolute, and keeps that number. Returns NULL, or why it cannot be written. */
const char *sf_store_expect(struct sf_exploration *exploration, struct sf_explored *finding,
                            const char *output, uint64_t bytes);

/* It is no finding after all: remove that file, if it has one. */
void sf_store_forget(struct sf_exploration *exploration, struct sf_explored *finding);

/* Keep what was tried and found. Returns NULL, or why it cannot. */
const char *sf_store_save(struct sf_exploration *exploration);

/* Take up what an earlier search has kept. Returns NULL, or why it cannot be: there is none, or it was of
 * something else. */
const char *sf_store_resume(struct sf_exploration *exploration);

/* Mark the findings that a JSON report holds as known. Returns NULL, or why it cannot be read. */
const char *sf_store_known(struct sf_exploration *exploration, const char *path);

#endif
