/* What services hold on to before they are stopped. */
#include "launching.h"

#include "launch/course.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

/* A connection of this process whose other end it has closed. */
static int hold_on(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t length = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0), near = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, length), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &length), 0);
    assert_int_equal(connect(near, (struct sockaddr *)&address, length), 0);
    int far = accept(listener, NULL, NULL);
    close(near);
    close(listener);
    return far;
}

/* A service that connects to itself: `pair` gives both ends, which stay open, `reset`
 * one that was reset, and has been told so. In a network namespace of its own it has to bring loopback up
 * first. What its code leaves in `later` it does once it is ready. */
#define SERVICE                                                                          \
    "import fcntl, os, socket, struct, time\n"                                           \
    "if %d: fcntl.ioctl(socket.socket(), 0x8914, struct.pack('16sh14x', b'lo', 0x49))\n" \
    "l = socket.create_server(('127.0.0.1', 0)); kept = []; later = ''\n"                \
    "def pair():\n"                                                                      \
    "    near = socket.create_connection(l.getsockname())\n"                             \
    "    far, _ = l.accept(); kept.append((near, far)); return near, far\n"              \
    "def reset(tell=True):\n"                                                            \
    "    near, far = pair(); linger = struct.pack('ii', 1, 0)\n"                         \
    "    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)\n"                 \
    "    near.close()\n"                                                                 \
    "    try: tell and far.recv(1)\n"                                                    \
    "    except ConnectionResetError: return far\n"                                      \
    "%s\nprint('ready', flush=True); exec(later); time.sleep(100)\n"

static struct sf_program *add_service(struct launching *self, const char *name, bool apart, const char *code,
                                      char text[static 3000])
{
    snprintf(text, 3000, SERVICE, apart, code);
    struct sf_program *service =
        launching_add(self, name,
                      apart ? (const char *const[]){"/bin/sh", "-c", "unshare -n \"$@\" & wait", "sh",
                                                    "/usr/bin/python3", "-c", text, NULL}
                            : (const char *const[]){"/usr/bin/python3", "-c", text, NULL});
    service->ready.kind = SF_READY_OUTPUT;
    service->ready.output.text = "ready";
    service->ready.within_ns = 30 * S;
    service->wrap = true; /* by a library that is not there: the kernel is asked all the same */
    return service;
}

static void connections_that_peers_have_closed_are_held(void **state)
{
    (void)state;
    static const struct {
        const char *code;
        unsigned held;
        bool waited;
    } rows[] = {
        {"pass", 0, false},
        {"pair()", 0, false},
        {"pair()[0].close()", 1, true},
        {"pair()[1].close(); pair()[0].close(); pair()[0].shutdown(socket.SHUT_WR)", 3, true},
        {"near, far = pair(); near.close(); os.dup(far.fileno())", 1, true},
        {"pair()[0].close()\nif os.fork() == 0: time.sleep(100)", 1, true},
        {"near, far = pair(); near.close()\nif os.fork() == 0: os.setsid(); time.sleep(100)\nfar.close()", 1,
         true},
        {"near, far = pair(); near.close()\nlater = 'time.sleep(0.2); far.close()'", 0, false},
        /* never the same ones for long */
        {"for i in range(4): pair()[0].close()\nlater = '''\nwhile True:\n    time.sleep(0.05)\n    "
         "kept.pop(0)[1].close(); pair()[0].close()'''",
         0, false},
        {"reset()", 1, true},
        {"reset(tell=False)", 0, true}, /* the program has not learnt of it */
        {"reset().close()", 0, false},
        {"far = reset()\nlater = 'time.sleep(0.2); far.close()'", 0, false},
        {"far = reset()\nif os.fork() == 0: os._exit(0)\nfar.close()", 0, false}, /* its end closes */
        {"far = reset()\nif os.fork() == 0: time.sleep(100)\nfar.close()", 1, true},
        {"far = reset(); os.dup(far.fileno())", 1, true},
        {"near, far = pair(); near.shutdown(socket.SHUT_WR); far.shutdown(socket.SHUT_WR); near.close()", 1,
         true},
        /* none yet, and none at all */
        {"kept += [socket.socket() for i in range(3)]; kept[0].bind(('127.0.0.1', 0))\n"
         "kept[1].connect_ex(('127.0.0.1', 1)); kept[2].listen(); kept[2].shutdown(socket.SHUT_RDWR)",
         0, true},
        {"def refused():\n"
         "    s = socket.socket(); kept.append(s); s.setblocking(False); s.connect_ex(('127.0.0.1', 1))\n"
         "    time.sleep(0.05); assert s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 111\n"
         "refused()",
         0, true},
        {"s = socket.socket(); kept.append(s)\ntry: s.shutdown(socket.SHUT_RDWR)\nexcept OSError: pass", 0,
         true},
        {"kept += [socket.socket(socket.AF_INET, socket.SOCK_DGRAM), socket.socket(socket.AF_UNIX)]; "
         "kept += socket.socketpair(); kept.pop().close()",
         0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct launching self;
        char text[3000];
        launching_init(&self);
        add_service(&self, "service", false, rows[i].code, text);
        launching_shell(&self, "client", "exit 0");
        const struct sf_exit *exits = launching_run(&self);
        assert_true(exits[0].ready);
        assert_true(exits[0].held_counted);
        if (exits[0].held.count != rows[i].held)
            fail_msg("row %zu: %u held", i, exits[0].held.count);
        assert_false(exits[1].held_counted);
        if (rows[i].waited)
            assert_true(exits[0].duration_ns - exits[1].duration_ns > S / 2);
        launching_end(&self);
    }
}

static void connections_that_were_reset_are_named(void **state)
{
    (void)state;
    struct launching self;
    char text[3000];
    launching_init(&self);
    add_service(&self, "service", false, "print(*l.getsockname()); reset()", text);
    launching_shell(&self, "client", "exit 0");
    const struct sf_exit *exit = launching_run(&self);
    char own[100];
    assert_int_equal(exit->held.named, 1);
    assert_int_equal(exit->held.list[0].state, TCP_CLOSE);
    assert_int_equal(exit->held.list[0].peer.domain, 0);
    snprintf(own, sizeof own, "127.0.0.1 %u\n", exit->held.list[0].local.port);
    assert_non_null(memmem(exit->out.data, exit->out.bytes, own, strlen(own)));
    launching_end(&self);
}

static void held_connections_are_named(void **state)
{
    (void)state;
    struct launching self;
    char text[3000];
    launching_init(&self);
    add_service(&self, "service", false,
                "for i in range(6):\n    near, far = pair(); print(*near.getsockname(), *far.getsockname()); "
                "near.close()",
                text);
    launching_shell(&self, "client", "exit 0");
    const struct sf_exit *exit = launching_run(&self);
    assert_int_equal(exit->held.count, 6);
    assert_int_equal(exit->held.named, 0xf);
    for (unsigned i = 0; i < SF_LEAKS_NAMED; i++) {
        const struct sf_leak *leak = &exit->held.list[i];
        char pair[100];
        static const uint8_t loopback[16] = {[10] = 0xff, [11] = 0xff, [12] = 127, [15] = 1};
        assert_int_equal(leak->local.domain, SF_DOMAIN_INET);
        assert_memory_equal(leak->local.ip, loopback, sizeof loopback);
        assert_memory_equal(leak->peer.ip, loopback, sizeof loopback);
        snprintf(pair, sizeof pair, "127.0.0.1 %u 127.0.0.1 %u\n", leak->peer.port, leak->local.port);
        assert_non_null(memmem(exit->out.data, exit->out.bytes, pair, strlen(pair)));
    }
    launching_end(&self);
}

/* The second is stopped first; its end is not what the first is judged by. */
static void services_are_looked_at_before_any_is_stopped(void **state)
{
    (void)state;
    struct launching self;
    char one[3000], two[3000], port[64] = "/tmp/sf-held-XXXXXX", code[400], other[400];
    close(mkstemp(port));
    launching_init(&self);
    snprintf(code, sizeof code,
             "open('%s', 'w').write(str(l.getsockname()[1]))\nlater = 'kept.append(l.accept())'", port);
    snprintf(other, sizeof other,
             "kept.append(socket.create_connection(('127.0.0.1', int(open('%s').read()))))", port);
    add_service(&self, "one", false, code, one);
    add_service(&self, "two", false, other, two);
    launching_shell(&self, "client", "exit 0");
    const struct sf_exit *exits = launching_run(&self);
    assert_int_equal(exits[0].held.count, 0);
    assert_int_equal(exits[1].held.count, 0);
    launching_end(&self);
    unlink(port);
}

/* This process as a service that is being looked at, under a clock of our own. */
static void looking_is_not_the_scenarios_time(void **state)
{
    (void)state;
    enum { MS = 1000000 };
    struct sf_program program = {.name = "service", .wrap = true, .ready.kind = SF_READY_FILE};
    struct sf_scenario scenario = {.programs = &program, .program_count = 1, .timeout_ns = 60 * MS};
    struct sf_launch_options options = {.stdio = SF_STDIO_CAPTURE};
    struct sf_launch_shared *shared = calloc(1, sizeof *shared + sizeof *shared->exits);
    struct sf_supervision supervision = {.scenario = &scenario, .options = &options, .shared = shared};
    struct sf_course course = {.supervision = &supervision};
    program.stop_within_ns = S; /* and it is stopped by signal 0: not at all */

    sf_course_begin(&course, S);
    course.members[0].state = SF_MEMBER_RUNNING;
    course.members[0].pid = getpid();
    course.started = 1;
    course.phase = SF_PHASE_LOOK;
    sf_course_step(&course, S);
    assert_int_equal(course.phase, SF_PHASE_STOP); /* there is nothing to wait for */
    assert_true(shared->exits[0].held_counted);

    int held = hold_on();
    course.members[0].held = (struct sf_held){0};
    course.look_since_ns = 0;
    course.phase = SF_PHASE_LOOK;
    assert_int_equal(sf_course_step(&course, S), S + 50 * MS);
    assert_int_equal(sf_course_step(&course, S + 40 * MS), S + 50 * MS);
    assert_int_equal(sf_course_step(&course, S + 90 * MS), S + 140 * MS);
    assert_int_equal(sf_course_step(&course, S + 480 * MS), S + 500 * MS);
    assert_int_equal(course.phase, SF_PHASE_LOOK);
    assert_int_equal(sf_course_step(&course, S + 500 * MS), S + 560 * MS);
    assert_int_equal(course.phase, SF_PHASE_STOP);
    assert_int_equal(shared->exits[0].held.count, 1);
    assert_false(shared->outcome.timed_out);
    sf_course_step(&course, S + 560 * MS);
    assert_true(shared->outcome.timed_out);
    close(held);
    free(course.members);
    free(shared);
}

static void each_network_namespace_is_looked_at(void **state)
{
    (void)state;
    struct launching self;
    char text[3000];
    if (system("unshare -n true 2> /dev/null") != 0)
        skip();
    launching_init(&self);
    add_service(&self, "service", true, "pair()[0].close()", text);
    launching_shell(&self, "client", "exit 0");
    assert_int_equal(launching_run(&self)[0].held.count, 1);
    launching_end(&self);
}

static void program_without_the_shim_is_not_looked_at(void **state)
{
    (void)state;
    struct launching self;
    char text[3000];
    launching_init(&self);
    add_service(&self, "service", false, "pair()[0].close()", text)->wrap = false;
    launching_shell(&self, "client", "exit 0");
    assert_false(launching_run(&self)[0].held_counted);
    launching_end(&self);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connections_that_peers_have_closed_are_held),
        cmocka_unit_test(connections_that_were_reset_are_named),
        cmocka_unit_test(held_connections_are_named),
        cmocka_unit_test(services_are_looked_at_before_any_is_stopped),
        cmocka_unit_test(looking_is_not_the_scenarios_time),
        cmocka_unit_test(each_network_namespace_is_looked_at),
        cmocka_unit_test(program_without_the_shim_is_not_looked_at),
    };
    return cmocka_run_group_tests_name("held", tests, NULL, NULL);
}
