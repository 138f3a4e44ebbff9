/* Ports that are free, for `${port.NAME}`.
 *
 * A port is handed out when TCP and UDP could be bound to it on every address,
 * IPv4 and IPv6, and stays reserved until its set goes: against the other
 * scenarios of this runner and against every other runner on the machine (by an
 * abstract socket of its name). Other programs may still take it, as always,
 * so it lies outside of the range that the kernel hands out by itself. */
#ifndef SF_BASE_PORTS_H
#define SF_BASE_PORTS_H

#include <stddef.h>
#include <stdint.h>

struct sf_arena;

/* The ports of one scenario; zero but for the arena is an empty set. */
struct sf_port_set {
    struct sf_arena *arena;
    struct sf_port {
        const char *name;
        uint16_t number;
        int reservation; /* descriptor */
    } * list;
    size_t count;
};

/* The port of this name, found at the first use; `context` is a sf_port_set (so
 * that this is a sf_bindings.port). 0: no port is free. */
uint16_t sf_port_find(void *context, const char *name);

/* Give all of them back. */
void sf_port_set_release(struct sf_port_set *set);

#endif
