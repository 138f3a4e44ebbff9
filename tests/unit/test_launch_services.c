/* Services: ready by port, stopped last. */
#include "launching.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* A port that nobody listens on, and, when wanted, a listener of our own on it. */
static uint16_t free_port(int *listener)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &bytes), 0);
    if (listener) {
        assert_int_equal(listen(fd, 1), 0);
        *listener = fd;
    } else {
        close(fd);
    }
    return ntohs(address.sin_port);
}

#define LISTEN "import signal, socket, sys, time; time.sleep(%s)\n" \
               "s = socket.socket(socket.%s); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n" \
               "s.bind(('%s', %u)); s.listen(); print('listening', flush=True); time.sleep(100)\n"

static struct sf_program *add_listener(struct launching *self, char *code, const char *delay,
                                       const char *family, const char *address, uint16_t port)
{
    sprintf(code, LISTEN, delay, family, address, port);
    struct sf_program *program =
        launching_add(self, "service", (const char *const[]){"/usr/bin/python3", "-c", code, NULL});
    launching_service(program, port);
    return program;
}

static void next_program_starts_when_the_port_is_open(void **state)
{
    (void)state;
    char code[600];
    uint16_t port = free_port(NULL);
    struct launching self;
    launching_init(&self);
    add_listener(&self, code, "0.3", "AF_INET", "127.0.0.1", port);
    char client[200];
    snprintf(client, sizeof client, "grep -i ':%04x 00000000:0000 0A' /proc/net/tcp > /dev/null", port);
    launching_shell(&self, "client", client);
    const struct sf_exit *exits = launching_run(&self);
    assert_true(exits[0].ready);
    assert_false(exits[0].early);
    assert_int_equal(exits[0].end, SF_END_STOPPED);
    assert_int_equal(exits[0].signal, SIGTERM);
    assert_int_equal(exits[1].code, 0);
    assert_in_range(self.outcome->duration_ns, 3 * S / 10, 20 * S);
    launching_end(&self);
}

static void last_program_starts_when_the_others_have_ended(void **state)
{
    (void)state;
    char code[600], folder[] = "/tmp/sockfault-last.XXXXXX", first[100], last[100];
    uint16_t port = free_port(NULL);
    struct launching self;
    assert_non_null(mkdtemp(folder));
    launching_init(&self);
    add_listener(&self, code, "0", "AF_INET", "127.0.0.1", port);
    snprintf(first, sizeof first, "sleep 0.3; mkdir %s/there", folder);
    snprintf(last, sizeof last, "rmdir %s/there", folder);
    launching_shell(&self, "first", first);
    launching_shell(&self, "last", last)->is_last = true;
    const struct sf_exit *exits = launching_run(&self);
    assert_int_equal(exits[0].end, SF_END_STOPPED);
    assert_int_equal(exits[1].code, 0);
    assert_int_equal(exits[2].code, 0);
    launching_end(&self);
    assert_int_equal(rmdir(folder), 0);
}

static void ipv6_listener_counts(void **state)
{
    (void)state;
    char code[600];
    struct launching self;
    launching_init(&self);
    add_listener(&self, code, "0", "AF_INET6", "::", free_port(NULL));
    assert_true(launching_run(&self)[0].ready);
    launching_end(&self);
}

static void listener_in_a_child_counts(void **state)
{
    (void)state;
    char code[600], command[800];
    uint16_t port = free_port(NULL);
    struct launching self;
    launching_init(&self);
    sprintf(code, LISTEN, "0", "AF_INET", "127.0.0.1", port);
    snprintf(command, sizeof command, "/usr/bin/python3 -c \"%s\" & wait", code);
    launching_service(launching_shell(&self, "service", command), port);
    assert_true(launching_run(&self)[0].ready);
    launching_end(&self);
}

static void listener_of_another_process_does_not_count(void **state)
{
    (void)state;
    int listener;
    uint16_t port = free_port(&listener);
    struct launching self;
    launching_init(&self);
    struct sf_program *service = launching_shell(&self, "service", "sleep 100");
    launching_service(service, port);
    service->ready.within_ns = S / 2;
    launching_shell(&self, "client", "exit 0");
    const struct sf_exit *exits = launching_run(&self);
    close(listener);
    assert_false(exits[0].ready);
    assert_int_equal(exits[0].end, SF_END_TIMEOUT);
    assert_in_range(exits[0].duration_ns, S / 2, 10 * S);
    assert_int_equal(exits[1].end, SF_END_NOT_STARTED);
    assert_false(self.outcome->timed_out);
    launching_end(&self);
}

static void ports_that_a_late_service_listened_on_are_kept(void **state)
{
    (void)state;
    char code[600];
    uint16_t one = free_port(NULL), two = free_port(NULL);
    snprintf(code, sizeof code,
             "import socket, time\nl = []\n"
             "for family, address, port in ((socket.AF_INET, '127.0.0.1', %u),\n"
             "        (socket.AF_INET6, '::1', %u), (socket.AF_INET, '127.0.0.1', %u)):\n"
             "    s = socket.socket(family); s.bind((address, port)); s.listen(); l.append(s)\n"
             "time.sleep(100)\n",
             one, one, two);
    struct launching self;
    launching_init(&self);
    struct sf_program *service =
        launching_add(&self, "service", (const char *const[]){"/usr/bin/python3", "-c", code, NULL});
    launching_service(service, free_port(NULL));
    service->ready.within_ns = 5 * S;
    const struct sf_exit *exit = &launching_run(&self)[0];
    assert_false(exit->ready);
    assert_int_equal(exit->port_count, 2);
    assert_true((exit->ports[0] == one && exit->ports[1] == two) ||
                (exit->ports[0] == two && exit->ports[1] == one));
    launching_end(&self);
}

static void connection_from_the_port_is_not_a_listener(void **state)
{
    (void)state;
    char code[400];
    uint16_t port = free_port(NULL);
    snprintf(code, sizeof code,
             "import socket, time\nl = socket.socket(); l.bind(('127.0.0.1', 0)); l.listen()\n"
             "s = socket.socket(); s.bind(('127.0.0.1', %u)); s.connect(l.getsockname()); time.sleep(100)\n",
             port);
    struct launching self;
    launching_init(&self);
    struct sf_program *service =
        launching_add(&self, "service", (const char *const[]){"/usr/bin/python3", "-c", code, NULL});
    launching_service(service, port);
    service->ready.within_ns = S;
    assert_false(launching_run(&self)[0].ready);
    launching_end(&self);
}

/* Rows: what the service does, what it is to be ready by, whether it is. */
static void ready_by_output_of_either_stream_or_by_a_file(void **state)
{
    (void)state;
    static const struct {
        const char *command, *output, *file;
        bool ready;
    } rows[] = {
        {"sleep 0.1; printf rea; sleep 0.1; echo dy; exec sleep 100", "^ready$", NULL, true},
        {"sleep 0.1; echo ready >&2; exec sleep 100", "^ready$", NULL, true},
        {"echo read; exec sleep 100", "^ready$", NULL, false},
        {"exec sleep 100", NULL, "/", true},
        {"exec sleep 100", NULL, "/nonexistent/x", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct launching self;
        launching_init(&self);
        struct sf_program *service = launching_shell(&self, "service", rows[i].command);
        launching_shell(&self, "client", "exit 0");
        service->ready.kind = rows[i].output ? SF_READY_OUTPUT : SF_READY_FILE;
        service->ready.output.text = rows[i].output;
        service->ready.file = rows[i].file;
        service->ready.within_ns = S / 2;
        const struct sf_exit *exits = launching_run(&self);
        assert_int_equal(exits[0].ready, rows[i].ready);
        assert_int_equal(exits[1].end, rows[i].ready ? SF_END_EXITED : SF_END_NOT_STARTED);
        launching_end(&self);
    }
}

static void service_that_ends_before_it_is_ready_ends_the_scenario(void **state)
{
    (void)state;
    struct launching self;
    launching_init(&self);
    launching_service(launching_shell(&self, "service", "exit 9"), free_port(NULL));
    launching_shell(&self, "client", "exit 0");
    const struct sf_exit *exits = launching_run(&self);
    assert_int_equal(exits[0].end, SF_END_EXITED);
    assert_int_equal(exits[0].code, 9);
    assert_true(exits[0].early);
    assert_int_equal(exits[1].end, SF_END_NOT_STARTED);
    launching_end(&self);
}

static void service_that_ends_early_lets_its_client_go_on(void **state)
{
    (void)state;
    char code[600];
    uint16_t port = free_port(NULL);
    sprintf(code,
            "import socket, time\ns = socket.socket(); s.bind(('127.0.0.1', %u)); s.listen()\n"
            "time.sleep(2)\n",
            port);
    struct launching self;
    launching_init(&self);
    struct sf_program *service =
        launching_add(&self, "service", (const char *const[]){"/usr/bin/python3", "-c", code, NULL});
    launching_service(service, port);
    launching_shell(&self, "client", "sleep 5; exit 4");
    const struct sf_exit *exits = launching_run(&self);
    assert_true(exits[0].ready);
    assert_true(exits[0].early);
    assert_int_equal(exits[0].end, SF_END_EXITED);
    assert_int_equal(exits[1].end, SF_END_EXITED);
    assert_int_equal(exits[1].code, 4);
    launching_end(&self);
}

static void services_stop_in_reverse_order(void **state)
{
    (void)state;
    char one[900], two[900], log[] = "/tmp/sf-order-XXXXXX", content[64] = "";
    int fd = mkstemp(log);
    uint16_t ports[] = {free_port(NULL), free_port(NULL)};
    static const char service[] =
        "import signal, socket, sys, time\n"
        "def stop(*_):\n time.sleep(0.1); open('%s', 'a').write('%s '); sys.exit(0)\n"
        "signal.signal(signal.SIG%s, stop)\n"
        "s = socket.socket(); s.bind(('127.0.0.1', %u)); s.listen(); time.sleep(100)\n";
    snprintf(one, sizeof one, service, log, "first", "TERM", ports[0]);
    snprintf(two, sizeof two, service, log, "second", "INT", ports[1]);
    struct launching self;
    launching_init(&self);
    launching_service(launching_add(&self, "one", (const char *const[]){"/usr/bin/python3", "-c", one, NULL}),
                      ports[0]);
    struct sf_program *second =
        launching_add(&self, "two", (const char *const[]){"/usr/bin/python3", "-c", two, NULL});
    launching_service(second, ports[1]);
    second->stop_signal = SIGINT;
    const struct sf_exit *exits = launching_run(&self);
    assert_int_equal(exits[0].end, SF_END_STOPPED);
    assert_int_equal(exits[0].code, 0);
    assert_int_equal(exits[1].code, 0);
    assert_false(exits[1].stop_killed);
    assert_true(pread(fd, content, sizeof content - 1, 0) > 0);
    assert_string_equal(content, "second first ");
    launching_end(&self);
    close(fd);
    unlink(log);
}

static void service_that_does_not_stop_is_killed(void **state)
{
    (void)state;
    char code[700];
    uint16_t port = free_port(NULL);
    snprintf(code, sizeof code,
             "import signal, socket, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
             "s = socket.socket(); s.bind(('127.0.0.1', %u)); s.listen(); time.sleep(100)\n",
             port);
    struct launching self;
    launching_init(&self);
    struct sf_program *service =
        launching_add(&self, "service", (const char *const[]){"/usr/bin/python3", "-c", code, NULL});
    launching_service(service, port);
    service->stop_within_ns = S / 2;
    const struct sf_exit *exits = launching_run(&self);
    assert_int_equal(exits[0].end, SF_END_STOPPED);
    assert_true(exits[0].stop_killed);
    assert_int_equal(exits[0].signal, SIGKILL);
    assert_in_range(self.outcome->duration_ns, S / 2, 20 * S);
    launching_end(&self);
}

static void failing_client_leaves_services_time_to_stop(void **state)
{
    (void)state;
    char code[600];
    struct launching self;
    launching_init(&self);
    add_listener(&self, code, "0", "AF_INET", "127.0.0.1", free_port(NULL));
    launching_add(&self, "missing", (const char *const[]){"/no/such/file", NULL});
    const struct sf_exit *exits = launching_run(&self);
    assert_int_equal(exits[0].end, SF_END_STOPPED);
    assert_int_equal(exits[0].signal, SIGTERM);
    assert_true(exits[0].cancelled);
    assert_int_equal(exits[1].end, SF_END_FAILED);
    launching_end(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(next_program_starts_when_the_port_is_open),
        cmocka_unit_test(last_program_starts_when_the_others_have_ended),
        cmocka_unit_test(ipv6_listener_counts),
        cmocka_unit_test(listener_in_a_child_counts),
        cmocka_unit_test(listener_of_another_process_does_not_count),
        cmocka_unit_test(ports_that_a_late_service_listened_on_are_kept),
        cmocka_unit_test(connection_from_the_port_is_not_a_listener),
        cmocka_unit_test(ready_by_output_of_either_stream_or_by_a_file),
        cmocka_unit_test(service_that_ends_before_it_is_ready_ends_the_scenario),
        cmocka_unit_test(service_that_ends_early_lets_its_client_go_on),
        cmocka_unit_test(services_stop_in_reverse_order),
        cmocka_unit_test(service_that_does_not_stop_is_killed),
        cmocka_unit_test(failing_client_leaves_services_time_to_stop),
    };
    return cmocka_run_group_tests_name("services", tests, NULL, NULL);
}
