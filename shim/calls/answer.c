#include "calls/answer.h"

#include "load/real.h"
#include "load/shim.h"

#include <arpa/inet.h>
#include <stddef.h>

static int text_of(const struct sf_plan_pattern *pattern, char text[static 46])
{
    int family = pattern->domains & SF_DOMAIN_INET ? AF_INET : AF_INET6;
    inet_ntop(family, family == AF_INET ? pattern->address + 12 : pattern->address, text, 46);
    return family;
}

bool sf_answer_text(const struct sf_plan_rule *rule, int family, char text[static 46])
{
    const struct sf_plan_pattern *patterns = sf_plan_patterns(sf_shim.plan) + rule->answer;
    for (uint32_t i = 0; i < rule->answer_count; i++)
        if (text_of(&patterns[i], text) == family)
            return true;
    return false;
}

int sf_answer_addrinfo(const struct sf_plan_rule *rule, const char *service, const struct addrinfo *hints,
                       struct addrinfo **answer)
{
    const struct sf_plan_pattern *patterns = sf_plan_patterns(sf_shim.plan) + rule->answer;
    struct addrinfo numeric = hints ? *hints : (struct addrinfo){.ai_family = AF_UNSPEC};
    struct addrinfo *first = NULL, **end = &first;
    char text[46];
    int error = EAI_NODATA; /* as where a server has addresses of another family alone */
    const int asked = hints ? numeric.ai_flags : AI_V4MAPPED | AI_ADDRCONFIG; /* getaddrinfo(3) */

    numeric.ai_flags |= AI_NUMERICHOST;
    for (uint32_t i = 0; i < rule->answer_count; i++) {
        text_of(&patterns[i], text);
        int result = sf_real.getaddrinfo(text, service, &numeric, end);
        if (result == EAI_SERVICE || result == EAI_SOCKTYPE || result == EAI_BADFLAGS)
            error = result; /* what is wrong with the question stays wrong */
        for (; result == 0 && *end; end = &(*end)->ai_next)
            (*end)->ai_flags = asked;
    }
    if (!first)
        return error;
    *answer = first;
    return 0;
}
