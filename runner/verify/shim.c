/* Did the rules reach what they were meant for? */
#include "verify/judge.h"

#include "base/arena.h"

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
};

/* [a rule selects the program][it is one process] */
static const char *const unreached[2][2] = {
    {"nobody learnt their addresses", "nobody learnt its addresses"},
    {"no rule could reach them", "no rule could reach it"},
};

void sf_judge_shim(struct sf_judge *judge, size_t index)
{
    const struct sf_program *program = &judge->scenario->programs[index];
    const struct sf_program_state *state = &judge->session->programs[index];
    bool is_faulted = sf_verify_is_faulted(judge->scenario, index);
    if (!sf_judge_ran(&judge->outcome->programs[index]) ||
        (!is_faulted && !sf_verify_is_peer(judge->scenario, index)))
        return;
    if (state->loaded == 0) {
        sf_judge_note(judge, program->place, program->name, "loaded", "with the shim", "without the shim",
                      "%s ran without the shim, so %s: libsockfault.so was not loaded into %s", program->name,
                      unreached[is_faulted][true], program->argv[0]);
        return;
    }
    char what[160];
    unsigned escaped = sf_session_escaped(judge->session, (uint32_t)index, what, sizeof what);
    if (escaped > 0)
        sf_judge_note(judge, program->place, program->name, "escaped", "no process without the shim",
                      sf_arena_printf(judge->arena, "%s", what),
                      "%s started %s%s without the shim: %s", program->name, what,
                      escaped == 1 ? "" : sf_arena_printf(judge->arena, " and %u more", escaped - 1),
                      unreached[is_faulted][escaped == 1]);
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
        if (state->escapes & escapes[i].escape)
            sf_judge_note(judge, program->place, program->name, "escaped", "nothing beyond reach",
                          escapes[i].got, "%s %s", program->name, escapes[i].text);
}
