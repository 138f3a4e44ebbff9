/* The table of descriptors: what this process believes of each number.
 *
 * One word each:   generation (32) | type | domain | recorded | own | state | families (12)
 * Three states: unknown (0, or of an old generation), not a socket, socket. A
 * socket's `families` are those in which some rule may select a call on it; a
 * clear bit is all that an idle call looks at.
 *
 * `own`: this process opened the socket by itself, or doubled it from such a one;
 * it was not inherited, received or opened by libc. That stays until the number is
 * closed, whatever else is known of it.
 *
 * `recorded`: the socket has a record, be it that no rule selects its calls any more
 * (it is not the connection that the rule wants): the record is told when it ends.
 *
 * It is a cache, and it can be stale: libc closes unseen what it opened itself, and open
 * reuses the number. Stale words may only ever let a call pass, so whoever wants another
 * verdict asks the kernel for the cookie first (sockets/record.h), and so does
 * whoever counts what is open.
 *
 * In a traced process the words of sockets carry a generation that is never that of the
 * control page: so no call on a socket is idle there, and whoever compares for that of all
 * calls need not know of traces. The number by which a trace knows the socket stands in a table
 * beside this one, and is stale in the same cases.
 *
 * A vfork child has its parent's table but descriptors of its own: whatever it does to
 * a number, or finds behind it, leaves the number unknown, and whose it is as it was. */
#ifndef SF_SOCKETS_DESCRIPTOR_H
#define SF_SOCKETS_DESCRIPTOR_H

#include "load/shim.h"
#include "log/tally.h"

#define SF_WORD_FAMILIES ((UINT64_C(1) << SF_FAMILY_COUNT) - 1)
#define SF_WORD_SOCKET (UINT64_C(1) << 12)
#define SF_WORD_NOT_SOCKET (UINT64_C(1) << 13)
#define SF_WORD_OWN (UINT64_C(1) << 14)
#define SF_WORD_RECORDED (UINT64_C(1) << 15)
#define SF_WORD_DOMAIN_SHIFT 16
#define SF_WORD_TYPE_SHIFT 24
#define SF_WORD_GENERATION_SHIFT 32

static inline uint8_t sf_word_domain(uint64_t word)
{
    return word >> SF_WORD_DOMAIN_SHIFT & 0xf;
}

static inline uint8_t sf_word_type(uint64_t word)
{
    return word >> SF_WORD_TYPE_SHIFT & 0x7;
}

/* Neighbouring descriptors, which two threads tend to open and close at the
 * same time, lie on different cache lines: the nibbles of the low byte swap. */
static inline uint32_t sf_descriptor_index(uint32_t fd)
{
    uint8_t low = (uint8_t)fd;
    return (fd & ~UINT32_C(0xff)) | (uint8_t)(low << 4 | low >> 4);
}

static inline uint64_t sf_descriptor_word(int fd)
{
    if ((uint32_t)fd >= sf_shim.descriptor_count)
        return 0;
    return atomic_load_explicit(&sf_shim.descriptors[sf_descriptor_index((uint32_t)fd)],
                                memory_order_relaxed);
}

static inline uint32_t sf_generation(void)
{
    return atomic_load_explicit(&sf_shim.control->generation, memory_order_relaxed);
}

/* Is the word one that discovery need not find anew? */
static inline bool sf_word_is_known(uint64_t word)
{
    uint32_t mark = word & SF_WORD_SOCKET ? sf_shim.traced_generation : 0;
    return (uint32_t)(word >> SF_WORD_GENERATION_SHIFT) == (sf_generation() | mark);
}

/* Is this call none of ours? The path of every idle call: keep it short.
 * Counts the call when it is one on a socket. */
static inline bool sf_is_idle(int fd, enum sf_family family)
{
    if (__builtin_expect((uint32_t)fd >= sf_shim.descriptor_count, 0))
        return sf_shim.bare;
    uint64_t word =
        atomic_load_explicit(&sf_shim.descriptors[sf_descriptor_index((uint32_t)fd)], memory_order_relaxed);
    if (__builtin_expect(
            (uint32_t)(word >> SF_WORD_GENERATION_SHIFT) != sf_generation() || word >> family & 1, 0))
        return false;
    return !(word & SF_WORD_SOCKET) || sf_tally_add_quick(family);
}

/* Likewise for calls that belong to no one descriptor. */
static inline bool sf_is_idle_program(enum sf_family family)
{
    if (__builtin_expect(sf_shim.descriptor_count == 0, 0))
        return sf_shim.bare;
    uint32_t families = atomic_load_explicit(&sf_shim.program_families, memory_order_relaxed);
    return !(families >> family & 1) && sf_tally_add_quick(family);
}

/* A number that is in use from now on, and what is known of it: the generation is
 * added. Without SF_WORD_OWN it is not our own. */
void sf_descriptor_new(int fd, uint64_t word);

/* What is known of a number now; whose it is stays. */
void sf_descriptor_set(int fd, uint64_t word);

/* It is the same descriptor still, but is to be discovered anew. */
void sf_descriptor_doubt(int fd);

/* `to` is another number for what had the word `from` before it was doubled. */
void sf_descriptor_double(uint64_t from, int to);

/* `fd` was given to us by another process, or is negative. Returns it. Keeps errno. */
int sf_descriptor_received(int fd);

/* Nothing is known of these numbers any more: closed or replaced. */
void sf_descriptor_forget(int fd);
void sf_descriptor_forget_range(unsigned first, unsigned last);

/* In a forked child: no number is our own. */
void sf_descriptor_disown(void);

/* By which number a trace knows the socket behind `fd`, with SF_NUMBER_… bits; 0: not known. */
#define SF_NUMBER_NAMED (UINT32_C(1) << 31) /* its own address has been told, too */
#define SF_NUMBER_GONE (UINT32_C(1) << 30)  /* kept alone: there was one, and it was closed */
static inline uint32_t sf_descriptor_kept_number(int fd)
{
    if ((uint32_t)fd >= sf_shim.descriptor_count)
        return 0;
    return atomic_load_explicit(&sf_shim.numbers[sf_descriptor_index((uint32_t)fd)], memory_order_relaxed);
}

static inline uint32_t sf_descriptor_number(int fd)
{
    uint32_t number = sf_descriptor_kept_number(fd);
    return number == SF_NUMBER_GONE ? 0 : number;
}

/* What is known of a number that has the word `seen`: its socket has a record, whose number is this. */
void sf_descriptor_set_number(int fd, uint64_t seen, uint32_t number);

/* The first number above `fd` that has one of these bits, as far as we saw; -1: there is none. */
int sf_descriptor_next(int fd, uint64_t bits);

/* The word of a socket with these properties that neither is nor was connected. */
uint64_t sf_descriptor_fresh_word(uint8_t domain, uint8_t type);

/* SF_DOMAIN_… and SF_TYPE_… of socket(2)'s arguments. */
uint8_t sf_domain_bit(int domain);
uint8_t sf_type_bit(int type);

/* For sf_descriptor_discover. */
uint64_t sf_descriptor_ask(int fd);

/* What the word of `fd` is now: asks the kernel when it is unknown. That of a datagram
 * socket whose address others want to know is not kept before it has one. Keeps errno. */
static inline uint64_t sf_descriptor_discover(int fd)
{
    uint64_t word = sf_descriptor_word(fd);
    return __builtin_expect(sf_word_is_known(word), 1) ? word : sf_descriptor_ask(fd);
}

#endif
