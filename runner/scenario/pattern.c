#include "scenario/pattern.h"

#include "base/quantity.h"

#include <arpa/inet.h>
#include <string.h>

static const char unix_prefix[] = "unix:";

enum { HOST_BYTES_MAX = 64, NAME_BYTES_MAX = 253, MAPPED_BITS = 96, ADDRESS_BITS = 128 };

static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

/* "ADDRESS" or "ADDRESS/BITS", without the brackets of IPv6. */
static bool parse_address(char *host, int family, struct sf_pattern *pattern)
{
    char *slash = strchr(host, '/');
    uint64_t bits, most = family == AF_INET ? ADDRESS_BITS - MAPPED_BITS : ADDRESS_BITS;
    if (slash)
        *slash = '\0';
    if (!slash)
        bits = most;
    else if (!sf_number_parse(slash + 1, &bits) || bits > most)
        return false;
    if (family == AF_INET)
        memcpy(pattern->address, mapped, sizeof mapped);
    if (inet_pton(family, host, family == AF_INET ? pattern->address + sizeof mapped : pattern->address) != 1)
        return false;
    pattern->prefix_len = (uint32_t)(bits + (family == AF_INET ? MAPPED_BITS : 0));
    bool is_mapped =
        memcmp(pattern->address, mapped, sizeof mapped) == 0 && pattern->prefix_len >= MAPPED_BITS;
    pattern->domains = is_mapped ? SF_DOMAIN_INET | SF_DOMAIN_INET6 : SF_DOMAIN_INET6;
    return true;
}

static bool parse_port(const char *text, uint16_t *port)
{
    uint64_t number = 0;
    if (strcmp(text, "*") != 0 && (!sf_number_parse(text, &number) || number < 1 || number > UINT16_MAX))
        return false;
    *port = (uint16_t)number;
    return true;
}

static bool parse_inet(const char *text, struct sf_pattern *pattern)
{
    char host[HOST_BYTES_MAX];
    const char *colon = strrchr(text, ':');
    if (!colon || (size_t)(colon - text) >= sizeof host || !parse_port(colon + 1, &pattern->port))
        return false;
    size_t bytes = (size_t)(colon - text);
    memcpy(host, text, bytes);
    host[bytes] = '\0';
    pattern->kind = SF_PATTERN_INET;
    if (strcmp(host, "*") == 0) {
        pattern->domains = SF_DOMAIN_INET | SF_DOMAIN_INET6;
        return true;
    }
    if (host[0] == '[' && host[bytes - 1] == ']') {
        host[bytes - 1] = '\0';
        return parse_address(host + 1, AF_INET6, pattern);
    }
    return parse_address(host, AF_INET, pattern);
}

#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"

/* A name that can be looked up, up to the first byte that cannot belong to it.
 * Digits and dots alone are an address gone wrong. */
static bool is_name(const char *text, size_t bytes)
{
    return bytes <= NAME_BYTES_MAX && strspn(text, LETTERS "0123456789.*?") == bytes &&
           strcspn(text, LETTERS) < bytes && text[0] != '.' && !memmem(text, bytes, "..", 2);
}

static bool parse_host(struct sf_arena *arena, const char *text, struct sf_pattern *pattern)
{
    const char *colon = strrchr(text, ':');
    size_t bytes = colon ? (size_t)(colon - text) : 0;
    if (!is_name(text, bytes) || !parse_port(colon + 1, &pattern->port))
        return false;
    char *glob = sf_arena_strndup(arena, text, text[bytes - 1] == '.' ? bytes - 1 : bytes);
    for (char *c = glob; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
    pattern->kind = SF_PATTERN_HOST;
    pattern->glob = glob;
    return true;
}

bool sf_pattern_parse(struct sf_arena *arena, const char *text, struct sf_pattern *pattern)
{
    struct sf_pattern new = {.place = pattern->place, .text = sf_arena_strdup(arena, text)};
    if (strcmp(text, "*") == 0) {
        new.kind = SF_PATTERN_ANY;
    } else if (strncmp(text, unix_prefix, sizeof unix_prefix - 1) == 0) {
        new.kind = SF_PATTERN_UNIX;
        new.glob = new.text + sizeof unix_prefix - 1;
        if (!*new.glob)
            return false;
    } else {
        struct sf_pattern host = new;
        if (parse_host(arena, text, &host))
            new = host;
        else if (!parse_inet(text, &new))
            return false;
    }
    *pattern = new;
    return true;
}

bool sf_address_parse(struct sf_arena *arena, const char *text, struct sf_pattern *pattern)
{
    char host[HOST_BYTES_MAX];
    struct sf_pattern new = {
        .place = pattern->place, .text = sf_arena_strdup(arena, text), .kind = SF_PATTERN_INET};
    if (strlen(text) >= sizeof host || strchr(text, '/'))
        return false;
    strcpy(host, text);
    if (!parse_address(host, strchr(text, ':') ? AF_INET6 : AF_INET, &new))
        return false;
    *pattern = new;
    return true;
}

static bool is_address_glob(const char *text, size_t bytes)
{
    return strspn(text, "0123456789.*?") == bytes && strcspn(text, "*?") < bytes &&
           strcspn(text, "0123456789") < bytes;
}

const char *sf_pattern_hint(const char *text)
{
    struct in6_addr address;
    char inet[HOST_BYTES_MAX];
    const char *colon = strrchr(text, ':');
    if (text[0] == '/')
        return " (a socket's path begins with unix:)";
    if (text[0] != '[' && colon && strchr(text, ':') != colon)
        return " (an IPv6 address wants brackets: \"[::1]:80\")";
    if (!colon && strchr(text, '.') && is_name(text, strlen(text)))
        return " (the port is missing, * is any)";
    if (colon && is_address_glob(text, (size_t)(colon - text)))
        return " (a range of addresses is written as 10.0.0.0/8)";
    size_t bytes = strcspn(text, "/");
    if (!colon && bytes < sizeof inet) {
        memcpy(inet, text, bytes);
        inet[bytes] = '\0';
        if (inet_pton(AF_INET, inet, &address) == 1)
            return " (the port is missing, * is any)";
    }
    return "";
}
