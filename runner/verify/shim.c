/* Did the rules reach what they were meant for? */
#include "verify/judge.h"

#include "verify/wording.h"

#include <signal.h>

static const struct {
    enum sf_escape escape;
    const char *got, *text;
} escapes[] = {
    {SF_ESCAPE_IO_URING, "io_uring", "uses io_uring, which no rule can reach"},
    {SF_ESCAPE_SOCKETS, "too many sockets",
     "had more sockets at once than can be followed: some met no rule"},
    {SF_ESCAPE_EXECS, "too many programs started",
     "started more programs at once than can be followed: some may have met no rule"},
    {SF_ESCAPE_UNREAD, "too much unread",
     "had more unread bytes in connections that were reset than can be kept for it: some were lost"},
    {SF_ESCAPE_DIRECTORY, "too many addresses",
     "had more addresses, its own and those of names, than can be followed: rules that name peers may have "
     "missed some"},
    {SF_ESCAPE_WATCHES, "too many registrations",
     "had more edge-triggered registrations at once than can be followed: after a fault some may have "
     "waited for an edge that never came"},
    {SF_ESCAPE_SANDBOX, "a sandbox",
     "forbids itself by seccomp(2) system calls that rules need: some of its calls met no rule"},
    {SF_ESCAPE_BUSY, "a kernel without resets",
     "reset a connection, or let it fall silent, while a thread waited in it, which this kernel refuses: the "
     "peer saw a FIN"},
    {SF_ESCAPE_STREAM, "fdopen of a socket",
     "uses stdio on a socket (fdopen): no rule can reach what libc reads and writes there"},
    {SF_ESCAPE_PRINT, "dprintf to a socket",
     "uses stdio on a socket (dprintf): no rule can reach what libc writes there"},
    {SF_ESCAPE_FCLOSE, "fclose of a socket",
     "closes a socket by stdio (fclose): no rule on close acts there"},
    {SF_ESCAPE_WIRE, "connections that were not wired",
     "made connections that link rules select and that could not be given to the wire: in another network "
     "namespace, of SOCK_SEQPACKET, or with no descriptor left, there or here"},
    {SF_ESCAPE_DATAGRAM, "datagrams that were not carried",
     "used datagrams that link rules select and the wire cannot carry: of Unix sockets, where they come in "
     "or would wait, of a port that it shares (SO_REUSEPORT), in another network namespace, sent by "
     "sendfile, splice or with MSG_MORE, of more than 65,463 bytes that came in, or with no descriptor left, "
     "there or here"},
};

/* [a rule selects the program][it is one process] */
static const char *const unreached[2][2] = {
    {"nobody learnt their addresses", "nobody learnt its addresses"},
    {"no rule could reach them", "no rule could reach it"},
};

/* Whoever rules mean must be reached, and whoever they name as a peer must tell its addresses. */
static void judge_escaped(struct sf_judge *judge, size_t index)
{
    const struct sf_program *program = &judge->scenario->programs[index];
    unsigned count;
    const char *what = sf_word_escaped(judge->arena, judge->scenario, judge->session, index, true, &count);
    bool is_meant = what != NULL;
    if (!is_meant && sf_verify_is_peer(judge->scenario, index))
        what = sf_word_escaped(judge->arena, judge->scenario, judge->session, index, false, &count);
    if (what)
        sf_judge_note(judge, program->place, program->name, "escaped", "no process without the shim", what,
                      "%s started %s without the shim: %s", program->name, what,
                      unreached[is_meant][count == 1]);
}

/* A filter that was made for the program alone kills it for what the shim calls, whatever the rules are. */
static void judge_sandbox(struct sf_judge *judge, size_t index)
{
    const struct sf_program *program = &judge->scenario->programs[index];
    if (judge->outcome->programs[index].signal != SIGSYS || judge->session->programs[index].loaded == 0 ||
        judge->scenario->expect[index].signal.number == SIGSYS)
        return;
    sf_judge_note(judge, program->place, program->name, "sandbox", "no call that its filter forbids",
                  "SIGSYS",
                  "%s was ended by SIGSYS, as for a system call that its seccomp filter forbids, perhaps one "
                  "of the shim's",
                  program->name);
}

void sf_judge_shim(struct sf_judge *judge, size_t index)
{
    const struct sf_program *program = &judge->scenario->programs[index];
    const struct sf_program_state *state = &judge->session->programs[index];
    bool is_peer = sf_verify_is_peer(judge->scenario, index);
    if (!sf_judge_ran(&judge->outcome->programs[index]))
        return;
    judge_sandbox(judge, index);
    if (!is_peer && !sf_verify_is_faulted(judge->scenario, index))
        return;
    if (state->loaded == 0) {
        bool is_meant = sf_verify_is_meant(judge->scenario, index);
        if (is_meant || is_peer)
            sf_judge_note(judge, program->place, program->name, "loaded", "with the shim", "without the shim",
                          "%s ran without the shim, so %s: libsockfault.so was not loaded into %s",
                          program->name, unreached[is_meant][true], program->argv[0]);
        return;
    }
    judge_escaped(judge, index);
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
        if (state->escapes & escapes[i].escape)
            sf_judge_note(judge, program->place, program->name, "escaped", "nothing beyond reach",
                          escapes[i].got, "%s %s", program->name, escapes[i].text);
}
