/* A sink of the trace that writes what programs sent and received as a capture file.
 *
 * The bytes are those that passed between the program and the kernel, at the time when they did;
 * the packets around them are made up, one for each call or 32 KiB of it: addresses, ports,
 * sequence numbers and flags are right, segmentation, acknowledgements and times are not those
 * of a wire. Each program is an interface. What a rule did stands in the packet's comment.
 * Unix sockets, which have no addresses, appear as [fd75:6e69:0:78::1]:N and ::2, N being
 * 49152 and the socket's number. docs/reference/trace.md, "Captures". */
#ifndef SF_CAPTURE_CAPTURE_H
#define SF_CAPTURE_CAPTURE_H

#include "plan/session.h"
#include "scenario/scenario.h"
#include "trace/sink.h"

#include <stdio.h>

struct sf_capture;

/* Begin a file. The file, the scenario and the session stay the caller's, and must outlive the capture.
 *
 * session   whose log tells what link rules did; NULL: nothing does.
 * epoch_ns  what CLOCK_REALTIME is ahead of CLOCK_MONOTONIC. */
struct sf_capture *sf_capture_new(FILE *file, const struct sf_scenario *scenario,
                                  const struct sf_session_memory *session, uint64_t epoch_ns);
void sf_capture_free(struct sf_capture *capture);

void sf_capture_take(struct sf_capture *capture, const struct sf_traced *call);

/* Write what is still to be written. Returns 0, or the errno of what could not be. */
int sf_capture_end(struct sf_capture *capture, uint64_t dropped);

#endif
