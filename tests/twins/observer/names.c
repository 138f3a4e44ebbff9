/* A name server, and who asks it. */
#include "observer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* ---- the server: name-server=RCODE, =ADDRESS or =nothing ------------------------------- */

/* Source: RFC 1035, sections 4.1.1 and 4.1.3; of all flags but QR and RA none matters. */
enum { HEADER_BYTES = 12, TYPE_A = 1, TYPE_AAAA = 28 };

static int server = -1;
static int response_code;
static const char *address; /* of all names; NULL: none has one */

static size_t question_end(const unsigned char *query, size_t bytes)
{
    size_t at = HEADER_BYTES;
    while (at < bytes && query[at])
        at += query[at] + 1u;
    return at + 5 <= bytes ? at + 5 : 0;
}

/* One record, of the question's name. Returns its bytes; 0: no address of that type. */
static size_t put_answer(unsigned char *to, int type)
{
    unsigned char head[] = {0xc0, HEADER_BYTES, 0, (unsigned char)type, 0, 1, 0, 0, 0, 60, 0, 0};
    int family = type == TYPE_A ? AF_INET : AF_INET6;
    size_t bytes = type == TYPE_A ? 4 : 16;

    if ((type != TYPE_A && type != TYPE_AAAA) || !address ||
        inet_pton(family, address, to + sizeof head) != 1)
        return 0;
    head[sizeof head - 1] = (unsigned char)bytes;
    memcpy(to, head, sizeof head);
    return sizeof head + bytes;
}

static void *serve(void *nothing)
{
    unsigned char message[600];
    struct sockaddr_storage from;
    socklen_t length = sizeof from;
    ssize_t got;

    (void)nothing;
    while ((got = recvfrom(server, message, 512, 0, (void *)&from, &length)) >= 0) {
        size_t end = question_end(message, (size_t)got);
        if (end == 0)
            continue;
        size_t answer = put_answer(message + end, message[end - 3]);
        message[2] = 0x80;
        message[3] = (unsigned char)(0x80 | response_code);
        message[7] = answer != 0;
        memset(message + 8, 0, 4);
        sendto(server, message, end + answer, 0, (void *)&from, length);
    }
    return NULL;
}

static int code_of(const char *name)
{
    static const char *const names[] = {"noerror", "formerr", "servfail", "nxdomain", "notimp", "refused"};
    for (int i = 0; i < (int)(sizeof names / sizeof *names); i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

/* `nothing`: it is there, and silent. */
static void act_name_server(struct step *step)
{
    struct sockaddr_in here = {
        .sin_family = AF_INET, .sin_port = htons(53), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    pthread_t thread;

    must(server = socket(AF_INET, SOCK_DGRAM, 0), "socket");
    must(bind(server, (void *)&here, sizeof here), "port 53");
    if (strcmp(step->argument, "nothing") == 0)
        return;
    response_code = code_of(step->argument);
    if (response_code < 0) {
        response_code = 0;
        address = step->argument;
    }
    must(-pthread_create(&thread, NULL, serve, NULL), "pthread_create");
}

/* ---- who asks ------------------------------------------------------------------------- */

static void tell_address(struct step *step, const struct sockaddr *name, socklen_t length)
{
    char text[INET6_ADDRSTRLEN];
    const void *bytes = name->sa_family == AF_INET
                            ? (const void *)&((const struct sockaddr_in *)name)->sin_addr
                            : &((const struct sockaddr_in6 *)name)->sin6_addr;
    tell(step, " %s/%u", inet_ntop(name->sa_family, bytes, text, sizeof text), (unsigned)length);
}

static void tell_code(struct step *step, int code)
{
    static const struct {
        int code;
        const char *name;
    } names[] = {{EAI_ADDRFAMILY, "EAI_ADDRFAMILY"}, {EAI_AGAIN, "EAI_AGAIN"},   {EAI_FAIL, "EAI_FAIL"},
                 {EAI_NODATA, "EAI_NODATA"},         {EAI_NONAME, "EAI_NONAME"}, {EAI_SYSTEM, "EAI_SYSTEM"},
                 {EAI_SERVICE, "EAI_SERVICE"},       {EAI_FAMILY, "EAI_FAMILY"}};
    int error = errno;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].code == code)
            tell(step, " %s", names[i].name);
    if (code == EAI_SYSTEM)
        tell(step, " %s", strerrorname_np(error));
}

static void look_up(struct step *step, const struct addrinfo *hints)
{
    struct addrinfo *told = NULL;
    int code = getaddrinfo(step->argument ? step->argument : "twin.test", "80", hints, &told);

    if (code != 0) {
        tell_code(step, code);
        return;
    }
    for (const struct addrinfo *one = told; one; one = one->ai_next) {
        tell_address(step, one->ai_addr, one->ai_addrlen);
        tell(step, " %d:%d:%d:%d", one->ai_family, one->ai_socktype, one->ai_protocol, one->ai_flags);
    }
    freeaddrinfo(told);
}

static void act_getaddrinfo(struct step *step)
{
    look_up(step, NULL);
}

static void act_getaddrinfo4(struct step *step)
{
    look_up(step, &(struct addrinfo){.ai_family = AF_INET, .ai_socktype = SOCK_STREAM});
}

static void act_getaddrinfo_mapped(struct step *step)
{
    look_up(step,
            &(struct addrinfo){.ai_family = AF_INET6, .ai_socktype = SOCK_STREAM, .ai_flags = AI_V4MAPPED});
}

static void act_getaddrinfo6(struct step *step)
{
    look_up(step, &(struct addrinfo){.ai_family = AF_INET6, .ai_socktype = SOCK_DGRAM});
}

static void tell_entry(struct step *step, const struct hostent *entry, int error)
{
    static const char *const names[] = {"0", "HOST_NOT_FOUND", "TRY_AGAIN", "NO_RECOVERY", "NO_DATA"};
    char text[INET6_ADDRSTRLEN];

    if (!entry) {
        tell(step, " %s", error >= 0 && error <= NO_DATA ? names[error] : "NETDB_INTERNAL");
        return;
    }
    tell(step, " %d", entry->h_addrtype);
    for (char **told = entry->h_addr_list; *told; told++)
        tell(step, " %s", inet_ntop(entry->h_addrtype, *told, text, sizeof text));
}

static void act_gethostbyname(struct step *step)
{
    const struct hostent *entry = gethostbyname("twin.test");
    tell_entry(step, entry, h_errno);
}

static void act_gethostbyname2(struct step *step)
{
    const struct hostent *entry = gethostbyname2("twin.test", AF_INET6);
    tell_entry(step, entry, h_errno);
}

static void act_gethostbyname_r(struct step *step)
{
    struct hostent room, *entry = &room;
    char buffer[1024];
    int error = 0;
    tell_result(step, gethostbyname_r("twin.test", &room, buffer, sizeof buffer, &entry, &error));
    tell_entry(step, entry, error);
}

static void act_gethostbyname2_r(struct step *step)
{
    struct hostent room, *entry = &room;
    char buffer[1024];
    int error = 0;
    tell_result(step, gethostbyname2_r("twin.test", AF_INET6, &room, buffer, sizeof buffer, &entry, &error));
    tell_entry(step, entry, error);
}

static const struct in_addr documentation = {0x010200c0}; /* 192.0.2.1, which no file knows */

static void act_gethostbyaddr(struct step *step)
{
    const struct hostent *entry = gethostbyaddr(&documentation, sizeof documentation, AF_INET);
    tell_entry(step, entry, h_errno);
}

static void act_gethostbyaddr_r(struct step *step)
{
    struct hostent room, *entry = &room;
    char buffer[1024];
    int error = 0;
    tell_result(step, gethostbyaddr_r(&documentation, sizeof documentation, AF_INET, &room, buffer,
                                      sizeof buffer, &entry, &error));
    tell_entry(step, entry, error);
}

/* `getnameinfo=required`: with NI_NAMEREQD. */
static void act_getnameinfo(struct step *step)
{
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(80), .sin_addr = documentation};
    char host[256] = "", service[32] = "";
    int code = getnameinfo((void *)&name, sizeof name, host, sizeof host, service, sizeof service,
                           NI_NUMERICSERV | (step->argument ? NI_NAMEREQD : 0));
    tell_code(step, code);
    if (code == 0)
        tell(step, " %s %s", host, service);
}

const struct word name_words[] = {
    {"name-server", act_name_server},
    {"getaddrinfo", act_getaddrinfo},
    {"getaddrinfo4", act_getaddrinfo4},
    {"getaddrinfo6", act_getaddrinfo6},
    {"getaddrinfo-mapped", act_getaddrinfo_mapped},
    {"gethostbyname", act_gethostbyname},
    {"gethostbyname2", act_gethostbyname2},
    {"gethostbyname_r", act_gethostbyname_r},
    {"gethostbyname2_r", act_gethostbyname2_r},
    {"gethostbyaddr", act_gethostbyaddr},
    {"gethostbyaddr_r", act_gethostbyaddr_r},
    {"getnameinfo", act_getnameinfo},
    {NULL, NULL},
};
