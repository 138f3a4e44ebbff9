/* The session's descriptor goes to the scenario's own processes, nobody else. */
#include "launching.h"

#include <sys/socket.h>
#include <sys/un.h>

#define ASK \
    "import os, socket\n" \
    "s = socket.socket(socket.AF_UNIX); s.connect('\\0sockfault-%s')\n" \
    "data, fds, *_ = socket.recv_fds(s, 1, 1)\n" \
    "print(data, len(fds), os.pread(fds[0], 6, 0).decode(), s.recv(1))\n"

static void program_gets_the_session(void **state)
{
    (void)state;
    char code[500];
    struct launching self;
    launching_init(&self);
    launching_add(&self, "program", (const char *const[]){"/usr/bin/python3", "-c", code, NULL});
    /* The session's id, and so the code, is known only once it exists. */
    struct sf_launch_options options = {.stdio = SF_STDIO_CAPTURE, .shim_path = "/no/libsockfault.so"};
    self.plan = sf_plan_compile(&self.scenario);
    self.session = sf_session_create(self.plan, NULL);
    snprintf(code, sizeof code, ASK, self.session->id);
    self.launch = sf_launch_start(&self.scenario, self.session, &options);
    const struct sf_exit *exits = launching_finish(&self);
    assert_int_equal(exits[0].code, 0);
    assert_output(&exits[0].out, "b'\\x00' 1 SFSESS b''\n");
    launching_end(&self);
}

static void stranger_gets_nothing(void **state)
{
    (void)state;
    struct launching self;
    launching_init(&self);
    launching_shell(&self, "program", "sleep 1");
    launching_start(&self);
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path + 1, 100, "sockfault-%s", self.session->id);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    socklen_t bytes = (socklen_t)(sizeof(sa_family_t) + 1 + (size_t)length);
    uint64_t end_ns = launching_now_ns() + 10 * S;
    while (connect(fd, (struct sockaddr *)&address, bytes) != 0 && launching_now_ns() < end_ns)
        launching_sleep_ms(1);
    char byte;
    assert_int_equal(recv(fd, &byte, 1, 0), 0); /* closed at once */
    close(fd);
    launching_finish(&self);
    launching_end(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(program_gets_the_session),
        cmocka_unit_test(stranger_gets_nothing),
    };
    return cmocka_run_group_tests_name("handover", tests, NULL, NULL);
}
