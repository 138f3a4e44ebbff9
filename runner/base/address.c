#include "base/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

static size_t print_unix(char *text, const struct sf_addr *address)
{
    static const char prefix[] = "unix:";
    size_t length = address->path_len;
    if (length > sizeof address->path)
        length = sizeof address->path;
    memcpy(text, prefix, sizeof prefix - 1);
    memcpy(text + sizeof prefix - 1, address->path, length);
    text[sizeof prefix - 1 + length] = '\0';
    return sizeof prefix - 1 + length;
}

size_t sf_address_print(char text[static SF_ADDRESS_TEXT_BYTES], const struct sf_addr *address)
{
    char ip[INET6_ADDRSTRLEN];
    text[0] = '\0';
    if (address->domain == SF_DOMAIN_UNIX)
        return print_unix(text, address);
    if (address->domain == SF_DOMAIN_INET) {
        inet_ntop(AF_INET, address->ip + sizeof address->ip - 4, ip, sizeof ip);
        return (size_t)snprintf(text, SF_ADDRESS_TEXT_BYTES, "%s:%u", ip, address->port);
    }
    if (address->domain == SF_DOMAIN_INET6) {
        inet_ntop(AF_INET6, address->ip, ip, sizeof ip);
        return (size_t)snprintf(text, SF_ADDRESS_TEXT_BYTES, "[%s]:%u", ip, address->port);
    }
    return 0;
}
