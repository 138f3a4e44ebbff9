#include "scenario/link.h"

#include "abi/plan.h"

enum { STREAM = SF_TYPE_STREAM, DGRAM = SF_TYPE_DGRAM, INET = SF_DOMAIN_INET | SF_DOMAIN_INET6 };

const struct sf_link_fault sf_link_faults[SF_LINK_FAULT_COUNT] = {
    [SF_LINK_DELAY] = {"delay", "DURATION or {mean, jitter}", STREAM | DGRAM, 0, false,
                       "every byte arrives that much later, in order"},
    [SF_LINK_THROTTLE] = {"throttle", "RATE", STREAM | DGRAM, 0, false, "so much passes in a second"},
    [SF_LINK_CHUNK] = {"chunk", "N or A..B", STREAM, 0, false,
                       "the stream arrives in pieces of that size, one read each"},
    [SF_LINK_RESET] = {"reset", "true", STREAM, 0, false, "the connection is reset, at both ends"},
    [SF_LINK_CLOSE] = {"close", "true", STREAM, 0, false, "the stream ends in that direction"},
    [SF_LINK_BLACKHOLE] = {"blackhole", "true", STREAM | DGRAM, 0, false,
                           "nothing passes, and nobody is told"},
    [SF_LINK_REFUSE] = {"refuse", "true", STREAM | DGRAM, 0, true,
                        "connect, or the send of a datagram, meets a port where nobody listens"},
    [SF_LINK_UNREACHABLE] = {"unreachable", "host or net", STREAM | DGRAM, INET, true,
                             "connect, or the send of a datagram, hears that there is no way"},
    [SF_LINK_SYN_TIMEOUT] = {"syn_timeout", "DURATION", STREAM, INET, true,
                             "connect waits that long for an answer and times out"},
    [SF_LINK_CORRUPT] = {"corrupt", "N", STREAM | DGRAM, 0, false, "N bits of the data are flipped"},
    [SF_LINK_DROP] = {"drop", "true", DGRAM, 0, false, "the datagram is lost"},
    [SF_LINK_DUPLICATE] = {"duplicate", "true", DGRAM, 0, false, "the datagram arrives twice"},
    [SF_LINK_REORDER] = {"reorder", "N", DGRAM, 0, false,
                         "each N datagrams in reverse order, a run not full after 100 ms as it is"},
    [SF_LINK_PARTITION] = {"partition", "[[a, b], [c]]", STREAM | DGRAM, 0, false,
                           "these groups of programs are cut off from each other"},
};
