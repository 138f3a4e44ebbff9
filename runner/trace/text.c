/* A line a call, for people:
 *
 *     0.004120 curl #1 ESTABLISHED  recv(5, 16384) = 1024 <12us> [one-byte]
 *
 * when it came back, program (and thread, where it is not its first process), connection, the
 * state behind the call, the call, how long it took, the rules that fired. */
#include "trace/sinks.h"

#include "base/address.h"
#include "base/memory.h"
#include "scenario/calls.h"
#include "scenario/states.h"
#include "trace/follow.h"
#include "trace/names.h"
#include "trace/states.h"
#include "verify/wording.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIME_COLUMNS = 10, STATE_COLUMNS = 12, CONNECTION_COLUMNS = 4 };

struct text {
    struct sf_page page;
    const struct sf_recording *recording;
    const struct sf_plan *plan;
    uint32_t *first_pids;  /* of each program */
    size_t program_columns; /* the longest so far */
    uint64_t *introduced;  /* bit N: the peer of socket N was told */
    size_t introduced_words;
    char functions[SF_CALL_COUNT][SF_FUNCTION_BYTES_MAX];
};

#define DIM "2"
#define RED "31"
#define MAGENTA "35"
#define CYAN "36"

static void begin_color(struct text *text, const char *color)
{
    if (!text->recording->is_colored)
        return;
    sf_page_text(&text->page, "\033[");
    sf_page_text(&text->page, color);
    sf_page_char(&text->page, 'm');
}

static void end_color(struct text *text)
{
    if (text->recording->is_colored)
        sf_page_text(&text->page, "\033[0m");
}

static void put_padded(struct sf_page *page, const char *word, size_t columns)
{
    size_t length = strlen(word);
    sf_page_text(page, word);
    sf_page_pad(page, length < columns ? columns - length : 0);
}

/* Anything from a program, on one line of a terminal. */
static void put_plain(struct sf_page *page, const char *word)
{
    for (; *word; word++)
        sf_page_char(page, (unsigned char)*word < ' ' || *word == 0x7f ? '?' : *word);
}

static void put_program(struct text *text, const struct sf_traced *call)
{
    uint32_t *first = &text->first_pids[call->record->program];
    char thread[16] = "";
    if (*first == 0)
        *first = call->record->pid;
    if (call->record->tid != *first)
        snprintf(thread, sizeof thread, "/%" PRIu32, call->record->tid);
    size_t columns = strlen(call->program) + strlen(thread);
    if (columns > text->program_columns)
        text->program_columns = columns;
    put_plain(&text->page, call->program);
    sf_page_text(&text->page, thread);
    sf_page_pad(&text->page, text->program_columns - columns + 1);
}

static void put_connection(struct text *text, const struct sf_followed *socket)
{
    char name[16] = "";
    const char *state = socket ? sf_state_name(socket->state) : NULL;
    if (socket && socket->connection)
        snprintf(name, sizeof name, "#%" PRIu32, socket->connection);
    begin_color(text, CYAN);
    put_padded(&text->page, name, CONNECTION_COLUMNS);
    end_color(text);
    put_padded(&text->page, state ? state : "", STATE_COLUMNS + 1);
}

/* "127.0.0.1:80 (web)" */
static void put_address(struct text *text, const struct sf_addr *address, const char *name)
{
    char plain[SF_ADDRESS_TEXT_BYTES];
    sf_address_print(plain, address);
    put_plain(&text->page, *plain ? plain : "?");
    if (!name)
        return;
    sf_page_text(&text->page, " (");
    put_plain(&text->page, name);
    sf_page_char(&text->page, ')');
}

/* As C would have it. */
static void put_data(struct text *text, const struct sf_traced *call)
{
    static const char special[] = "\n\r\t\"\\", letters[] = "nrt\"\\";
    const unsigned char *data = call->data;
    struct sf_page *page = &text->page;
    sf_page_char(page, '"');
    for (uint32_t i = 0; i < call->record->data_bytes; i++) {
        const char *found = data[i] ? strchr(special, data[i]) : NULL;
        char escape[8];
        if (found) {
            sf_page_char(page, '\\');
            sf_page_char(page, letters[found - special]);
        } else if (data[i] >= ' ' && data[i] < 0x7f) {
            sf_page_char(page, (char)data[i]);
        } else {
            snprintf(escape, sizeof escape, "\\x%02x", data[i]);
            sf_page_text(page, escape);
        }
    }
    sf_page_char(page, '"');
    sf_page_text(page, call->record->flags & SF_TRACE_CUT ? "..." : "");
}

/* recvmmsg and sendmmsg return messages. */
static bool is_batch(const struct sf_trace_call *record)
{
    return record->call == SF_CALL_recvmmsg || record->call == SF_CALL_sendmmsg;
}

static void put_moved(struct text *text, const struct sf_traced *call, bool is_send)
{
    const struct sf_trace_call *record = call->record;
    if (record->data_bytes) {
        sf_page_text(&text->page, ", ");
        put_data(text, call);
    }
    sf_page_text(&text->page, ", ");
    sf_page_number(&text->page, record->asked);
    if (record->argument && !is_batch(record)) {
        sf_page_text(&text->page, ", ");
        sf_page_message_flags(&text->page, record->argument);
    }
    if (is_send && call->address) {
        sf_page_text(&text->page, ", ");
        put_address(text, call->address, NULL);
    }
}

static const char *peer_name(const struct sf_traced *call)
{
    return call->socket ? call->socket->peer_name : NULL;
}

static void put_wait(struct sf_page *page, const struct sf_trace_call *record)
{
    sf_page_number(page, record->asked);
    sf_page_text(page, ", ");
    if (record->argument == UINT32_MAX)
        sf_page_text(page, "-1");
    else
        sf_page_number(page, record->argument);
}

static void put_control(struct sf_page *page, const struct sf_trace_call *record)
{
    switch (record->call) {
    case SF_CALL_fcntl:
    case SF_CALL_fcntl64:
        sf_page_text(page, ", ");
        sf_page_fcntl(page, record->argument);
        break;
    case SF_CALL_ioctl:
        sf_page_text(page, ", ");
        sf_page_ioctl(page, record->argument);
        break;
    default:
        break;
    }
}

/* What stands behind the descriptor, with a comma before it; of calls without one, what they have. */
static void put_arguments(struct text *text, const struct sf_traced *call)
{
    const struct sf_trace_call *record = call->record;
    struct sf_page *page = &text->page;
    bool has_fd = record->fd >= 0 && sf_call_families[record->call] != SF_FAMILY_SOCKET;
    if (has_fd)
        sf_page_signed(page, record->fd);
    switch (sf_call_families[record->call]) {
    case SF_FAMILY_SOCKET:
        sf_page_domain(page, record->argument >> 16);
        sf_page_text(page, ", ");
        sf_page_socket_type(page, record->argument & 0xffff);
        break;
    case SF_FAMILY_BIND:
    case SF_FAMILY_CONNECT:
        if (call->address) {
            sf_page_text(page, ", ");
            put_address(text, call->address,
                        sf_call_families[record->call] == SF_FAMILY_CONNECT ? peer_name(call) : NULL);
        }
        break;
    case SF_FAMILY_LISTEN:
        sf_page_text(page, ", ");
        sf_page_signed(page, (int32_t)record->argument);
        break;
    case SF_FAMILY_SEND:
    case SF_FAMILY_RECV:
        put_moved(text, call, sf_call_families[record->call] == SF_FAMILY_SEND);
        break;
    case SF_FAMILY_SHUTDOWN:
        sf_page_text(page, ", ");
        sf_page_how(page, record->argument);
        break;
    case SF_FAMILY_POLL:
        sf_page_text(page, has_fd ? ", " : "");
        put_wait(page, record);
        break;
    case SF_FAMILY_RESOLVE:
        if (record->data_bytes)
            put_data(text, call);
        break;
    case SF_FAMILY_OPTION:
        sf_page_text(page, ", ");
        sf_page_option(page, record->argument >> 16, record->argument & 0xffff);
        break;
    default:
        put_control(page, record);
    }
}

static void put_error(struct text *text, const struct sf_trace_call *record)
{
    const char *name = sf_error_name(record);
    char number[32];
    snprintf(number, sizeof number, "%" PRId32, record->error);
    begin_color(text, RED);
    sf_page_signed(&text->page, record->result);
    sf_page_char(&text->page, ' ');
    sf_page_text(&text->page, name ? name : number);
    if (record->error > 0) {
        sf_page_text(&text->page, " (");
        sf_page_text(&text->page, strerrordesc_np(record->error) ? strerrordesc_np(record->error) : "?");
        sf_page_char(&text->page, ')');
    }
    end_color(text);
}

/* From whom it came. */
static void put_origin(struct text *text, const struct sf_traced *call)
{
    uint8_t family = sf_call_families[call->record->call];
    bool is_accept = family == SF_FAMILY_ACCEPT;
    if (!call->address || call->record->result < 0 || (!is_accept && family != SF_FAMILY_RECV))
        return;
    sf_page_text(&text->page, " from ");
    put_address(text, call->address, is_accept ? peer_name(call) : NULL);
}

static void put_result(struct text *text, const struct sf_traced *call)
{
    struct sf_page *page = &text->page;
    if (call->is_unfinished) {
        sf_page_text(page, " <unfinished ...>");
        return;
    }
    sf_page_text(page, ") = ");
    if (call->record->error)
        put_error(text, call->record);
    else
        sf_page_signed(page, call->record->result);
    if (is_batch(call->record) && call->record->result > 0) {
        sf_page_text(page, " (");
        sf_page_number(page, call->record->argument);
        sf_page_text(page, " bytes)");
    }
    put_origin(text, call);
    char took[SF_DURATION_TEXT_BYTES];
    sf_duration_print(took, call->record->end_ns - call->record->begin_ns);
    begin_color(text, DIM);
    sf_page_text(page, " <");
    sf_page_text(page, took);
    sf_page_char(page, '>');
    end_color(text);
}

/* Was the peer of this socket told? From here on it is. */
static bool introduce(struct text *text, uint32_t number)
{
    size_t word = number / 64;
    if (number > SF_FOLLOWED_MAX)
        return true;
    if (word >= text->introduced_words) {
        size_t words = 2 * word + 16;
        uint64_t *wider = sf_memory_new(words * sizeof *wider);
        if (text->introduced)
            memcpy(wider, text->introduced, text->introduced_words * sizeof *wider);
        free(text->introduced);
        text->introduced = wider;
        text->introduced_words = words;
    }
    bool was_told = text->introduced[word] >> (number % 64) & 1;
    text->introduced[word] |= UINT64_C(1) << (number % 64);
    return was_told;
}

/* The first line of a connection tells its peer. */
static void put_introduction(struct text *text, const struct sf_traced *call)
{
    const struct sf_followed *socket = call->socket;
    uint8_t family = sf_call_families[call->record->call];
    if (!socket || !socket->connection || !socket->peer.domain || introduce(text, socket->number) ||
        family == SF_FAMILY_CONNECT || (family == SF_FAMILY_ACCEPT && call->address))
        return;
    sf_page_text(&text->page, " with ");
    put_address(text, &socket->peer, socket->peer_name);
}

static void put_rules(struct text *text, const struct sf_traced *call)
{
    if (call->record->rule_count == 0)
        return;
    begin_color(text, MAGENTA);
    sf_page_text(&text->page, " [");
    sf_page_rules(&text->page, text->plan, call, ", ", put_plain);
    sf_page_char(&text->page, ']');
    end_color(text);
}

/* A connection that is no more, or never came to be, though nobody has closed it. */
static bool is_broken(const struct sf_traced *call)
{
    bool was_open = call->state_before != SF_STATE_NONE && call->state_before != SF_STATE_CLOSED;
    return call->socket && call->socket->connection && call->socket->state == SF_STATE_CLOSED &&
           (was_open || sf_call_families[call->record->call] == SF_FAMILY_CONNECT) &&
           !sf_call_closes(call->record->call);
}

/* -q: what went wrong. That something is not ready yet is the ordinary course. */
static bool is_quiet(const struct sf_traced *call)
{
    int error = call->record->error;
    if (is_broken(call))
        return false;
    bool is_ordinary = error == 0 || error == EAGAIN || error == EINPROGRESS || error == EALREADY;
    return call->record->rule_count == 0 && is_ordinary && !call->is_unfinished;
}

static void take(void *context, const struct sf_traced *call)
{
    struct text *text = context;
    struct sf_page *page = &text->page;
    if (text->recording->verbosity < 0 && is_quiet(call))
        return;
    begin_color(text, DIM);
    sf_page_seconds(page, call->t, TIME_COLUMNS);
    end_color(text);
    sf_page_char(page, ' ');
    put_program(text, call);
    put_connection(text, call->socket);
    sf_page_text(page, text->functions[call->record->call]);
    sf_page_char(page, '(');
    put_arguments(text, call);
    put_result(text, call);
    put_introduction(text, call);
    put_rules(text, call);
    sf_page_line(page);
}

/* "curl #1 with 127.0.0.1:80 (web): 81 bytes out, 1024 in, 12 calls, closed in TIME_WAIT" */
static void put_summary(struct text *text, const struct sf_followed *socket, const char *program)
{
    struct sf_page *page = &text->page;
    const char *state = sf_state_name(socket->state);
    sf_page_text(page, "  ");
    put_plain(page, program);
    sf_page_text(page, " #");
    sf_page_number(page, socket->connection);
    sf_page_text(page, " with ");
    put_address(text, &socket->peer, socket->peer_name);
    sf_page_text(page, ": ");
    sf_page_number(page, socket->bytes_out);
    sf_page_text(page, " bytes out, ");
    sf_page_number(page, socket->bytes_in);
    sf_page_text(page, " in, ");
    sf_page_number(page, socket->calls);
    sf_page_text(page, socket->calls == 1 ? " call, " : " calls, ");
    sf_page_text(page, socket->closed_ns ? "closed" : "not closed");
    sf_page_text(page, state ? ", " : "");
    sf_page_text(page, state ? state : "");
    sf_page_line(page);
}

static void put_summaries(struct text *text)
{
    const struct sf_recording *recording = text->recording;
    const struct sf_followed *socket;
    bool is_first = true;
    for (size_t i = 0; (socket = sf_follower_socket(recording->follower, i)); i++) {
        const char *program =
            sf_plan_string(text->plan, sf_plan_programs(text->plan)[socket->program].name_at);
        if (!socket->connection || !sf_trace_filter_shows_socket(recording->filter, program, socket))
            continue;
        if (is_first)
            sf_page_text(&text->page, "connections:\n");
        is_first = false;
        put_summary(text, socket, program);
    }
}

static int end(void *context, uint64_t dropped)
{
    struct text *text = context;
    if (text->recording->verbosity > 0)
        put_summaries(text);
    if (dropped) {
        sf_page_text(&text->page, "sockfault: the trace lacks ");
        sf_page_number(&text->page, dropped);
        sf_page_text(&text->page, dropped == 1 ? " call" : " calls");
        sf_page_text(&text->page, ": they came faster than they could be written\n");
    }
    int error = sf_page_close(&text->page);
    free(text->first_pids);
    free(text->introduced);
    free(text);
    return error;
}

static void rest(void *context)
{
    sf_page_write(&((struct text *)context)->page);
}

bool sf_text_sink(const struct sf_recording *recording, struct sf_trace_sink *sink)
{
    if (recording->text < 0)
        return false;
    struct text *text = sf_memory_new(sizeof *text);
    text->page = (struct sf_page){.fd = recording->text, .lock = -1};
    text->recording = recording;
    text->plan = recording->session->plan;
    text->first_pids = sf_memory_new(text->plan->program_count * sizeof *text->first_pids);
    for (int call = 0; call < SF_CALL_COUNT; call++)
        sf_call_function((enum sf_call_id)call, text->functions[call]);
    *sink = (struct sf_trace_sink){.context = text, .take = take, .end = end, .rest = rest};
    return true;
}
