/* Addresses as the test programs take them: "HOST:PORT", "[V6]:PORT" with
 * numbers only, or "unix:PATH". */
#ifndef TESTS_PROGRAMS_ADDRESS_H
#define TESTS_PROGRAMS_ADDRESS_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* Returns the length, or 0 when `text` is no address. */
static inline socklen_t address_parse(const char *text, struct sockaddr_storage *address)
{
    memset(address, 0, sizeof *address);
    if (strncmp(text, "unix:", 5) == 0) {
        struct sockaddr_un *un = (void *)address;
        if (strlen(text + 5) >= sizeof un->sun_path)
            return 0;
        un->sun_family = AF_UNIX;
        memcpy(un->sun_path, text + 5, strlen(text + 5) + 1);
        return sizeof *un;
    }
    char host[64];
    const char *colon = strrchr(text, ':');
    if (colon == NULL || (size_t)(colon - text) >= sizeof host)
        return 0;
    long port = strtol(colon + 1, NULL, 10);
    if (port < 0 || port > 65535)
        return 0;
    memcpy(host, text, (size_t)(colon - text));
    host[colon - text] = '\0';
    size_t length = strlen(host);
    if (host[0] == '[' && host[length - 1] == ']') {
        struct sockaddr_in6 *in6 = (void *)address;
        host[length - 1] = '\0';
        in6->sin6_family = AF_INET6;
        in6->sin6_port = htons((uint16_t)port);
        return inet_pton(AF_INET6, host + 1, &in6->sin6_addr) == 1 ? sizeof *in6 : 0;
    }
    struct sockaddr_in *in = (void *)address;
    in->sin_family = AF_INET;
    in->sin_port = htons((uint16_t)port);
    return inet_pton(AF_INET, host, &in->sin_addr) == 1 ? sizeof *in : 0;
}

#endif
