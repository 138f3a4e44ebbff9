/* Look-ups that a rule answers: libc's own functions make the answer, from the
 * addresses as numbers, so that it is freed and read as any other. */
#ifndef SF_CALLS_ANSWER_H
#define SF_CALLS_ANSWER_H

#include "abi/plan.h"

#include <netdb.h>
#include <stdbool.h>

/* As getaddrinfo(3). Addresses of families that the hints leave out are left out;
 * EAI_NODATA when none is left. */
int sf_answer_addrinfo(const struct sf_plan_rule *rule, const char *service, const struct addrinfo *hints,
                       struct addrinfo **answer);

/* The first address of a family (AF_INET, AF_INET6) as text; false: there is none. */
bool sf_answer_text(const struct sf_plan_rule *rule, int family, char text[static 46]);

#endif
