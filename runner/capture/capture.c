#include "capture/capture.h"

#include "base/address.h"
#include "base/memory.h"
#include "capture/headers.h"
#include "capture/links.h"
#include "capture/pcapng.h"
#include "trace/follow.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define COMMENT_BYTES 1024u

enum way { OUT, IN };

/* One socket's conversation so far. Both ends count from 0: a SYN and a FIN are one each. */
struct stream {
    uint32_t seq[2]; /* the next byte of each way */
    bool has_ended[2], is_begun, is_greeted, is_over;
    uint64_t moved[2];                /* bytes of each way */
    const struct sf_followed *socket; /* NULL: of no call yet */
    struct sf_link_note *notes;       /* of link rules, not told yet */
};

struct sf_capture {
    FILE *file;
    const struct sf_scenario *scenario;
    uint64_t epoch_ns;
    struct stream *streams; /* by number of the socket */
    size_t count;
    struct sf_links links;
    int error; /* the first */
};

/* The packet that is being made: of which call, on which socket. */
struct making {
    struct sf_capture *capture;
    const struct sf_traced *call;
    const struct sf_followed *socket;
    struct stream *stream;
    struct sf_addr ends[2];      /* where what goes OUT and IN comes from */
    char comment[COMMENT_BYTES]; /* "": none, or told already */
    bool is_last;                /* no more can be expected of this stream */
};

static void note(struct sf_capture *capture, int error)
{
    if (!capture->error)
        capture->error = error;
}

struct sf_capture *sf_capture_new(FILE *file, const struct sf_scenario *scenario,
                                  const struct sf_session_memory *session, uint64_t epoch_ns)
{
    struct sf_capture *capture = sf_memory_new(sizeof *capture);
    *capture = (struct sf_capture){
        .file = file, .scenario = scenario, .epoch_ns = epoch_ns, .links.session = session};
    note(capture, sf_pcapng_begin(file, "sockfault " SF_VERSION));
    for (size_t i = 0; i < scenario->program_count; i++)
        note(capture, sf_pcapng_interface(file, scenario->programs[i].name));
    return capture;
}

static struct sf_link_note *pop_note(struct sf_link_note **at)
{
    struct sf_link_note *note = *at;
    if (note)
        *at = note->next;
    return note;
}

void sf_capture_free(struct sf_capture *capture)
{
    for (size_t i = 0; i < capture->count; i++)
        while (capture->streams[i].notes)
            free(pop_note(&capture->streams[i].notes));
    free(capture->streams);
    free(capture);
}

static struct stream *stream_of(struct sf_capture *capture, uint32_t number)
{
    sf_memory_grow(&capture->streams, &capture->count, (size_t)number + 1, sizeof *capture->streams);
    return &capture->streams[number];
}

/* Is it shown as TCP? So is what keeps the borders of its messages, SOCK_SEQPACKET. */
static bool is_stream(const struct sf_followed *socket)
{
    return socket->type != SF_TYPE_DGRAM;
}

static bool is_internet(const struct sf_addr *address)
{
    return address->domain == SF_DOMAIN_INET || address->domain == SF_DOMAIN_INET6;
}

/* What has no address of the internet: fd75:6e69:78::1 and ::2, "uni", "x". Its port is none that a
 * reader takes for a service. */
static struct sf_addr stand_in(enum way way, uint32_t number)
{
    return (struct sf_addr){.domain = SF_DOMAIN_INET6,
                            .port = (uint16_t)(49152 + number % 16384),
                            .ip = {0xfd, 0x75, 0x6e, 0x69, 0, 0x78, [15] = way == OUT ? 1 : 2}};
}

/* A name that is not known yet is the wildcard of the other's family. */
static void find_ends(struct making *making)
{
    const struct sf_followed *socket = making->socket;
    const struct sf_addr *peer =
        making->call->address && socket->type == SF_TYPE_DGRAM ? making->call->address : &socket->peer;
    making->ends[OUT] = socket->local;
    making->ends[IN] = *peer;
    if (!is_internet(&socket->local) && !is_internet(peer)) {
        making->ends[OUT] = stand_in(OUT, socket->number);
        making->ends[IN] = stand_in(IN, socket->number);
        return;
    }
    uint8_t domain = is_internet(peer) ? peer->domain : socket->local.domain;
    making->ends[OUT].domain = making->ends[IN].domain = domain;
}

/* What there is no room for is cut. */
static void __attribute__((format(printf, 2, 3))) add_comment(struct making *making, const char *format, ...)
{
    size_t length = strlen(making->comment), room = sizeof making->comment - length;
    va_list arguments;

    if (length && room > 1) {
        strcpy(making->comment + length++, "\n");
        room--;
    }
    va_start(arguments, format);
    vsnprintf(making->comment + length, room, format, arguments);
    va_end(arguments);
}

/* "recv(3): rule one-byte (partial: 1)", a line for each that fired. */
static void comment_faults(struct making *making)
{
    const struct sf_trace_call *record = making->call->record;
    const struct sf_scenario *scenario = making->capture->scenario;

    for (unsigned i = 0; i < record->rule_count; i++) {
        uint16_t rule = making->call->firings[i].rule;
        if (rule < scenario->rule_count)
            add_comment(making, "%s(%d): rule %s (%s)", sf_call_names[record->call], record->fd,
                        scenario->rules[rule].id, scenario->rules[rule].fault_text);
    }
}

static void comment_names(struct making *making)
{
    char address[SF_ADDRESS_TEXT_BYTES];
    const struct sf_followed *socket = making->socket;

    if (making->stream->is_begun || socket->domain != SF_DOMAIN_UNIX)
        return;
    if (sf_address_print(address, socket->peer.path_len ? &socket->peer : &socket->local))
        add_comment(making, "socket %" PRIu32 ": %s", socket->number, address);
}

/* ---- link rules ---- */

static enum way way_of(const struct sf_link_note *note)
{
    return note->is_in ? IN : OUT;
}

/* "link in, behind 3 bytes: rule cut (reset: true)" */
static void comment_link(struct making *making, const struct sf_link_note *note)
{
    const struct sf_rule *rule = &making->capture->scenario->rules[note->rule];
    add_comment(making, "link %s, behind %" PRIu64 " byte%s: rule %s (%s)", note->is_in ? "in" : "out",
                note->at_byte, note->at_byte == 1 ? "" : "s", rule->id, rule->fault_text);
}

/* Who falls silent may keep back the SYN. */
static bool is_of_syn(const struct making *making, const struct sf_link_note *note)
{
    enum sf_link_fault_kind fault = making->capture->scenario->rules[note->rule].link.fault;
    return (fault == SF_LINK_BLACKHOLE || fault == SF_LINK_PARTITION) &&
           note->time_ns <= making->call->record->end_ns;
}

/* Does this packet carry the byte that the rule acted on, or what came in place of it? */
static bool is_told_by(const struct making *making, const struct sf_link_note *note, enum way way,
                       uint8_t flags, size_t bytes)
{
    if (making->is_last || flags & SF_RST)
        return true;
    if (flags & SF_SYN)
        return is_of_syn(making, note);
    bool has_byte = bytes > 0 && making->stream->moved[way] + bytes > note->at_byte;
    return way == way_of(note) && (has_byte || flags & SF_FIN);
}

static void comment_links(struct making *making, enum way way, uint8_t flags, size_t bytes)
{
    for (struct sf_link_note **at = &making->stream->notes; *at;) {
        if (!is_told_by(making, *at, way, flags, bytes)) {
            at = &(*at)->next;
            continue;
        }
        comment_link(making, *at);
        free(pop_note(at));
    }
}

static void read_links(struct sf_capture *capture, uint64_t now_ns)
{
    struct sf_link_note *note;
    while ((note = sf_links_next(&capture->links, now_ns))) {
        if (note->socket > SF_FOLLOWED_MAX || note->rule >= capture->scenario->rule_count ||
            note->program >= capture->scenario->program_count) {
            free(note);
            continue;
        }
        struct sf_link_note **at = &stream_of(capture, note->socket)->notes;
        while (*at)
            at = &(*at)->next;
        *at = note;
    }
}

/* ---- packets ---- */

static void put(struct making *making, enum way way, uint8_t flags, const void *body, size_t body_bytes,
                size_t missing)
{
    struct sf_capture *capture = making->capture;
    struct stream *stream = making->stream;
    uint8_t head[SF_HEADER_BYTES_MAX];
    comment_links(making, way, flags, body_bytes + missing);
    const struct sf_packet packet = {.from = &making->ends[way],
                                     .to = &making->ends[!way],
                                     .type = making->socket->type == SF_TYPE_DGRAM ? SF_TYPE_DGRAM
                                                                                   : SF_TYPE_STREAM,
                                     .flags = flags,
                                     .seq = stream->seq[way],
                                     .ack = stream->seq[!way],
                                     .body = body,
                                     .body_bytes = body_bytes,
                                     .missing = missing};
    const struct sf_pcapng_packet whole = {.interface = making->call->record->program,
                                           .time_ns = capture->epoch_ns + making->call->record->end_ns,
                                           .head = head,
                                           .head_bytes = sf_headers_write(head, &packet),
                                           .body = body,
                                           .body_bytes = body_bytes,
                                           .missing = missing,
                                           .comment = making->comment[0] ? making->comment : NULL};
    note(capture, sf_pcapng_packet(capture->file, &whole));
    stream->seq[way] +=
        (uint32_t)(body_bytes + missing) + (flags & SF_SYN ? 1 : 0) + (flags & SF_FIN ? 1 : 0);
    stream->moved[way] += body_bytes + missing;
    stream->is_begun = true;
    making->comment[0] = '\0';
}

static enum way opener(const struct sf_followed *socket)
{
    return socket->role == SF_ROLE_SERVER ? IN : OUT;
}

static void greet(struct making *making)
{
    struct stream *stream = making->stream;
    if (stream->is_greeted || stream->is_over)
        return;
    if (!stream->is_begun)
        put(making, opener(making->socket), SF_SYN, NULL, 0, 0);
    put(making, !opener(making->socket), SF_SYN | SF_ACK, NULL, 0, 0);
    put(making, opener(making->socket), SF_ACK, NULL, 0, 0);
    stream->is_greeted = true;
}

/* A connection that was there before it was looked at has no beginning. */
static void join(struct making *making)
{
    struct stream *stream = making->stream;
    if (!stream->is_begun) {
        stream->is_greeted = true;
        stream->seq[OUT] = stream->seq[IN] = 1;
    }
    greet(making);
}

static void end_way(struct making *making, enum way way)
{
    struct stream *stream = making->stream;
    if (!is_stream(making->socket) || !stream->is_begun || stream->is_over || stream->has_ended[way])
        return;
    join(making);
    put(making, way, SF_FIN | SF_ACK, NULL, 0, 0);
    stream->has_ended[way] = true;
}

/* The peer, or what stands for it, says that there is no such connection. */
static void reset(struct making *making)
{
    if (making->stream->is_over)
        return;
    put(making, IN, SF_RST | SF_ACK, NULL, 0, 0);
    making->stream->is_over = true;
}

/* Each try that has failed for good is one of its own. */
static void put_connect(struct making *making)
{
    const struct sf_trace_call *record = making->call->record;
    struct stream *stream = making->stream;

    if (!is_stream(making->socket) || record->error == EISCONN || record->error == EALREADY)
        return;
    if (stream->is_over)
        *stream = (struct stream){.socket = stream->socket, .notes = stream->notes};
    if (record->error == 0) {
        greet(making);
        return;
    }
    if (!stream->is_begun)
        put(making, OUT, SF_SYN, NULL, 0, 0);
    if (record->error == ECONNREFUSED || record->error == ECONNRESET)
        reset(making);
    stream->is_over = record->error != EINPROGRESS && record->error != EINTR && record->error != EAGAIN;
}

/* Of its data more may follow in records of their own: what is missing then is not lost. */
static void put_data(struct making *making, enum way way)
{
    const struct sf_trace_call *record = making->call->record;
    const char *data = making->call->data;
    size_t moved = record->flags & SF_TRACE_CONTINUED ? record->data_bytes : (size_t)record->result;
    size_t there = record->data_bytes < moved ? record->data_bytes : moved, at = 0;
    size_t most = is_stream(making->socket) ? SF_SEGMENT_BYTES_MAX : SF_DATAGRAM_BYTES_MAX;

    if (is_stream(making->socket))
        join(making);
    do {
        size_t bytes = moved - at < most ? moved - at : most;
        size_t body = at >= there ? 0 : there - at < bytes ? there - at : bytes;
        bool is_last = at + bytes == moved && !(record->flags & SF_TRACE_CONTINUED);
        put(making, way, SF_ACK | (is_last ? SF_PSH : 0), body ? data + at : NULL, body, bytes - body);
        at += bytes;
    } while (at < moved);
}

/* Calls that move several messages have a record for each behind their own. */
static bool is_batch(const struct sf_trace_call *record)
{
    return (record->call == SF_CALL_sendmmsg || record->call == SF_CALL_recvmmsg) &&
           !(record->flags & SF_TRACE_MORE);
}

static void put_moved(struct making *making, enum way way)
{
    const struct sf_trace_call *record = making->call->record;
    bool streams = is_stream(making->socket);

    if (is_batch(record) && record->result > 0)
        return;
    if (way == IN && record->argument & (MSG_PEEK | MSG_OOB | MSG_ERRQUEUE))
        return;
    if (record->result > 0 || (record->result == 0 && !record->error && !streams))
        put_data(making, way);
    else if (record->result == 0 && !record->error && way == IN && record->asked > 0)
        end_way(making, IN);
    else if (record->error == ECONNRESET && streams && making->stream->is_begun)
        reset(making);
}

static void put_call(struct making *making)
{
    const struct sf_trace_call *record = making->call->record;

    switch ((enum sf_family)sf_call_families[record->call]) {
    case SF_FAMILY_CONNECT:
        put_connect(making);
        break;
    case SF_FAMILY_RECV:
        put_moved(making, IN);
        break;
    case SF_FAMILY_SEND:
        put_moved(making, OUT);
        break;
    case SF_FAMILY_SHUTDOWN:
        if (!record->error && record->argument != SHUT_RD)
            end_way(making, OUT);
        break;
    case SF_FAMILY_CLOSE:
        making->is_last = making->socket->closed_ns != 0;
        if (making->is_last)
            end_way(making, OUT);
        break;
    default:
        break;
    }
}

/* A fault at a call that moved nothing rides on an empty packet, where the protocol has such. */
static void put_rest(struct making *making)
{
    bool is_left = making->comment[0] || (making->is_last && making->stream->notes);
    if (is_left && making->stream->is_begun && is_stream(making->socket))
        put(making, OUT, SF_ACK, NULL, 0, 0);
}

void sf_capture_take(struct sf_capture *capture, const struct sf_traced *call)
{
    const struct sf_followed *socket = call->socket;
    struct making making = {.capture = capture, .call = call, .socket = socket};

    /* What a program has scribbled over tells of sockets and bytes that there cannot be. */
    bool is_sound = call->record->result <= INT32_MAX && socket && socket->number <= SF_FOLLOWED_MAX;
    if (!is_sound || call->is_unfinished || call->record->program >= capture->scenario->program_count)
        return;
    read_links(capture, call->record->end_ns);
    making.stream = stream_of(capture, socket->number);
    making.stream->socket = socket;
    find_ends(&making);
    comment_names(&making);
    comment_faults(&making);
    if (call->listener && is_stream(socket))
        greet(&making); /* it was accepted */
    else
        put_call(&making);
    put_rest(&making);
}

/* What no packet came for has one of its own. */
static void put_notes(struct sf_capture *capture, struct stream *stream)
{
    struct sf_link_note *note;
    while (stream->is_begun && (note = pop_note(&stream->notes))) {
        const struct sf_trace_call record = {.program = (uint16_t)note->program, .end_ns = note->time_ns};
        const struct sf_traced call = {.record = &record};
        struct making making = {
            .capture = capture, .call = &call, .socket = stream->socket, .stream = stream};
        find_ends(&making);
        comment_link(&making, note);
        put(&making, way_of(note), SF_ACK, NULL, 0, 0);
        free(note);
    }
}

int sf_capture_end(struct sf_capture *capture, uint64_t dropped)
{
    (void)dropped; /* the run says so, and fails */
    read_links(capture, UINT64_MAX);
    for (size_t i = 0; i < capture->count; i++)
        put_notes(capture, &capture->streams[i]);
    if (fflush(capture->file) != 0)
        note(capture, errno);
    return capture->error;
}
