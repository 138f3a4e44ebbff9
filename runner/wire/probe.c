#include "wire/probe.h"

#include "wire/deaf.h"
#include "wire/diag.h"

#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <unistd.h>

static bool is_on_tcp(const struct sf_plan_rule *rule)
{
    return (!rule->types || rule->types & SF_TYPE_STREAM) && rule->domains != SF_DOMAIN_UNIX;
}

static bool wants_silence(const struct sf_plan_rule *rule)
{
    return rule->link.fault == SF_LINK_BLACKHOLE || rule->link.fault == SF_LINK_PARTITION;
}

static bool wants_diag(const struct sf_plan_rule *rule)
{
    return wants_silence(rule) || rule->link.fault == SF_LINK_CHUNK || rule->states != 0;
}

static bool has_rule(const struct sf_plan *plan, bool (*wants)(const struct sf_plan_rule *rule))
{
    for (uint32_t i = 0; i < plan->rule_count; i++) {
        const struct sf_plan_rule *rule = &sf_plan_rules(plan)[i];
        if (sf_rule_is_link(rule) && is_on_tcp(rule) && wants(rule))
            return true;
    }
    return false;
}

/* A connection to ourselves; ends[1] is -1 where there can be none. */
static void connect_self(int ends[2])
{
    struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof at;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ends[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ends[1] = -1;
    if (bind(listener, (struct sockaddr *)&at, bytes) == 0 && listen(listener, 1) == 0 &&
        getsockname(listener, (struct sockaddr *)&at, &bytes) == 0 &&
        connect(ends[0], (struct sockaddr *)&at, bytes) == 0)
        ends[1] = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    close(listener);
}

static bool is_told_of(int fd)
{
    struct sockaddr_storage own, peer;
    socklen_t own_bytes = sizeof own, peer_bytes = sizeof peer;
    struct inet_diag_msg told;
    int diag = sf_diag_open();
    bool is_told = getsockname(fd, (struct sockaddr *)&own, &own_bytes) == 0 &&
                   getpeername(fd, (struct sockaddr *)&peer, &peer_bytes) == 0 &&
                   sf_diag_ask(diag, (struct sockaddr *)&own, (struct sockaddr *)&peer, &told);
    if (diag >= 0)
        close(diag);
    return is_told;
}

/* What is sent on loopback has come when send returns. */
static bool falls_silent(const int ends[2])
{
    struct pollfd hears = {.fd = ends[1], .events = POLLIN};
    return sf_deaf_begin(ends[1]) && send(ends[0], "x", 1, MSG_NOSIGNAL) == 1 && poll(&hears, 1, 0) == 0;
}

const char *sf_wire_lacks(const struct sf_plan *plan)
{
    const char *lack = NULL;
    int ends[2];

    if (!has_rule(plan, wants_diag))
        return NULL;
    connect_self(ends);
    if (ends[1] < 0)
        lack = "no connection on loopback can be made";
    else if (!is_told_of(ends[0]))
        lack = "the kernel does not tell of sockets (sock_diag), which chunk, state, blackhole and partition "
               "need";
    else if (has_rule(plan, wants_silence) && !falls_silent(ends))
        lack = "the kernel drops nothing that comes to a socket (SO_ATTACH_FILTER, IP_MINTTL), which "
               "blackhole and "
               "partition need";
    close(ends[0]);
    if (ends[1] >= 0)
        close(ends[1]);
    return lack;
}
