/* Names and addresses. What libc and its modules do with sockets meanwhile is
 * none of the program's calls: sf_quiet keeps rules and counts away from it. */
#include "calls/answer.h"
#include "calls/call.h"
#include "sockets/name.h"

#include <arpa/inet.h>
#include <errno.h>

/* The older functions tell failures by h_errno. Source: gethostbyname(3). */
static int as_h_errno(int eai)
{
    switch (eai) {
    case EAI_AGAIN:
        return TRY_AGAIN;
    case EAI_NODATA:
    case EAI_ADDRFAMILY:
        return NO_DATA;
    case EAI_NONAME:
        return HOST_NOT_FOUND;
    default:
        return NO_RECOVERY;
    }
}

/* As the newer functions tell them. */
static int as_eai(int h_error)
{
    switch (h_error) {
    case HOST_NOT_FOUND:
        return EAI_NONAME;
    case TRY_AGAIN:
        return EAI_AGAIN;
    case NO_DATA:
        return EAI_NODATA;
    case NETDB_INTERNAL: /* errno says what */
        return EAI_SYSTEM;
    default:
        return EAI_FAIL;
    }
}

/* A look-up of `host`; NULL: of no name. Returns the EAI_* code to fail with, or
 * 0: then all below `call` is quiet. */
static int enter(struct sf_call *call, const char *host)
{
    call->host = call->info.numeric || sf_is_quiet() ? NULL : host;
    call->verdict.kind = SF_PASS;
    call->name = host;
    int error = sf_is_idle_program(SF_FAMILY_RESOLVE) ? 0 : sf_call_enter_resolve(call);
    if (error == 0 && !sf_is_quiet()) {
        call->quiet = sf_quiet_token(&call->quiet);
        sf_quiet = &call->quiet;
    }
    if (error == EAI_SYSTEM) /* and errno says what: no descriptor for the hosts file or a socket */
        errno = EMFILE;
    return error;
}

/* error  EAI_* of what has failed. */
static void leave(struct sf_call *call, int64_t result, int error)
{
    call->lookup_error = error;
    if (sf_quiet == &call->quiet)
        sf_quiet = NULL;
    sf_call_leave(call, result);
}

static bool is_numeric(const char *host)
{
    struct in6_addr address;
    return !host || inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1;
}

SF_EXPORT int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                          struct addrinfo **answer)
{
    SF_CALL(call, getaddrinfo, -1, 0, 0);
    call.info.numeric = is_numeric(node) || (hints && hints->ai_flags & AI_NUMERICHOST);
    int result = enter(&call, node);
    if (result != 0)
        return result;
    result = call.verdict.answer ? sf_answer_addrinfo(call.verdict.answer, service, hints, answer)
                                 : sf_real.getaddrinfo(node, service, hints, answer);
    for (const struct addrinfo *told = result == 0 ? *answer : NULL; told && call.host; told = told->ai_next)
        sf_name_told(call.host, told->ai_addr, told->ai_addrlen);
    leave(&call, result, result);
    return result;
}

/* A host stays a number, is not asked for, or is of a family without a name service;
 * NI_NAMEREQD then fails whatever a server would say. Source: nss/getnameinfo.c, gni_host. */
static bool wants_no_name(const struct sockaddr *addr, socklen_t length, const char *host,
                          socklen_t host_length, int flags)
{
    return flags & NI_NUMERICHOST || !host || host_length == 0 || !addr || length < sizeof addr->sa_family ||
           (addr->sa_family != AF_INET && addr->sa_family != AF_INET6);
}

SF_EXPORT int getnameinfo(const struct sockaddr *addr, socklen_t length, char *host, socklen_t host_length,
                          char *service, socklen_t service_length, int flags)
{
    SF_CALL(call, getnameinfo, -1, 0, 0);
    call.info.numeric = wants_no_name(addr, length, host, host_length, flags);
    call.info.number_will_do = !(flags & NI_NAMEREQD);
    int result = enter(&call, NULL);
    if (result != 0)
        return result;
    result = sf_real.getnameinfo(addr, length, host, host_length, service, service_length, flags);
    leave(&call, result, result);
    return result;
}

/* The name to ask libc for: the program's, or the address that a rule answers with;
 * NULL: that has none of the family. */
static const char *name_to_ask(const struct sf_call *call, const char *host, int family, char text[static 46])
{
    if (!call->verdict.answer)
        return host;
    return sf_answer_text(call->verdict.answer, family, text) ? text : NULL;
}

static void learn(const struct sf_call *call, const struct hostent *entry)
{
    for (char **told = entry && call->host ? entry->h_addr_list : NULL; told && *told; told++)
        sf_name_told_bytes(call->host, entry->h_addrtype, *told);
}

#define HOST_BODY(name, host, family, arguments)                               \
    SF_CALL(call, name, -1, 0, 0);                             \
    call.info.numeric = is_numeric(host);                                      \
    char text[46];                                                             \
    int error = enter(&call, host);                                            \
    const char *asked = error ? NULL : name_to_ask(&call, host, family, text); \
    struct hostent *answer = asked ? sf_real.name arguments : NULL;            \
    learn(&call, answer);                                                      \
    if (!asked)                                                                \
        h_errno = error ? as_h_errno(error) : NO_DATA;                         \
    if (!error)                                                                \
        leave(&call, answer ? 0 : -1, answer ? 0 : as_eai(h_errno));           \
    return answer

SF_EXPORT struct hostent *gethostbyname(const char *host)
{
    HOST_BODY(gethostbyname, host, AF_INET, (asked));
}

SF_EXPORT struct hostent *gethostbyname2(const char *host, int family)
{
    HOST_BODY(gethostbyname2, host, family, (asked, family));
}

SF_EXPORT struct hostent *gethostbyaddr(const void *addr, socklen_t length, int family)
{
    SF_CALL(call, gethostbyaddr, -1, 0, 0);
    int error = enter(&call, NULL);
    if (error != 0) {
        h_errno = as_h_errno(error);
        return NULL;
    }
    struct hostent *answer = sf_real.gethostbyaddr(addr, length, family);
    leave(&call, answer ? 0 : -1, answer ? 0 : as_eai(h_errno));
    return answer;
}

/* The _r functions answer 0 for "not found" and an errno for what may pass.
 * Source: nss/getXXbyYY_r.c, its last lines. */
static int not_found(int h_error, struct hostent **answer, int *error)
{
    h_errno = *error = h_error;
    *answer = NULL;
    return h_error == TRY_AGAIN ? EAGAIN : 0;
}

#define HOST_R_BODY(name, host, family, arguments)                               \
    SF_CALL(call, name, -1, 0, 0);                               \
    call.info.numeric = is_numeric(host);                                        \
    char text[46];                                                               \
    int result = enter(&call, host);                                             \
    if (result != 0)                                                             \
        return not_found(as_h_errno(result), answer, error);                     \
    const char *asked = name_to_ask(&call, host, family, text);                  \
    result = asked ? sf_real.name arguments : not_found(NO_DATA, answer, error); \
    learn(&call, result == 0 ? *answer : NULL);                                  \
    leave(&call, result, result == 0 && *answer ? 0 : as_eai(*error));           \
    return result

SF_EXPORT int gethostbyname_r(const char *host, struct hostent *entry, char *buffer, size_t bytes,
                              struct hostent **answer, int *error)
{
    HOST_R_BODY(gethostbyname_r, host, AF_INET, (asked, entry, buffer, bytes, answer, error));
}

SF_EXPORT int gethostbyname2_r(const char *host, int family, struct hostent *entry, char *buffer,
                               size_t bytes, struct hostent **answer, int *error)
{
    HOST_R_BODY(gethostbyname2_r, host, family, (asked, family, entry, buffer, bytes, answer, error));
}

SF_EXPORT int gethostbyaddr_r(const void *addr, socklen_t length, int family, struct hostent *entry,
                              char *buffer, size_t bytes, struct hostent **answer, int *error)
{
    SF_CALL(call, gethostbyaddr_r, -1, 0, 0);
    int result = enter(&call, NULL);
    if (result != 0) { /* unlike a name, an address that is not found may be so for a while */
        not_found(as_h_errno(result), answer, error);
        return 0;
    }
    result = sf_real.gethostbyaddr_r(addr, length, family, entry, buffer, bytes, answer, error);
    leave(&call, result, result == 0 && *answer ? 0 : as_eai(*error));
    return result;
}
