/* The shim's state in this process: written at load, then only read.
 *
 * The first cache line is what idle calls look at. */
#ifndef SF_LOAD_SHIM_H
#define SF_LOAD_SHIM_H

#include "abi/event.h"
#include "abi/session.h"
#include "abi/trace.h"
#include "engine/scope.h"
#include "engine/verdict.h"

#include <stdbool.h>
#include <sys/types.h>

struct sf_shim {
    _Atomic uint64_t *descriptors; /* sockets/descriptor.h; NULL without a session */
    uint32_t descriptor_count;     /* 0 without a session: every call then takes the cold path … */
    bool bare;                     /* … where this says: loaded, no session, nothing to do */
    bool loaded;
    uint16_t program;                  /* our index in the plan */
    uint32_t families;                 /* that some rule may select in this program … */
    _Atomic uint32_t program_families; /* … and on a call without a socket; of a traced process, all such */
    struct sf_control *control;
    struct sf_tally *tallies;

    const struct sf_session *session;
    const struct sf_plan *plan;
    struct sf_program_state *state; /* of our program */
    struct sf_exec *execs;
    struct sf_event_log *events;
    struct sf_trace *trace;    /* NULL: nothing is traced */
    _Atomic uint32_t *numbers; /* traced: of sockets, by descriptor (sockets/descriptor.h) */
    uint32_t
        traced_generation; /* traced: a bit in the words of sockets (sockets/descriptor.h); otherwise 0 */
    _Atomic uint32_t rule_families; /* of program_families those in which a rule may select */
    char *sockets;
    struct sf_engine engine;
    struct sf_directory directory;
    struct sf_arrivals *arrivals;
    struct sf_ports ports;                     /* of the peers that our rules name */
    bool has_hosts;                            /* some rule of ours names hosts */
    bool has_programs;                         /* some rule of the plan names a program as peer */
    bool has_locals;                           /* some rule names sockets' own addresses … */
    bool has_local_binds;                      /* … and the calls that give them */
    bool has_links;                            /* some rule of the plan is for the wire */
    bool has_watches;                          /* some rule's trigger looks at what passes */
    bool has_sites;                            /* some rule of ours asks what is on the stack */
    bool has_waited;                           /* some rule selects polls by the sockets that they wait for:
                                                * they are idle until there is such a socket */
    uint64_t excluded[SF_SELECTION_WORDS_MAX]; /* rules that name other executables … */
    uint64_t meant[SF_SELECTION_WORDS_MAX];    /* … and those that mean this process */
    pid_t pid;                                 /* whose memory this is; 0: a forked child could not ask */
    const char *library_path;                  /* ours, as LD_PRELOAD named it */
    const char *preload;                       /* LD_PRELOAD as it led here */
    const char *environment;                   /* "SOCKFAULT_…=…", to hand to children */
    const char *environment_given;             /* the same as it led here, from another folder; or NULL */
    const char *environment_program;           /* with a plan of several programs: "SOCKFAULT_PROGRAM=…" */
};

extern struct sf_shim sf_shim;

/* While libc looks a name up it calls on the program's behalf, and those calls meet
 * no rule. This points to a token in the frame of the look-up; NULL: there is none.
 * A handler may jump out of a look-up: then a call comes from above the token, or
 * from a frame that has overwritten it. */
extern __thread uintptr_t *sf_quiet;

static inline uintptr_t sf_quiet_token(const uintptr_t *at)
{
    return ~(uintptr_t)at;
}

static inline bool sf_is_quiet(void)
{
    if (__builtin_expect(sf_quiet == NULL, 1))
        return false;
    if ((uintptr_t)__builtin_frame_address(0) < (uintptr_t)sf_quiet && *sf_quiet == sf_quiet_token(sf_quiet))
        return true;
    sf_quiet = NULL;
    return false;
}

/* This thread has called vfork: until its next look (sf_is_vfork_child) it may be
 * the child, which runs on its parent's memory, thread-local storage included. */
extern __thread bool sf_has_vforked;

/* Asks the kernel only after a vfork. Keeps errno. */
bool sf_find_vfork_child(void);

static inline bool sf_is_vfork_child(void)
{
    return __builtin_expect(sf_has_vforked, 0) && sf_find_vfork_child();
}

/* Load, unless that is done. The constructor calls it; so does any interposer
 * that another library's constructor reached first. */
void sf_load(void);

static inline struct sf_scope sf_scope_here(uint8_t domain, uint8_t type, uint8_t role)
{
    return (struct sf_scope){.program = sf_shim.program,
                             .domain = domain,
                             .type = type,
                             .role = role,
                             .names = {&sf_shim.directory, sf_shim.program},
                             .excluded = sf_shim.excluded};
}

/* For interposers that go straight to libc: its functions are found by then. */
static inline void sf_ensure_loaded(void)
{
    if (__builtin_expect(!sf_shim.loaded, 0))
        sf_load();
}

#endif
