#include "sites/known.h"

#include "abi/valgrind.h"
#include "load/shim.h"
#include "sites/file.h"
#include "symbols/name.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#define OBJECTS 1024u /* a power of two */
#define WAYS 16u      /* where an object may stand, from its hash on */
#define PIECES 65536u
#define ASK_FILE UINT32_MAX /* in place of a number of pieces: there was no room for them */

/* Some code of a rule's site, from where its object is loaded at. Those of an object are sorted
 * by rule and place; `reach` is how far the ones of the same rule before it, and it, go. */
struct piece {
    uint64_t first, last, reach;
    uint32_t rule;
};

enum { FREE, LOOKING, DONE };

/* An object may be unloaded, and another one come to its place. */
struct sf_known {
    _Atomic uint32_t state;
    uint32_t first, count; /* of its pieces */
    uintptr_t start, end;
    uint64_t fingerprint;
};

static struct tables {
    struct sf_known objects[OBJECTS];
    struct piece pieces[PIECES];
    _Atomic uint32_t pieces_taken;
    uint32_t rule_count;
    uint16_t rules[SF_PLAN_RULES_MAX]; /* of this process, that have a site */
} * tables;

bool sf_known_reserve(void)
{
    void *memory = mmap(NULL, sizeof *tables, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        return false;
    sf_valgrind_ignore(memory, sizeof *tables);
    tables = memory;
    for (uint32_t i = 0; i < sf_shim.plan->rule_count; i++)
        if (sf_plan_rules(sf_shim.plan)[i].site && sf_shim.meant[i / 64] >> (i % 64) & 1)
            tables->rules[tables->rule_count++] = (uint16_t)i;
    return true;
}

static bool means(uint32_t rule, const struct sf_function *function)
{
    const struct sf_plan_rule *of = &sf_plan_rules(sf_shim.plan)[rule];
    return sf_name_means(sf_plan_string(sf_shim.plan, of->site_at), function->name, function->name_length);
}

/* All that the object's file tells of its functions, and what was stripped to another one. */
static bool visit_functions(const struct sf_object *object,
                            void (*visit)(void *context, const struct sf_function *function), void *context)
{
    struct sf_file file, debug;
    char path[SF_DEBUG_PATH_BYTES];

    if (!sf_object_open(object, &file))
        return false;
    if (!sf_functions_visit(&file, visit, context) && sf_file_debug_path(&file, path) &&
        sf_file_open(&debug, path)) {
        sf_functions_visit(&debug, visit, context);
        sf_file_close(&debug);
    }
    sf_file_close(&file);
    return true;
}

/* ---- one place, asked of the file ---- */

struct question {
    uint64_t place;
    uint32_t rule;
    bool holds;
};

static void answer(void *context, const struct sf_function *function)
{
    struct question *question = context;
    if (question->place >= function->first && question->place < function->last && !question->holds)
        question->holds = means(question->rule, function);
}

static bool ask_file(const struct sf_object *object, uintptr_t place, uint32_t rule)
{
    struct question question = {.place = place - object->bias, .rule = rule};
    visit_functions(object, answer, &question);
    return question.holds;
}

/* ---- the pieces of an object ---- */

struct collection {
    struct piece *pieces; /* NULL: they are only counted */
    uint32_t count, room;
};

static void collect(void *context, const struct sf_function *function)
{
    struct collection *collection = context;
    for (uint32_t i = 0; i < tables->rule_count; i++) {
        if (!means(tables->rules[i], function))
            continue;
        if (collection->pieces && collection->count < collection->room)
            collection->pieces[collection->count] =
                (struct piece){function->first, function->last, function->last, tables->rules[i]};
        collection->count++;
        atomic_store_explicit(&sf_shim.engine.rules[tables->rules[i]].has_site, 1, memory_order_relaxed);
    }
}

static bool is_before(const struct piece *a, const struct piece *b)
{
    return a->rule != b->rule ? a->rule < b->rule : a->first < b->first;
}

static void sink(struct piece *heap, uint32_t at, uint32_t count)
{
    for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
        if (child + 1 < count && is_before(&heap[child], &heap[child + 1]))
            child++;
        if (!is_before(&heap[at], &heap[child]))
            return;
        struct piece other = heap[at];
        heap[at] = heap[child];
        heap[child] = other;
        at = child;
    }
}

/* Heapsort: libc's qsort may allocate. */
static void sort(struct piece *pieces, uint32_t count)
{
    for (uint32_t i = count / 2; i > 0; i--)
        sink(pieces, i - 1, count);
    for (uint32_t left = count; left > 1; left--) {
        struct piece other = pieces[0];
        pieces[0] = pieces[left - 1];
        pieces[left - 1] = other;
        sink(pieces, 0, left - 1);
    }
    for (uint32_t i = 1; i < count; i++)
        if (pieces[i].rule == pieces[i - 1].rule && pieces[i].reach < pieces[i - 1].reach)
            pieces[i].reach = pieces[i - 1].reach;
}

/* False: not now; later it may be. */
static bool look_into(const struct sf_object *object, struct sf_known *known)
{
    struct collection collection = {0};

    known->first = known->count = 0;
    errno = 0;
    if (!visit_functions(object, collect, &collection))
        return errno != EMFILE && errno != ENFILE && errno != ENOMEM && errno != EINTR;
    if (collection.count == 0)
        return true;
    uint32_t taken = atomic_load(&tables->pieces_taken);
    do {
        if (collection.count > PIECES - taken) {
            known->count = ASK_FILE;
            return true;
        }
    } while (!atomic_compare_exchange_weak(&tables->pieces_taken, &taken, taken + collection.count));
    known->first = taken;
    collection = (struct collection){.pieces = tables->pieces + taken, .room = collection.count};
    visit_functions(object, collect, &collection);
    known->count = collection.count < collection.room ? collection.count : collection.room;
    sort(tables->pieces + known->first, known->count);
    return true;
}

/* ---- the objects ---- */

/* NULL: another thread, or what we interrupted, is looking into it; or there is no place for it. */
const struct sf_known *sf_known_find(const struct sf_object *object)
{
    uint64_t hash = (object->start >> 12) * UINT64_C(0x9fb21c651e98df25) >> 40;

    for (unsigned way = 0; way < WAYS; way++) {
        struct sf_known *known = &tables->objects[(hash + way) % OBJECTS];
        uint32_t state = atomic_load_explicit(&known->state, memory_order_acquire);
        if (state == DONE && known->start == object->start && known->end == object->end &&
            known->fingerprint == object->fingerprint)
            return known;
        if (state == DONE)
            continue;
        if (state == LOOKING || !atomic_compare_exchange_strong(&known->state, &state, LOOKING))
            return NULL;
        known->start = object->start;
        known->end = object->end;
        known->fingerprint = object->fingerprint;
        bool is_done = look_into(object, known);
        atomic_store_explicit(&known->state, is_done ? DONE : FREE, memory_order_release);
        return is_done ? known : NULL;
    }
    return NULL;
}

/* How many pieces of the object, the first ones, begin at or before the place, by the order of
 * rules. */
static uint32_t count_before(const struct piece *pieces, uint32_t count, uint32_t rule, uint64_t place)
{
    uint32_t low = 0;
    while (low < count) {
        uint32_t middle = low + (count - low) / 2;
        if (pieces[middle].rule < rule || (pieces[middle].rule == rule && pieces[middle].first <= place))
            low = middle + 1;
        else
            count = middle;
    }
    return low;
}

bool sf_known_is_site(const struct sf_known *known, const struct sf_object *object, uintptr_t place,
                      uint32_t rule)
{
    if (!known || known->count == ASK_FILE)
        return ask_file(object, place, rule);
    const struct piece *pieces = tables->pieces + known->first;
    uint64_t at = place - object->bias;
    for (uint32_t i = count_before(pieces, known->count, rule, at);
         i > 0 && pieces[i - 1].rule == rule && pieces[i - 1].reach > at; i--)
        if (at < pieces[i - 1].last)
            return true;
    return false;
}
