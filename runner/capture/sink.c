/* The capture as a sink of the recorder. */
#include "capture/capture.h"

#include "base/memory.h"
#include "trace/page.h"
#include "trace/sinks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* A section of a capture file lies in one piece. So where several recorders write to one file,
 * each collects its own, and adds it at the end. */
struct sink {
    struct sf_capture *capture;
    FILE *file;
    int fd, lock; /* of the file that is shared; fd -1: it is not */
};

static uint64_t now_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void take(void *context, const struct sf_traced *call)
{
    struct sink *sink = context;
    sf_capture_take(sink->capture, call);
}

static void rest(void *context)
{
    struct sink *sink = context;
    if (sink->fd < 0)
        fflush(sink->file); /* an error stays with the file: end() tells it */
}

static int add_section(const struct sink *sink)
{
    struct sf_page page = {.fd = sink->fd, .lock = sink->lock};
    char piece[65536];
    size_t bytes;

    rewind(sink->file);
    while ((bytes = fread(piece, 1, sizeof piece, sink->file)) > 0)
        sf_page_bytes(&page, piece, bytes);
    int error = ferror(sink->file) ? EIO : 0;
    int written = sf_page_close(&page);
    return error ? error : written;
}

static int end(void *context, uint64_t dropped)
{
    struct sink *sink = context;
    int error = sf_capture_end(sink->capture, dropped);
    if (!error && sink->fd >= 0)
        error = add_section(sink);
    sf_capture_free(sink->capture);
    fclose(sink->file);
    free(sink);
    return error;
}

bool sf_capture_sink(const struct sf_recording *recording, struct sf_trace_sink *made)
{
    if (recording->capture < 0)
        return false;
    struct sink *sink = sf_memory_new(sizeof *sink);
    bool is_shared = recording->lock >= 0;
    *sink = (struct sink){.fd = is_shared ? recording->capture : -1, .lock = recording->lock};
    sink->file = is_shared ? tmpfile() : fdopen(fcntl(recording->capture, F_DUPFD_CLOEXEC, 3), "w");
    if (!sink->file)
        sf_out_of_memory();
    sink->capture = sf_capture_new(sink->file, recording->scenario, recording->session,
                                   now_ns(CLOCK_REALTIME) - now_ns(CLOCK_MONOTONIC));
    *made = (struct sf_trace_sink){.context = sink, .take = take, .end = end, .rest = rest};
    return true;
}
