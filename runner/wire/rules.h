/* The rules on one connection: whether they hold now, and what they ask for. */
#ifndef SF_WIRE_RULES_H
#define SF_WIRE_RULES_H

#include "wire/wired.h"

/* Is it within the time that the rule is for? pid: whose relative paths are meant. */
bool sf_rule_is_time(const struct sf_wire *wire, const struct sf_plan_rule *rule, uint64_t program_start_ns,
                     pid_t pid);

/* How late one piece is, by a draw. */
uint64_t sf_rule_vary_ns(const struct sf_plan_rule *rule, uint64_t draw);

/* The rates of a throttle, one for each way: shared ones, or `own`, which are set then. */
struct sf_rate *sf_rule_rates(struct sf_wire *wire, uint32_t index, uint32_t program,
                              struct sf_rate own[SF_WAYS]);

/* Take over the rules that a record arms. */
void sf_rules_begin(struct sf_wire *wire, struct sf_wired *wired, struct sf_socket *record);

/* How many of these bytes pass before a trigger that waits for bytes comes to hold: at most
 * `count`, at least 1. */
size_t sf_rules_boundary(const struct sf_wire *wire, const struct sf_wired *wired, unsigned way,
                         const char *data, size_t count);

/* They passed; true: some rule has come to hold. */
bool sf_rules_passed(const struct sf_wire *wire, struct sf_wired *wired, unsigned way, const char *data,
                     size_t count);

/* Let the faults that act by themselves act: black holes begin and end, connections and
 * directions are told where they end. Returns when to ask again. */
uint64_t sf_rules_act(struct sf_wire *wire, struct sf_wired *wired);

/* Does a black hole keep the SYN of the program, or its answer, back? When to ask again. */
bool sf_rules_hold_handshake(struct sf_wire *wire, struct sf_wired *wired, uint64_t *look_ns);

/* How much later a byte that comes now arrives. */
uint64_t sf_rules_delay_ns(struct sf_wire *wire, struct sf_wired *wired, unsigned way);

/* The rates that bound a way: how many bytes they let pass, and when more. */
uint64_t sf_rules_allow(struct sf_wire *wire, struct sf_wired *wired, unsigned way, uint64_t *when_ns);
bool sf_rules_await_rate(const struct sf_wired *wired, unsigned way); /* behind a byte that is to come */
void sf_rules_take(struct sf_wire *wire, struct sf_wired *wired, unsigned way, uint64_t bytes,
                   bool is_bounded);

/* May some rule ever cut what goes this way into pieces? */
bool sf_rules_cut(const struct sf_wired *wired, unsigned way);

/* May some rule ever look at, keep or change what goes this way, its rate aside? */
bool sf_rules_touch(const struct sf_wired *wired, unsigned way);

/* How many of the bytes that are sent next go as they come: 0, where a rule cuts them, up to UINT64_MAX. */
uint64_t sf_rules_whole(const struct sf_wire *wire, const struct sf_wired *wired, unsigned way);

/* The size of the next piece; 0: as the bytes come. Counts it as drawn when `count` bytes are more. */
uint32_t sf_rules_piece(struct sf_wire *wire, struct sf_wired *wired, unsigned way, uint64_t count);

/* Flip what is to be flipped in bytes that pass. */
void sf_rules_corrupt(struct sf_wire *wire, struct sf_wired *wired, unsigned way, char *data, size_t count);

#endif
