/* What is remembered of sockets, threads and descriptors, and shared by the looks at them. */
#ifndef SF_HYGIENE_MEMORY_H
#define SF_HYGIENE_MEMORY_H

#include "hygiene/hygiene.h"

#include <stdbool.h>

/* A call that may become part of a warning. */
struct sf_seen {
    uint32_t pid, tid;
    uint16_t call, rule;
    int32_t fd, error;
    enum sf_state state;
    uint64_t end_ns, return_address, asked;
    int64_t result;
};

struct sf_socket_memory {
    struct sf_followed *socket;
    struct sf_seen opened;
    struct sf_seen failed; /* the last failure that is final, until the program acts on it … */
    bool has_failed;
    struct sf_seen struck; /* … and the first trouble that it has not got over: a fault or a final error */
    bool was_struck;
    uint64_t last_use_ns;    /* when a call on it ended, the one that opened it included */
    bool is_over;            /* the peer's end was read, or the program has shut it down */
    bool is_closed;          /* by the process that opened it, and not used there since */
    struct sf_seen cut_read; /* the last read, where a rule left more behind it */
    bool is_cut;
    bool has_moved;
    enum sf_family first; /* of the calls that moved data: who sends first waits for an answer */
    uint32_t reads;       /* since the last send */
    bool has_rest;        /* the last read left something behind it … */
    bool began_late; /* … and so had the one before the last send: what came since is no message's start */
    struct sf_seen short_send;
    bool is_short;
    uint32_t tiny_reads;             /* in a row */
    bool is_bounded, is_nonblocking; /* as the program has set it */
};

/* Calls of one thread that brought nothing, in a row. */
struct sf_thread_memory {
    uint32_t tid;
    uint32_t idle_calls;
    uint32_t calls_since_wait; /* that may have been one */
    uint64_t busy_ns, last_ns;
    int32_t stale_close;         /* of a number whose socket was closed before, the last … */
    struct sf_warning *of_stale; /* … and the warning of it; NULL: there is none */
};

/* What a descriptor number had, and who closed it: the last close first. */
struct sf_descriptor_memory {
    struct sf_seen closed[2];
    uint32_t closed_socket[2]; /* sf_followed.number; 0: nothing was closed */
};

struct sf_process_memory {
    uint32_t pid;
    struct sf_thread_memory *threads;
    size_t thread_count, thread_last;
    struct sf_descriptor_memory *descriptors;
    size_t descriptor_count;
};

/* Where a socket was opened, named while the process lives: of what it loads later no file is
 * known afterwards. */
struct sf_named_site {
    uint32_t pid; /* 0: the end of the list */
    uint64_t return_address;
    bool is_named;
    char name[SF_SITE_BYTES];
};

struct sf_hygiene {
    struct sf_warnings *warnings;
    sf_site_namer *namer;
    void *namer_context;
    struct sf_socket_memory *sockets; /* by number */
    size_t socket_count;
    struct sf_process_memory *processes;
    size_t process_count, process_last;
    struct sf_named_site *sites;
    size_t site_count;
    bool has_unnamed;
};

/* What is remembered of the call's socket, NULL without one, or of one whose number is out of
 * reason; of its process and thread; of a descriptor of its process (fd >= 0). Valid until the
 * next of these calls. */
struct sf_socket_memory *sf_memory_of_socket(struct sf_hygiene *hygiene, struct sf_followed *socket);
struct sf_process_memory *sf_memory_of_process(struct sf_hygiene *hygiene, uint32_t pid);
struct sf_thread_memory *sf_memory_of_thread(struct sf_process_memory *process, uint32_t tid);
struct sf_descriptor_memory *sf_memory_of_descriptor(struct sf_process_memory *process, int fd);

/* The place that a call was made at: it has a name once it was asked for, or at the next rest. */
struct sf_named_site *sf_memory_of_site(struct sf_hygiene *hygiene, uint32_t pid, uint64_t return_address);
const char *sf_site_name(struct sf_hygiene *hygiene, struct sf_named_site *site);

void sf_memory_free_all(struct sf_hygiene *hygiene);

/* The call as it is to be remembered. */
struct sf_seen sf_seen_of(const struct sf_traced *call);

/* Note a habit, shown by the call `seen` on `socket` (NULL: none); `then`: what the program went
 * on with, NULL: nothing. Seen again at the same place it is counted there. Returns the
 * warning, for its numbers; NULL: there was no room. */
struct sf_warning *sf_hygiene_note(struct sf_hygiene *hygiene, enum sf_habit habit, uint16_t program,
                                   const struct sf_seen *seen, const struct sf_followed *socket,
                                   const struct sf_traced *then);

/* It was seen once too often. */
void sf_hygiene_retract(struct sf_hygiene *hygiene, struct sf_warning *warning);

static inline enum sf_family sf_traced_family(const struct sf_traced *call)
{
    return (enum sf_family)sf_call_families[call->record->call];
}

/* The socket that the call opened; NULL: none. */
static inline struct sf_followed *sf_traced_opened(const struct sf_traced *call)
{
    bool opens = call->listener || (sf_traced_family(call) == SF_FAMILY_SOCKET && call->record->error == 0);
    return opens ? call->socket : NULL;
}

static inline bool sf_traced_is_stream(const struct sf_traced *call)
{
    return call->socket && call->socket->type == SF_TYPE_STREAM;
}

/* The looks, a file for each kind of call. Each is shown every call. */
struct sf_look {
    struct sf_hygiene *hygiene;
    const struct sf_traced *call;
    struct sf_socket_memory *memory; /* NULL: the call has no socket */
    struct sf_seen seen;
};
void sf_look_at_errors(const struct sf_look *look); /* errors.c: ignored, death by SIGPIPE */
void sf_look_at_reads(const struct sf_look *look);  /* reads.c: taken for messages, too small */
void sf_look_at_sends(const struct sf_look *look);  /* sends.c: short ones */
void sf_look_at_waits(const struct sf_look *look);  /* waits.c: without end, without pause */
void sf_look_at_closes(const struct sf_look *look); /* closes.c: twice, of another's */

/* The trace is over. */
void sf_look_at_rests(struct sf_hygiene *hygiene); /* closes.c: what was never closed */

#endif
