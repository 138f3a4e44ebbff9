/* Legality: what could be at some call of a function, on a kind of socket. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine/legality.h"

#include <errno.h>

enum { INET = SF_DOMAIN_INET, INET6 = SF_DOMAIN_INET6, UNIX = SF_DOMAIN_UNIX };
enum { STREAM = SF_TYPE_STREAM, DGRAM = SF_TYPE_DGRAM, SEQPACKET = SF_TYPE_OTHER };

static enum sf_illegal ever(enum sf_fault_kind fault, int error, enum sf_call_id call, uint8_t domain,
                            uint8_t type)
{
    const struct sf_plan_rule rule = {.fault = fault, .error = error};
    return sf_legality_ever(&rule, call, domain, type);
}

#define EVER(fault, call, domain, type) ever(SF_FAULT_##fault, 0, SF_CALL_##call, domain, type)
#define ERROR(error, call, domain, type) ever(SF_FAULT_ERROR, error, SF_CALL_##call, domain, type)

static void an_errno_belongs_to_a_kind_of_socket(void **state)
{
    (void)state;
    assert_int_equal(ERROR(ETIMEDOUT, recv, INET, STREAM), SF_LEGAL);
    assert_int_equal(ERROR(ETIMEDOUT, recv, INET6, STREAM), SF_LEGAL);
    assert_int_equal(ERROR(ETIMEDOUT, recv, UNIX, STREAM), SF_ILLEGAL_ERRNO);
    assert_int_equal(ERROR(ETIMEDOUT, recv, INET, DGRAM), SF_ILLEGAL_ERRNO);
    assert_int_equal(ERROR(ECONNRESET, recv, UNIX, STREAM), SF_LEGAL);
    assert_int_equal(ERROR(ECONNREFUSED, recv, INET, DGRAM), SF_LEGAL);
    assert_int_equal(ERROR(ECONNREFUSED, connect, INET, DGRAM), SF_ILLEGAL_ERRNO);
    assert_int_equal(ERROR(EINPROGRESS, connect, INET, STREAM), SF_LEGAL);
    assert_int_equal(ERROR(EINPROGRESS, connect, UNIX, STREAM), SF_ILLEGAL_ERRNO);
    assert_int_equal(ERROR(ENOENT, connect, UNIX, STREAM), SF_LEGAL);
    assert_int_equal(ERROR(ENOENT, connect, INET, STREAM), SF_ILLEGAL_ERRNO);
    assert_int_equal(ERROR(EPIPE, send, INET, DGRAM), SF_ILLEGAL_ERRNO);
    assert_int_equal(ERROR(EMSGSIZE, send, INET, DGRAM), SF_LEGAL);
    assert_int_equal(ERROR(EMSGSIZE, send, INET, STREAM), SF_ILLEGAL_ERRNO);
    assert_int_equal(ERROR(EBADF, recv, INET, STREAM), SF_ILLEGAL_ERRNO);
}

static void an_unknown_socket_may_be_of_any_kind(void **state)
{
    (void)state;
    assert_int_equal(ERROR(ENOENT, connect, 0, 0), SF_LEGAL);
    assert_int_equal(ERROR(ETIMEDOUT, recv, 0, STREAM), SF_LEGAL);
    assert_int_equal(ERROR(EINTR, poll, 0, 0), SF_LEGAL);
    assert_int_equal(EVER(INTERRUPT, epoll_wait, 0, 0), SF_LEGAL);
}

static void what_never_waits_is_never_interrupted(void **state)
{
    (void)state;
    assert_int_equal(EVER(INTERRUPT, connect, INET, STREAM), SF_LEGAL);
    assert_int_equal(EVER(INTERRUPT, connect, UNIX, SEQPACKET), SF_LEGAL);
    assert_int_equal(EVER(INTERRUPT, connect, UNIX, DGRAM), SF_ILLEGAL_NEVER_WAITS);
    assert_int_equal(EVER(INTERRUPT, connect, INET, DGRAM), SF_ILLEGAL_NEVER_WAITS);
    assert_int_equal(EVER(INTERRUPT, send, INET, DGRAM), SF_LEGAL);
}

static void again_at_connect_is_a_full_queue_or_no_port(void **state)
{
    (void)state;
    assert_int_equal(EVER(AGAIN, connect, UNIX, STREAM), SF_LEGAL);
    assert_int_equal(EVER(AGAIN, connect, INET, DGRAM), SF_LEGAL);
    assert_int_equal(EVER(AGAIN, connect, UNIX, DGRAM), SF_ILLEGAL_ERRNO);
    assert_int_equal(EVER(AGAIN, connect, INET, STREAM), SF_ILLEGAL_ERRNO);
    assert_int_equal(EVER(AGAIN, accept, INET, STREAM), SF_LEGAL);
}

static void records_have_connections_but_no_parts(void **state)
{
    (void)state;
    assert_int_equal(EVER(PARTIAL, send, UNIX, SEQPACKET), SF_ILLEGAL_DATAGRAM);
    assert_int_equal(EVER(PARTIAL, recv, UNIX, SEQPACKET), SF_LEGAL);
    assert_int_equal(EVER(PARTIAL, send, UNIX, DGRAM), SF_ILLEGAL_DATAGRAM);
    assert_int_equal(EVER(PARTIAL, send, INET, STREAM), SF_LEGAL);
    assert_int_equal(EVER(EOF, recv, UNIX, SEQPACKET), SF_LEGAL);
    assert_int_equal(EVER(EOF, recv, UNIX, DGRAM), SF_ILLEGAL_NO_CONNECTION);
    assert_int_equal(EVER(REFUSE, connect, UNIX, SEQPACKET), SF_LEGAL);
    assert_int_equal(EVER(REFUSE, connect, UNIX, DGRAM), SF_LEGAL);
    assert_int_equal(EVER(REFUSE, connect, INET, DGRAM), SF_ILLEGAL_NO_CONNECTION);
}

static void some_functions_are_out_of_reach(void **state)
{
    (void)state;
    assert_int_equal(EVER(CORRUPT, send, INET, STREAM), SF_LEGAL);
    assert_int_equal(EVER(CORRUPT, sendfile, INET, STREAM), SF_ILLEGAL_OPAQUE);
    assert_int_equal(EVER(CORRUPT, splice_in, INET, STREAM), SF_ILLEGAL_OPAQUE);
    assert_int_equal(EVER(RESOLVE, getaddrinfo, 0, 0), SF_LEGAL);
    assert_int_equal(EVER(RESOLVE, gethostbyaddr_r, 0, 0), SF_ILLEGAL_REVERSE);
}

static enum sf_illegal forced(enum sf_fault_kind fault, enum sf_call_id call, uint8_t domain, uint8_t type)
{
    const struct sf_plan_rule rule = {.fault = fault, .error = EXDEV, .flags = SF_RULE_FORCE};
    return sf_legality_ever(&rule, call, domain, type);
}

static void force_lifts_all_but_what_nobody_can_bring_about(void **state)
{
    (void)state;
    assert_int_equal(forced(SF_FAULT_ERROR, SF_CALL_recv, INET, STREAM), SF_LEGAL);
    assert_int_equal(forced(SF_FAULT_PARTIAL, SF_CALL_send, INET, DGRAM), SF_LEGAL);
    assert_int_equal(forced(SF_FAULT_RESET, SF_CALL_recv, UNIX, STREAM), SF_LEGAL);
    assert_int_equal(forced(SF_FAULT_RESET, SF_CALL_connect, INET, STREAM), SF_LEGAL);
    assert_int_equal(forced(SF_FAULT_RESET, SF_CALL_connect, UNIX, STREAM), SF_ILLEGAL_NO_TCP);
    assert_int_equal(forced(SF_FAULT_RESET, SF_CALL_accept4, UNIX, STREAM), SF_ILLEGAL_NO_TCP);
    assert_int_equal(forced(SF_FAULT_CORRUPT, SF_CALL_send, INET, STREAM), SF_LEGAL);
    assert_int_equal(forced(SF_FAULT_CORRUPT, SF_CALL_sendfile64, INET, STREAM), SF_ILLEGAL_OPAQUE);
    assert_int_equal(forced(SF_FAULT_RESOLVE, SF_CALL_getaddrinfo, 0, 0), SF_LEGAL);
    assert_int_equal(forced(SF_FAULT_RESOLVE, SF_CALL_getnameinfo, 0, 0), SF_ILLEGAL_REVERSE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_errno_belongs_to_a_kind_of_socket),
        cmocka_unit_test(an_unknown_socket_may_be_of_any_kind),
        cmocka_unit_test(what_never_waits_is_never_interrupted),
        cmocka_unit_test(again_at_connect_is_a_full_queue_or_no_port),
        cmocka_unit_test(records_have_connections_but_no_parts),
        cmocka_unit_test(some_functions_are_out_of_reach),
        cmocka_unit_test(force_lifts_all_but_what_nobody_can_bring_about),
    };
    return cmocka_run_group_tests_name("legality", tests, NULL, NULL);
}
