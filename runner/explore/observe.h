/* What explore learns of a run from its trace: where calls are made, and what became of sockets.
 *
 * Plain facts without pointers, in memory that the recorder shares with the runner: the recorder,
 * a process of its own, fills it in while the programs run. */
#ifndef SF_EXPLORE_OBSERVE_H
#define SF_EXPLORE_OBSERVE_H

#include "abi/calls.h"

#include <stdbool.h>
#include <stdint.h>

#define SF_OBSERVED_CALLS 4096u
#define SF_OBSERVED_PLACES 256u
#define SF_OBSERVED_CONNECTIONS 256u
#define SF_OBSERVED_PROGRAMS 64u
#define SF_PLACE_BYTES 192u
#define SF_SOURCE_BYTES 512u
#define SF_NO_PLACE UINT32_MAX

struct sf_observed_call {
    uint16_t program, call;     /* call: enum sf_call_id */
    uint8_t domain, type, role; /* SF_DOMAIN_…, SF_TYPE_…, SF_ROLE_…; 0: no socket */
    uint32_t connection;        /* 0: none */
    uint32_t nth;               /* as a rule counts the calls of its family, from 1 */
    uint32_t place;             /* into places; SF_NO_PLACE: not known */
    int32_t error;
    bool peeks;      /* MSG_PEEK */
    bool was_peeked; /* the call before it on this socket has seen what this one reads */
    bool is_bounded; /* its socket waits for so long: SO_RCVTIMEO, SO_SNDTIMEO */
};

struct sf_observed_connection {
    uint16_t program;
    uint8_t domain, type, role;
    uint32_t connection;
    uint64_t bytes_in, bytes_out;
    uint32_t sends;
    bool was_read_out; /* the program has read its end */
    uint32_t since_call; /* how many calls had been seen when it came up */
};

struct sf_observed_program {
    uint32_t idle_calls; /* the most in a row of one thread that failed or brought nothing, without a wait:
                          * polls apart, where they were more */
    uint16_t idle_call;
    uint32_t idle_place;
    uint64_t moved_ns; /* when it moved data last, CLOCK_MONOTONIC; 0: never */
    uint32_t unclosed; /* connections of whose end it learnt and that it never closed */
    bool has_data,
        has_trouble; /* the last call that moved data, or tried; that failed, was struck, or read an end */
    uint16_t data_call, trouble_call;
    uint32_t data_place, trouble_place;
    bool waits; /* a call of it had not come back at the end */
    uint16_t wait_call;
    uint32_t wait_place;
};

struct sf_observation {
    uint32_t call_count, calls_more; /* more: for which there was no room */
    uint32_t place_count, connection_count;
    uint32_t probe;        /* set by the runner: the program that is run once more; UINT32_MAX: none … */
    uint32_t before_probe; /* … and how many calls there were before it was started; UINT32_MAX: all */
    uint64_t end_ns;       /* when the last program had ended, CLOCK_MONOTONIC */
    bool has_fired;        /* a rule did; first: … */
    struct sf_observed_call fired;
    struct sf_observed_program programs[SF_OBSERVED_PROGRAMS];
    struct sf_observed_connection connections[SF_OBSERVED_CONNECTIONS];
    struct sf_observed_call calls[SF_OBSERVED_CALLS];
    char places[SF_OBSERVED_PLACES][SF_PLACE_BYTES];   /* "greet (greet.c:27)"; "": not known */
    char sources[SF_OBSERVED_PLACES][SF_SOURCE_BYTES]; /* "/home/me/greet.c"; "": not known */
};

/* The observation's memory, shared with processes that are forked from now on. NULL: there is none,
 * with errno set. */
struct sf_observation *sf_observation_new(void);
void sf_observation_free(struct sf_observation *observation); /* NULL is fine */

/* What a place is called; "" where it is not known. */
const char *sf_observation_place(const struct sf_observation *observation, uint32_t place);

/* The file of its source; "" where it is not known. */
const char *sf_observation_source(const struct sf_observation *observation, uint32_t place);

#endif
