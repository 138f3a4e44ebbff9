/* A sink of the trace that looks for broken habits. */
#ifndef SF_HYGIENE_HYGIENE_H
#define SF_HYGIENE_HYGIENE_H

#include "hygiene/warning.h"

struct sf_hygiene;

/* Writes "function (file:line)" of an address in a process to `room` of SF_SITE_BYTES, or "".
 * room NULL: only learn in which file it lies, while the process lives. */
typedef void sf_site_namer(void *context, uint32_t pid, uint64_t address, char *room);

/* warnings  zeroed, the caller's; complete once the trace has ended.
 * namer     NULL: places stay without a name. */
struct sf_hygiene *sf_hygiene_new(struct sf_warnings *warnings, sf_site_namer *namer, void *context);
void sf_hygiene_free(struct sf_hygiene *hygiene);

/* Look at the next call, in the order of their ends. */
void sf_hygiene_take(struct sf_hygiene *hygiene, const struct sf_traced *call);

/* There is time: name what may have to be named when its process is gone. It takes a while to
 * read what a file says of its source. */
void sf_hygiene_rest(struct sf_hygiene *hygiene);

/* The trace is over: warnings of what never came. Those of SF_HABIT_UNCLOSED,
 * SF_HABIT_UNCLOSED_AFTER_FAULT, SF_HABIT_SIGPIPE and, of calls that had not come back,
 * SF_HABIT_NO_TIMEOUT are only candidates: whether a socket was left open, a program killed, and
 * how long it waited is known when it has ended (verify/habits.c). */
void sf_hygiene_end(struct sf_hygiene *hygiene);

#endif
