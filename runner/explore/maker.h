/* The list of candidates while it is made. */
#ifndef SF_EXPLORE_MAKER_H
#define SF_EXPLORE_MAKER_H

#include "explore/candidates.h"

#define MS UINT64_C(1000000)
#define SHORT_DELAY_NS (20 * MS)
#define LONG_DELAY_NS (300 * MS)
#define SHORT_DELAY "20ms"
#define LONG_DELAY "300ms"
#define BYTES_FOR_SMALL (256 * 1024) /* of more a byte at a time takes too long */

struct sf_maker {
    struct sf_candidates *candidates;   /* in whose arena all memory is */
    const struct sf_baseline *baseline; /* NULL: for pairs, which need none */
    uint64_t *known; /* hashes of what it has put on the list: a set of known_room; none at first */
    size_t known_room;
};

/* Put it on the list, unless it has put one like it there. */
void sf_maker_add(struct sf_maker *maker, const struct sf_candidate *candidate);
void sf_maker_add_one(struct sf_maker *maker, const struct sf_injection *injection, uint32_t place);

/* call_candidates.c: faults at every call of a program, each place struck at once; each fault at each of the
 * sites that are chosen; waits that are interrupted while there is something to wait for. */
void sf_maker_add_everywhere(struct sf_maker *maker);
void sf_maker_add_calls(struct sf_maker *maker, bool (*chosen)(const struct sf_site *site));
void sf_maker_add_waits(struct sf_maker *maker);

/* link_candidates.c: what the network does to the first connection of each program and to its datagrams, or
 * to the others. */
void sf_maker_add_links(struct sf_maker *maker, bool of_first);

#endif
