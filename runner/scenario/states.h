/* The states of a TCP connection, by the names of RFC 9293. */
#ifndef SF_SCENARIO_STATES_H
#define SF_SCENARIO_STATES_H

#include <stddef.h>

/* The kernel's number (tcpi_state) of a state, or 0. */
unsigned sf_state_find(const char *name);

/* The name of a kernel's number; NULL: there is none. */
const char *sf_state_name(unsigned number);

#define SF_STATES_MAX 11
size_t sf_state_names(const char *names[static SF_STATES_MAX]);

#endif
