/* The load handshake: which execs are under way, and which never brought the
 * shim with them.
 *
 * Whoever execs announces it first (PENDING); the shim in the new image takes
 * the announcement away. posix_spawn tells the pid only afterwards, when the
 * new image may already run: then the shim leaves LOADED, and the caller of
 * posix_spawn takes that away. What is still PENDING at the end ran unwrapped,
 * unless it was killed on the way; see runner/launch/execs.h.
 *
 * Callers: the shim (before exec, after posix_spawn, at load), the supervisor
 * (a program's first exec). Lock-free and async-signal-safe: no allocation, no
 * errno, no system call, so a vfork child may call it. A writer that dies
 * half-way leaves a CLAIMED slot behind: one lost place, never a lock.
 *
 * The table is set-associative: pid P lives in one of the SF_EXEC_WAYS slots
 * from P on, so that a look-up that finds nothing stays cheap.
 *
 * The supervisor's side of the other half of the load, the abstract socket
 * SF_SOCKET_PREFIX + ID: SOCK_STREAM; to a process below the supervisor it
 * sends one byte with the session's descriptor as SCM_RIGHTS, then closes; any
 * other peer sees the connection closed at once. */
#ifndef SF_ABI_HANDSHAKE_H
#define SF_ABI_HANDSHAKE_H

#include "abi/session.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SF_EXEC_WAYS 64u

/* State and pid change together, in one 64-bit word: a slot that was released
 * and taken by another process in between is never mistaken for one's own. */
_Static_assert(offsetof(struct sf_exec, state) == 0 && offsetof(struct sf_exec, pid) == 4, "one word");

static inline uint64_t sf_exec_word(uint32_t state, uint32_t pid)
{
    uint32_t halves[2] = {state, pid};
    uint64_t word;
    __builtin_memcpy(&word, halves, sizeof word);
    return word;
}

static inline uint32_t sf_exec_state(uint64_t word)
{
    uint32_t halves[2];
    __builtin_memcpy(halves, &word, sizeof word);
    return halves[0];
}

static inline uint64_t sf_exec_read(struct sf_exec *exec)
{
    return __atomic_load_n((uint64_t *)(void *)exec, __ATOMIC_SEQ_CST);
}

static inline bool sf_exec_change(struct sf_exec *exec, uint64_t from, uint64_t to)
{
    return __atomic_compare_exchange_n((uint64_t *)(void *)exec, &from, to, false, __ATOMIC_SEQ_CST,
                                       __ATOMIC_SEQ_CST);
}

static inline struct sf_exec *sf_exec_slot(struct sf_exec *execs, uint32_t count, uint32_t pid, uint32_t way)
{
    return &execs[(pid + way) % count];
}

static inline uint32_t sf_exec_ways(uint32_t count)
{
    return count < SF_EXEC_WAYS ? count : SF_EXEC_WAYS;
}

/* Free one slot of `pid` that is in `state`; false: there is none. */
static inline bool sf_exec_remove(struct sf_exec *execs, uint32_t count, uint32_t state, uint32_t pid)
{
    for (uint32_t way = 0; way < sf_exec_ways(count); way++)
        if (sf_exec_change(sf_exec_slot(execs, count, pid, way), sf_exec_word(state, pid),
                           sf_exec_word(SF_EXEC_FREE, 0)))
            return true;
    return false;
}

/* Enter `pid` as `state`; the slot, or NULL when no place is left. Marks of
 * images that loaded well give way: they only matter for the blink of an eye. */
static inline struct sf_exec *sf_exec_insert(struct sf_exec *execs, uint32_t count, uint32_t state,
                                             uint32_t pid, uint32_t program, const char *path)
{
    static const uint32_t victims[] = {SF_EXEC_FREE, SF_EXEC_LOADED};
    for (unsigned pass = 0; pass < 2; pass++) {
        for (uint32_t way = 0; way < sf_exec_ways(count); way++) {
            struct sf_exec *exec = sf_exec_slot(execs, count, pid, way);
            uint64_t old = sf_exec_read(exec);
            if (sf_exec_state(old) != victims[pass])
                continue;
            if (!sf_exec_change(exec, old, sf_exec_word(SF_EXEC_CLAIMED, pid)))
                continue;
            size_t length = __builtin_strlen(path);
            size_t skip = length < sizeof exec->path ? 0 : length - (sizeof exec->path - 1);
            for (size_t i = 0; i <= length - skip; i++) /* no memcpy: the target's may be interposed */
                exec->path[i] = path[skip + i];
            exec->program = program;
            __atomic_store_n((uint64_t *)(void *)exec, sf_exec_word(state, pid), __ATOMIC_SEQ_CST);
            return exec;
        }
    }
    return NULL;
}

/* `pid` is about to exec `path` as program `program` and should load the shim.
 * false: the table is full (SF_ESCAPE_EXECS). */
static inline bool sf_exec_announce(struct sf_exec *execs, uint32_t count, uint32_t pid, uint32_t program,
                                    const char *path)
{
    return sf_exec_insert(execs, count, SF_EXEC_PENDING, pid, program, path) != NULL;
}

/* The announced exec failed: the old image goes on. */
static inline void sf_exec_withdraw(struct sf_exec *execs, uint32_t count, uint32_t pid)
{
    sf_exec_remove(execs, count, SF_EXEC_PENDING, pid);
}

/* The shim runs in a new image of `pid`. false: the table is full. */
static inline bool sf_exec_loaded(struct sf_exec *execs, uint32_t count, uint32_t pid, uint32_t program)
{
    if (sf_exec_remove(execs, count, SF_EXEC_PENDING, pid))
        return true;
    /* Our parent may be just behind its posix_spawn. Both sides enter first and
     * look for the other's entry afterwards, so at least one finds it. */
    struct sf_exec *mine = sf_exec_insert(execs, count, SF_EXEC_LOADED, pid, program, "");
    if (mine && sf_exec_remove(execs, count, SF_EXEC_PENDING, pid))
        sf_exec_change(mine, sf_exec_word(SF_EXEC_LOADED, pid), sf_exec_word(SF_EXEC_FREE, 0));
    return mine != NULL;
}

/* posix_spawn returned: `pid` runs `path`, which should load the shim.
 * false: the table is full (SF_ESCAPE_EXECS). */
static inline bool sf_exec_spawned(struct sf_exec *execs, uint32_t count, uint32_t pid, uint32_t program,
                                   const char *path)
{
    if (sf_exec_remove(execs, count, SF_EXEC_LOADED, pid))
        return true;
    struct sf_exec *mine = sf_exec_insert(execs, count, SF_EXEC_PENDING, pid, program, path);
    if (mine && sf_exec_remove(execs, count, SF_EXEC_LOADED, pid))
        sf_exec_change(mine, sf_exec_word(SF_EXEC_PENDING, pid), sf_exec_word(SF_EXEC_FREE, 0));
    return mine != NULL;
}

#endif
