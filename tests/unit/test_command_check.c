/* check and list, called as main calls them. */
#include "commands/commands.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define CALL(command, ...)                                                                              \
    call(command, COUNT(((const char *[]){__VA_ARGS__})), (const char *[]){__VA_ARGS__, NULL})

static char out[1 << 16], err[1 << 16]; /* what the last command wrote */
static char folder[] = "/tmp/sockfault-check-XXXXXX";

static void slurp(FILE *from, char *to, size_t bytes)
{
    rewind(from);
    to[fread(to, 1, bytes - 1, from)] = '\0';
    fclose(from);
}

/* getopt may reorder the arguments, but writes to none of them. */
static int call(int (*command)(int, char **), size_t argc, const char **argv)
{
    FILE *files[2] = {tmpfile(), tmpfile()};
    int saved[2] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
    fflush(NULL);
    dup2(fileno(files[0]), STDOUT_FILENO);
    dup2(fileno(files[1]), STDERR_FILENO);
    int status = command((int)argc, (char **)argv);
    fflush(NULL);
    dup2(saved[0], STDOUT_FILENO);
    dup2(saved[1], STDERR_FILENO);
    close(saved[0]);
    close(saved[1]);
    slurp(files[0], out, sizeof out);
    slurp(files[1], err, sizeof err);
    return status;
}

static int setup(void **state)
{
    (void)state;
    if (!mkdtemp(folder) || chdir(folder) < 0)
        return -1;
    FILE *good = fopen("good.yaml", "w"), *bad = fopen("bad.yaml", "w");
    fputs("name: n\n", good);
    fputs("name: n\nfoo: 1\n", bad);
    return fclose(good) | fclose(bad);
}

static int teardown(void **state)
{
    (void)state;
    unlink("good.yaml");
    unlink("bad.yaml");
    return rmdir(folder);
}

static void a_valid_file_is_ok(void **state)
{
    (void)state;
    assert_int_equal(CALL(sf_command_check, "check", "good.yaml"), 0);
    assert_string_equal(out, "good.yaml: ok\n");
    assert_string_equal(err, "");
}

static void quiet_says_nothing_of_a_valid_file(void **state)
{
    (void)state;
    assert_int_equal(CALL(sf_command_check, "check", "-q", "good.yaml"), 0);
    assert_string_equal(out, "");
    assert_string_equal(err, "");
}

static void a_warning_leaves_the_file_ok(void **state)
{
    (void)state;
    FILE *file = fopen("inert.yaml", "w");
    fputs("name: n\nfaults: [{call: listen, error: EPIPE}]\n", file);
    fclose(file);
    assert_int_equal(CALL(sf_command_check, "check", "inert.yaml"), 0);
    unlink("inert.yaml");
    assert_string_equal(out, "inert.yaml: ok\n");
    assert_string_equal(err,
                        "inert.yaml:2:25: warning: error: EPIPE never happens to listen, so the rule will "
                        "not fire (force: true lifts that)\n");
}

static void check_points_to_the_fault_that_is_real(void **state)
{
    (void)state;
    FILE *file = fopen("faked.yaml", "w");
    fputs("name: n\nfaults:\n- {call: recv, error: ECONNRESET}\n- {call: connect, error: ECONNREFUSED}\n"
          "- {call: recv, error: ECONNRESET, force: true}\n- {call: send, error: EPIPE}\n"
          "- {call: close, error: ECONNRESET}\n- {call: recv, error: ECONNREFUSED}\n",
          file);
    fclose(file);
    assert_int_equal(CALL(sf_command_check, "check", "faked.yaml"), 0);
    unlink("faked.yaml");
    assert_string_equal(out, "faked.yaml: ok\n");
    assert_string_equal(err,
                        "faked.yaml:3:16: warning: error: ECONNRESET fakes what one call returns: reset makes "
                        "the real thing\n"
                        "faked.yaml:4:19: warning: error: ECONNREFUSED fakes what one call returns: refuse "
                        "makes the real thing\n"
                        "faked.yaml:7:17: warning: error: ECONNRESET never happens to close, so the rule will "
                        "not fire (force: true lifts that)\n");
}

static void one_invalid_file_among_others_is_2(void **state)
{
    (void)state;
    assert_int_equal(CALL(sf_command_check, "check", "."), 2);
    assert_string_equal(out, "./good.yaml: ok\n");
    assert_non_null(strstr(err, "./bad.yaml:2:1: unknown key 'foo'"));
}

static void wrong_usage_is_2(void **state)
{
    (void)state;
    assert_int_equal(CALL(sf_command_check, "check"), 2);
    assert_int_equal(CALL(sf_command_check, "check", "none.yaml"), 2);
    assert_string_equal(err, "none.yaml: No such file or directory\n");
    assert_int_equal(CALL(sf_command_check, "check", "--wrong", "good.yaml"), 2);
    assert_non_null(strstr(err, "unknown option '--wrong'"));
    assert_int_equal(CALL(sf_command_list, "list"), 2);
    assert_int_equal(CALL(sf_command_list, "list", "everything"), 2);
    assert_int_equal(CALL(sf_command_list, "list", "calls", "errors"), 2);
    assert_string_equal(err, "sockfault list: one list is wanted\nThere are faults, calls, errors, keys, scenarios, schema.\n");
    assert_int_equal(CALL(sf_command_list, "list", "fualts"), 2);
    assert_non_null(strstr(err, "no list 'fualts' (did you mean faults?)"));
}

static void lists_name_what_rules_use(void **state)
{
    (void)state;
    static const struct {
        const char *list;
        const char *words[3];
    } rows[] = {{"faults", {"partial ", "interrupt ", "delay "}},
                {"faults", {"\nthrottle ", "\nblackhole ", "\npartition "}},
                {"keys", {"\nrule ", "\n  within ", "\n  leaked_sockets "}},
                {"keys", {"4294967295", "one of client, server.", "such as 250us, 10ms"}},
                {"calls", {"\nrecv ", "\n  recvmsg ", "\n  epoll_wait "}},
                {"errors", {"\nECONNRESET ", "\nEWOULDBLOCK ", "\nEAI_AGAIN "}}};
    for (size_t i = 0; i < COUNT(rows); i++) {
        assert_int_equal(CALL(sf_command_list, "list", rows[i].list), 0);
        for (size_t j = 0; j < COUNT(rows[i].words); j++)
            assert_non_null(strstr(out, rows[i].words[j]));
        assert_string_equal(err, "");
    }
    assert_int_equal(CALL(sf_command_list, "list", "scenarios"), 0);
}

static void errors_are_listed_with_the_calls_that_know_them(void **state)
{
    (void)state;
    static const char *const lines[] = {
        "\nECONNRESET       Connection reset by peer; on connect (TCP), send (TCP, unix), recv (TCP, unix)\n",
        "\nEPIPE            Broken pipe; on send (TCP, unix)\n",
        "\nEMFILE           Too many open files; on socket, accept\n",
        "\nENOENT           No such file or directory; on bind (unix), connect (unix), send (unix dgram)\n",
        "\nEBADF            Bad file descriptor; only with force: true\n",
        "\nEAI_AGAIN        Temporary failure in name resolution; on resolve\n"};
    assert_int_equal(CALL(sf_command_list, "list", "errors"), 0);
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_non_null(strstr(out, lines[i]));
}

static void every_line_of_a_list_explains_something(void **state)
{
    (void)state;
    static const char *const lists[] = {"faults", "calls", "errors", "keys", "scenarios"};
    for (size_t i = 0; i < COUNT(lists); i++) {
        assert_int_equal(CALL(sf_command_list, "list", lists[i]), 0);
        for (char *rest, *line = strtok_r(out, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
            const char *name = line + strspn(line, " ");
            const char *about = name + strcspn(name, " ");
            assert_true(strlen(about) > strlen("  an"));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_valid_file_is_ok),
        cmocka_unit_test(quiet_says_nothing_of_a_valid_file),
        cmocka_unit_test(a_warning_leaves_the_file_ok),
        cmocka_unit_test(check_points_to_the_fault_that_is_real),
        cmocka_unit_test(one_invalid_file_among_others_is_2),
        cmocka_unit_test(wrong_usage_is_2),
        cmocka_unit_test(lists_name_what_rules_use),
        cmocka_unit_test(errors_are_listed_with_the_calls_that_know_them),
        cmocka_unit_test(every_line_of_a_list_explains_something),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
