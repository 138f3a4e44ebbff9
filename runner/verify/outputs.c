/* What programs wrote, against what they should have. */
#include "verify/judge.h"

#include "base/arena.h"
#include "base/regex.h"
#include "scenario/files.h"
#include "verify/wording.h"

#include <inttypes.h>
#include <string.h>

#define EXCERPT_BYTES 160
#define CONTEXT_BYTES 40

/* One stream of one program. */
struct stream {
    const char *program, *name; /* "client", "stdout" */
    const struct sf_output *output;
};

static void note(struct sf_judge *judge, const struct stream *stream, struct sf_place place,
                 const char *aspect, const char *want, const char *got, const char *message)
{
    sf_judge_note(judge, place, sf_arena_printf(judge->arena, "%s.%s", stream->program, stream->name), aspect,
                  want, got, "%s of %s %s", stream->name, stream->program, message);
}

/* All of a short output; of a long one its beginning. */
static const char *show(const struct sf_judge *judge, const struct sf_output *output)
{
    return sf_word_excerpt(judge->arena, output->data, output->bytes, 0, EXCERPT_BYTES);
}

static const char *is(const struct sf_judge *judge, const struct sf_output *output)
{
    if (output->total_bytes == 0)
        return "it is empty";
    if (output->total_bytes <= EXCERPT_BYTES)
        return sf_arena_printf(judge->arena, "it is %s", show(judge, output));
    return sf_arena_printf(judge->arena, "its %" PRIu64 " bytes begin with %s", output->total_bytes,
                           show(judge, output));
}

static uint64_t before(uint64_t at)
{
    return at > CONTEXT_BYTES ? at - CONTEXT_BYTES : 0;
}

/* Both sides from shortly before the first byte that differs. */
static void judge_equals(struct sf_judge *judge, const struct stream *stream, struct sf_place place,
                         const char *aspect, const char *text, uint64_t length)
{
    const struct sf_output *output = stream->output;
    uint64_t at = 0, line = 1;
    while (at < length && at < output->bytes && text[at] == output->data[at])
        line += text[at++] == '\n';
    if (at == length && output->total_bytes == length)
        return;
    const char *want = sf_word_excerpt(judge->arena, text, length, before(at), EXCERPT_BYTES);
    const char *got = sf_word_excerpt(judge->arena, output->data, output->bytes, before(at), EXCERPT_BYTES);
    note(judge, stream, place, aspect, want, got,
         sf_arena_printf(judge->arena,
                         "differs in line %" PRIu64 " (byte %" PRIu64 "): it is %s, expected %s", line,
                         at + 1, got, want));
}

static void judge_equals_file(struct sf_judge *judge, const struct stream *stream,
                              const struct sf_text_item *file)
{
    struct sf_diagnostics diagnostics = {.arena = judge->arena};
    size_t bytes;
    const char *text = sf_file_read(judge->arena, file->text, SF_OUTPUT_LIMIT_BYTES, &bytes, &diagnostics);
    if (text)
        judge_equals(judge, stream, file->place, "equals_file", text, bytes);
    else
        note(judge, stream, file->place, "equals_file", file->text, diagnostics.list[0].message,
             sf_arena_printf(judge->arena, "cannot be compared with %s: %s", file->text,
                             diagnostics.list[0].message));
}

static void judge_matches(struct sf_judge *judge, const struct stream *stream,
                          const struct sf_text_item *pattern)
{
    const struct sf_output *output = stream->output;
    char error[SF_REGEX_ERROR_BYTES];
    struct sf_regex *regex = sf_regex_compile(pattern->text, error); /* the reader has compiled it before */
    enum sf_regex_result result = sf_regex_search(regex, output->data, output->bytes);
    sf_regex_free(regex);
    if (result == SF_REGEX_FOUND)
        return;
    const char *want = sf_word_excerpt(judge->arena, pattern->text, strlen(pattern->text), 0, EXCERPT_BYTES);
    note(judge, stream, pattern->place, "matches", want, show(judge, output),
         sf_arena_printf(judge->arena,
                         result == SF_REGEX_NONE
                             ? "does not match %s: %s"
                             : "could not be searched for %s, which backtracks too much: %s",
                         want, is(judge, output)));
}

static const char *find(const struct sf_output *output, const char *text)
{
    return memmem(output->data ? output->data : "", output->bytes, text, strlen(text));
}

static void judge_contains(struct sf_judge *judge, const struct stream *stream, struct sf_place place,
                           const char *text)
{
    if (find(stream->output, text))
        return;
    const char *want = sf_word_excerpt(judge->arena, text, strlen(text), 0, EXCERPT_BYTES);
    note(judge, stream, place, "contains", want, show(judge, stream->output),
         sf_arena_printf(judge->arena, "does not contain %s: %s", want, is(judge, stream->output)));
}

static void judge_not_contains(struct sf_judge *judge, const struct stream *stream, struct sf_place place,
                               const char *text)
{
    const struct sf_output *output = stream->output;
    const char *hit = find(output, text);
    if (!hit)
        return;
    uint64_t from = before((uint64_t)(hit - output->data));
    const char *want = sf_word_excerpt(judge->arena, text, strlen(text), 0, EXCERPT_BYTES);
    const char *got = sf_word_excerpt(judge->arena, output->data, output->bytes, from, EXCERPT_BYTES);
    note(judge, stream, place, "not_contains", sf_arena_printf(judge->arena, "not %s", want), got,
         sf_arena_printf(judge->arena, "contains %s, which it must not: %s", want, got));
}

static void judge_stream(struct sf_judge *judge, const struct stream *stream,
                         const struct sf_text_expectation *expect)
{
    if (!expect->place.file)
        return;
    if (expect->equals.text)
        judge_equals(judge, stream, expect->equals.place, "equals", expect->equals.text,
                     strlen(expect->equals.text));
    if (expect->equals_file.text)
        judge_equals_file(judge, stream, &expect->equals_file);
    for (size_t i = 0; i < expect->contains_count; i++)
        judge_contains(judge, stream, expect->contains[i].place, expect->contains[i].text);
    for (size_t i = 0; i < expect->not_contains_count; i++)
        judge_not_contains(judge, stream, expect->not_contains[i].place, expect->not_contains[i].text);
    if (expect->matches.text)
        judge_matches(judge, stream, &expect->matches);
    if (expect->empty.given && expect->empty.value != (stream->output->total_bytes == 0))
        note(judge, stream, expect->empty.place, "empty", expect->empty.value ? "empty" : "not empty",
             show(judge, stream->output),
             expect->empty.value
                 ? sf_arena_printf(judge->arena, "is not empty: %s", is(judge, stream->output))
                 : "is empty, expected some output");
}

void sf_judge_output(struct sf_judge *judge, size_t index)
{
    const char *name = judge->scenario->programs[index].name;
    const struct sf_exit *exit = &judge->outcome->programs[index];
    const struct sf_program_expectation *expect = &judge->scenario->expect[index];
    if (!sf_judge_ran(exit) || exit->end == SF_END_TIMEOUT)
        return;
    judge_stream(judge, &(struct stream){name, "stdout", &exit->out}, &expect->out);
    judge_stream(judge, &(struct stream){name, "stderr", &exit->err}, &expect->err);
}
