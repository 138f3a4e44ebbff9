/* Output into bounded memory, input from text. */
#include "launching.h"

static const struct sf_exit *run_shell(struct launching *self, const char *command)
{
    launching_init(self);
    launching_shell(self, "program", command);
    return launching_run(self);
}

static void both_streams_are_kept_apart(void **state)
{
    (void)state;
    struct launching self;
    const struct sf_exit *exits = run_shell(&self, "echo out; echo err >&2");
    assert_output(&exits[0].out, "out\n");
    assert_output(&exits[0].err, "err\n");
    assert_int_equal(exits[0].out.total_bytes, 4);
    assert_int_equal(exits[0].out.tail_bytes, 4);
    assert_memory_equal(exits[0].out.tail, "out\n", 4);
    launching_end(&self);
}

static void silent_program_has_empty_output(void **state)
{
    (void)state;
    struct launching self;
    const struct sf_exit *exits = run_shell(&self, ":");
    assert_int_equal(exits[0].out.bytes, 0);
    assert_int_equal(exits[0].out.tail_bytes, 0);
    launching_end(&self);
}

static void output_beyond_a_pipe_is_complete(void **state)
{
    (void)state;
    struct launching self;
    const struct sf_exit *exits = run_shell(&self, "seq 1 200000"); /* 1.3 MB */
    const struct sf_output *out = &exits[0].out;
    assert_int_equal(out->total_bytes, 1288895);
    assert_int_equal(out->bytes, out->total_bytes);
    assert_memory_equal(out->data + out->bytes - 14, "199999\n200000\n", 14);
    assert_int_equal(out->tail_bytes, SF_OUTPUT_TAIL_BYTES);
    assert_ptr_equal(out->tail + out->tail_bytes, out->data + out->bytes);
    launching_end(&self);
}

static void output_beyond_the_limit_keeps_start_and_tail(void **state)
{
    (void)state;
    struct launching self;
    /* 64 MiB and 5 lines of 8 bytes */
    const struct sf_exit *exits = run_shell(&self, "seq -f %07.0f 1 8388613");
    const struct sf_output *out = &exits[0].out;
    assert_int_equal(out->total_bytes, SF_OUTPUT_LIMIT_BYTES + 40);
    assert_int_equal(out->bytes, SF_OUTPUT_LIMIT_BYTES);
    assert_memory_equal(out->data, "0000001\n", 8);
    assert_memory_equal(out->data + out->bytes - 8, "8388608\n", 8);
    assert_int_equal(out->tail_bytes, SF_OUTPUT_TAIL_BYTES);
    assert_memory_equal(out->tail + out->tail_bytes - 8, "8388613\n", 8);
    assert_memory_equal(out->tail, "8380422\n", 8); /* 8192 lines in all */
    for (unsigned line = 0; line < SF_OUTPUT_TAIL_BYTES / 8; line++)
        assert_int_equal(atoi(out->tail + (size_t)8 * line), 8380422 + (int)line);
    launching_end(&self);
}

static void output_of_exactly_the_limit_is_complete(void **state)
{
    (void)state;
    struct launching self;
    const struct sf_exit *exits = run_shell(&self, "seq -f %07.0f 1 8388608");
    const struct sf_output *out = &exits[0].out;
    assert_int_equal(out->total_bytes, SF_OUTPUT_LIMIT_BYTES);
    assert_int_equal(out->bytes, SF_OUTPUT_LIMIT_BYTES);
    assert_memory_equal(out->tail + out->tail_bytes - 8, "8388608\n", 8);
    launching_end(&self);
}

static void endless_output_does_not_keep_the_time_out_away(void **state)
{
    (void)state;
    struct launching self;
    launching_init(&self);
    launching_shell(&self, "program", "exec cat /dev/zero");
    self.scenario.timeout_ns = S;
    uint64_t before_ns = launching_now_ns();
    const struct sf_exit *exits = launching_run(&self);
    assert_in_range(launching_now_ns() - before_ns, S, 30 * S);
    assert_int_equal(exits[0].end, SF_END_TIMEOUT);
    assert_in_range(exits[0].out.total_bytes, SF_OUTPUT_TAIL_BYTES, UINT64_MAX);
    launching_end(&self);
}

static void no_stdin_text_is_dev_null(void **state)
{
    (void)state;
    struct launching self;
    assert_output(&run_shell(&self, "readlink /proc/self/fd/0; cat")[0].out, "/dev/null\n");
    launching_end(&self);
}

static void stdin_text_larger_than_a_pipe_arrives(void **state)
{
    (void)state;
    enum { BYTES = 1000000 };
    char *text = malloc(BYTES + 1);
    assert_non_null(text);
    memset(text, 'x', BYTES);
    text[BYTES] = '\0';
    struct launching self;
    launching_init(&self);
    launching_shell(&self, "program", "sleep 0.1; wc -c")->stdin_text = text;
    assert_output(&launching_run(&self)[0].out, "1000000\n");
    launching_end(&self);

    /* Nobody reads it: no harm either. */
    launching_init(&self);
    launching_shell(&self, "program", "exec <&-; sleep 0.2; echo done")->stdin_text = text;
    assert_output(&launching_run(&self)[0].out, "done\n");
    launching_end(&self);
    free(text);
}

static void empty_stdin_text_is_an_empty_pipe(void **state)
{
    (void)state;
    struct launching self;
    launching_init(&self);
    launching_shell(&self, "program", "readlink /proc/self/fd/0 | cut -c1-5; cat")->stdin_text = "";
    assert_output(&launching_run(&self)[0].out, "pipe:\n");
    launching_end(&self);
}

static void output_of_what_is_left_behind_is_kept(void **state)
{
    (void)state;
    struct launching self;
    const struct sf_exit *exits = run_shell(&self, "(echo early; sleep 100) & sleep 0.2; echo late");
    assert_output(&exits[0].out, "early\nlate\n");
    assert_int_equal(exits[0].end, SF_END_EXITED);
    assert_in_range(self.outcome->left_behind, 1, 2);
    launching_end(&self);
}

static void closed_stdio_of_the_runner_does_not_matter(void **state)
{
    (void)state;
    struct launching self;
    int in = dup(0), out = dup(1);
    close(0);
    close(1);
    const struct sf_exit *exits = run_shell(&self, "cat; echo out; echo err >&2");
    bool kept = exits[0].out.bytes == 4 && exits[0].err.bytes == 4;
    launching_end(&self);
    dup2(in, 0);
    dup2(out, 1);
    close(in);
    close(out);
    assert_true(kept);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_streams_are_kept_apart),
        cmocka_unit_test(silent_program_has_empty_output),
        cmocka_unit_test(output_beyond_a_pipe_is_complete),
        cmocka_unit_test(output_beyond_the_limit_keeps_start_and_tail),
        cmocka_unit_test(output_of_exactly_the_limit_is_complete),
        cmocka_unit_test(endless_output_does_not_keep_the_time_out_away),
        cmocka_unit_test(no_stdin_text_is_dev_null),
        cmocka_unit_test(stdin_text_larger_than_a_pipe_arrives),
        cmocka_unit_test(empty_stdin_text_is_an_empty_pipe),
        cmocka_unit_test(output_of_what_is_left_behind_is_kept),
        cmocka_unit_test(closed_stdio_of_the_runner_does_not_matter),
    };
    return cmocka_run_group_tests_name("capture", tests, NULL, NULL);
}
