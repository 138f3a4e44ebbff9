#include "timeline/timeline.h"

#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool is_whole(const struct sf_timeline *timeline, uint64_t bytes)
{
    if (bytes < sizeof *timeline || timeline->bytes != bytes ||
        timeline->connection_count > 2 * SF_TIMELINE_CONNECTIONS_MAX)
        return false;
    uint64_t connections = timeline->connection_count * sizeof(struct sf_timeline_connection);
    uint64_t events = timeline->event_count * sizeof(struct sf_timeline_event);
    if (bytes != sizeof *timeline + connections + events)
        return false;
    for (uint32_t i = 0; i < timeline->event_count; i++)
        if (sf_timeline_events(timeline)[i].connection >= timeline->connection_count)
            return false;
    return true;
}

struct sf_timeline *sf_timeline_read(int fd)
{
    struct stat status;
    if (fstat(fd, &status) != 0)
        return NULL;
    uint64_t bytes = (uint64_t)status.st_size, done = 0;
    struct sf_timeline *timeline = sf_memory_new(bytes);
    while (done < bytes) {
        ssize_t part = pread(fd, (char *)timeline + done, bytes - done, (off_t)done);
        if (part <= 0)
            break;
        done += (uint64_t)part;
    }
    if (is_whole(timeline, done))
        return timeline;
    free(timeline);
    return NULL;
}
