/* Environment → mapped session. All of this runs once a process image, before
 * the program's own code; here alone the shim may look symbols up or print. */
#include "load/load.h"
#include "abi/handshake.h"
#include "abi/valgrind.h"
#include "apply/clock.h"
#include "load/images.h"
#include "load/memory.h"
#include "load/real.h"
#include "load/self.h"
#include "load/room.h"
#include "load/sandbox.h"
#include "load/shim.h"
#include "log/self.h"
#include "log/tally.h"
#include "log/trace.h"
#include "sites/site.h"
#include "sockets/descriptor.h"
#include "sockets/leaks.h"
#include "sockets/watch.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct sf_shim sf_shim;
__thread uintptr_t *sf_quiet;
__thread bool sf_has_vforked;

#define DESCRIPTORS_MAX (1u << 20)

static void stop(const char *why)
{
    struct iovec parts[] = {{(void *)"sockfault: ", 11}, {(void *)why, strlen(why)}, {(void *)"\n", 1}};
    (void)!sf_real.writev(2, parts, 3);
    sf_real._exit(SF_EXIT_INTERNAL);
}

/* Reserved, not touched: a descriptor that is never used costs no memory. Whatever the limit
 * is now, a privileged program may raise it. */
static void reserve_descriptors(void)
{
    void *table = mmap(NULL, DESCRIPTORS_MAX * sizeof(uint64_t), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (table == MAP_FAILED)
        stop("cannot reserve the table of descriptors");
    sf_valgrind_ignore(table, DESCRIPTORS_MAX * sizeof(uint64_t));
    sf_shim.descriptors = table;
    sf_shim.descriptor_count = DESCRIPTORS_MAX;
}

/* From now on every call on a socket takes the longer way. */
static void reserve_trace(void)
{
    void *table = mmap(NULL, DESCRIPTORS_MAX * sizeof(uint32_t), PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (table == MAP_FAILED || !sf_trace_reserve())
        stop("cannot reserve memory for the trace");
    sf_valgrind_ignore(table, DESCRIPTORS_MAX * sizeof(uint32_t));
    sf_shim.numbers = table;
    sf_shim.traced_generation = UINT32_C(1) << 31;
    sf_shim.program_families |= 1u << SF_FAMILY_SOCKET | 1u << SF_FAMILY_POLL | 1u << SF_FAMILY_RESOLVE;
}

static void point_at(const struct sf_session *session)
{
    char *base = (char *)session;
    sf_shim.session = session;
    sf_shim.plan = (const void *)(base + session->plan_at);
    sf_shim.control = (void *)(base + session->control_at);
    sf_shim.tallies = (void *)(base + session->tallies_at);
    sf_shim.execs = (void *)(base + session->execs_at);
    sf_shim.events = (void *)(base + session->events_at);
    sf_shim.trace = session->trace_at ? (void *)(base + session->trace_at) : NULL;
    sf_shim.sockets = base + session->sockets_at;
    sf_shim.directory =
        (struct sf_directory){(void *)(base + session->directory_at), session->directory_count};
    sf_shim.arrivals = (void *)(base + session->arrivals_at);
    sf_shim.state = (struct sf_program_state *)(base + session->programs_at) + sf_shim.program;
    sf_shim.engine = (struct sf_engine){.plan = sf_shim.plan,
                                        .rules = (void *)(base + session->rules_at),
                                        .calls = (void *)(base + session->calls_at),
                                        .directory = &sf_shim.directory};
}

static void ignore_own_data(void)
{
    const ElfW(Ehdr) *header = (const void *)__ehdr_start;
    const ElfW(Phdr) *segments = (const void *)(__ehdr_start + header->e_phoff);

    for (int i = 0; i < header->e_phnum; i++)
        if (segments[i].p_type == PT_LOAD && segments[i].p_flags & PF_W)
            sf_valgrind_ignore(__ehdr_start + segments[i].p_vaddr, segments[i].p_memsz);
}

/* Whose addresses must be known for a rule to select: asked of every process of
 * the program, whatever it executes. Returns whether hosts are among its peers. */
static bool select_parties(const struct sf_plan_rule *rule)
{
    const struct sf_plan_pattern *patterns = sf_plan_patterns(sf_shim.plan);
    bool is_ours = rule->programs >> sf_shim.program & 1, has_hosts = false;

    for (uint32_t at = rule->peer; at < rule->peer + rule->peer_count; at++) {
        has_hosts |= patterns[at].kind == SF_PATTERN_HOST;
        sf_shim.has_programs |= patterns[at].kind == SF_PATTERN_PROGRAM;
    }
    for (uint32_t at = rule->local; at < rule->local + rule->local_count; at++)
        sf_shim.has_hosts |= is_ours && patterns[at].kind == SF_PATTERN_HOST;
    sf_shim.has_hosts |= is_ours && has_hosts;
    return has_hosts;
}

static bool selects_sockets(const struct sf_plan_rule *rule)
{
    return rule->peer_count || rule->local_count || rule->domains || rule->types || rule->roles ||
           rule->connection_first;
}

/* What rules can touch in this program at all. */
static void select_program(void)
{
    const struct sf_plan_rule *rules = sf_plan_rules(sf_shim.plan);
    struct sf_executable executable;

    sf_executable_learn(&executable);
    sf_exe_exclude(sf_shim.plan, executable.file, executable.called, sf_shim.excluded);
    for (uint32_t i = 0; i < sf_shim.plan->rule_count; i++) {
        bool has_hosts = select_parties(&rules[i]);
        if (!(rules[i].programs >> sf_shim.program & 1) || sf_shim.excluded[i / 64] >> (i % 64) & 1)
            continue;
        sf_shim.meant[i / 64] |= UINT64_C(1) << (i % 64);
        sf_shim.families |= sf_rule_families(&rules[i]);
        sf_shim.has_watches |= rules[i].watches != 0;
        sf_shim.has_sites |= rules[i].site;
        sf_shim.has_locals |= rules[i].local_count != 0;
        bool is_by_socket = selects_sockets(&rules[i]);
        sf_shim.has_waited |= is_by_socket && rules[i].families >> SF_FAMILY_POLL & 1;
        sf_shim.has_local_binds |= rules[i].local_count != 0 && rules[i].families >> SF_FAMILY_BIND & 1;
        if (rules[i].peer_count == 0 && rules[i].local_count == 0)
            sf_shim.program_families |= rules[i].families & ~(is_by_socket ? 1u << SF_FAMILY_POLL : 0);
        else if (has_hosts && rules[i].local_count == 0)
            sf_shim.program_families |= rules[i].families & 1u << SF_FAMILY_RESOLVE;
    }
    atomic_init(&sf_shim.rule_families, sf_shim.program_families);
    sf_shim.has_links = sf_plan_has_links(sf_shim.plan);
    sf_ports_collect(sf_shim.plan, sf_shim.program, &sf_shim.ports);
}

/* Sockets that came with the process may be polled before anything else is done with
 * them; they have low numbers. */
static void discover_inherited(void)
{
    for (int fd = 0; fd < 64; fd++)
        sf_descriptor_discover(fd);
}

/* The forked child has one thread, must not add to its parent's tally, and has
 * opened none of the sockets that it inherited. */
static void after_fork_in_child(void)
{
    sf_shim.pid = sf_sandbox_allows(SF_OWN_GETPID) ? getpid() : 0;
    sf_has_vforked = false;
    sf_tally_forget();
    sf_self_forget();
    sf_trace_forget();
    sf_leaks_forget();
}

/* Behind all other handlers and destructors, since ours are registered first: they
 * may still close sockets. */
static void at_exit(int status, void *argument)
{
    (void)status;
    (void)argument;
    sf_leaks_count();
    sf_trace_end();
    sf_sites_look_again();
}

bool sf_find_vfork_child(void)
{
    sf_has_vforked = sf_sandbox_allows(SF_OWN_GETPID) && getpid() != sf_shim.pid;
    return sf_has_vforked;
}

void sf_load(void)
{
    struct sf_handover handover = {0};
    const char *why;

    if (sf_shim.loaded)
        return;
    sf_real_resolve();
    why = sf_session_find(&handover);
    if (why)
        stop(why);
    if (!handover.session) {
        sf_shim.bare = sf_shim.loaded = true;
        return;
    }
    sf_shim.program = handover.program;
    sf_shim.library_path = handover.library_path;
    sf_shim.preload = handover.preload;
    sf_shim.environment = handover.environment;
    sf_shim.environment_given = handover.environment_given;
    sf_shim.environment_program = handover.environment_program;
    ignore_own_data();
    sf_valgrind_ignore(handover.session, handover.session->total_bytes);
    point_at(handover.session);
    select_program();
    sf_shim.pid = getpid();
    pthread_atfork(NULL, NULL, after_fork_in_child);
    if (on_exit(at_exit, NULL) != 0 || at_quick_exit(sf_leaks_count) != 0)
        stop("cannot be told of the end of the process");
    reserve_descriptors();
    if (sf_shim.trace)
        reserve_trace();
    if (!sf_self_reserve())
        stop("cannot reserve memory for who calls");
    if (!sf_room_reserve())
        stop("cannot reserve room for calls");
    if (!sf_watch_reserve())
        stop("cannot reserve the table of registrations");
    sf_memory_learn();
    if (sf_shim.has_sites && !sf_sites_learn())
        stop("cannot reserve the table of functions");
    if (sf_shim.trace)
        sf_images_tell();
    if (sf_shim.has_waited)
        discover_inherited();
    atomic_fetch_add(&sf_shim.state->loaded, 1);
    if (!sf_exec_loaded(sf_shim.execs, handover.session->exec_count, (uint32_t)getpid(), sf_shim.program))
        atomic_fetch_or(&sf_shim.state->escapes, SF_ESCAPE_EXECS);
    sf_shim.loaded = true;
}

__attribute__((constructor)) static void construct(void)
{
    sf_load();
}
