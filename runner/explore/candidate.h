/* What is tried: a fault, or two, at a place that the fault-free runs have shown. */
#ifndef SF_EXPLORE_CANDIDATE_H
#define SF_EXPLORE_CANDIDATE_H

#include "abi/calls.h"
#include "explore/observe.h"
#include "scenario/node.h"

#include <stdbool.h>
#include <stdint.h>

struct sf_arena;

/* What faults have in common that programs take in the same way. */
enum sf_fault_class {
    SF_CLASS_GIVEN,     /* of the user's own rules */
    SF_CLASS_SHORT,     /* fewer bytes at a time than were asked for */
    SF_CLASS_INTERRUPT, /* EINTR */
    SF_CLASS_AGAIN,     /* not ready after all */
    SF_CLASS_DELAY,
    SF_CLASS_END, /* the peer has closed */
    SF_CLASS_RESET,
    SF_CLASS_SILENCE,  /* the peer says nothing */
    SF_CLASS_ERROR,    /* the call fails, the connection lives */
    SF_CLASS_DATAGRAM, /* lost, twice, in another order */
    SF_CLASS_COUNT
};
extern const char *const sf_class_names[SF_CLASS_COUNT];

/* One rule. */
struct sf_injection {
    const struct sf_node *given; /* as the user wrote it; NULL: made from what follows */
    const char *program;
    unsigned program_index;
    enum sf_family family; /* SF_FAMILY_NONE: a link rule */
    uint8_t directions;    /* of a link rule: SF_LINK_IN, _OUT, both; 0: it has none (refuse) */
    uint8_t type;          /* SF_TYPE_…, where both kinds are there; 0: any */
    uint32_t connection;   /* 0: all */
    uint32_t first, last;  /* of the calls; 0, 0: all; last UINT32_MAX: from first on */
    uint32_t every;        /* 0: each */
    bool has_after_bytes;
    uint64_t after_bytes;
    const char *fault, *value; /* "partial", "1" */
    enum sf_fault_class class;
    bool is_benign;   /* a correct program does not notice it: contract, `fragile` */
    bool ends_alike;  /* its connection ends as it does anyway, but sooner: a program whose protocol knows no
                       * other end of a message cannot tell */
    uint64_t wait_ns; /* that it may cost each time */
};

#define SF_INJECTIONS_MAX 2u

struct sf_candidate {
    struct sf_injection injections[SF_INJECTIONS_MAX];
    unsigned count;
    uint32_t place; /* the code site it was made for: index into the baseline's; SF_NO_PLACE: none */
};

/* As a rule of a scenario. optional: it may stay idle. The node belongs to the arena. */
const struct sf_node *sf_injection_node(struct sf_arena *arena, const struct sf_injection *injection,
                                        bool optional);

/* As text, its braces left off: "call: recv, program: client, when: {nth: 3}, reset: true". */
const char *sf_injection_text(struct sf_arena *arena, const struct sf_injection *injection);

/* The fault alone: "reset: true"; of two "reset: true + partial: 1". */
const char *sf_candidate_fault(struct sf_arena *arena, const struct sf_candidate *candidate);

/* The whole: what tells one candidate from another. */
const char *sf_candidate_text(struct sf_arena *arena, const struct sf_candidate *candidate);

bool sf_candidate_is_benign(const struct sf_candidate *candidate);

/* May a client that comes later meet the fault? */
bool sf_candidate_lasts(const struct sf_candidate *candidate);

/* The name of what a rule is for: "recv", "link". */
const char *sf_injection_place(const struct sf_injection *injection);

/* The key of its fault: "partial". */
const char *sf_injection_fault(const struct sf_injection *injection);

#endif
