/* Launch programs from a test: a scenario in C, started, awaited, looked at. */
#ifndef TESTS_UNIT_LAUNCHING_H
#define TESTS_UNIT_LAUNCHING_H

#include "launch/launch.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define S UINT64_C(1000000000)

enum { LAUNCHING_MAX = 4 };

struct launching {
    struct sf_program programs[LAUNCHING_MAX];
    struct sf_program_expectation expect[LAUNCHING_MAX];
    char *argv[LAUNCHING_MAX][8];
    struct sf_scenario scenario;
    struct sf_plan *plan;
    struct sf_session_memory *session;
    struct sf_launch *launch;
    const struct sf_outcome *outcome;
};

static inline void launching_init(struct launching *self)
{
    memset(self, 0, sizeof *self);
    self->scenario = (struct sf_scenario){.file = "test", .name = "test", .seed = 1, .timeout_ns = 60 * S};
    self->scenario.programs = self->programs;
    self->scenario.expect = self->expect;
}

/* A program without the shim; change the result at will. The last of `argv` is NULL. */
static inline struct sf_program *launching_add(struct launching *self, const char *name,
                                               const char *const *argv)
{
    size_t index = self->scenario.program_count++;
    struct sf_program *program = &self->programs[index];
    for (size_t i = 0; argv[i]; i++)
        self->argv[index][i] = (char *)argv[i];
    *program = (struct sf_program){.name = name, .argv = self->argv[index]};
    program->stop_signal = SIGTERM;
    program->stop_within_ns = 5 * S;
    program->place = (struct sf_place){"test", 1, 1};
    return program;
}

static inline struct sf_program *launching_shell(struct launching *self, const char *name,
                                                 const char *command)
{
    return launching_add(self, name, (const char *const[]){"/bin/sh", "-c", command, NULL});
}

static inline void launching_service(struct sf_program *program, uint16_t port)
{
    program->ready.kind = SF_READY_PORT;
    program->ready.port = port;
    program->ready.within_ns = 10 * S;
}

static inline void launching_start(struct launching *self)
{
    struct sf_launch_options options = {.stdio = SF_STDIO_CAPTURE, .shim_path = "/no/libsockfault.so"};
    self->plan = sf_plan_compile(&self->scenario);
    assert_non_null(self->plan);
    self->session = sf_session_create(self->plan, NULL);
    assert_non_null(self->session);
    self->launch = sf_launch_start(&self->scenario, self->session, &options);
    assert_non_null(self->launch);
}

static inline const struct sf_exit *launching_finish(struct launching *self)
{
    self->outcome = sf_launch_wait(self->launch);
    return self->outcome->programs;
}

static inline const struct sf_exit *launching_run(struct launching *self)
{
    launching_start(self);
    launching_finish(self);
    if (self->outcome->failure)
        fail_msg("failure: %s", self->outcome->failure);
    return self->outcome->programs;
}

static inline void launching_end(struct launching *self)
{
    sf_launch_free(self->launch);
    sf_session_free(self->session);
    free(self->plan);
}

static inline uint64_t launching_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * S + (uint64_t)now.tv_nsec;
}

static inline void launching_sleep_ms(unsigned ms)
{
    struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};
    while (nanosleep(&time, &time) != 0 && errno == EINTR)
        ;
}

static inline void assert_output(const struct sf_output *output, const char *expected)
{
    assert_int_equal(output->bytes, strlen(expected));
    assert_memory_equal(output->data, expected, strlen(expected));
}

#endif
