#include "scenario/states.h"

#include <netinet/tcp.h>
#include <string.h>

static const struct {
    const char *name;
    unsigned number;
} states[SF_STATES_MAX] = {
    {"CLOSED", TCP_CLOSE},           {"LISTEN", TCP_LISTEN},         {"SYN_SENT", TCP_SYN_SENT},
    {"SYN_RECEIVED", TCP_SYN_RECV},  {"ESTABLISHED", TCP_ESTABLISHED}, {"FIN_WAIT_1", TCP_FIN_WAIT1},
    {"FIN_WAIT_2", TCP_FIN_WAIT2},   {"CLOSE_WAIT", TCP_CLOSE_WAIT}, {"CLOSING", TCP_CLOSING},
    {"LAST_ACK", TCP_LAST_ACK},      {"TIME_WAIT", TCP_TIME_WAIT},
};

unsigned sf_state_find(const char *name)
{
    for (size_t i = 0; i < SF_STATES_MAX; i++)
        if (strcmp(states[i].name, name) == 0)
            return states[i].number;
    return 0;
}

const char *sf_state_name(unsigned number)
{
    for (size_t i = 0; i < SF_STATES_MAX; i++)
        if (states[i].number == number)
            return states[i].name;
    return NULL;
}

size_t sf_state_names(const char *names[static SF_STATES_MAX])
{
    for (size_t i = 0; i < SF_STATES_MAX; i++)
        names[i] = states[i].name;
    return SF_STATES_MAX;
}
