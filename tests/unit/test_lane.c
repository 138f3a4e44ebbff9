/* The lanes of a trace: what is put in comes out whole, whoever puts it in and however that ends. */
#include "engine/lane.h"

#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#define TRACE_BYTES (sizeof(struct sf_trace) + SF_LANES * (sizeof(struct sf_lane) + SF_LANE_BYTES))

static struct sf_trace *new_trace(void)
{
    void *memory =
        mmap(NULL, TRACE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_true(memory != MAP_FAILED);
    return memory;
}

static void free_trace(struct sf_trace *trace)
{
    munmap(trace, TRACE_BYTES);
}

/* A record whose every word follows from one number. */
static uint32_t bytes_of(uint32_t number)
{
    return (uint32_t)sizeof(struct sf_trace_record) + 8 + number % 61 * 8;
}

static bool append(struct sf_trace *trace, uint32_t tid, uint32_t *first, uint32_t number)
{
    struct sf_lane_room room;
    uint32_t bytes = bytes_of(number);

    if (!sf_lane_take(trace, tid, first, bytes, &room))
        return false;
    struct sf_trace_record *record = room.at;
    *record = (struct sf_trace_record){.bytes = bytes, .version = SF_TRACE_VERSION, .kind = SF_TRACE_CALL};
    uint32_t *words = (uint32_t *)(record + 1);
    for (uint32_t i = 0; i < (bytes - sizeof *record) / sizeof *words; i++)
        words[i] = number + i;
    sf_lane_give(&room);
    return true;
}

static bool is_whole(const struct sf_trace_record *record)
{
    const uint32_t *words = (const uint32_t *)(record + 1);
    if (record->kind != SF_TRACE_CALL || record->version != SF_TRACE_VERSION ||
        record->bytes != bytes_of(words[0]))
        return false;
    for (uint32_t i = 0; i < (record->bytes - sizeof *record) / sizeof *words; i++)
        if (words[i] != words[0] + i)
            return false;
    return true;
}

/* Take all that is published. Returns how many records; UINT32_MAX: one was not whole. */
static uint32_t take(struct sf_trace *trace)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < SF_LANES; i++) {
        struct sf_lane *lane = sf_trace_lane(trace, i);
        uint64_t written = atomic_load_explicit(&lane->written, memory_order_acquire),
                 read = atomic_load_explicit(&lane->read, memory_order_relaxed);
        while (read != written) {
            uint64_t at = read & (SF_LANE_BYTES - 1);
            const struct sf_trace_record *record = (const void *)((const char *)(lane + 1) + at);
            if (record->bytes == 0 || record->bytes % SF_TRACE_ALIGNMENT || record->bytes > written - read ||
                at + record->bytes > SF_LANE_BYTES)
                return UINT32_MAX;
            if (record->kind != SF_TRACE_FILLER) {
                if (!is_whole(record))
                    return UINT32_MAX;
                count++;
            }
            read += record->bytes;
        }
        atomic_store_explicit(&lane->read, read, memory_order_release);
    }
    return count;
}

static void record_that_does_not_fit_stands_behind_a_filler(void **state)
{
    (void)state;
    struct sf_trace *trace = new_trace();
    struct sf_lane *lane = sf_trace_lane(trace, 5);
    struct sf_lane_room room;
    uint32_t first = 5;

    lane->written = lane->read = 3 * SF_LANE_BYTES - 16;
    assert_true(sf_lane_take(trace, 1, &first, 24, &room));
    assert_ptr_equal(room.lane, lane);
    assert_int_equal(lane->taken, 1);
    assert_ptr_equal(room.at, lane + 1);
    const struct sf_trace_record *filler = (const void *)((const char *)(lane + 1) + SF_LANE_BYTES - 16);
    assert_int_equal(filler->kind, SF_TRACE_FILLER);
    assert_int_equal(filler->bytes, 16);
    assert_int_equal(lane->written, 3 * SF_LANE_BYTES - 16);
    sf_lane_give(&room);
    assert_int_equal(lane->written, 3 * SF_LANE_BYTES + 24);
    assert_int_equal(lane->taken, 0);
    free_trace(trace);
}

static void record_that_just_fits_has_no_filler(void **state)
{
    (void)state;
    struct sf_trace *trace = new_trace();
    struct sf_lane *lane = sf_trace_lane(trace, 0);
    struct sf_lane_room room;
    uint32_t first = 0;

    lane->written = lane->read = SF_LANE_BYTES - 24;
    assert_true(sf_lane_take(trace, 1, &first, 24, &room));
    assert_ptr_equal(room.at, (char *)(lane + 1) + SF_LANE_BYTES - 24);
    sf_lane_give(&room);
    assert_int_equal(lane->written, SF_LANE_BYTES);
    free_trace(trace);
}

static void filler_needs_room_as_well(void **state)
{
    (void)state;
    struct sf_trace *trace = new_trace();
    struct sf_lane *lane = sf_trace_lane(trace, 0);
    struct sf_lane_room room;
    uint32_t first = 0;

    lane->written = SF_LANE_BYTES - 16;
    lane->read = 16; /* 32 bytes are free, 16 of them before the end */
    assert_true(sf_lane_take(trace, 1, &first, 24, &room));
    assert_ptr_equal(room.lane, sf_trace_lane(trace, 1));
    assert_int_equal(lane->taken, 0);
    sf_lane_give(&room);
    free_trace(trace);
}

static void what_is_unread_is_never_written_over(void **state)
{
    (void)state;
    struct sf_trace *trace = new_trace();
    uint32_t first = 0, number = 0, before;

    while (append(trace, 1, &first, number))
        number++;
    for (uint32_t i = 0; i < SF_LANES; i++) {
        struct sf_lane *lane = sf_trace_lane(trace, i);
        assert_true(lane->written - lane->read <= SF_LANE_BYTES);
        assert_true(lane->written - lane->read > SF_LANE_BYTES - 1024);
        assert_int_equal(lane->taken, 0);
    }
    before = take(trace);
    assert_int_equal(before, number);
    assert_true(append(trace, 1, &first, 7));
    assert_int_equal(take(trace), 1);
    free_trace(trace);
}

static void lane_that_is_taken_is_left_to_its_thread(void **state)
{
    (void)state;
    struct sf_trace *trace = new_trace();
    struct sf_lane_room outer, inner;
    uint32_t first = 9;

    assert_true(sf_lane_take(trace, 77, &first, 64, &outer));
    assert_true(sf_lane_take(trace, 77, &first, 64, &inner)); /* a handler of the same thread */
    assert_ptr_equal(inner.lane, sf_trace_lane(trace, 10));
    sf_lane_give(&inner);
    assert_int_equal(sf_trace_lane(trace, 9)->taken, 77);
    sf_lane_give(&outer);
    assert_int_equal(sf_trace_lane(trace, 9)->written, 64);
    for (uint32_t i = 0; i < SF_LANES; i++)
        sf_trace_lane(trace, i)->taken = 1;
    assert_false(sf_lane_take(trace, 77, &first, 64, &outer));
    free_trace(trace);
}

/* ---- many at once -------------------------------------------------------------- */

enum { THREADS = 4, APPENDS = 20000 };
static struct sf_trace *shared;
static _Atomic uint32_t appended, dropped, running, handled;
static __thread uint32_t own_first, own_tid;

static void tell(uint32_t number)
{
    atomic_fetch_add(append(shared, own_tid, &own_first, number) ? &appended : &dropped, 1);
}

static void on_signal(int signal)
{
    (void)signal;
    int saved_errno = errno;
    if (own_tid) {
        tell(1000000);
        handled++;
    }
    errno = saved_errno;
}

static void *produce(void *argument)
{
    own_first = own_tid = (uint32_t)(uintptr_t)argument;
    /* However busy the machine: some handler has run meanwhile. */
    for (uint32_t i = 0; i < APPENDS || !handled; i++)
        tell(i);
    own_tid = 0;
    atomic_fetch_sub(&running, 1);
    return NULL;
}

static void threads_and_their_handlers_lose_nothing_that_is_not_counted(void **state)
{
    (void)state;
    const struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
    pthread_t threads[THREADS];
    uint32_t taken = 0, got = 0;

    shared = new_trace();
    sigaction(SIGUSR1, &action, NULL);
    running = THREADS;
    handled = 0;
    for (uintptr_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, produce, (void *)(i + 1)), 0);
    while (running && got != UINT32_MAX) {
        for (unsigned i = 0; i < THREADS; i++)
            pthread_kill(threads[i], SIGUSR1);
        got = take(shared);
        taken += got;
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_not_equal(got, UINT32_MAX);
    got = take(shared);
    assert_int_not_equal(got, UINT32_MAX);
    assert_int_equal(taken + got, appended);
    assert_true(appended + dropped > THREADS * APPENDS);
    for (uint32_t i = 0; i < SF_LANES; i++)
        assert_int_equal(sf_trace_lane(shared, i)->taken, 0);
    signal(SIGUSR1, SIG_DFL);
    free_trace(shared);
}

/* ---- killed -------------------------------------------------------------------- */

static void __attribute__((noreturn)) produce_for_ever(uint32_t tid)
{
    uint32_t first = tid;
    for (uint32_t number = 0;; number++)
        append(shared, tid, &first, number);
}

static void killed_producer_leaves_whole_records(void **state)
{
    (void)state;
    uint32_t taken = 0, stuck = 0;
    unsigned seed = 1;

    for (unsigned round = 0; round < 10; round++) {
        shared = new_trace(); /* each kill may leave a lane taken */
        for (unsigned kills = 0; kills < 20; kills++) {
            const struct timespec pause = {.tv_nsec = rand_r(&seed) % 1000000};
            pid_t pid = fork();
            assert_true(pid >= 0);
            if (pid == 0) {
                prctl(PR_SET_PDEATHSIG, SIGKILL); /* whatever becomes of the test */
                produce_for_ever(kills + 1);
            }
            uint32_t got;
            for (unsigned i = 0; i < 2; i++) {
                nanosleep(&pause, NULL);
                got = take(shared);
                assert_int_not_equal(got, UINT32_MAX);
                taken += got;
            }
            kill(pid, SIGKILL);
            waitpid(pid, NULL, 0);
            got = take(shared);
            assert_int_not_equal(got, UINT32_MAX);
            taken += got;
        }
        for (uint32_t i = 0; i < SF_LANES; i++)
            stuck += sf_trace_lane(shared, i)->taken != 0;
        free_trace(shared);
    }
    assert_true(taken > 1000);
    print_message("# %u records, %u lanes left taken by 200 kills\n", taken, stuck);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(record_that_does_not_fit_stands_behind_a_filler),
        cmocka_unit_test(record_that_just_fits_has_no_filler),
        cmocka_unit_test(filler_needs_room_as_well),
        cmocka_unit_test(what_is_unread_is_never_written_over),
        cmocka_unit_test(lane_that_is_taken_is_left_to_its_thread),
        cmocka_unit_test(threads_and_their_handlers_lose_nothing_that_is_not_counted),
        cmocka_unit_test(killed_producer_leaves_whole_records),
    };
    return cmocka_run_group_tests_name("lanes", tests, NULL, NULL);
}
