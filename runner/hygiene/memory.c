#include "hygiene/memory.h"

#include "base/memory.h"
#include "trace/follow.h"

#include <stdlib.h>
#include <string.h>

struct sf_socket_memory *sf_memory_of_socket(struct sf_hygiene *hygiene, struct sf_followed *socket)
{
    if (!socket || socket->number > SF_FOLLOWED_MAX)
        return NULL;
    sf_memory_grow(&hygiene->sockets, &hygiene->socket_count, (size_t)socket->number + 1,
                   sizeof *hygiene->sockets);
    hygiene->sockets[socket->number].socket = socket;
    return &hygiene->sockets[socket->number];
}

/* Few processes, and the last one nearly always: a list does. Its end is the first pid 0. */
struct sf_process_memory *sf_memory_of_process(struct sf_hygiene *hygiene, uint32_t pid)
{
    size_t at = hygiene->process_last;

    if (at < hygiene->process_count && hygiene->processes[at].pid == pid)
        return &hygiene->processes[at];
    for (at = 0; at < hygiene->process_count && hygiene->processes[at].pid; at++)
        if (hygiene->processes[at].pid == pid)
            break;
    sf_memory_grow(&hygiene->processes, &hygiene->process_count, at + 1, sizeof *hygiene->processes);
    hygiene->processes[at].pid = pid;
    hygiene->process_last = at;
    return &hygiene->processes[at];
}

struct sf_thread_memory *sf_memory_of_thread(struct sf_process_memory *process, uint32_t tid)
{
    size_t at = process->thread_last;

    if (at < process->thread_count && process->threads[at].tid == tid)
        return &process->threads[at];
    for (at = 0; at < process->thread_count && process->threads[at].tid; at++)
        if (process->threads[at].tid == tid)
            break;
    sf_memory_grow(&process->threads, &process->thread_count, at + 1, sizeof *process->threads);
    process->threads[at].tid = tid;
    process->thread_last = at;
    return &process->threads[at];
}

struct sf_descriptor_memory *sf_memory_of_descriptor(struct sf_process_memory *process, int fd)
{
    sf_memory_grow(&process->descriptors, &process->descriptor_count, (size_t)fd + 1,
                   sizeof *process->descriptors);
    return &process->descriptors[fd];
}

struct sf_named_site *sf_memory_of_site(struct sf_hygiene *hygiene, uint32_t pid, uint64_t return_address)
{
    size_t at = 0;

    for (; at < hygiene->site_count && hygiene->sites[at].pid; at++)
        if (hygiene->sites[at].pid == pid && hygiene->sites[at].return_address == return_address)
            return &hygiene->sites[at];
    sf_memory_grow(&hygiene->sites, &hygiene->site_count, at + 1, sizeof *hygiene->sites);
    hygiene->sites[at].pid = pid;
    hygiene->sites[at].return_address = return_address;
    hygiene->has_unnamed = true;
    if (hygiene->namer)
        hygiene->namer(hygiene->namer_context, pid, return_address, NULL);
    return &hygiene->sites[at];
}

const char *sf_site_name(struct sf_hygiene *hygiene, struct sf_named_site *site)
{
    if (!site->is_named && hygiene->namer)
        hygiene->namer(hygiene->namer_context, site->pid, site->return_address, site->name);
    site->is_named = true;
    return site->name;
}

void sf_memory_free_all(struct sf_hygiene *hygiene)
{
    for (size_t i = 0; i < hygiene->process_count; i++) {
        free(hygiene->processes[i].threads);
        free(hygiene->processes[i].descriptors);
    }
    free(hygiene->processes);
    free(hygiene->sockets);
    free(hygiene->sites);
}

struct sf_seen sf_seen_of(const struct sf_traced *call)
{
    const struct sf_trace_call *record = call->record;
    return (struct sf_seen){.pid = record->pid,
                            .tid = record->tid,
                            .call = record->call,
                            .rule = record->rule_count ? call->firings[0].rule : SF_NO_RULE,
                            .fd = record->fd,
                            .error = record->error,
                            .state = call->state_before,
                            .end_ns = record->end_ns,
                            .return_address = record->return_address,
                            .asked = record->asked,
                            .result = record->result};
}
