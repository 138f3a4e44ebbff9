/* Room in the event log, for any number of producers. */
#ifndef SF_ENGINE_RECORD_H
#define SF_ENGINE_RECORD_H

#include "abi/event.h"

/* Room for a record of so many bytes, which is the caller's until its `bytes` is stored. capacity: of the
 * log. NULL: there is none left, and one more is counted as dropped. */
struct sf_event *sf_record_reserve(struct sf_event_log *log, uint64_t capacity, uint32_t bytes);

#endif
