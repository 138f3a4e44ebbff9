#include "commands/shard.h"

#include "base/arena.h"
#include "base/diagnostic.h"
#include "base/quantity.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHARDS_MAX 100000u
#define INDEX "TEST_SHARD_INDEX"
#define TOTAL "TEST_TOTAL_SHARDS"
#define STATUS "TEST_SHARD_STATUS_FILE"

const char *sf_shard_parse(struct sf_arena *arena, const char *text, struct sf_shard *shard)
{
    uint64_t number, count;
    size_t length = strcspn(text, "/");
    if (!text[length] || !sf_number_parse(sf_arena_strndup(arena, text, length), &number) ||
        !sf_number_parse(text + length + 1, &count))
        return "K/N, part K of N, such as 1/4";
    if (count == 0 || count > SHARDS_MAX)
        return sf_arena_printf(arena, "K/N with N from 1 to %u", SHARDS_MAX);
    if (number == 0 || number > count)
        return sf_arena_printf(arena, "K/N with K from 1 to N, here %u", (unsigned)count);
    shard->number = (unsigned)number;
    shard->count = (unsigned)count;
    return NULL;
}

/* NULL: it is not set, or empty. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

const char *sf_shard_environ(struct sf_arena *arena, struct sf_shard *shard)
{
    uint64_t position, count;
    const char *index = variable(INDEX), *total = variable(TOTAL);
    if (!index && !total)
        return NULL;
    if (!index || !total)
        return sf_arena_printf(arena, "%s is set, but %s is not", index ? INDEX : TOTAL,
                               index ? TOTAL : INDEX);
    if (!sf_number_parse(total, &count) || count == 0 || count > SHARDS_MAX)
        return sf_arena_printf(arena, TOTAL ": %s is not a number from 1 to %u", sf_quoted(arena, total),
                               SHARDS_MAX);
    if (!sf_number_parse(index, &position) || position >= count)
        return sf_arena_printf(arena, INDEX ": %s is not a number from 0 to %u, below " TOTAL,
                               sf_quoted(arena, index), (unsigned)count - 1);
    *shard = (struct sf_shard){(unsigned)position + 1, (unsigned)count, variable(STATUS)};
    return NULL;
}

const char *sf_shard_touch(struct sf_arena *arena, const struct sf_shard *shard)
{
    if (!shard->status_file)
        return NULL;
    int fd = open(shard->status_file, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    int error = fd < 0 || futimens(fd, NULL) != 0 ? errno : 0;
    if (fd >= 0)
        close(fd);
    return error ? sf_arena_printf(arena, "cannot touch " STATUS ", %s: %s", shard->status_file,
                                   strerror(error))
                 : NULL;
}

bool sf_shard_holds(const struct sf_shard *shard, size_t position)
{
    return shard->count == 0 || position % shard->count == shard->number - 1;
}

const char *sf_shard_text(struct sf_arena *arena, const struct sf_shard *shard)
{
    return shard->count ? sf_arena_printf(arena, "%u/%u", shard->number, shard->count) : NULL;
}
