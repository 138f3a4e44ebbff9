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
};

void sf_judge_shim(struct sf_judge *judge, size_t index)
{
    const struct sf_program *program = &judge->scenario->programs[index];
    const struct sf_program_state *state = &judge->session->programs[index];
    if (!sf_judge_ran(&judge->outcome->programs[index]) || !sf_verify_is_faulted(judge->scenario, index))
        return;
    if (state->loaded == 0) {
        sf_judge_note(
            judge, program->place, program->name, "loaded", "with the shim", "without the shim",
            "%s ran without the shim, so no rule could reach it: libsockfault.so was not loaded into %s",
            program->name, program->argv[0]);
        return;
    }
    char what[160];
    unsigned escaped = sf_session_escaped(judge->session, (uint32_t)index, what, sizeof what);
    if (escaped > 0)
        sf_judge_note(judge, program->place, program->name, "escaped", "no process without the shim",
                      sf_arena_printf(judge->arena, "%s", what),
                      escaped == 1 ? "%s started %s without the shim: no rule could reach it"
                                   : "%s started %s and %u more without the shim: no rule could reach them",
                      program->name, what, escaped - 1);
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
        if (state->escapes & escapes[i].escape)
            sf_judge_note(judge, program->place, program->name, "escaped", "nothing beyond reach",
                          escapes[i].got, "%s %s", program->name, escapes[i].text);
}
