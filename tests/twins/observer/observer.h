/* The observer: makes socket calls, one a word, and tells what each gives.
 *
 *   observer real|injected KIND WORD…
 *
 * It runs twice: where the kernel does it (a peer that resets, a port where nobody
 * listens, a signal) and where a rule does it and the peer is healthy. What both tell
 * must be the same. A word that begins with `!` is for the real run alone, one with `?`
 * for the injected one; what these give is not told, since it differs, but where the sign
 * is doubled.
 *
 * KIND is tcp, tcp6, unix, seqpacket, udp, udp6 or unix-dgram. There are two ends: `near`,
 * which is observed, and `far`; words that begin with `far.` are of far. They are connected
 * first, unless the first word is `apart`. A word may have an argument: WORD=ARGUMENT. */
#ifndef TESTS_TWINS_OBSERVER_H
#define TESTS_TWINS_OBSERVER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/types.h>

/* What a word acts on, and what it tells. */
struct step {
    int fd;               /* near or far */
    const char *argument; /* NULL: none */
    char told[512];       /* one line without its end */
    size_t told_bytes;
};

struct word {
    const char *name;
    void (*act)(struct step *step);
};

/* Each file's words; the lists end with a name of NULL. */
extern const struct word end_words[], transfer_words[], wait_words[], ask_words[], real_words[],
    network_words[], name_words[];

struct ends {
    int domain, type;
    int near, far, listener;        /* -1: not there (any more) */
    struct sockaddr_storage target; /* whom near connects to */
    socklen_t target_bytes;
    in_port_t port; /* near's own, of the first connection */
};

extern struct ends ends;

/* Ends the run: what the test needs to set up failed. */
void must(long result, const char *what);

__attribute__((format(printf, 2, 3))) void tell(struct step *step, const char *format, ...);

/* The result of a call: a number, or the name of errno. */
void tell_result(struct step *step, long result);

/* What was received, as far as it can be printed. */
void tell_bytes(struct step *step, const char *bytes, long count);

/* An address and its length, or what failed: `result`. */
void tell_name(struct step *step, int result, const struct sockaddr_storage *name, socklen_t length);

/* The number in the argument; without one, the default. */
long number(const struct step *step, long otherwise);

void make_ends(const char *kind);
void connect_ends(void);

void pause_ms(long ms);

/* What comes by and by is late (main.c). */
#define LATER_MS 900

/* Until the loopback has carried what was sent last: it does so within the call, but for
 * what a timer or another processor still has to do. */
#define SETTLE_MS 20

#endif
