#include "scenario/faults.h"

#define FAMILY(name) (1u << SF_FAMILY_##name)

const struct sf_fault sf_faults[SF_FAULT_COUNT] = {
    [SF_FAULT_ERROR] = {"error", "ERRNO, or EAI_* of resolve", SF_FAMILIES_ALL,
                        "the call fails with it and does nothing else"},
    [SF_FAULT_DELAY] = {"delay", "DURATION", SF_FAMILIES_ALL, "the calling thread sleeps first"},
    [SF_FAULT_PARTIAL] = {"partial", "N, A..B or random", FAMILY(SEND) | FAMILY(RECV),
                          "at most that many bytes are moved by the call"},
    [SF_FAULT_INTERRUPT] = {"interrupt", "true",
                            FAMILY(SEND) | FAMILY(RECV) | FAMILY(ACCEPT) | FAMILY(CONNECT) | FAMILY(POLL),
                            "the call fails with EINTR, never twice running on one connection"},
    [SF_FAULT_AGAIN] = {"again", "true", FAMILY(SEND) | FAMILY(RECV) | FAMILY(ACCEPT) | FAMILY(CONNECT),
                        "the call fails with EAGAIN where it does not wait, and the socket is ready again"},
    [SF_FAULT_REFUSE] = {"refuse", "true", FAMILY(CONNECT),
                         "the connection is refused, with nothing sent to the peer"},
    [SF_FAULT_CORRUPT] = {"corrupt", "N", FAMILY(SEND) | FAMILY(RECV), "N bits of the data are flipped"},
    [SF_FAULT_EOF] = {"eof", "true", FAMILY(RECV), "the peer has half-closed: 0 bytes, now and ever after"},
    [SF_FAULT_RESET] = {"reset", "true",
                        FAMILY(RECV) | FAMILY(SEND) | FAMILY(CONNECT) | FAMILY(ACCEPT) | FAMILY(POLL),
                        "the connection is reset, at both ends"},
    [SF_FAULT_TIMEOUT] = {"timeout", "DURATION",
                          FAMILY(RECV) | FAMILY(SEND) | FAMILY(CONNECT) | FAMILY(ACCEPT) | FAMILY(POLL),
                          "the other end has fallen silent: the call hangs that long, then fails"},
    [SF_FAULT_RESOLVE] = {"resolve", "ADDRESS, or a list of these", FAMILY(RESOLVE),
                          "the answer of the look-up"},
    [SF_FAULT_SIGNAL] = {"signal", "SIGNAL", SF_FAMILIES_ALL, "sent to the process before the call"},
};
