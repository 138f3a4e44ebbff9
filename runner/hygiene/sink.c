/* The looks at habits as a sink of the recorder. */
#include "hygiene/hygiene.h"
#include "trace/sinks.h"
#include "trace/sites.h"

static void name_site(void *sites, uint32_t pid, uint64_t address, char *room)
{
    if (room)
        sf_sites_name(sites, pid, address, room, SF_SITE_BYTES);
    else
        sf_sites_locate(sites, pid, address);
}

static void take(void *context, const struct sf_traced *call)
{
    sf_hygiene_take(context, call);
}

static void rest(void *context)
{
    sf_hygiene_rest(context);
}

static int end(void *context, uint64_t dropped)
{
    (void)dropped; /* the runner weighs it: verify/habits.c */
    sf_hygiene_end(context);
    sf_hygiene_free(context);
    return 0;
}

bool sf_hygiene_sink(const struct sf_recording *recording, struct sf_trace_sink *sink)
{
    if (!recording->seeks_habits)
        return false;
    struct sf_hygiene *hygiene = sf_hygiene_new(recording->warnings, name_site, recording->sites);
    *sink = (struct sf_trace_sink){.context = hygiene, .take = take, .end = end, .rest = rest};
    return true;
}
