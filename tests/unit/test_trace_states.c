/* The life of a TCP socket, RFC 9293, 3.3.2, call by call. */
#include "tracing.h"

#include "scenario/states.h"
#include "trace/states.h"

#include <errno.h>

struct step {
    enum sf_state before;
    struct sf_trace_call call;
    enum sf_state after;
};

#define DONE(name) {.call = SF_CALL_##name}
#define GAVE(name, number) {.call = SF_CALL_##name, .asked = 10, .result = (number)}
#define FAILED(name, errno_) {.call = SF_CALL_##name, .asked = 10, .result = -1, .error = (errno_)}
#define SHUT(how) {.call = SF_CALL_shutdown, .argument = (how)}
#define S(name) SF_STATE_##name

static const struct step steps[] = {
    /* opening */
    {S(NONE), GAVE(socket, 3), S(CLOSED)},
    {S(CLOSED), DONE(bind), S(CLOSED)},
    {S(CLOSED), DONE(listen), S(LISTEN)},
    {S(CLOSED), FAILED(listen, EADDRINUSE), S(CLOSED)},
    {S(CLOSED), DONE(connect), S(ESTABLISHED)},
    {S(CLOSED), FAILED(connect, EINPROGRESS), S(SYN_SENT)},
    {S(CLOSED), FAILED(connect, EINTR), S(SYN_SENT)},
    {S(CLOSED), FAILED(connect, ECONNREFUSED), S(CLOSED)},
    {S(CLOSED), FAILED(connect, EINVAL), S(CLOSED)},
    {S(SYN_SENT), FAILED(connect, EALREADY), S(SYN_SENT)},
    {S(SYN_SENT), FAILED(connect, EISCONN), S(ESTABLISHED)},
    {S(SYN_SENT), DONE(connect), S(ESTABLISHED)},
    {S(SYN_SENT), FAILED(connect, ETIMEDOUT), S(CLOSED)},
    {S(SYN_SENT), GAVE(send, 5), S(ESTABLISHED)},
    {S(SYN_SENT), FAILED(send, EAGAIN), S(SYN_SENT)},
    {S(SYN_SENT), GAVE(recv, 5), S(ESTABLISHED)},
    {S(SYN_SENT), GAVE(recv, 0), S(CLOSE_WAIT)},
    {S(SYN_SENT), FAILED(recv, ECONNREFUSED), S(CLOSED)},
    {S(SYN_RECEIVED), GAVE(recv, 5), S(ESTABLISHED)},
    {S(SYN_RECEIVED), SHUT(SHUT_WR), S(FIN_WAIT_1)},
    {S(ESTABLISHED), FAILED(connect, EISCONN), S(ESTABLISHED)},
    {S(CLOSE_WAIT), FAILED(connect, EISCONN), S(CLOSE_WAIT)},
    /* a listener */
    {S(LISTEN), FAILED(accept, EAGAIN), S(LISTEN)},
    {S(LISTEN), SHUT(SHUT_WR), S(LISTEN)},
    {S(LISTEN), SHUT(SHUT_RD), S(CLOSED)},
    {S(LISTEN), SHUT(SHUT_RDWR), S(CLOSED)},
    {S(LISTEN), DONE(close), S(CLOSED)},
    /* data */
    {S(ESTABLISHED), GAVE(send, 5), S(ESTABLISHED)},
    {S(ESTABLISHED), GAVE(recv, 5), S(ESTABLISHED)},
    {S(ESTABLISHED), FAILED(recv, EAGAIN), S(ESTABLISHED)},
    {S(ESTABLISHED), FAILED(recv, EINTR), S(ESTABLISHED)},
    {S(ESTABLISHED), FAILED(recv, ECONNRESET), S(CLOSED)},
    {S(ESTABLISHED), FAILED(send, ECONNRESET), S(CLOSED)},
    {S(ESTABLISHED), FAILED(send, EPIPE), S(CLOSED)},
    {S(ESTABLISHED), FAILED(recv, ETIMEDOUT), S(CLOSED)},
    {S(ESTABLISHED), {.call = SF_CALL_recv, .asked = 0}, S(ESTABLISHED)},
    {S(ESTABLISHED), GAVE(poll, 1), S(ESTABLISHED)},
    {S(ESTABLISHED), DONE(getsockopt), S(ESTABLISHED)},
    {S(ESTABLISHED), DONE(fcntl), S(ESTABLISHED)},
    /* the program ends first */
    {S(ESTABLISHED), SHUT(SHUT_RD), S(ESTABLISHED)},
    {S(ESTABLISHED), SHUT(SHUT_WR), S(FIN_WAIT_1)},
    {S(ESTABLISHED), SHUT(SHUT_RDWR), S(FIN_WAIT_1)},
    {S(ESTABLISHED), FAILED(shutdown, ENOTCONN), S(ESTABLISHED)},
    {S(ESTABLISHED), DONE(close), S(FIN_WAIT_1)},
    {S(ESTABLISHED), FAILED(close, EIO), S(FIN_WAIT_1)},
    {S(ESTABLISHED), FAILED(close, EBADF), S(ESTABLISHED)},
    {S(ESTABLISHED), DONE(fclose), S(FIN_WAIT_1)},
    {S(ESTABLISHED), DONE(close_range), S(FIN_WAIT_1)},
    {S(FIN_WAIT_1), GAVE(recv, 5), S(FIN_WAIT_1)},
    {S(FIN_WAIT_1), FAILED(send, EPIPE), S(FIN_WAIT_1)},
    {S(FIN_WAIT_1), GAVE(recv, 0), S(TIME_WAIT)},
    {S(FIN_WAIT_2), GAVE(recv, 0), S(TIME_WAIT)},
    {S(FIN_WAIT_2), FAILED(recv, ECONNRESET), S(CLOSED)},
    {S(FIN_WAIT_2), DONE(close), S(FIN_WAIT_2)},
    {S(TIME_WAIT), DONE(close), S(TIME_WAIT)},
    {S(TIME_WAIT), GAVE(recv, 0), S(TIME_WAIT)},
    {S(FIN_WAIT_1), SHUT(SHUT_RDWR), S(FIN_WAIT_1)},
    /* the peer ends first */
    {S(ESTABLISHED), GAVE(recv, 0), S(CLOSE_WAIT)},
    {S(ESTABLISHED), GAVE(readv, 0), S(CLOSE_WAIT)},
    {S(CLOSE_WAIT), GAVE(recv, 0), S(CLOSE_WAIT)},
    {S(CLOSE_WAIT), GAVE(send, 5), S(CLOSE_WAIT)},
    {S(CLOSE_WAIT), FAILED(send, EPIPE), S(CLOSED)},
    {S(CLOSE_WAIT), SHUT(SHUT_WR), S(LAST_ACK)},
    {S(CLOSE_WAIT), DONE(close), S(LAST_ACK)},
    {S(LAST_ACK), DONE(close), S(LAST_ACK)},
    {S(LAST_ACK), FAILED(send, EPIPE), S(LAST_ACK)},
    /* never opened, or over */
    {S(SYN_SENT), DONE(close), S(CLOSED)},
    {S(SYN_SENT), SHUT(SHUT_RDWR), S(CLOSED)},
    {S(CLOSED), DONE(close), S(CLOSED)},
    {S(CLOSED), GAVE(recv, 0), S(CLOSED)},
    {S(CLOSED), FAILED(send, EPIPE), S(CLOSED)},
};

/* The same where the kernel was asked. */
#define SAYS(name, number, state_) \
    {.call = SF_CALL_##name, .asked = 10, .result = (number), .state = (state_)}
static const struct step checked[] = {
    {S(CLOSED), SAYS(connect, 0, S(ESTABLISHED)), S(ESTABLISHED)},
    {S(SYN_SENT), SAYS(getsockopt, 0, S(ESTABLISHED)), S(ESTABLISHED)},
    {S(ESTABLISHED), SAYS(shutdown, 0, S(FIN_WAIT_1)), S(FIN_WAIT_1)},
    {S(ESTABLISHED), SAYS(shutdown, 0, S(FIN_WAIT_2)), S(FIN_WAIT_2)},
    {S(ESTABLISHED), SAYS(shutdown, 0, S(LAST_ACK)), S(LAST_ACK)}, /* a FIN that was not read yet */
    {S(LISTEN), SAYS(accept, 4, S(SYN_RECEIVED)), S(SYN_RECEIVED)},
    {S(LISTEN), SAYS(accept, 4, 12), S(SYN_RECEIVED)},
    /* Both end at the same time: the FINs cross. */
    {S(FIN_WAIT_1), SAYS(recv, 0, S(CLOSING)), S(CLOSING)},
    {S(CLOSING), SAYS(recv, 0, S(CLOSED)), S(TIME_WAIT)},
    {S(CLOSING), DONE(close), S(CLOSING)},
    /* TIME_WAIT has no socket of the program's. */
    {S(FIN_WAIT_1), SAYS(recv, 0, S(CLOSED)), S(TIME_WAIT)},
    {S(FIN_WAIT_2), SAYS(recv, 0, S(CLOSED)), S(TIME_WAIT)},
    {S(TIME_WAIT), SAYS(close, 0, S(CLOSED)), S(TIME_WAIT)},
    {S(LAST_ACK), SAYS(recv, 0, S(CLOSED)), S(CLOSED)},
    {S(ESTABLISHED), SAYS(recv, 0, S(CLOSED)), S(CLOSED)},
    /* Of a close it is what was before. */
    {S(ESTABLISHED), SAYS(close, 0, S(ESTABLISHED)), S(FIN_WAIT_1)},
    {S(ESTABLISHED), SAYS(close, 0, S(CLOSE_WAIT)), S(LAST_ACK)},
    {S(FIN_WAIT_1), SAYS(close, 0, S(FIN_WAIT_2)), S(FIN_WAIT_2)},
    {S(SYN_SENT), SAYS(close, 0, S(ESTABLISHED)), S(FIN_WAIT_1)},
    {S(ESTABLISHED), SAYS(fclose, 0, S(CLOSE_WAIT)), S(LAST_ACK)},
};

static void follow(const struct step *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        enum sf_state after = sf_state_next(list[i].before, &list[i].call, false);
        if (after != list[i].after)
            fail_msg("row %zu: %s in %s gives %s, expected %s", i, sf_call_names[list[i].call.call],
                     sf_state_name(list[i].before), sf_state_name(after), sf_state_name(list[i].after));
    }
}

static void each_call_moves_the_state_as_the_model_says(void **state)
{
    (void)state;
    follow(steps, sizeof steps / sizeof *steps);
}

static void the_kernels_word_wins(void **state)
{
    (void)state;
    follow(checked, sizeof checked / sizeof *checked);
}

static void call_that_a_rule_has_faked_tells_nothing(void **state)
{
    (void)state;
    struct sf_trace_call call = FAILED(recv, ECONNRESET);
    assert_int_equal(sf_state_next(S(ESTABLISHED), &call, true), S(ESTABLISHED));
    call.state = S(CLOSE_WAIT);
    assert_int_equal(sf_state_next(S(ESTABLISHED), &call, true), S(CLOSE_WAIT));
}

static void every_state_has_its_name(void **state)
{
    (void)state;
    for (enum sf_state one = S(ESTABLISHED); one <= S(CLOSING); one++)
        assert_int_equal(sf_state_find(sf_state_name(one)), one);
    assert_string_equal(sf_state_name(S(FIN_WAIT_2)), "FIN_WAIT_2");
    assert_null(sf_state_name(S(NONE)));
}

static void socket_in_mid_life_is_taken_for_what_its_addresses_say(void **state)
{
    (void)state;
    union tracing_record socket = tracing_socket(1, 0);
    assert_int_equal(sf_state_met(&socket.socket), S(CLOSED));
    socket.socket.role = SF_ROLE_SERVER;
    assert_int_equal(sf_state_met(&socket.socket), S(LISTEN));
    socket.socket.peer = tracing_address(80);
    assert_int_equal(sf_state_met(&socket.socket), S(ESTABLISHED));
    socket.socket.role = 0; /* inherited */
    assert_int_equal(sf_state_met(&socket.socket), S(ESTABLISHED));
    socket.socket.role = SF_ROLE_CLIENT; /* its connect is what comes next */
    assert_int_equal(sf_state_met(&socket.socket), S(CLOSED));
    socket.socket.type = SF_TYPE_DGRAM;
    assert_int_equal(sf_state_met(&socket.socket), S(NONE));
    socket = tracing_socket(1, SF_ROLE_SERVER);
    socket.socket.domain = SF_DOMAIN_UNIX;
    assert_int_equal(sf_state_met(&socket.socket), S(NONE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_call_moves_the_state_as_the_model_says),
        cmocka_unit_test(the_kernels_word_wins),
        cmocka_unit_test(call_that_a_rule_has_faked_tells_nothing),
        cmocka_unit_test(every_state_has_its_name),
        cmocka_unit_test(socket_in_mid_life_is_taken_for_what_its_addresses_say),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
