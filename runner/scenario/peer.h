/* Peers: addresses, host names, and programs of the scenario. */
#ifndef SF_SCENARIO_PEER_H
#define SF_SCENARIO_PEER_H

#include "scenario/decode.h"

/* A pattern as scenario/pattern.h reads it, or, without a colon, the name of a
 * program. Sets all but `place`; false: it is neither. */
bool sf_peer_parse(const struct sf_decoder *decoder, const char *text, struct sf_pattern *pattern);

/* Likewise, of names of programs alone. */
bool sf_peer_find(const struct sf_decoder *decoder, const char *text, struct sf_pattern *pattern);

/* What is probably wrong with a text that is none, as " (…)", or "". */
const char *sf_peer_hint(const struct sf_decoder *decoder, const char *text);

/* The same of a socket's own address, for which no program stands. */
const char *sf_local_hint(const struct sf_decoder *decoder, const char *text);

/* Report a program (SF_PATTERN_PROGRAM) whose addresses nobody will know. */
void sf_peer_check(struct sf_decoder *decoder, const struct sf_pattern *peer);

#endif
