/* JSON Lines: an object for each call. Written by hand, a few hundred bytes each: a tree of
 * objects would take longer than the calls. */
#include "trace/sinks.h"

#include "base/address.h"
#include "base/memory.h"
#include "scenario/calls.h"
#include "scenario/states.h"
#include "trace/page.h"
#include "verify/wording.h"

#include <stdlib.h>
#include <string.h>

struct json {
    struct sf_page page;
    const struct sf_plan *plan;
    const char *scenario; /* NULL: not said */
    char functions[SF_CALL_COUNT][SF_FUNCTION_BYTES_MAX];
};

/* A string's content. What is not UTF-8 is no JSON: each such byte becomes U+FFFD. */
static void put_escaped(struct sf_page *page, const char *text)
{
    static const char hex[] = "0123456789abcdef", replacement[] = "\xef\xbf\xbd";
    for (size_t left = strlen(text); left > 0;) {
        unsigned char byte = (unsigned char)*text;
        unsigned length = byte < 0x80 ? 1 : sf_utf8_length(text, left);
        if (byte < ' ') {
            char escape[] = {'\\', 'u', '0', '0', hex[byte >> 4], hex[byte & 15]};
            sf_page_bytes(page, escape, sizeof escape);
        } else if (length == 0) {
            sf_page_text(page, replacement);
        } else {
            if (byte == '"' || byte == '\\')
                sf_page_char(page, '\\');
            sf_page_bytes(page, text, length);
        }
        text += length ? length : 1;
        left -= length ? length : 1;
    }
}

/* `, "key": "value"`, or null. */
static void put_string(struct sf_page *page, const char *key, const char *value)
{
    sf_page_text(page, key);
    if (!value) {
        sf_page_text(page, "null");
        return;
    }
    sf_page_char(page, '"');
    put_escaped(page, value);
    sf_page_char(page, '"');
}

static void put_number(struct sf_page *page, const char *key, bool is_known, int64_t value)
{
    sf_page_text(page, key);
    if (is_known)
        sf_page_signed(page, value);
    else
        sf_page_text(page, "null");
}

static void put_address(struct sf_page *page, const char *key, const struct sf_addr *address)
{
    char text[SF_ADDRESS_TEXT_BYTES];
    put_string(page, key, address && sf_address_print(text, address) ? text : NULL);
}

/* The peer of a datagram is the one of this call. */
static const struct sf_addr *peer_of(const struct sf_traced *call)
{
    uint8_t family = sf_call_families[call->record->call];
    bool is_moved = family == SF_FAMILY_SEND || family == SF_FAMILY_RECV;
    if (call->address && (is_moved || family == SF_FAMILY_CONNECT))
        return call->address;
    return call->socket ? &call->socket->peer : NULL;
}

static bool asks(uint8_t family)
{
    return family == SF_FAMILY_SEND || family == SF_FAMILY_RECV || family == SF_FAMILY_POLL;
}

static void put_call(struct json *json, const struct sf_traced *call)
{
    const struct sf_trace_call *record = call->record;
    uint8_t family = sf_call_families[record->call];
    const char *function = json->functions[record->call];
    put_string(&json->page, ", \"call\": ", family == SF_FAMILY_NONE ? function : sf_family_names[family]);
    put_string(&json->page, ", \"function\": ", function);
    put_number(&json->page, ", \"fd\": ", record->fd >= 0, record->fd);
    uint32_t number = call->socket ? call->socket->number : record->socket;
    put_number(&json->page, ", \"socket\": ", number != 0, number);
    put_string(&json->page, ", \"state\": ", call->socket ? sf_state_name(call->socket->state) : NULL);
    put_address(&json->page, ", \"local\": ", call->socket ? &call->socket->local : NULL);
    put_address(&json->page, ", \"peer\": ", peer_of(call));
    put_number(&json->page, ", \"asked\": ", asks(family),
               record->asked > INT64_MAX ? INT64_MAX : (int64_t)record->asked);
    put_number(&json->page, ", \"result\": ", !call->is_unfinished, record->result);
}

static void put_error(struct sf_page *page, const struct sf_trace_call *record)
{
    const char *name = sf_error_name(record);
    if (name || record->error == 0) {
        put_string(page, ", \"error\": ", name);
        return;
    }
    sf_page_text(page, ", \"error\": \"");
    sf_page_signed(page, record->error);
    sf_page_char(page, '"');
}

static void take(void *context, const struct sf_traced *call)
{
    struct json *json = context;
    struct sf_page *page = &json->page;
    sf_page_text(page, "{\"t\": ");
    sf_page_seconds(page, call->t, 0);
    if (json->scenario)
        put_string(page, ", \"scenario\": ", json->scenario);
    put_string(page, ", \"program\": ", call->program);
    put_number(page, ", \"pid\": ", true, call->record->pid);
    put_number(page, ", \"tid\": ", true, call->record->tid);
    put_call(json, call);
    put_error(page, call->record);
    sf_page_text(page, ", \"fault\": ");
    if (call->record->rule_count) {
        sf_page_char(page, '"');
        sf_page_rules(page, json->plan, call, "+", put_escaped);
        sf_page_text(page, "\"}");
    } else {
        sf_page_text(page, "null}");
    }
    sf_page_line(page);
}

static int end(void *context, uint64_t dropped)
{
    struct json *json = context;
    (void)dropped; /* a line is a call: the runner says what is missing */
    int error = sf_page_close(&json->page);
    free(json);
    return error;
}

static void rest(void *context)
{
    sf_page_write(&((struct json *)context)->page);
}

bool sf_json_sink(const struct sf_recording *recording, struct sf_trace_sink *sink)
{
    if (recording->json < 0)
        return false;
    struct json *json = sf_memory_new(sizeof *json);
    json->page = (struct sf_page){.fd = recording->json, .lock = recording->lock};
    json->plan = recording->session->plan;
    json->scenario = recording->names_scenario ? recording->scenario->name : NULL;
    for (int call = 0; call < SF_CALL_COUNT; call++)
        sf_call_function((enum sf_call_id)call, json->functions[call]);
    *sink = (struct sf_trace_sink){.context = json, .take = take, .end = end, .rest = rest};
    return true;
}
