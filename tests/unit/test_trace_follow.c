/* What is known of a socket behind each call on it. */
#include "tracing.h"

#include "trace/follow.h"

#include <errno.h>
#include <sys/socket.h>

static struct sf_directory told_names(const struct tracing *tracing)
{
    return (struct sf_directory){
        .entries = (void *)((char *)tracing->session->session + tracing->session->session->directory_at),
        .count = tracing->session->session->directory_count};
}

static struct sf_follower *open_follower(struct tracing *tracing)
{
    return sf_follower_new(tracing->session->plan, told_names(tracing));
}

static void meet(struct sf_follower *follower, uint16_t program, uint32_t number, uint8_t role,
                 uint16_t local, uint16_t peer)
{
    union tracing_record socket = tracing_socket(number, role);
    socket.socket.program = program;
    if (local)
        socket.socket.local = tracing_address(local);
    if (peer)
        socket.socket.peer = tracing_address(peer);
    sf_follower_meet(follower, &socket.socket);
}

/* A call of a program on a socket, with bytes asked for. */
static struct sf_traced call(struct sf_follower *follower, uint16_t program, uint32_t socket,
                             enum sf_call_id id, int64_t result, int error)
{
    static uint64_t now_ns = 1000;
    static union tracing_record whole; /* what is given back points into it */
    struct sf_trace_call record = tracing_call(id, ++now_ns);
    record.program = program;
    record.socket = socket;
    record.asked = 100;
    record.result = result;
    record.error = error;
    whole = tracing_whole(record, -1, NULL, "");
    return sf_follower_call(follower, &whole.call);
}

static void connections_are_counted_by_program_from_the_first_connect(void **state)
{
    struct sf_follower *follower = open_follower(*state);
    meet(follower, CLIENT, 1, 0, 0, 0);
    assert_int_equal(call(follower, CLIENT, 1, SF_CALL_socket, 3, 0).socket->connection, 0);
    assert_int_equal(call(follower, CLIENT, 1, SF_CALL_connect, -1, ECONNREFUSED).socket->connection, 1);
    assert_int_equal(call(follower, CLIENT, 1, SF_CALL_connect, 0, 0).socket->connection, 1);
    meet(follower, SERVER, 2, SF_ROLE_SERVER, 80, 0);
    assert_int_equal(call(follower, SERVER, 2, SF_CALL_listen, 0, 0).socket->connection, 0);
    meet(follower, SERVER, 3, SF_ROLE_SERVER, 80, 4000);
    assert_int_equal(call(follower, SERVER, 3, SF_CALL_recv, 5, 0).socket->connection, 1);
    meet(follower, CLIENT, 4, SF_ROLE_CLIENT, 4001, 80);
    assert_int_equal(call(follower, CLIENT, 4, SF_CALL_connect, 0, 0).socket->connection, 2);
    meet(follower, CLIENT, 5, 0, 0, 0); /* a pair has no role */
    assert_int_equal(call(follower, CLIENT, 5, SF_CALL_send, 5, 0).socket->connection, 0);
    sf_follower_free(follower);
}

static void accept_belongs_to_the_connection_that_it_gave(void **state)
{
    struct sf_follower *follower = open_follower(*state);
    meet(follower, SERVER, 1, SF_ROLE_SERVER, 80, 0);
    meet(follower, SERVER, 2, SF_ROLE_SERVER, 80, 4000);
    struct sf_trace_call record = tracing_call(SF_CALL_accept, 5);
    record.program = SERVER;
    record.result = 4;
    record.argument = 2;
    record.state = SF_STATE_ESTABLISHED;
    struct sf_traced traced = sf_follower_call(follower, &record);
    assert_int_equal(traced.socket->number, 2);
    assert_int_equal(traced.socket->state, SF_STATE_ESTABLISHED);
    assert_int_equal(traced.socket->calls, 1);
    assert_int_equal(traced.listener->number, 1);
    assert_int_equal(traced.listener->state, SF_STATE_LISTEN);
    record.result = -1;
    record.error = EAGAIN;
    record.state = 0;
    traced = sf_follower_call(follower, &record);
    assert_int_equal(traced.socket->number, 1);
    assert_null(traced.listener);
    sf_follower_free(follower);
}

static void states_and_bytes_follow_the_calls(void **state)
{
    struct sf_follower *follower = open_follower(*state);
    meet(follower, CLIENT, 1, SF_ROLE_CLIENT, 4000, 80);
    struct sf_traced traced = call(follower, CLIENT, 1, SF_CALL_connect, 0, 0);
    assert_int_equal(traced.state_before, SF_STATE_CLOSED);
    assert_int_equal(traced.socket->state, SF_STATE_ESTABLISHED);
    call(follower, CLIENT, 1, SF_CALL_write, 30, 0);
    call(follower, CLIENT, 1, SF_CALL_send, 12, 0);
    call(follower, CLIENT, 1, SF_CALL_send, -1, EAGAIN);
    call(follower, CLIENT, 1, SF_CALL_read, 7, 0);
    traced = call(follower, CLIENT, 1, SF_CALL_recv, 0, 0);
    assert_int_equal(traced.socket->bytes_out, 42);
    assert_int_equal(traced.socket->bytes_in, 7);
    assert_int_equal(traced.socket->state, SF_STATE_CLOSE_WAIT);
    struct sf_trace_call peek = tracing_call(SF_CALL_recv, 50);
    peek.result = 9;
    peek.argument = MSG_PEEK;
    assert_int_equal(sf_follower_call(follower, &peek).socket->bytes_in, 7);
    struct sf_trace_call batch = tracing_call(SF_CALL_recvmmsg, 51);
    batch.result = 2;
    batch.argument = 300;
    assert_int_equal(sf_follower_call(follower, &batch).socket->bytes_in, 307);
    assert_int_equal(traced.socket->calls, 8);
    sf_follower_free(follower);
}

static void close_of_a_copy_is_not_the_end(void **state)
{
    struct sf_follower *follower = open_follower(*state);
    meet(follower, SERVER, 1, SF_ROLE_SERVER, 80, 4000);
    struct sf_traced traced = call(follower, SERVER, 1, SF_CALL_close, 0, 0);
    assert_int_equal(traced.socket->state, SF_STATE_FIN_WAIT_1);
    assert_true(traced.socket->closed_ns > 0);
    traced = call(follower, SERVER, 1, SF_CALL_send, 5, 0); /* in a forked child */
    assert_int_equal(traced.state_before, SF_STATE_ESTABLISHED);
    assert_int_equal(traced.socket->state, SF_STATE_ESTABLISHED);
    assert_int_equal(traced.socket->closed_ns, 0);
    call(follower, SERVER, 1, SF_CALL_recv, 0, 0);
    traced = call(follower, SERVER, 1, SF_CALL_fclose, 0, 0);
    assert_int_equal(traced.socket->state, SF_STATE_LAST_ACK);
    assert_true(traced.socket->closed_ns > 0);
    sf_follower_free(follower);
}

static void faked_error_leaves_the_state_and_a_real_reset_does_not(void **state)
{
    struct sf_follower *follower = open_follower(*state);
    meet(follower, CLIENT, 1, SF_ROLE_CLIENT, 4000, 80);
    call(follower, CLIENT, 1, SF_CALL_connect, 0, 0);
    struct sf_trace_call record = tracing_call(SF_CALL_recv, 5);
    record.result = -1;
    record.error = ECONNRESET;
    record.flags = SF_TRACE_NOT_MADE;
    union tracing_record faked = tracing_whole(record, BROKEN, NULL, "");
    assert_int_equal(sf_follower_call(follower, &faked.call).socket->state, SF_STATE_ESTABLISHED);
    union tracing_record real = tracing_whole(record, CUT, NULL, "");
    assert_int_equal(sf_follower_call(follower, &real.call).socket->state, SF_STATE_CLOSED);
    sf_follower_free(follower);
}

static void peers_are_named_as_programs_of_the_scenario(void **state)
{
    struct sf_follower *follower = open_follower(*state);
    meet(follower, SERVER, 2, SF_ROLE_SERVER, 80, 4000);
    /* The client's address is not known yet. */
    assert_null(call(follower, SERVER, 2, SF_CALL_recv, 5, 0).socket->peer_name);
    meet(follower, SERVER, 1, SF_ROLE_SERVER, 80, 0);
    meet(follower, CLIENT, 3, SF_ROLE_CLIENT, 4000, 80);
    assert_string_equal(call(follower, CLIENT, 3, SF_CALL_connect, 0, 0).socket->peer_name, "server");
    assert_string_equal(call(follower, SERVER, 2, SF_CALL_recv, 5, 0).socket->peer_name, "client");
    meet(follower, CLIENT, 4, SF_ROLE_CLIENT, 4001, 81);
    assert_null(call(follower, CLIENT, 4, SF_CALL_connect, 0, 0).socket->peer_name);
    meet(follower, CLIENT, 5, SF_ROLE_CLIENT, 4002, 4001); /* itself */
    assert_null(call(follower, CLIENT, 5, SF_CALL_connect, 0, 0).socket->peer_name);
    sf_follower_free(follower);
}

static void all_addresses_of_a_port_are_the_listeners(void **state)
{
    struct sf_follower *follower = open_follower(*state);
    union tracing_record socket = tracing_socket(1, SF_ROLE_SERVER);
    socket.socket.program = SERVER;
    socket.socket.local = tracing_address(80);
    memset(socket.socket.local.ip + 12, 0, 4);
    sf_follower_meet(follower, &socket.socket);
    meet(follower, CLIENT, 3, SF_ROLE_CLIENT, 4000, 80);
    assert_string_equal(call(follower, CLIENT, 3, SF_CALL_connect, 0, 0).socket->peer_name, "server");
    sf_follower_free(follower);
}

static void peers_are_named_as_they_were_looked_up(void **state)
{
    struct tracing *tracing = *state;
    struct sf_follower *follower = open_follower(tracing);
    struct sf_directory told = told_names(tracing);
    const struct sf_addr address = tracing_address(80);
    sf_directory_enter(&told, sf_key_of_name("db.internal", CLIENT, address.ip),
                       sf_owner_of_program(CLIENT), true);
    meet(follower, CLIENT, 1, SF_ROLE_CLIENT, 4000, 80);
    assert_null(call(follower, CLIENT, 1, SF_CALL_connect, 0, 0).socket->peer_name);
    struct sf_trace_call record = tracing_call(SF_CALL_getaddrinfo, 5);
    record.fd = -1;
    record.socket = 0;
    union tracing_record other = tracing_whole(record, -1, NULL, "other.internal");
    union tracing_record whole = tracing_whole(record, -1, NULL, "db.internal");
    assert_null(sf_follower_call(follower, &other.call).socket);
    sf_follower_call(follower, &whole.call);
    assert_string_equal(call(follower, CLIENT, 1, SF_CALL_send, 5, 0).socket->peer_name, "db.internal");
    meet(follower, SERVER, 2, SF_ROLE_CLIENT, 4001, 80); /* this one was not told it */
    assert_null(call(follower, SERVER, 2, SF_CALL_connect, 0, 0).socket->peer_name);
    sf_follower_free(follower);
}

static void unfinished_call_changes_nothing(void **state)
{
    struct sf_follower *follower = open_follower(*state);
    meet(follower, CLIENT, 1, SF_ROLE_CLIENT, 4000, 80);
    call(follower, CLIENT, 1, SF_CALL_connect, 0, 0);
    struct sf_trace_call record = tracing_call(SF_CALL_close, 5);
    struct sf_traced traced = sf_follower_unfinished(follower, &record);
    assert_true(traced.is_unfinished);
    assert_int_equal(traced.socket->state, SF_STATE_ESTABLISHED);
    assert_int_equal(traced.socket->closed_ns, 0);
    sf_follower_free(follower);
}

static void many_sockets_stay_where_they_are(void **state)
{
    struct sf_follower *follower = open_follower(*state);
    enum { MANY = 5000 };
    const struct sf_followed *first = call(follower, CLIENT, 4000000000u, SF_CALL_socket, 3, 0).socket;
    for (uint32_t i = 1; i <= MANY; i++)
        assert_int_equal(call(follower, CLIENT, i, SF_CALL_socket, 3, 0).socket->number, i);
    assert_ptr_equal(call(follower, CLIENT, 4000000000u, SF_CALL_send, 3, 0).socket, first);
    assert_ptr_equal(sf_follower_socket(follower, 0), first);
    assert_int_equal(sf_follower_socket(follower, MANY)->number, MANY);
    assert_null(sf_follower_socket(follower, MANY + 1));
    sf_follower_free(follower);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test_setup_teardown(name, tracing_setup, tracing_teardown)
        T(connections_are_counted_by_program_from_the_first_connect),
        T(accept_belongs_to_the_connection_that_it_gave),
        T(states_and_bytes_follow_the_calls),
        T(close_of_a_copy_is_not_the_end),
        T(faked_error_leaves_the_state_and_a_real_reset_does_not),
        T(peers_are_named_as_programs_of_the_scenario),
        T(all_addresses_of_a_port_are_the_listeners),
        T(peers_are_named_as_they_were_looked_up),
        T(unfinished_call_changes_nothing),
        T(many_sockets_stay_where_they_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
