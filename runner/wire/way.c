#include "wire/way.h"

#include "base/memory.h"
#include "launch/process.h"
#include "wire/rules.h"
#include "wire/unix.h"
#include "wire/unread.h"
#include "wire/wired.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define QUEUE_BYTES_MAX (6u << 20) /* what a sender may have under way: tcp_rmem's maximum */
#define TURN_BYTES (1u << 20)      /* then others have their turn */
#define LOOK_NS UINT64_C(1000000)  /* between looks at what no event tells */
#define LOOK_FIRST_NS UINT64_C(50000)
#define FULL_LOOK_NS UINT64_C(100000000) /* likewise, where the sender waits */
#define UNREAD_PATIENCE_NS                                                          \
    UINT64_C(1000000000) /* a reader may wait for more than a piece before it reads \
                          */

enum { VECTOR_MAX = 16, BULK_BYTES = 64 * 1024 };

void sf_way_begin(struct sf_way *way, struct sf_leg *from, struct sf_leg *to, uint8_t direction)
{
    *way = (struct sf_way){.from = from,
                           .to = to,
                           .direction = direction,
                           .hold_at = UINT64_MAX,
                           .end_at = UINT64_MAX,
                           .reset_at = UINT64_MAX,
                           .wait_ns = SF_NEVER};
    way->last = &way->first;
}

void sf_passed_close(struct sf_passed *passed)
{
    for (size_t i = 0; i < passed->count; i++)
        close(passed->list[i]);
    free(passed->list);
    *passed = (struct sf_passed){0};
}

static void drop_first(struct sf_way *way)
{
    struct sf_piece *piece = way->first;
    sf_passed_close(&piece->passed);
    way->first = piece->next;
    if (!way->first)
        way->last = &way->first;
    way->queued_bytes -= piece->bytes - piece->sent;
    free(piece);
}

void sf_way_free(struct sf_way *way)
{
    while (way->first)
        drop_first(way);
}

static void wait_until(struct sf_way *way, uint64_t at_ns)
{
    if (at_ns < way->wait_ns)
        way->wait_ns = at_ns;
}

/* ---- sending ---- */

/* The socket that bytes go to is gone: what still comes from it counts, and then that it was reset. */
static void break_off(struct sf_wire *wire, struct sf_wired *wired, unsigned way)
{
    struct sf_way *at = &wired->ways[way], *back = &wired->ways[!way];
    if (at->to->is_unix && !at->is_cut) {
        sf_way_look(at);
        if (at->is_cut)
            return;
    }
    sf_way_free(at);
    at->is_cut = at->is_finished = true;
    at->to->is_dead = at->to->is_hung_up = at->to->is_readable = true;
    if (back->has_ended) {
        back->was_reset = true;
        back->is_finished = false;
        back->last_due_ns = wire->now_ns + sf_rules_delay_ns(wire, wired, !way);
    }
    sf_wired_hunger(wire, wired);
}

void sf_way_look(struct sf_way *way)
{
    if (way->is_cut || !sf_unix_is_shut(way->to))
        return;
    sf_way_free(way);
    way->is_cut = way->is_finished = true;
    shutdown(way->from->watch.fd, SHUT_RD);
}

static void sent(struct sf_way *way, size_t bytes)
{
    way->sent_bytes += bytes;
    while (bytes > 0) {
        struct sf_piece *piece = way->first;
        size_t left = piece->bytes - piece->sent, part = bytes < left ? bytes : left;
        piece->sent += (uint32_t)part;
        way->queued_bytes -= part;
        bytes -= part;
        if (piece->sent == piece->bytes)
            drop_first(way);
    }
}

/* The kernel keeps them apart as well. */
static bool is_apart(const struct sf_piece *piece)
{
    return piece->is_urgent || piece->passed.count > 0;
}

/* What may go together: due, and no urgent byte or descriptor among others. */
static size_t gather(const struct sf_way *way, uint64_t now_ns, uint64_t most, struct iovec *vector,
                     size_t *count)
{
    size_t bytes = 0;
    *count = 0;
    for (struct sf_piece *piece = way->first; piece && *count < VECTOR_MAX && bytes < most;
         piece = piece->next) {
        if (piece->due_ns > now_ns || (is_apart(piece) && *count > 0))
            break;
        size_t left = piece->bytes - piece->sent;
        left = left < most - bytes ? left : (size_t)(most - bytes);
        vector[(*count)++] = (struct iovec){piece->data + piece->sent, left};
        bytes += left;
        if (is_apart(piece))
            break;
    }
    return bytes;
}

/* What comes next waits until what was sent has been read: one read gives one piece. */
static void await_reader(struct sf_wire *wire, struct sf_way *way)
{
    way->is_whole = false;
    way->is_piecewise = true;
    way->paused_since_ns = wire->now_ns;
    way->pause_ns = LOOK_FIRST_NS / 2;
}

/* Has the reader taken the last piece? */
static bool is_taken(struct sf_wire *wire, struct sf_way *way)
{
    if (!way->is_piecewise)
        return true;
    if (sf_unread_by_peer(wire->diag, way->to->watch.fd) == 0 ||
        wire->now_ns - way->paused_since_ns > UNREAD_PATIENCE_NS) {
        way->is_piecewise = false;
        return true;
    }
    way->pause_ns = way->pause_ns * 2 < LOOK_NS ? way->pause_ns * 2 : LOOK_NS;
    wait_until(way, wire->now_ns + way->pause_ns);
    return false;
}

union control {
    struct cmsghdr header;
    char bytes[CMSG_SPACE(SF_PASSED_MAX * sizeof(int))];
};

static void attach(struct msghdr *message, union control *control, const struct sf_passed *passed)
{
    size_t bytes = passed->count * sizeof *passed->list;
    if (bytes == 0)
        return;
    control->header = (struct cmsghdr){CMSG_LEN(bytes), SOL_SOCKET, SCM_RIGHTS};
    memcpy(CMSG_DATA(&control->header), passed->list, bytes);
    message->msg_control = control;
    message->msg_controllen = CMSG_SPACE(bytes);
}

/* Of a buffer that is full no event tells that its reader has shut it. */
static void look_at_full(const struct sf_wire *wire, struct sf_way *way)
{
    if (way->look_ns <= wire->now_ns) {
        way->look_ns = wire->now_ns + FULL_LOOK_NS;
        sf_way_look(way);
    }
    if (way->first)
        wait_until(way, way->look_ns);
}

/* One send of what is due. False: nothing more can be sent now. */
static bool send_some(struct sf_wire *wire, struct sf_wired *wired, unsigned way)
{
    struct sf_way *at = &wired->ways[way];
    struct iovec vector[VECTOR_MAX];
    struct msghdr message = {.msg_iov = vector};
    union control control;
    uint64_t most = at->hold_at - at->sent_bytes;
    bool may_cut = sf_rules_cut(wired, way);
    uint64_t whole = may_cut ? sf_rules_whole(wire, wired, way) : UINT64_MAX;

    if (!at->first || at->sent_bytes >= at->hold_at)
        return false;
    if (!at->to->is_writable) {
        if (at->to->is_unix)
            look_at_full(wire, at);
        return false;
    }
    if (at->is_whole && whole == 0)
        await_reader(wire, at);
    if (!is_taken(wire, at))
        return false;
    if (at->first->due_ns > wire->now_ns) {
        wait_until(at, at->first->due_ns);
        return false;
    }
    uint32_t size = whole == 0 ? sf_rules_piece(wire, wired, way, at->queued_bytes) : 0;
    most = whole && whole < most ? whole : most;
    most = size && size < most ? size : most;
    size_t bytes = gather(at, wire->now_ns, most, vector, &message.msg_iovlen);
    int flags = MSG_DONTWAIT | MSG_NOSIGNAL | (at->first->is_urgent ? MSG_OOB : 0);
    attach(&message, &control, &at->first->passed);
    ssize_t result = sendmsg(at->to->watch.fd, &message, flags);
    if (result < 0 && errno == EAGAIN) {
        at->to->is_writable = false;
        return false;
    }
    if (result < 0) {
        break_off(wire, wired, way);
        return false;
    }
    sf_passed_close(&at->first->passed);
    sent(at, (size_t)result);
    if ((size_t)result < bytes)
        at->to->is_writable = false;
    if (size)
        await_reader(wire, at);
    at->is_whole = may_cut && !size;
    return true;
}

/* A RST takes along what the receiver's kernel does not have yet. */
static bool is_delivered(struct sf_wire *wire, struct sf_way *way)
{
    int unsent = 0;
    if (way->to->is_unix) /* whose receiver has all that was sent */
        return true;
    if (ioctl(way->to->watch.fd, SIOCOUTQ, &unsent) != 0 || unsent == 0)
        return true;
    wait_until(way, wire->now_ns + LOOK_NS);
    return false;
}

/* All that came has been sent: what comes behind it? */
static void conclude(struct sf_wire *wire, struct sf_wired *wired, unsigned way)
{
    struct sf_way *at = &wired->ways[way];
    bool is_ended = at->has_ended || at->sent_bytes >= at->end_at;

    if (at->sent_bytes >= at->hold_at)
        return;
    if (at->sent_bytes >= at->reset_at) {
        if (is_delivered(wire, at))
            sf_wired_close(wire, wired, true);
        return;
    }
    bool is_closed = at->from->is_closed && at->has_ended;
    if (!is_ended || (at->is_finished && !is_closed))
        return;
    if (at->last_due_ns > wire->now_ns) {
        wait_until(at, at->last_due_ns);
    } else if (at->was_reset) {
        if (is_delivered(wire, at))
            sf_wired_close(wire, wired, true);
    } else if (is_closed) {
        sf_wired_close(wire, wired, false); /* of TCP a send tells it, of Unix the end itself */
    } else {
        at->is_finished = true;
        at->is_cut = true;
        shutdown(at->to->watch.fd, SHUT_WR);
    }
}

/* ---- reading ---- */

static void queue(struct sf_way *way, const char *data, size_t count, uint64_t due_ns, bool is_urgent,
                  struct sf_passed *passed)
{
    struct sf_piece *piece = malloc(sizeof *piece + count);
    if (!piece)
        sf_out_of_memory();
    *piece = (struct sf_piece){
        .due_ns = due_ns, .bytes = (uint32_t)count, .is_urgent = is_urgent, .passed = *passed};
    *passed = (struct sf_passed){0};
    memcpy(piece->data, data, count);
    *way->last = piece;
    way->last = &piece->next;
    way->queued_bytes += count;
}

static uint64_t due(struct sf_wire *wire, struct sf_wired *wired, unsigned way)
{
    struct sf_way *at = &wired->ways[way];
    uint64_t sent_ns = wire->now_ns > at->epoch_ns ? wire->now_ns : at->epoch_ns;
    uint64_t due_ns = sent_ns + sf_rules_delay_ns(wire, wired, way);
    at->last_due_ns = due_ns > at->last_due_ns ? due_ns : at->last_due_ns;
    return at->last_due_ns;
}

/* Bytes that pass: at once where nothing keeps them, else by the queue. */
static void pass(struct sf_wire *wire, struct sf_wired *wired, unsigned way, const char *data, size_t count,
                 bool is_urgent, struct sf_passed *passed)
{
    struct sf_way *at = &wired->ways[way];
    uint64_t due_ns = due(wire, wired, way);
    ssize_t done = 0;

    if (at->is_cut)
        return;
    if (!at->first && due_ns <= wire->now_ns && at->to->is_writable && !is_urgent && passed->count == 0 &&
        at->sent_bytes + count <= at->hold_at && !sf_rules_cut(wired, way)) {
        done = send(at->to->watch.fd, data, count, MSG_DONTWAIT | MSG_NOSIGNAL);
        if (done < 0 && errno != EAGAIN) {
            break_off(wire, wired, way);
            return;
        }
        done = done < 0 ? 0 : done;
        at->sent_bytes += (uint64_t)done;
        at->to->is_writable = (size_t)done == count;
    }
    if ((size_t)done < count)
        queue(at, data + done, count - (size_t)done, due_ns, is_urgent, passed);
}

/* Take what was read piece by piece, so that a fault acts exactly behind its byte. */
static void take(struct sf_wire *wire, struct sf_wired *wired, unsigned way, char *data, size_t count,
                 bool is_urgent, struct sf_passed *passed)
{
    struct sf_way *at = &wired->ways[way];
    while (count > 0) {
        size_t part = sf_rules_boundary(wire, wired, way, data, count);
        sf_rules_corrupt(wire, wired, way, data, part);
        at->read_bytes += part;
        if (at->read_bytes <= at->end_at && at->read_bytes <= at->reset_at)
            pass(wire, wired, way, data, part, is_urgent, passed);
        if (sf_rules_passed(wire, wired, way, data, part))
            sf_rules_act(wire, wired);
        if (wired->is_gone || at->read_bytes >= at->reset_at)
            return; /* what lies behind a reset was never there */
        data += part;
        count -= part;
    }
}

static void source_ended(struct sf_wire *wire, struct sf_wired *wired, unsigned way, bool by_reset)
{
    struct sf_way *at = &wired->ways[way];
    at->from->is_closed |= at->from->is_unix && sf_unix_has_closed(at->from);
    at->has_ended = true;
    at->was_reset = by_reset || at->from->is_dead;
    at->from->left_unread = by_reset;
    if (at->was_reset)
        at->is_finished = false; /* however it ended before */
    due(wire, wired, way);
}

static ssize_t receive(struct sf_leg *leg, char *to, size_t room, struct sf_passed *passed)
{
    return leg->is_unix ? sf_unix_receive(leg, to, room, passed)
                        : recv(leg->watch.fd, to, room, MSG_DONTWAIT);
}

/* A short read has taken all that there was; what comes then is another edge, epoll(7). Not so
 * where the kernel keeps things apart: descriptors, an urgent byte. */
static void note_drained(struct sf_leg *leg, size_t got, size_t room)
{
    bool is_all = got < room && !leg->is_hung_up && !leg->is_unix && !leg->may_be_urgent;
    leg->is_readable = leg->is_readable && !is_all;
    leg->may_be_urgent = leg->may_be_urgent || got == room;
}

/* Nothing is on its way, and nothing keeps or looks at what comes. */
static bool may_splice(struct sf_wire *wire, struct sf_wired *wired, unsigned way)
{
    const struct sf_way *at = &wired->ways[way];
    return at->is_bulk && wire->splice.in >= 0 && !at->first && at->to->is_writable && !at->is_cut &&
           at->hold_at == UINT64_MAX && at->end_at == UINT64_MAX && at->reset_at == UINT64_MAX &&
           at->epoch_ns <= wire->now_ns && !wired->asks_state && !sf_rules_touch(wired, way);
}

static void prepare(struct sf_leg *leg)
{
    if (!leg->is_prepared)
        sf_splice_prepare(leg->watch.fd);
    leg->is_prepared = true;
}

/* What the socket did not take waits in the queue, where others cannot be in its way. */
static void keep_rest(struct sf_wire *wire, struct sf_way *way, size_t left)
{
    struct sf_passed none = {0};
    for (ssize_t got; left > 0; left -= (size_t)got) {
        got = sf_splice_rest(&wire->splice, wire->scratch, left < SF_SCRATCH_BYTES ? left : SF_SCRATCH_BYTES);
        if (got <= 0)
            _exit(SF_EXIT_INTERNAL); /* bytes are lost: say so by the loss of the wire */
        if (!way->is_cut)
            queue(way, wire->scratch, (size_t)got, way->last_due_ns, false, &none);
    }
}

/* As receive, and what came has been passed on. 0 or EAGAIN: let a read look. */
static ssize_t move(struct sf_wire *wire, struct sf_wired *wired, unsigned way, size_t room)
{
    struct sf_way *at = &wired->ways[way];
    prepare(at->from);
    prepare(at->to);
    ssize_t got = sf_splice_take(&wire->splice, at->from->watch.fd, room);
    if (got <= 0)
        return got;
    due(wire, wired, way);
    at->read_bytes += (uint64_t)got;
    ssize_t done = sf_splice_give(&wire->splice, at->to->watch.fd, (size_t)got);
    if (done < 0 && errno != EAGAIN)
        break_off(wire, wired, way);
    done = done < 0 ? 0 : done;
    at->sent_bytes += (uint64_t)done;
    at->to->is_writable = done == got || at->is_cut;
    keep_rest(wire, at, (size_t)(got - done));
    return got;
}

/* Returns the bytes, 0: a read is to look, or it has ended. */
static size_t splice_some(struct sf_wire *wire, struct sf_wired *wired, unsigned way, uint64_t allowed)
{
    struct sf_way *at = &wired->ways[way];
    ssize_t moved = move(wire, wired, way, allowed < SIZE_MAX ? (size_t)allowed : SIZE_MAX);
    at->is_bulk = moved >= BULK_BYTES;
    if (moved > 0) {
        sf_rules_take(wire, wired, way, (uint64_t)moved, (uint64_t)moved == allowed);
        return (size_t)moved;
    }
    at->from->may_be_urgent = true;
    if (moved < 0 && errno != EAGAIN)
        source_ended(wire, wired, way, true);
    return 0;
}

/* How many of the bytes that are there come before a rule's rate does: the others wait where they are. */
static size_t before_rate(struct sf_wire *wire, struct sf_wired *wired, unsigned way, size_t room)
{
    struct sf_leg *from = wired->ways[way].from;
    char passed_on;
    struct iovec data[] = {{&passed_on, from->keeps_byte}, {wire->scratch, room}};
    struct msghdr message = {.msg_iov = data, .msg_iovlen = 2};

    if (!sf_rules_await_rate(wired, way))
        return room;
    ssize_t got = recvmsg(from->watch.fd, &message, MSG_PEEK | MSG_DONTWAIT) - from->keeps_byte;
    return got > 0 ? sf_rules_boundary(wire, wired, way, wire->scratch, (size_t)got) : room;
}

static size_t copy_some(struct sf_wire *wire, struct sf_wired *wired, unsigned way, uint64_t allowed)
{
    struct sf_way *at = &wired->ways[way];
    int is_urgent = 0;
    if (at->from->may_be_urgent && !at->from->is_unix)
        ioctl(at->from->watch.fd, SIOCATMARK, &is_urgent);
    size_t room = allowed < SF_SCRATCH_BYTES ? (size_t)allowed : SF_SCRATCH_BYTES;
    room = is_urgent ? 1 : before_rate(wire, wired, way, room);
    struct sf_passed passed = {0};
    ssize_t got = receive(at->from, wire->scratch, room, &passed);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
        at->from->is_readable = at->from->may_be_urgent = false;
        return 0;
    }
    if (got <= 0) {
        source_ended(wire, wired, way, got < 0);
        return 0;
    }
    note_drained(at->from, (size_t)got, room);
    at->is_bulk = got >= BULK_BYTES && !at->from->is_unix;
    sf_rules_take(wire, wired, way, (uint64_t)got, (uint64_t)got == allowed);
    take(wire, wired, way, wire->scratch, (size_t)got, is_urgent, &passed);
    sf_passed_close(&passed);
    return (size_t)got;
}

/* Bytes that are due wait where they are for as long as the reader takes none: in the sender's buffers, which
 * of TCP are large, not in ours. */
static bool may_read(const struct sf_wire *wire, const struct sf_way *way)
{
    bool is_full = (!way->from->is_unix && !way->to->is_writable) || way->is_piecewise;
    bool is_stuck = way->first && way->first->due_ns <= wire->now_ns && is_full;
    return !way->has_ended && way->from->is_readable && !is_stuck && way->queued_bytes < QUEUE_BYTES_MAX &&
           way->read_bytes < way->hold_at && way->read_bytes < way->reset_at;
}

/* One read. Returns the bytes read, 0: nothing more can be read now. */
static size_t read_some(struct sf_wire *wire, struct sf_wired *wired, unsigned way)
{
    struct sf_way *at = &wired->ways[way];
    uint64_t when_ns;
    if (!may_read(wire, at))
        return 0;
    uint64_t allowed = sf_rules_allow(wire, wired, way, &when_ns);
    if (allowed == 0) {
        wait_until(at, when_ns);
        return 0;
    }
    size_t got = may_splice(wire, wired, way) ? splice_some(wire, wired, way, allowed) : 0;
    return got > 0 || at->has_ended ? got : copy_some(wire, wired, way, allowed);
}

bool sf_way_pump(struct sf_wire *wire, struct sf_wired *wired, unsigned way)
{
    struct sf_way *at = &wired->ways[way];
    uint64_t done = 0;
    bool is_moving = true;

    at->wait_ns = SF_NEVER;
    while (is_moving && done < TURN_BYTES && !wired->is_gone) {
        size_t got = read_some(wire, wired, way);
        is_moving = got > 0;
        done += got;
        while (!wired->is_gone && send_some(wire, wired, way))
            is_moving = true;
    }
    if (!wired->is_gone && !at->first && at->from->keeps_byte)
        sf_unix_let_go(at->from, at->to);
    if (!wired->is_gone && !at->first)
        conclude(wire, wired, way);
    return is_moving && !wired->is_gone;
}
