/* Rings of io_uring: what passes through them no rule can reach. */
#ifndef SF_CALLS_RING_H
#define SF_CALLS_RING_H

/* This process has one: its escapes say so. Only with a session. */
void sf_ring_made(void);

#endif
