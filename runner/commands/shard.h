/* A part of the scenarios, so that several machines share them. */
#ifndef SF_COMMANDS_SHARD_H
#define SF_COMMANDS_SHARD_H

#include <stdbool.h>
#include <stddef.h>

struct sf_arena;

struct sf_shard {
    unsigned number, count;  /* part `number` of `count`, from 1; count 0: the whole */
    const char *status_file; /* to be touched, for who asked by the environment; NULL: none */
};

/* Parse "K/N". Returns NULL, or what is allowed as the end of a sentence. */
const char *sf_shard_parse(struct sf_arena *arena, const char *text, struct sf_shard *shard);

/* What Bazel and its like say in TEST_SHARD_INDEX (from 0), TEST_TOTAL_SHARDS and TEST_SHARD_STATUS_FILE;
 * nothing set, or empty: the whole. Returns NULL, or what is wrong as a sentence.
 *
 * Source: bazel.build/reference/test-encyclopedia, "Test sharding". */
const char *sf_shard_environ(struct sf_arena *arena, struct sf_shard *shard);

/* Tell who asked that only a part is run: without that, each of the parts could be the whole. Returns NULL,
 * or why that cannot be told. */
const char *sf_shard_touch(struct sf_arena *arena, const struct sf_shard *shard);

/* Does this part take in the scenario at `position`, from 0? Each is in exactly one; neighbours, which
 * tend to take equally long, are in different ones. */
bool sf_shard_holds(const struct sf_shard *shard, size_t position);

/* "2/3"; NULL: it is the whole. */
const char *sf_shard_text(struct sf_arena *arena, const struct sf_shard *shard);

#endif
