#include "trace/sinks.h"

#include "scenario/errors.h"
#include "trace/page.h"

#include <netdb.h>
#include <string.h>

static const char *eai_name(int error)
{
    static struct sf_error_names names;
    if (names.count == 0)
        sf_eai_names(&names);
    for (size_t i = 0; i < names.count; i++)
        if (names.numbers[i] == error)
            return names.names[i];
    return NULL;
}

const char *sf_error_name(const struct sf_trace_call *call)
{
    if (call->error == 0)
        return NULL;
    return call->error < 0 ? eai_name(call->error) : strerrorname_np(call->error);
}

void sf_page_rules(struct sf_page *page, const struct sf_plan *plan, const struct sf_traced *call,
                   const char *between, void (*put)(struct sf_page *page, const char *text))
{
    for (unsigned i = 0; i < call->record->rule_count; i++) {
        if (i)
            sf_page_text(page, between);
        put(page, sf_plan_string(plan, sf_plan_rules(plan)[call->firings[i].rule].id_at));
    }
}
