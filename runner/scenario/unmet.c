#include "scenario/unmet.h"

#include "scenario/calls.h"

#include <netinet/tcp.h>

#define FAMILY(name) (1u << SF_FAMILY_##name)

/* A link rule may ask for a state as well. */
static void warn_of_state(struct sf_decoder *decoder, const struct sf_rule *rule)
{
    bool is_tcp = rule->types != SF_TYPE_DGRAM && rule->domains != SF_DOMAIN_UNIX;
    if (rule->kind == SF_RULE_CALL && rule->states == 1u << TCP_SYN_RECV)
        sf_warning(decoder->diagnostics, rule->place,
                   "SYN_RECEIVED shows on no program's socket, so the rule will not fire: the kernel keeps such "
                   "connections for itself until they are established");
    if (rule->states && !is_tcp)
        sf_warning(decoder->diagnostics, rule->place,
                   "only a TCP socket has a state, so the rule will not fire (it says %s)",
                   rule->types == SF_TYPE_DGRAM ? "type: dgram" : "family: unix");
}

#define STATE(name) (1u << TCP_##name)

/* Whether anything passes is known of each state; what connect meets comes first. */
static void warn_of_link_state(struct sf_decoder *decoder, const struct sf_rule *rule)
{
    uint32_t without_link = STATE(CLOSE) | STATE(LISTEN) | STATE(SYN_RECV) | STATE(TIME_WAIT);
    enum sf_link_fault_kind fault = rule->link.fault;
    bool shakes_hands = fault == SF_LINK_DELAY || fault == SF_LINK_BLACKHOLE || fault == SF_LINK_PARTITION;

    if (!rule->states)
        return;
    if (!(rule->states & ~without_link))
        sf_warning(decoder->diagnostics, rule->place,
                   "no connection passes anything in these states, so the rule will not fire");
    else if (sf_link_connects(fault) && !(rule->states & STATE(SYN_SENT)))
        sf_warning(decoder->diagnostics, rule->fault_place,
                   "connect meets %s in SYN_SENT, so the rule will not fire%s", sf_link_faults[fault].name,
                   rule->types ? "" : " on streams");
    else if (!sf_link_connects(fault) && !shakes_hands && !(rule->states & ~(without_link | STATE(SYN_SENT))))
        sf_warning(decoder->diagnostics, rule->place,
                   "no byte passes in SYN_SENT, so the rule will not fire (delay and blackhole act on the "
                   "handshake)");
}

static bool names_host(const struct sf_rule *rule)
{
    for (size_t i = 0; i < rule->peer_count; i++)
        if (rule->peers[i].kind == SF_PATTERN_HOST)
            return true;
    return false;
}

static bool has_peer(const struct sf_rule *rule)
{
    return rule->peer_count != 0;
}

static bool has_peer_without_name(const struct sf_rule *rule)
{
    return rule->peer_count && !names_host(rule);
}

static bool has_local(const struct sf_rule *rule)
{
    return rule->local_count != 0;
}

static bool is_a_client(const struct sf_rule *rule)
{
    return rule->roles == SF_ROLE_CLIENT;
}

static bool is_a_server(const struct sf_rule *rule)
{
    return rule->roles == SF_ROLE_SERVER;
}

static bool has_ordinal(const struct sf_rule *rule)
{
    return rule->connection_first != 0;
}

static bool waits_for_bytes(const struct sf_rule *rule)
{
    return rule->after_bytes || rule->match;
}

static bool waits_for_state(const struct sf_rule *rule)
{
    return rule->states != 0;
}

static const struct {
    uint32_t families; /* whose calls do not meet it */
    bool (*is_asked)(const struct sf_rule *rule);
    const char *key, *reason;
} unmet[] = {
    /* A listening socket is told who connects by the very call that a rule would have to select. */
    {FAMILY(SOCKET) | FAMILY(BIND) | FAMILY(LISTEN) | FAMILY(ACCEPT), has_peer, "peer",
     "there is no peer before it has been made"},
    {FAMILY(RESOLVE), has_peer_without_name, "peer", "of a look-up only HOST:PORT says which"},
    {FAMILY(SOCKET) | FAMILY(RESOLVE), has_local, "local", "there is no address of its own"},
    {FAMILY(CONNECT), is_a_server, "role: server", "who connects is a client"},
    {FAMILY(BIND) | FAMILY(LISTEN) | FAMILY(ACCEPT), is_a_client, "role: client",
     "who binds, listens or accepts is a server"},
    {FAMILY(SOCKET) | FAMILY(BIND) | FAMILY(LISTEN) | FAMILY(RESOLVE), has_ordinal, "connection",
     "there is none at such a call"},
    {FAMILY(SOCKET) | FAMILY(BIND) | FAMILY(LISTEN) | FAMILY(ACCEPT) | FAMILY(RESOLVE), waits_for_bytes,
     "when", "no bytes have passed at such a call"},
    {FAMILY(SOCKET) | FAMILY(RESOLVE), waits_for_state, "when", "there is no socket at such a call"},
};

void sf_unmet_warn(struct sf_decoder *decoder, const struct sf_rule *rule)
{
    warn_of_state(decoder, rule);
    if (rule->kind != SF_RULE_CALL)
        warn_of_link_state(decoder, rule);
    for (size_t i = 0; i < sizeof unmet / sizeof *unmet; i++) {
        uint32_t families = rule->families & unmet[i].families;
        if (families && unmet[i].is_asked(rule))
            sf_warning(decoder->diagnostics, rule->place,
                       "%s selects no call of %s: %s, so the rule will not fire%s", unmet[i].key,
                       sf_families_join(decoder->diagnostics->arena, families), unmet[i].reason,
                       families == rule->families ? "" : " there");
    }
}
