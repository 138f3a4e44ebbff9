/* The plan image: what the runner compiled from a scenario and the shim obeys.
 *
 * One flat block, position-independent: structs refer to each other by byte
 * offsets from the start of the image. It is immutable once written and is
 * mapped read-only into every target. Integers are in host order: an image
 * never leaves the machine that made it. */
#ifndef SF_ABI_PLAN_H
#define SF_ABI_PLAN_H

#include "abi/calls.h"
#include "abi/link.h"

#include <stdint.h>

#define SF_PLAN_MAGIC "SFPLAN\r\n" /* CR LF shows a file mangled by a text-mode copy */
#define SF_PLAN_VERSION 4u

/* Limits that the reader states to the user; the image relies on them. */
#define SF_PLAN_PROGRAMS_MAX 64u /* one bit each in sf_plan_rule.programs */
#define SF_PLAN_RULES_MAX 4096u
#define SF_PLAN_STRETCHES_MAX 1000000u
#define SF_COUNTS_MAX 16u /* that rules share */
#define SF_MATCH_BYTES_MAX 256u
#define SF_SELECTION_WORDS_MAX (SF_PLAN_RULES_MAX / 64)

struct sf_plan {
    char magic[8];
    uint32_t version;
    uint32_t pad;
    uint64_t total_bytes; /* of the whole image, this header included */
    uint64_t checksum;    /* sf_plan_checksum over the image with this field 0 */
    uint64_t seed;
    uint32_t program_count, rule_count, pattern_count, stretch_count, string_bytes;
    uint32_t programs_at, rules_at, patterns_at, stretches_at, strings_at;
};

struct sf_plan_program {
    uint32_t name_at; /* offset into the strings, NUL-terminated */
    uint32_t wrap;    /* 0: started without the shim */
    uint32_t ready_port; /* a TCP port that it listens on when it is ready; 0: none */
};

/* Bits of sf_plan_rule.domains, types and roles; 0 in a rule means any. */
enum { SF_DOMAIN_INET = 1, SF_DOMAIN_INET6 = 2, SF_DOMAIN_UNIX = 4, SF_DOMAIN_OTHER = 8 };
enum { SF_TYPE_STREAM = 1, SF_TYPE_DGRAM = 2, SF_TYPE_OTHER = 4 };
enum { SF_ROLE_CLIENT = 1, SF_ROLE_SERVER = 2 };

enum sf_per { SF_PER_CONNECTION, SF_PER_PROGRAM, SF_PER_SCENARIO };

/* What one count of calls belongs to, and the ordinal that tells which. */
enum sf_counter {
    SF_COUNTER_ALL,        /* everything; 0 */
    SF_COUNTER_CONNECTION, /* a connection that the rule's scope selects; from 1 */
    SF_COUNTER_SOCKET,     /* a socket without a connection; from 1, in the order of their first calls */
    SF_COUNTER_PROGRAM     /* a program; its index in the plan */
};

enum sf_fault_kind {
    SF_FAULT_ERROR,     /* error */
    SF_FAULT_DELAY,     /* delay_ns */
    SF_FAULT_PARTIAL,   /* bytes_min..bytes_max; max 0: random */
    SF_FAULT_INTERRUPT, /* no parameter */
    SF_FAULT_AGAIN,     /* no parameter */
    SF_FAULT_REFUSE,    /* no parameter */
    SF_FAULT_CORRUPT,   /* bits */
    SF_FAULT_SIGNAL,    /* signal */
    SF_FAULT_EOF,       /* no parameter */
    SF_FAULT_RESET,     /* no parameter */
    SF_FAULT_RESOLVE,   /* answer */
    SF_FAULT_TIMEOUT,   /* delay_ns: how long it takes */
    SF_FAULT_COUNT
};

/* Calls that a rule names one by one: `first` to `last` (from 1, both included) of one
 * count. SF_COUNTER_ALL: of whatever the rule counts over. A rule's stretches are sorted
 * by sf_stretch_compare and do not overlap. */
struct sf_stretch {
    uint32_t counter; /* enum sf_counter … */
    uint32_t ordinal; /* … and which of these */
    uint32_t first, last;
    uint32_t value; /* in place of what the rule would draw; 0: it draws */
};

static inline int sf_stretch_compare(const struct sf_stretch *a, const struct sf_stretch *b)
{
    if (a->counter != b->counter)
        return a->counter < b->counter ? -1 : 1;
    if (a->ordinal != b->ordinal)
        return a->ordinal < b->ordinal ? -1 : 1;
    return a->first < b->first ? -1 : a->first > b->first;
}

enum {
    SF_RULE_FORCE = 1,
    SF_RULE_OPTIONAL = 2,
    SF_RULE_EXACTLY = 4, /* at its stretches alone */
    SF_RULE_CAUGHT = 8   /* what interrupts is a signal that the program catches */
};

struct sf_plan_rule {
    uint32_t id_at; /* offset into the strings */
    uint32_t line;  /* in the scenario file; 0: from the command line */
    uint32_t flags; /* SF_RULE_… */
    uint32_t draws; /* a hash of the id: what its random decisions hang on besides the seed and the call */

    /* Rules that select the same calls count them once, so that threads that call at the same time
     * have one order under all of them. */
    uint16_t counts_as; /* the first of them: whose counters are used; by itself: the rule */
    uint16_t count;     /* which of the counts that are shared, from 1; 0: none */

    /* place */
    uint32_t families; /* bits of enum sf_family that `calls` touches */
    struct sf_call_set calls;

    /* scope */
    uint64_t programs;         /* bit i: program i; all ones: any */
    uint32_t peer, peer_count; /* patterns[peer … peer + peer_count); count 0: any */
    uint32_t local, local_count; /* likewise */
    uint32_t exe, exe_count;     /* likewise, of kind SF_PATTERN_EXE */
    uint8_t domains, types, roles, per;
    uint32_t connection_first, connection_last; /* 0, 0: any; last UINT32_MAX: open */

    /* trigger */
    uint32_t nth_first, nth_last; /* 0, 0: any; last UINT32_MAX: open */
    uint32_t every;               /* 0: each */
    uint32_t times;               /* 0: no bound */
    uint64_t probability;         /* fires when a 53-bit draw is below it; 2^53: always */
    uint64_t after_ns, until_ns;  /* since the program's start; until 0: for ever */
    uint64_t after_bytes;         /* that have passed on the connection */
    uint32_t match_at, match_bytes; /* in the strings; bytes 0: none */
    uint32_t states;              /* bit 1 << tcpi_state; 0: any */
    uint32_t exists_at, exists;   /* a path in the strings, where `exists` is 1 */
    uint32_t site_at, site;       /* a function's name in the strings, where `site` is 1 */
    uint32_t watches;             /* families whose bytes the trigger counts */
    uint32_t stretch, stretch_count;

    /* fault */
    uint32_t fault; /* enum sf_fault_kind */
    int32_t error;  /* errno, or EAI_* (negative) for calls of the resolve family */
    uint64_t delay_ns;
    uint32_t bytes_min, bytes_max;
    uint32_t bits;
    int32_t signal;
    uint32_t answer, answer_count; /* patterns of one address each */
    struct sf_plan_link link; /* of link rules, which have it in place of calls and a `fault` */
};

static inline int sf_rule_is_link(const struct sf_plan_rule *rule)
{
    return rule->link.directions != 0;
}

#define SF_PROBABILITY_ALWAYS (UINT64_C(1) << 53)

enum sf_pattern_kind {
    SF_PATTERN_ANY,  /* "*": any address, unix ones included */
    SF_PATTERN_INET, /* address/prefix and port */
    SF_PATTERN_UNIX, /* glob on the path */
    SF_PATTERN_EXE,  /* glob on an executable's path or base name */
    SF_PATTERN_HOST, /* glob on a host name, as the program looked it up, and port */
    SF_PATTERN_PROGRAM, /* another program of the scenario */
    SF_PATTERN_COUNT
};

struct sf_plan_pattern {
    uint32_t kind;       /* enum sf_pattern_kind */
    uint16_t domains;    /* SF_PATTERN_INET: SF_DOMAIN_INET, _INET6 or both */
    uint16_t port;       /* SF_PATTERN_INET, _HOST: host order; 0: any */
    uint32_t prefix_len; /* bits of `address` that count, of 128 */
    uint32_t glob_at;    /* SF_PATTERN_UNIX, _EXE, _HOST (in lower case): offset into the strings */
    uint8_t address[16]; /* IPv4 as ::ffff:a.b.c.d */
    uint32_t program;    /* SF_PATTERN_PROGRAM: its index … */
    uint32_t group;      /* … and, of a partition's peers, which of the groups it is in, from 0 */
};

/* Views into an image that sf_plan_verify accepted. */
static inline const struct sf_plan_rule *sf_plan_rules(const struct sf_plan *plan)
{
    return (const void *)((const char *)plan + plan->rules_at);
}
static inline const struct sf_plan_program *sf_plan_programs(const struct sf_plan *plan)
{
    return (const void *)((const char *)plan + plan->programs_at);
}
static inline const struct sf_plan_pattern *sf_plan_patterns(const struct sf_plan *plan)
{
    return (const void *)((const char *)plan + plan->patterns_at);
}
static inline const struct sf_stretch *sf_plan_stretches(const struct sf_plan *plan)
{
    return (const void *)((const char *)plan + plan->stretches_at);
}
static inline const char *sf_plan_string(const struct sf_plan *plan, uint32_t at)
{
    return (const char *)plan + plan->strings_at + at;
}

/* Does a link rule need the datagrams that pass in this direction (SF_LINK_…)? A refusal meets those that
 * go out, and its error comes in; where there is no way nothing passes; a partition cuts off who sends. */
static inline int sf_rule_carries(const struct sf_plan_rule *rule, uint32_t direction)
{
    uint32_t both = SF_LINK_IN | SF_LINK_OUT;
    uint32_t directions = rule->link.fault == SF_LINK_REFUSE      ? both
                          : rule->link.fault == SF_LINK_PARTITION ? SF_LINK_OUT
                                                                  : rule->link.directions;
    return rule->types & SF_TYPE_DGRAM && directions & direction && !rule->states &&
           rule->link.fault != SF_LINK_UNREACHABLE;
}

/* Can a link rule not act on datagrams of a Unix socket that pass in this direction? The kernel
 * puts such a datagram into the queue of the socket that has the name, within the call that sends
 * it. Nothing can stand before that queue; and what is kept back is sent by another process, whose
 * number the receiver may ask for. */
static inline int sf_rule_is_beyond_unix(const struct sf_plan_rule *rule, uint32_t direction)
{
    if (!sf_rule_carries(rule, direction) || rule->link.fault == SF_LINK_REFUSE)
        return 0;
    return direction == SF_LINK_IN || rule->link.fault == SF_LINK_DELAY ||
           rule->link.fault == SF_LINK_THROTTLE || rule->link.fault == SF_LINK_REORDER;
}

/* The families whose calls on sockets of these types (SF_TYPE_…) the shim has to look at for a rule:
 * of a link rule those that make a connection, and those that move datagrams; a partition cuts a
 * connection where it is made. A thread may wait in a read when a send or a poll of another one is
 * reset. */
static inline uint32_t sf_rule_families_on(const struct sf_plan_rule *rule, uint32_t types)
{
    if (sf_rule_is_link(rule))
        return 1u << SF_FAMILY_CONNECT |
               (rule->link.fault == SF_LINK_PARTITION ? 0 : 1u << SF_FAMILY_ACCEPT) |
               (rule->types & types & SF_TYPE_DGRAM ? 1u << SF_FAMILY_SEND | 1u << SF_FAMILY_RECV : 0);
    uint32_t others = rule->fault == SF_FAULT_RESET     ? 1u << SF_FAMILY_SEND | 1u << SF_FAMILY_POLL
                      : rule->fault == SF_FAULT_TIMEOUT ? 1u << SF_FAMILY_SEND
                                                        : 0;
    int meets_readers = (rule->families & others) != 0;
    return rule->families | rule->watches | (meets_readers ? 1u << SF_FAMILY_RECV : 0);
}

static inline uint32_t sf_rule_families(const struct sf_plan_rule *rule)
{
    return sf_rule_families_on(rule, ~0u);
}

static inline int sf_plan_has_links(const struct sf_plan *plan)
{
    for (uint32_t i = 0; i < plan->rule_count; i++)
        if (sf_rule_is_link(&sf_plan_rules(plan)[i]))
            return 1;
    return 0;
}

/* Is a port needed that answers no SYN? For a TCP connection, or the making of one, that times out,
 * and for the program's end of a wired one until it stands. */
static inline int sf_plan_wants_silence(const struct sf_plan *plan)
{
    uint32_t families = 1u << SF_FAMILY_CONNECT | 1u << SF_FAMILY_RECV | 1u << SF_FAMILY_SEND;
    for (uint32_t i = 0; i < plan->rule_count; i++)
        if (sf_plan_rules(plan)[i].fault == SF_FAULT_TIMEOUT && sf_plan_rules(plan)[i].families & families)
            return 1;
    return sf_plan_has_links(plan);
}

/* Words of a selection bitmap for this plan: never 0. */
static inline unsigned sf_selection_words(const struct sf_plan *plan)
{
    return (plan->rule_count + 63) / 64 + (plan->rule_count == 0);
}

uint64_t sf_plan_checksum(const struct sf_plan *plan);

/* Is this block of `bytes` bytes a plan that this build can obey?
 *
 * Returns NULL when it is, otherwise a constant sentence that says why not.
 * Reads nothing outside the block; every offset, count and string is checked,
 * so that the views above are safe afterwards. The block must be aligned to 8. */
const char *sf_plan_verify(const void *image, uint64_t bytes);

#endif
