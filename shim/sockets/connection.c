#include "sockets/connection.h"

#include "engine/number.h"
#include "load/memory.h"
#include "load/real.h"
#include "load/sandbox.h"
#include "sockets/address.h"
#include "sockets/descriptor.h"
#include "sockets/owner.h"
#include "sockets/record.h"

#include <limits.h>
#include <string.h>

#define MAY_BE_RECORDED (SF_WORD_FAMILIES | SF_WORD_RECORDED)

static void set_word(int fd, const struct sf_scope *scope, uint64_t bits)
{
    sf_descriptor_set(fd, SF_WORD_SOCKET | bits | (uint64_t)scope->domain << SF_WORD_DOMAIN_SHIFT |
                              (uint64_t)scope->type << SF_WORD_TYPE_SHIFT);
}

void sf_socket_opened(int fd, int domain, int type)
{
    if (sf_is_quiet())
        sf_descriptor_new(fd, SF_WORD_NOT_SOCKET); /* libc's own: none that rules or counts know */
    else if (sf_shim.has_programs && sf_type_bit(type) == SF_TYPE_DGRAM)
        sf_descriptor_new(fd, SF_WORD_OWN); /* its first send is not to pass unseen */
    else
        sf_descriptor_new(fd,
                          SF_WORD_OWN | sf_descriptor_fresh_word(sf_domain_bit(domain), sf_type_bit(type)));
}

/* Whether the rule means this connection is not known yet. */
static bool is_open(const struct sf_socket *socket, const struct sf_plan_rule *rule)
{
    return socket->type == SF_TYPE_DGRAM && sf_peer_is_open(sf_shim.plan, rule, &socket->peer);
}

/* Give the connection its ordinal under each rule of `selected` that means this process,
 * and let go of the rules that wanted another one. */
static void number_connection(struct sf_socket *socket, uint64_t *selected)
{
    const struct sf_plan_rule *rules = sf_plan_rules(sf_shim.plan);
    struct sf_socket_rule *on_socket = sf_record_rules(socket);
    bool is_asked = false;

    for (unsigned word = 0; word < sf_selection_words(sf_shim.plan); word++)
        for (uint64_t bits = selected[word] & sf_shim.meant[word]; bits; bits &= bits - 1) {
            uint32_t index = word * 64 + (unsigned)__builtin_ctzll(bits);
            if (is_open(socket, &rules[index]))
                continue;
            sf_number_ask(&on_socket[index]);
            is_asked |= sf_number_of(&on_socket[index]) == 0;
        }
    if (is_asked)
        sf_record_number(socket);
    for (unsigned word = 0; word < sf_selection_words(sf_shim.plan); word++)
        for (uint64_t bits = selected[word] & sf_shim.meant[word]; bits; bits &= bits - 1) {
            uint32_t index = word * 64 + (unsigned)__builtin_ctzll(bits);
            uint32_t ordinal = sf_number_of(&on_socket[index]);
            if (rules[index].connection_first != 0 && !is_open(socket, &rules[index]) &&
                (ordinal < rules[index].connection_first || ordinal > rules[index].connection_last))
                selected[word] &= ~(bits & -bits);
        }
}

/* Say of a socket what `scope` says; the rules are those of all programs. */
static void redescribe(struct sf_socket *socket, const struct sf_scope *scope, bool is_connection)
{
    uint64_t selected[SF_SELECTION_WORDS_MAX];
    struct sf_scope of_all = *scope;

    of_all.program = SF_PROGRAM_ANY;
    of_all.excluded = NULL;
    socket->role = scope->role;
    socket->peer = scope->peer ? *scope->peer : (struct sf_addr){0};
    sf_scope_select(sf_shim.plan, &of_all, selected);
    if (is_connection)
        number_connection(socket, selected);
    /* At once: another thread's call finds what was or what is, no rule less or more. */
    for (unsigned word = 0; word < sf_selection_words(sf_shim.plan); word++)
        atomic_store_explicit(&sf_record_selected(socket)[word], selected[word], memory_order_relaxed);
}

/* A record for the socket, described by `scope` where it is new. */
static struct sf_socket *claim(int fd, const struct sf_scope *scope)
{
    uint64_t cookie = sf_cookie(fd);
    bool made;
    struct sf_socket *socket = cookie ? sf_record_claim(cookie, &made) : NULL;

    if (!socket || !made)
        return socket;
    socket->domain = scope->domain;
    socket->type = scope->type;
    redescribe(socket, scope, false);
    sf_record_publish(socket, cookie);
    return socket;
}

/* SOCK_SEQPACKET: a link rule that means sockets of all types means this one, which the wire cannot have. */
static void tell_unwired(const struct sf_scope *scope)
{
    const struct sf_plan_rule *rules = sf_plan_rules(sf_shim.plan);
    uint64_t selected[SF_SELECTION_WORDS_MAX];
    struct sf_scope as_stream = *scope;

    as_stream.type = SF_TYPE_STREAM;
    sf_scope_select(sf_shim.plan, &as_stream, selected);
    for (unsigned word = 0; word < sf_selection_words(sf_shim.plan); word++)
        for (uint64_t bits = selected[word]; bits; bits &= bits - 1) {
            const struct sf_plan_rule *rule = &rules[word * 64 + (unsigned)__builtin_ctzll(bits)];
            if (sf_rule_is_link(rule) && rule->types == (SF_TYPE_STREAM | SF_TYPE_DGRAM))
                atomic_fetch_or_explicit(&sf_shim.state->escapes, SF_ESCAPE_WIRE, memory_order_relaxed);
        }
}

/* word: of the socket itself, or of the listening one that gave it. */
static void open_connection(int fd, uint64_t word, uint8_t role, struct sf_addr *peer)
{
    uint64_t selected[SF_SELECTION_WORDS_MAX];
    uint32_t families = 0;
    struct sf_addr local;
    struct sf_socket *socket = NULL;
    struct sf_scope scope = sf_scope_here(sf_word_domain(word), sf_word_type(word), role);

    sf_owner_find(peer, fd, scope.type, role);
    scope.peer = peer;
    if (sf_shim.has_links && scope.type == SF_TYPE_OTHER && scope.domain == SF_DOMAIN_UNIX)
        tell_unwired(&scope);
    if (sf_shim.trace || sf_ports_may_select(&sf_shim.ports, peer)) {
        scope.local = sf_local_of(&local, fd);
        families = sf_scope_select(sf_shim.plan, &scope, selected);
    }
    if (families || sf_shim.trace) /* a trace has every socket's number */
        socket = claim(fd, &scope);
    else if (role == SF_ROLE_CLIENT && word & MAY_BE_RECORDED)
        socket = sf_record_find(sf_cookie(fd)); /* rules selected it while it had another peer, or none */
    if (socket) {
        redescribe(socket, &scope, true);
        families = sf_record_families(socket);
    }
    set_word(fd, &scope, families | (socket ? SF_WORD_RECORDED : 0));
}

/* A socket that had no connection, or has none any more. */
static void without_connection(int fd, uint64_t word, uint8_t role)
{
    struct sf_socket *socket = word & MAY_BE_RECORDED ? sf_record_find(sf_cookie(fd)) : NULL;
    struct sf_addr local;
    struct sf_scope scope = sf_scope_here(sf_word_domain(word), sf_word_type(word), role);

    if (socket) {
        scope.local = sf_local_of(&local, fd);
        redescribe(socket, &scope, false);
    }
    sf_descriptor_doubt(fd); /* discovered anew at the next call */
}

void sf_socket_connects(int fd, const struct sockaddr *peer, socklen_t length)
{
    uint64_t word = sf_descriptor_discover(fd);
    struct sf_addr address;

    if (!(word & SF_WORD_SOCKET))
        return;
    sf_address_from(&address, peer, length);
    if (address.domain == 0)
        without_connection(fd, word, 0);
    else
        open_connection(fd, word, SF_ROLE_CLIENT, &address);
}

void sf_socket_was_connected(int fd)
{
    struct sf_addr peer;
    sf_address_of_peer(&peer, fd);
    if (peer.domain != 0)
        open_connection(fd, sf_descriptor_discover(fd), SF_ROLE_CLIENT, &peer);
}

void sf_socket_meets_peer(int fd, struct sf_socket *socket)
{
    /* Others may describe a stream anew meanwhile: it is not looked at. */
    if (!sf_shim.has_programs || socket->type != SF_TYPE_DGRAM)
        return;
    struct sf_addr peer = socket->peer;
    if (peer.domain == 0 || peer.owner != SF_OWNER_NONE)
        return;
    sf_owner_find(&peer, fd, socket->type, socket->role);
    if (peer.owner != SF_OWNER_NONE)
        open_connection(fd, sf_descriptor_discover(fd), socket->role, &peer);
}

void sf_socket_accepted(int listener, int fd, const struct sockaddr *from, socklen_t length, bool is_whole)
{
    uint64_t word = sf_descriptor_discover(listener);
    struct sf_addr peer = {0};

    if (is_whole && length != 0)
        sf_address_from(&peer, from, length);
    else if (sf_shim.families)
        sf_address_of_peer(&peer, fd);
    /* One that has been reset already has no peer any more, but had one. */
    if (peer.domain == 0 && length != 0 && sf_memory_is_readable(from, length))
        sf_address_from(&peer, from, length);
    /* A Unix client seldom has a name: unnamed, but a connection all the same. */
    if (peer.domain == 0)
        peer.domain = sf_word_domain(word);
    sf_descriptor_new(fd, sf_is_quiet() ? 0 : SF_WORD_OWN);
    open_connection(fd, word, SF_ROLE_SERVER, &peer);
}

void sf_socket_bound(int fd)
{
    without_connection(fd, sf_descriptor_discover(fd), 0);
}

void sf_socket_listens(int fd)
{
    without_connection(fd, sf_descriptor_discover(fd), SF_ROLE_SERVER);
}

struct sf_socket *sf_socket_ends(int fd)
{
    uint64_t word = sf_descriptor_word(fd);
    if (!(word & MAY_BE_RECORDED) || sf_is_vfork_child())
        return NULL;
    struct sf_socket *socket = sf_record_find(sf_cookie(fd));
    if (socket)
        sf_record_closed(socket, word & SF_WORD_OWN);
    return socket;
}

void sf_socket_range_ends(unsigned first, unsigned last)
{
    if (first > INT_MAX)
        return;
    for (int fd = (int)first - 1;
         (fd = sf_descriptor_next(fd, MAY_BE_RECORDED)) >= 0 && (unsigned)fd <= last;)
        sf_socket_ends(fd);
}

void sf_socket_executes(void)
{
    if (sf_is_vfork_child())
        return;
    for (int fd = -1; (fd = sf_descriptor_next(fd, SF_WORD_OWN)) >= 0;) {
        struct sf_socket *socket =
            sf_descriptor_word(fd) & MAY_BE_RECORDED ? sf_record_find(sf_cookie(fd)) : NULL;
        if (!socket)
            continue;
        int flags = sf_sandbox_allows(SF_OWN_GETFD) ? sf_real.fcntl(fd, F_GETFD) : 0;
        if (flags >= 0 && flags & FD_CLOEXEC)
            sf_record_closed(socket, true);
        else
            atomic_store_explicit(&socket->left, 1, memory_order_relaxed);
    }
}

struct sf_socket *sf_socket_find(int fd)
{
    if (!sf_shim.session || !(sf_descriptor_discover(fd) & SF_WORD_FAMILIES))
        return NULL;
    return sf_record_find(sf_cookie(fd));
}

/* The record of a socket that was not seen to come so far. */
static struct sf_socket *claim_found(int fd, uint64_t word)
{
    struct sf_addr peer, local;

    sf_address_of_peer(&peer, fd);
    sf_owner_find(&peer, fd, sf_word_type(word), 0);
    int listening = 0;
    socklen_t length = sizeof listening;
    if (sf_sandbox_permits(SF_OWN_ACCEPTCONN))
        sf_real.getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &length);
    struct sf_scope scope =
        sf_scope_here(sf_word_domain(word), sf_word_type(word), listening ? SF_ROLE_SERVER : 0);
    scope.peer = &peer;
    scope.local = sf_local_of(&local, fd);
    return claim(fd, &scope);
}

static struct sf_socket *find_record(int fd)
{
    uint64_t cookie = sf_cookie(fd);
    return cookie ? sf_record_find(cookie) : NULL;
}

struct sf_socket *sf_socket_record(int fd)
{
    struct sf_socket *socket = find_record(fd);

    if (socket)
        return socket;
    sf_descriptor_doubt(fd);
    uint64_t word = sf_descriptor_discover(fd);
    if (!(word & SF_WORD_SOCKET) || !(word & SF_WORD_FAMILIES))
        return NULL;
    return claim_found(fd, word);
}

struct sf_socket *sf_socket_traced(int fd)
{
    struct sf_socket *socket = find_record(fd);
    uint64_t word = sf_descriptor_discover(fd);

    if (!socket && word & SF_WORD_SOCKET)
        socket = claim_found(fd, word);
    if (socket)
        sf_descriptor_set_number(fd, sf_descriptor_word(fd), socket->number);
    return socket;
}
