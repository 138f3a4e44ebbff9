/* Names and addresses. What libc and its modules do with sockets meanwhile is
 * none of the program's calls: sf_quiet keeps rules and counts away from it. */
#include "calls/call.h"

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

/* Returns the EAI_* code to fail with, or 0: then all below `call` is quiet. */
static int enter(struct sf_call *call)
{
    call->verdict.kind = SF_PASS;
    int error = sf_is_idle_program(SF_FAMILY_RESOLVE) ? 0 : sf_call_enter_resolve(call);
    if (error == 0 && !sf_is_quiet()) {
        call->quiet = sf_quiet_token(&call->quiet);
        sf_quiet = &call->quiet;
    }
    return error;
}

static void leave(struct sf_call *call, int64_t result)
{
    if (sf_quiet == &call->quiet)
        sf_quiet = NULL;
    sf_call_leave(call, result);
}

SF_EXPORT int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
                          struct addrinfo **answer)
{
    struct sf_call call = SF_CALL(getaddrinfo, -1, 0, 0);
    int result = enter(&call);
    if (result != 0)
        return result;
    result = sf_real.getaddrinfo(node, service, hints, answer);
    leave(&call, result);
    return result;
}

SF_EXPORT int getnameinfo(const struct sockaddr *addr, socklen_t length, char *host, socklen_t host_length,
                          char *service, socklen_t service_length, int flags)
{
    struct sf_call call = SF_CALL(getnameinfo, -1, 0, 0);
    int result = enter(&call);
    if (result != 0)
        return result;
    result = sf_real.getnameinfo(addr, length, host, host_length, service, service_length, flags);
    leave(&call, result);
    return result;
}

#define HOST_BODY(name, arguments)                          \
    struct sf_call call = SF_CALL(name, -1, 0, 0);          \
    int error = enter(&call);                               \
    if (error != 0) {                                       \
        h_errno = as_h_errno(error);                        \
        return NULL;                                        \
    }                                                       \
    struct hostent *answer = sf_real.name arguments;        \
    leave(&call, answer ? 0 : -1);                          \
    return answer

SF_EXPORT struct hostent *gethostbyname(const char *host)
{
    HOST_BODY(gethostbyname, (host));
}

SF_EXPORT struct hostent *gethostbyname2(const char *host, int family)
{
    HOST_BODY(gethostbyname2, (host, family));
}

SF_EXPORT struct hostent *gethostbyaddr(const void *addr, socklen_t length, int family)
{
    HOST_BODY(gethostbyaddr, (addr, length, family));
}

/* The _r functions answer 0 for "not found" and an errno for what may pass.
 * Source: nss/getXXbyYY_r.c, its last lines. */
#define HOST_R_BODY(name, arguments)                        \
    struct sf_call call = SF_CALL(name, -1, 0, 0);          \
    int result = enter(&call);                              \
    if (result != 0) {                                      \
        *error = as_h_errno(result);                        \
        *answer = NULL;                                     \
        return *error == TRY_AGAIN ? EAGAIN : 0;            \
    }                                                       \
    result = sf_real.name arguments;                        \
    leave(&call, result);                                   \
    return result

SF_EXPORT int gethostbyname_r(const char *host, struct hostent *entry, char *buffer, size_t bytes,
                              struct hostent **answer, int *error)
{
    HOST_R_BODY(gethostbyname_r, (host, entry, buffer, bytes, answer, error));
}

SF_EXPORT int gethostbyname2_r(const char *host, int family, struct hostent *entry, char *buffer, size_t bytes,
                               struct hostent **answer, int *error)
{
    HOST_R_BODY(gethostbyname2_r, (host, family, entry, buffer, bytes, answer, error));
}

SF_EXPORT int gethostbyaddr_r(const void *addr, socklen_t length, int family, struct hostent *entry, char *buffer,
                              size_t bytes, struct hostent **answer, int *error)
{
    HOST_R_BODY(gethostbyaddr_r, (addr, length, family, entry, buffer, bytes, answer, error));
}
