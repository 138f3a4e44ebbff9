/* How programs ended, against how they should have. */
#include "verify/judge.h"

#include "base/arena.h"
#include "verify/wording.h"

#include <signal.h>
#include <string.h>

#define LAST_WORDS_BYTES 200

/* What is judged: one program, its end and what was said of it. */
struct subject {
    const struct sf_program *program;
    const struct sf_program_expectation *expect;
    const struct sf_exit *exit;
    const char *got;   /* "56", "SIGSEGV" */
    const char *ended; /* "exited with 56", "was killed by SIGSEGV" */
    const char *words; /* ": LAST LINE OF STDERR", or "" */
};

static bool is_service(const struct sf_program *program)
{
    return program->ready.kind != SF_READY_NONE;
}

/* " (128 + SIGPIPE)": what a shell tells of a child that a signal killed. */
static const char *as_a_shell(const struct sf_judge *judge, const struct sf_exit *exit)
{
    int signal = exit->code - 128;
    bool may_be = signal > 0 && signal < SIGRTMIN;
    return may_be ? sf_arena_printf(judge->arena, " (128 + %s)", sf_word_signal(judge->arena, signal)) : "";
}

static struct subject describe(const struct sf_judge *judge, size_t index)
{
    struct subject subject = {.program = &judge->scenario->programs[index],
                              .expect = &judge->scenario->expect[index],
                              .exit = &judge->outcome->programs[index]};
    if (subject.exit->signal) {
        subject.got = sf_word_signal(judge->arena, subject.exit->signal);
        subject.ended = sf_arena_printf(judge->arena, "was killed by %s", subject.got);
    } else {
        subject.got = sf_arena_printf(judge->arena, "%d", subject.exit->code);
        subject.ended =
            sf_arena_printf(judge->arena, "exited with %s%s", subject.got, as_a_shell(judge, subject.exit));
    }
    const char *line = sf_word_last_words(judge->arena, &subject.exit->err, LAST_WORDS_BYTES);
    subject.words = *line ? sf_arena_printf(judge->arena, ": %s", line) : "";
    return subject;
}

static bool exit_fits(const struct subject *subject)
{
    const struct sf_exit *exit = subject->exit;
    if (exit->signal)
        return false;
    if (!subject->expect->exit.given)
        return exit->code == 0;
    if (subject->expect->exit.any)
        return true;
    if (subject->expect->exit.nonzero)
        return exit->code != 0;
    for (size_t i = 0; i < subject->expect->exit.count; i++)
        if (exit->code == subject->expect->exit.codes[i])
            return true;
    return false;
}

static void judge_exit(struct sf_judge *judge, const struct subject *subject)
{
    if (exit_fits(subject))
        return;
    bool given = subject->expect->exit.given;
    const char *want = given ? subject->expect->exit.text : "0";
    sf_judge_note(judge, given ? subject->expect->exit.place : subject->program->place,
                  subject->program->name, "exit", want, subject->got, "%s %s, expected %s%s%s",
                  subject->program->name, subject->ended, subject->exit->signal ? "exit " : "", want,
                  subject->words);
}

static void judge_signal(struct sf_judge *judge, const struct subject *subject)
{
    int wanted = subject->expect->signal.number;
    if (!subject->expect->signal.given || subject->exit->signal == wanted)
        return;
    const char *want = wanted ? sf_word_signal(judge->arena, wanted) : "none";
    sf_judge_note(judge, subject->expect->signal.place, subject->program->name, "signal", want,
                  subject->exit->signal ? subject->got : "none", "%s %s, expected %s%s%s",
                  subject->program->name, subject->ended, wanted ? "to be killed by " : "no signal",
                  wanted ? want : "", subject->words);
}

/* What was said of the end. Silence about the exit means 0, but where a signal
 * is expected, or came against the expectation, that has settled it. */
static void judge_as_said(struct sf_judge *judge, const struct subject *subject)
{
    const struct sf_program_expectation *expect = subject->expect;
    bool settled = expect->signal.given && (expect->signal.number || subject->exit->signal);
    judge_signal(judge, subject);
    if (expect->exit.given || !settled)
        judge_exit(judge, subject);
}

/* " but on 9090, 9091": where a service listened instead; "": nowhere. */
static const char *other_ports(struct sf_judge *judge, const struct sf_exit *exit)
{
    const char *text = "";
    for (unsigned i = 0; i < exit->port_count; i++)
        text = sf_arena_printf(judge->arena, "%s%s%u", text, i ? ", " : " but on ", exit->ports[i]);
    return text;
}

/* Why it was not ready: "it did not listen on port 80 but on 81". */
static const char *not_ready(struct sf_judge *judge, const struct subject *subject)
{
    const struct sf_ready *ready = &subject->program->ready;
    if (ready->kind == SF_READY_FILE)
        return sf_arena_printf(judge->arena, "there was no file %s", ready->file);
    if (ready->kind == SF_READY_OUTPUT) {
        const char *text = ready->output.text;
        return sf_arena_printf(judge->arena, "nothing that it wrote %s %s",
                               subject->exit->search_given_up ? "could be searched for" : "matches",
                               sf_word_excerpt(judge->arena, text, strlen(text), 0, LAST_WORDS_BYTES));
    }
    return sf_arena_printf(judge->arena, "it did not listen on port %u%s", ready->port,
                           other_ports(judge, subject->exit));
}

static void judge_ready(struct sf_judge *judge, const struct subject *subject)
{
    const struct sf_program *program = subject->program;
    const char *within = sf_word_duration(judge->arena, program->ready.within_ns);
    const char *want = sf_arena_printf(judge->arena, "within %s", within);
    if (subject->exit->early)
        sf_judge_note(judge, program->ready.place, program->name, "ready", want, subject->got,
                      "%s %s before it was ready%s", program->name, subject->ended, subject->words);
    else
        sf_judge_note(judge, program->ready.place, program->name, "ready", want, "not ready",
                      "%s was not ready within %s: %s%s", program->name, within, not_ready(judge, subject),
                      subject->words);
}

/* The statuses with which programs end that were asked to. */
static bool stopped_well(const struct subject *subject)
{
    const struct sf_exit *exit = subject->exit;
    int asked = subject->program->stop_signal;
    return exit->signal ? exit->signal == asked : exit->code == 0 || exit->code == 128 + asked;
}

static void judge_service(struct sf_judge *judge, const struct subject *subject)
{
    const struct sf_program *program = subject->program;
    const struct sf_exit *exit = subject->exit;
    const char *stop = sf_word_signal(judge->arena, program->stop_signal);
    bool said = subject->expect->exit.given || subject->expect->signal.given;
    if (!exit->ready && (exit->early || exit->end == SF_END_TIMEOUT))
        judge_ready(judge, subject);
    else if (exit->stop_killed)
        sf_judge_note(judge, program->place, program->name, "stop", "an end by itself", "killed",
                      "%s had to be killed: it did not end within %s of %s%s", program->name,
                      sf_word_duration(judge->arena, program->stop_within_ns), stop, subject->words);
    else if (said)
        judge_as_said(judge, subject);
    else if (exit->early)
        sf_judge_note(judge, program->place, program->name, "end", "running until stopped", subject->got,
                      "%s %s before it was stopped; a service must keep running%s", program->name,
                      subject->ended, subject->words);
    else if (!stopped_well(subject) && exit->signal)
        sf_judge_note(judge, program->place, program->name, "signal", stop, subject->got,
                      "%s crashed while it stopped: it %s%s", program->name, subject->ended, subject->words);
    else if (!stopped_well(subject))
        sf_judge_note(judge, program->place, program->name, "exit",
                      sf_arena_printf(judge->arena, "0 or %d", 128 + program->stop_signal), subject->got,
                      "%s %s when it was stopped with %s, expected 0 or %d%s", program->name, subject->ended,
                      stop, 128 + program->stop_signal, subject->words);
}

static void judge_start(struct sf_judge *judge, const struct subject *subject)
{
    const struct sf_program *program = subject->program;
    const char *file = subject->exit->cwd_failed     ? program->cwd
                       : subject->exit->stdin_failed ? program->stdin_file
                                                     : program->argv[0];
    const char *reason = strerror(subject->exit->exec_errno);
    sf_judge_note(judge, program->place, program->name, "start", "started", reason,
                  "%s could not be started: %s: %s", program->name, file, reason);
}

void sf_judge_end(struct sf_judge *judge, size_t index)
{
    struct subject subject = describe(judge, index);
    const struct sf_exit *exit = subject.exit;
    if (exit->end == SF_END_FAILED)
        judge_start(judge, &subject);
    if (!sf_judge_ran(exit))
        return;
    /* The scenario's time-out is a finding of its own: what it did to the
     * programs is not theirs. */
    if (exit->end == SF_END_TIMEOUT && judge->outcome->timed_out)
        return;
    if (is_service(subject.program))
        judge_service(judge, &subject);
    else
        judge_as_said(judge, &subject);
}
