/* Look-ups. Their errors are stated, since to have them for real somebody would have to
 * be asked; their answers are compared with those for the addresses as numbers. */
#include "matrix.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>

/* Nobody is asked for this one: without a rule that answers it is not looked up. */
static const char unknown[] = "db.internal";

/* What to ask for. In a twin of an answer, that answer; family: AF_…, 0: any. */
static const char *host_of(const struct cell *cell, int family)
{
    if (cell->fault->kind != FAULT_RESOLVE && cell->fault->kind != FAULT_ERROR)
        return "127.0.0.1";
    if (strstr(cell->function->name, "numeric"))
        return "127.0.0.1";
    if (!is_twin(cell, FAULT_RESOLVE))
        return unknown;
    bool has_4 = cell->fault->number != 6, has_6 = cell->fault->number != 4;
    return family == AF_INET6 ? (has_6 ? "::9" : NULL) : has_4 ? "127.0.0.9" : NULL;
}

static void say_address(const struct sockaddr *address)
{
    char text[INET6_ADDRSTRLEN] = "?";
    if (address->sa_family == AF_INET)
        inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr, text, sizeof text);
    else
        inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr, text, sizeof text);
    say("address: %s %d", text, ntohs(((const struct sockaddr_in *)address)->sin_port));
}

static long ask(const char *host, int family, int flags)
{
    const struct addrinfo hints = {.ai_family = family, .ai_flags = flags, .ai_socktype = SOCK_STREAM};
    struct addrinfo *answer = NULL;
    int result = getaddrinfo(host, "80", &hints, &answer);
    for (struct addrinfo *one = answer; one; one = one->ai_next) {
        say("family, type, length: %d %d %u", one->ai_family, one->ai_socktype, (unsigned)one->ai_addrlen);
        say_address(one->ai_addr);
    }
    if (answer)
        freeaddrinfo(answer);
    return result;
}

CALL(by_getaddrinfo)
{
    if (!is_twin(cell, FAULT_RESOLVE))
        return ask(host_of(cell, 0), AF_UNSPEC, 0);
    long result = EAI_NODATA;
    if (host_of(cell, AF_INET6))
        result = ask("::9", AF_UNSPEC, AI_NUMERICHOST);
    if (host_of(cell, AF_INET))
        result = ask("127.0.0.9", AF_UNSPEC, AI_NUMERICHOST);
    return result;
}

CALL(by_getaddrinfo_4)
{
    const char *host = host_of(cell, AF_INET);
    return host ? ask(host, AF_INET, 0) : EAI_NODATA;
}

CALL(by_getaddrinfo_6)
{
    bool is_asked = cell->fault->kind == FAULT_RESOLVE || cell->fault->kind == FAULT_ERROR;
    const char *host = is_asked ? host_of(cell, AF_INET6) : "::1";
    return host ? ask(host, AF_INET6, 0) : EAI_NODATA;
}

CALL(by_getaddrinfo_numeric)
{
    return ask("127.0.0.1", AF_INET, AI_NUMERICHOST);
}

static long ask_back(int flags)
{
    const struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons(80), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    char host[64] = "", service[32] = "";
    int result = getnameinfo((const void *)&address, sizeof address, host, sizeof host, service,
                             sizeof service, flags | NI_NUMERICSERV);
    say("name: %s %s", host, service);
    return result;
}

CALL(by_getnameinfo)
{
    return ask_back(0);
}

CALL(by_getnameinfo_numeric)
{
    return ask_back(NI_NUMERICHOST);
}

/* 0, or the EAI_… that h_errno comes from. */
static long say_host(const struct hostent *host, int error)
{
    char text[INET6_ADDRSTRLEN];
    if (!host) {
        say("h_errno: %d", error);
        return error == TRY_AGAIN        ? EAI_AGAIN
               : error == NO_DATA        ? EAI_NODATA
               : error == HOST_NOT_FOUND ? EAI_NONAME
                                         : EAI_FAIL;
    }
    say("type, length: %d %d", host->h_addrtype, host->h_length);
    for (char **one = host->h_addr_list; *one; one++)
        say("address: %s", inet_ntop(host->h_addrtype, *one, text, sizeof text));
    return 0;
}

CALL(by_gethostbyname)
{
    const char *host = host_of(cell, AF_INET);
    if (!host)
        return say_host(NULL, NO_DATA);
    const struct hostent *answer = gethostbyname(host);
    return say_host(answer, h_errno);
}

CALL(by_gethostbyname2)
{
    const char *host = cell->fault->kind == FAULT_RESOLVE || cell->fault->kind == FAULT_ERROR
                           ? host_of(cell, AF_INET6)
                           : "::1";
    if (!host)
        return say_host(NULL, NO_DATA);
    const struct hostent *answer = gethostbyname2(host, AF_INET6);
    return say_host(answer, h_errno);
}

CALL(by_gethostbyname_r)
{
    struct hostent entry, *answer = NULL;
    char room[1024];
    int error = 0;
    const char *host = host_of(cell, AF_INET);
    if (!host)
        return say_host(NULL, NO_DATA);
    gethostbyname_r(host, &entry, room, sizeof room, &answer, &error);
    return say_host(answer, error);
}

CALL(by_gethostbyname2_r)
{
    struct hostent entry, *answer = NULL;
    char room[1024];
    int error = 0;
    const char *host = cell->fault->kind == FAULT_RESOLVE || cell->fault->kind == FAULT_ERROR
                           ? host_of(cell, AF_INET6)
                           : "::1";
    if (!host)
        return say_host(NULL, NO_DATA);
    gethostbyname2_r(host, AF_INET6, &entry, room, sizeof room, &answer, &error);
    return say_host(answer, error);
}

CALL(by_gethostbyaddr)
{
    const struct in_addr address = {htonl(INADDR_LOOPBACK)};
    const struct hostent *answer = gethostbyaddr(&address, sizeof address, AF_INET);
    return say_host(answer, h_errno);
}

CALL(by_gethostbyaddr_r)
{
    const struct in_addr address = {htonl(INADDR_LOOPBACK)};
    struct hostent entry, *answer = NULL;
    char room[1024];
    int error = 0;
    gethostbyaddr_r(&address, sizeof address, AF_INET, &entry, room, sizeof room, &answer, &error);
    return say_host(answer, error);
}

#define ROW(name, call)                                                 \
    {                                                                   \
#name, #call, RESOLVE, by_##name, NO_SOCKET, BLOCKING, 0, false \
    }

const struct function resolve_functions[] = {
    ROW(getaddrinfo, getaddrinfo),           ROW(getaddrinfo_4, getaddrinfo),
    ROW(getaddrinfo_6, getaddrinfo),         ROW(getaddrinfo_numeric, getaddrinfo),
    ROW(getnameinfo, getnameinfo),           ROW(getnameinfo_numeric, getnameinfo),
    ROW(gethostbyname, gethostbyname),       ROW(gethostbyname2, gethostbyname2),
    ROW(gethostbyname_r, gethostbyname_r),   ROW(gethostbyname2_r, gethostbyname2_r),
    ROW(gethostbyaddr, gethostbyaddr),       ROW(gethostbyaddr_r, gethostbyaddr_r),
    {.name = NULL},
};

/* A function of h_errno knows four failures, the others knows all. */
static void say_stated(const struct cell *cell)
{
    static const struct {
        int eai, h_error;
    } errors[] = {
        {EAI_AGAIN, TRY_AGAIN}, {EAI_NODATA, NO_DATA}, {EAI_NONAME, HOST_NOT_FOUND}, {EAI_FAIL, NO_RECOVERY}};
    if (strncmp(cell->function->name, "gethost", 7) == 0) {
        for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
            if (errors[i].eai == cell->fault->number)
                say("h_errno: %d", errors[i].h_error);
    } else if (strncmp(cell->function->name, "getnameinfo", 11) == 0) {
        say("name:  ");
    }
}

void run_resolve(struct cell *cell)
{
    cell->is_fired = true;
    if (is_twin(cell, FAULT_ERROR)) {
        say_stated(cell);
        say("result: %s", gai_strerror((int)cell->fault->number));
        return;
    }
    say("result: %s", gai_strerror((int)call_subject(cell, NULL, 0)));
}
