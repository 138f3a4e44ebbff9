/* The records of sockets in the session, by SO_COOKIE. See abi/session.h. */
#ifndef SF_SOCKETS_RECORD_H
#define SF_SOCKETS_RECORD_H

#include "engine/scope.h"
#include "load/shim.h"

/* The cookie of the socket behind `fd`; 0: it is none, or the kernel has no
 * cookies. Keeps errno. Source: socket(7), SO_COOKIE; Linux 4.12. */
uint64_t sf_cookie(int fd);

/* The TCP state of the socket behind `fd` as tcpi_state has it; 0: it is none of TCP.
 * Changes errno. Source: tcp(7), TCP_INFO. */
uint32_t sf_tcp_state(int fd);

/* The record of a cookie, or NULL. A record that is in use again after a close
 * of one of its descriptors is marked so. */
struct sf_socket *sf_record_find(uint64_t cookie);

/* Find it, or take a place for it: then `made` is true, the record is zeroed but
 * for its number, and nobody else sees it before sf_record_publish. NULL: its
 * set is full of sockets in use; the program's escapes say so. */
struct sf_socket *sf_record_claim(uint64_t cookie, bool *made);
void sf_record_publish(struct sf_socket *socket, uint64_t cookie);

/* What is known of a socket is of another one from now on, which took its place before anybody
 * used it. NULL: there is no place left; nothing has changed. */
struct sf_socket *sf_record_move(struct sf_socket *socket, uint64_t cookie);

/* A descriptor of it is being closed: its place may go to another socket. Not so when it
 * was the copy of a process that got it from another which still has it.
 *
 * is_own  the closing process opened the socket. */
void sf_record_closed(struct sf_socket *socket, bool is_own);

/* Give its connection an ordinal under each rule that asks for one. */
void sf_record_number(struct sf_socket *socket);

/* The families of the rules that select it and mean this process. */
uint32_t sf_record_families(struct sf_socket *socket);

static inline _Atomic uint64_t *sf_record_selected(struct sf_socket *socket)
{
    return (_Atomic uint64_t *)(void *)(socket + 1);
}

/* The rules that select it, a word of them. Other threads may say anew what it is. */
static inline uint64_t sf_record_selected_word(struct sf_socket *socket, unsigned word)
{
    return atomic_load_explicit(&sf_record_selected(socket)[word], memory_order_relaxed);
}

/* Copy them; `selected` has room for SF_SELECTION_WORDS_MAX. */
static inline void sf_record_read_selected(struct sf_socket *socket, uint64_t *selected)
{
    for (unsigned word = 0; word < sf_selection_words(sf_shim.plan); word++)
        selected[word] = sf_record_selected_word(socket, word);
}

static inline struct sf_socket_rule *sf_record_rules(struct sf_socket *socket)
{
    return (struct sf_socket_rule *)(void *)(sf_record_selected(socket) + sf_selection_words(sf_shim.plan));
}

#endif
