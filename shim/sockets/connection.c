#include "sockets/connection.h"

#include "load/real.h"
#include "sockets/address.h"
#include "sockets/descriptor.h"
#include "sockets/record.h"

#include <string.h>

static uint8_t word_domain(uint64_t word)
{
    return word >> SF_WORD_DOMAIN_SHIFT & 0xf;
}

static uint8_t word_type(uint64_t word)
{
    return word >> SF_WORD_TYPE_SHIFT & 0x7;
}

static void set_word(int fd, const struct sf_scope *scope, uint32_t families)
{
    sf_descriptor_set(fd, SF_WORD_SOCKET | families | (uint64_t)scope->domain << SF_WORD_DOMAIN_SHIFT |
                              (uint64_t)scope->type << SF_WORD_TYPE_SHIFT);
}

void sf_socket_opened(int fd, int domain, int type)
{
    if (sf_quiet)
        sf_descriptor_set(fd, SF_WORD_NOT_SOCKET | SF_WORD_LIBC);
    else
        sf_descriptor_set(fd, sf_descriptor_fresh_word(sf_domain_bit(domain), sf_type_bit(type)));
}

/* A record for the socket, described by `scope` where it is new. */
static struct sf_socket *claim(int fd, const struct sf_scope *scope, const uint64_t *selected)
{
    uint64_t cookie = sf_cookie(fd);
    bool made;
    struct sf_socket *socket = cookie ? sf_record_claim(cookie, &made) : NULL;

    if (!socket || !made)
        return socket;
    socket->domain = scope->domain;
    socket->type = scope->type;
    socket->role = scope->role;
    if (scope->peer)
        socket->peer = *scope->peer;
    memcpy(sf_record_selected(socket), selected, sf_selection_words(sf_shim.plan) * sizeof *selected);
    sf_record_publish(socket, cookie);
    return socket;
}

/* Give the connection its ordinal under each rule that selects it, and let go
 * of the rules that wanted another one. Returns the families that are left. */
static uint32_t number_connection(struct sf_socket *socket)
{
    const struct sf_plan_rule *rules = sf_plan_rules(sf_shim.plan);
    uint32_t families = 0;

    for (unsigned word = 0; word < sf_selection_words(sf_shim.plan); word++) {
        for (uint64_t bits = sf_record_selected(socket)[word]; bits; bits &= bits - 1) {
            uint32_t index = word * 64 + (unsigned)__builtin_ctzll(bits);
            uint32_t *ordinal = &sf_record_rules(socket)[index].connection;
            if (*ordinal == 0)
                *ordinal = atomic_fetch_add(&sf_shim.engine.rules[index].connections, 1) + 1;
            if (rules[index].connection_first != 0 &&
                (*ordinal < rules[index].connection_first || *ordinal > rules[index].connection_last))
                sf_record_selected(socket)[word] &= ~(bits & -bits);
            else
                families |= sf_rule_families(&rules[index]);
        }
    }
    return families;
}

/* word: of the socket itself, or of the listening one that gave it. */
static void open_connection(int fd, uint64_t word, uint8_t role, const struct sf_addr *peer)
{
    uint64_t selected[SF_SELECTION_WORDS_MAX];
    uint32_t families = 0;
    struct sf_addr local;
    struct sf_scope scope = sf_scope_here(word_domain(word), word_type(word), role);

    scope.peer = peer;
    if (sf_ports_may_select(&sf_shim.ports, peer)) {
        scope.local = sf_local_of(&local, fd);
        families = sf_scope_select(sf_shim.plan, &scope, selected);
    }
    struct sf_socket *socket = families ? claim(fd, &scope, selected) : NULL;

    if (socket) {
        socket->role = role;
        socket->peer = *peer;
        memcpy(sf_record_selected(socket), selected, sf_selection_words(sf_shim.plan) * sizeof *selected);
        families = number_connection(socket);
    }
    set_word(fd, &scope, families);
}

/* connect(2) with AF_UNSPEC: the socket is as if it had never been connected. */
static void dissolve(int fd, uint64_t word)
{
    struct sf_socket *socket = sf_record_find(sf_cookie(fd));
    struct sf_addr local;
    struct sf_scope scope = sf_scope_here(word_domain(word), word_type(word), 0);

    if (socket) {
        scope.local = sf_local_of(&local, fd);
        socket->role = 0;
        socket->peer = (struct sf_addr){0};
        sf_scope_select(sf_shim.plan, &scope, sf_record_selected(socket));
    }
    sf_descriptor_forget(fd);
}

void sf_socket_connects(int fd, const struct sockaddr *peer, socklen_t length)
{
    uint64_t word = sf_descriptor_discover(fd);
    struct sf_addr address;

    if (!(word & SF_WORD_SOCKET))
        return;
    sf_address_from(&address, peer, length);
    if (address.domain == 0) {
        dissolve(fd, word);
        return;
    }
    open_connection(fd, word, SF_ROLE_CLIENT, &address);
}

void sf_socket_accepted(int listener, int fd, const struct sockaddr *from, socklen_t length)
{
    uint64_t word = sf_descriptor_discover(listener);
    struct sf_addr peer = {0};

    if (from)
        sf_address_from(&peer, from, length);
    else if (sf_shim.families)
        sf_address_of_peer(&peer, fd);
    /* A Unix client seldom has a name: unnamed, but a connection all the same. */
    if (peer.domain == 0)
        peer.domain = word_domain(word);
    open_connection(fd, word, SF_ROLE_SERVER, &peer);
}

void sf_socket_listens(int fd)
{
    sf_descriptor_forget(fd); /* its role is new: discovered anew at the next call */
}

struct sf_socket *sf_socket_record(int fd)
{
    uint64_t cookie = sf_cookie(fd), selected[SF_SELECTION_WORDS_MAX];
    struct sf_socket *socket = cookie ? sf_record_find(cookie) : NULL;
    struct sf_addr peer;

    if (socket)
        return socket;
    sf_descriptor_forget(fd);
    uint64_t word = sf_descriptor_discover(fd);
    if (!(word & SF_WORD_SOCKET) || !(word & SF_WORD_FAMILIES))
        return NULL;
    sf_address_of_peer(&peer, fd);
    int listening = 0;
    socklen_t length = sizeof listening;
    sf_real.getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length);
    struct sf_addr local;
    struct sf_scope scope = sf_scope_here(word_domain(word), word_type(word), listening ? SF_ROLE_SERVER : 0);
    scope.peer = &peer;
    scope.local = sf_local_of(&local, fd);
    sf_scope_select(sf_shim.plan, &scope, selected);
    return claim(fd, &scope, selected);
}
