#include "explore/store.h"

#include "base/arena.h"
#include "engine/hash.h"
#include "explore/group.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STATE "state.json"
#define GROUP "# group: "
#define REPRODUCER ".yaml"
#define EXPECTED ".expected"

enum { FORMAT = 1, HEAD_BYTES = 8192 };

/* Make a folder and those above it. Returns 0 or an errno. */
static int make_folder(struct sf_arena *arena, const char *path)
{
    char *part = sf_arena_strdup(arena, path);
    for (char *at = part + 1; *at; at++) {
        if (*at != '/')
            continue;
        *at = '\0';
        mkdir(part, 0777);
        *at = '/';
    }
    return mkdir(part, 0777) == 0 || errno == EEXIST ? 0 : errno;
}

/* The group that a reproducer names; NULL: the file is none. */
static char *group_in(struct sf_arena *arena, const char *path)
{
    char head[HEAD_BYTES];
    FILE *file = fopen(path, "re");
    size_t bytes = file ? fread(head, 1, sizeof head - 1, file) : 0;
    if (file)
        fclose(file);
    head[bytes] = '\0';
    const char *found = strstr(head, "\n" GROUP);
    if (!found)
        return NULL;
    found += strlen("\n" GROUP);
    return sf_arena_strndup(arena, found, strcspn(found, "\n"));
}

/* The file that this group has already, or else a name with the next number. */
static const char *choose_path(struct sf_arena *arena, const char *folder, const char *name,
                               const char *group)
{
    unsigned last = 0;
    const char *known = NULL, *alike = NULL;
    DIR *entries = opendir(folder);
    for (struct dirent *entry; entries && (entry = readdir(entries));) {
        char *end;
        unsigned long number = strtoul(entry->d_name, &end, 10);
        size_t length = strlen(entry->d_name);
        if (end == entry->d_name || *end != '-')
            continue;
        last = number > last && number < 100000 ? (unsigned)number : last;
        if (length < 5 || strcmp(entry->d_name + length - 5, REPRODUCER) != 0)
            continue;
        const char *path = sf_arena_printf(arena, "%s/%s", folder, entry->d_name);
        const char *of_file = group_in(arena, path);
        if (of_file && strcmp(of_file, group) == 0)
            known = path;
        else if (of_file && sf_group_is_same(of_file, group))
            alike = path;
    }
    if (entries)
        closedir(entries);
    known = known ? known : alike;
    return known ? known : sf_arena_printf(arena, "%s/%03u-%s" REPRODUCER, folder, last + 1, name);
}

/* A file that is written under another name, so that nobody reads half of it. */
struct draft {
    FILE *file;
    const char *path, *scratch;
};

/* Returns 0 or an errno. */
static int open_draft(struct draft *draft, struct sf_arena *arena, const char *path)
{
    draft->path = path;
    draft->scratch = sf_arena_printf(arena, "%s.%d", path, (int)getpid());
    draft->file = fopen(draft->scratch, "we");
    return draft->file ? 0 : errno;
}

/* It gets its name, if all went well. Returns 0 or an errno. */
static int close_draft(struct draft *draft)
{
    errno = 0;
    int error = ferror(draft->file) ? EIO : 0;
    if (fclose(draft->file) != 0)
        error = errno ? errno : EIO;
    if (!error && rename(draft->scratch, draft->path) != 0)
        error = errno;
    if (error)
        unlink(draft->scratch);
    return error;
}

static int write_file(struct sf_arena *arena, const char *path, const char *data, size_t bytes)
{
    struct draft draft;
    int error = open_draft(&draft, arena, path);
    if (error)
        return error;
    fwrite(data, 1, bytes, draft.file);
    return close_draft(&draft);
}

/* The reproducer's own path, from that of the output that it expects. */
static const char *reproducer_beside(struct sf_exploration *exploration, const char *expected)
{
    const char *name = strrchr(expected, '/') + 1;
    return sf_arena_printf(exploration->arena, "%s/%.*s" REPRODUCER, exploration->out,
                           (int)(strlen(name) - strlen(EXPECTED)), name);
}

const char *sf_store_write(struct sf_exploration *exploration, struct sf_explored *finding, const char *text)
{
    struct sf_arena *arena = exploration->arena;
    int error = make_folder(arena, exploration->out);
    const char *path = finding->expected
                           ? reproducer_beside(exploration, finding->expected)
                           : choose_path(arena, exploration->out, finding->reproducer, finding->group);
    if (!error)
        error = write_file(arena, path, text, strlen(text));
    finding->reproducer = path;
    return error ? sf_arena_printf(arena, "cannot write %s: %s", path, strerror(error)) : NULL;
}

const char *sf_store_expect(struct sf_exploration *exploration, struct sf_explored *finding,
                            const char *output, uint64_t bytes)
{
    struct sf_arena *arena = exploration->arena;
    char folder[PATH_MAX];
    int error = make_folder(arena, exploration->out);
    if (!finding->expected && !error) { /* absolute, wherever the reproducer is run */
        const char *path = choose_path(arena, exploration->out, finding->reproducer, finding->group);
        const char *name = strrchr(path, '/') + 1;
        error = realpath(exploration->out, folder) ? 0 : errno;
        finding->expected = sf_arena_printf(arena, "%s/%.*s" EXPECTED, error ? "." : folder,
                                            (int)(strlen(name) - strlen(REPRODUCER)), name);
    }
    if (!error)
        error = write_file(arena, finding->expected, output, bytes);
    return error ? sf_arena_printf(arena, "cannot write to %s: %s", exploration->out, strerror(error)) : NULL;
}

void sf_store_forget(struct sf_exploration *exploration, struct sf_explored *finding)
{
    if (finding->expected && access(reproducer_beside(exploration, finding->expected), F_OK) != 0)
        unlink(finding->expected);
    finding->expected = NULL;
}

static uint64_t hash_of(const struct sf_node *node)
{
    uint64_t hash = node && node->kind == SF_NODE_SCALAR ? sf_hash_text(node->text) : 0;
    for (size_t i = 0; node && node->kind != SF_NODE_SCALAR && i < node->count; i++)
        hash = node->kind == SF_NODE_LIST
                   ? sf_hash_mix(hash ^ hash_of(node->items[i]))
                   : sf_hash_mix(hash ^ sf_hash_mix(sf_hash_text(node->pairs[i].key->text) ^
                                                    hash_of(node->pairs[i].value)));
    return hash;
}

/* What is searched, as it was written: ports and folders differ from run to run. */
static const char *fingerprint(struct sf_arena *arena, const struct sf_exploration *exploration)
{
    const struct sf_subject *subject = exploration->subject;
    const struct sf_node *root = subject->document->root;
    uint64_t hash = sf_hash_mix(hash_of(sf_node_get(root, "programs")) ^ hash_of(sf_node_get(root, "vars")));
    for (size_t i = 0; i < subject->override_count; i++)
        hash = sf_hash_mix(hash ^ sf_hash_text(subject->overrides[i].name) ^
                           sf_hash_mix(sf_hash_text(subject->overrides[i].value)));
    return sf_arena_printf(arena, "%s %" PRIu64 " %u/%u %016" PRIx64, subject->name, subject->seed,
                           exploration->shard.number, exploration->shard.count, hash);
}

static json_t *pack(const struct sf_explored *finding)
{
    return json_pack("{ss ss ss? ss sI ss ss ss ss ss ss ss ss? ss sI sI}", "kind",
                     sf_symptom_names[finding->kind], "program", finding->program, "struck", finding->struck,
                     "site", finding->site, "nth", (json_int_t)finding->nth, "place", finding->place,
                     "source", finding->source, "shown_at", finding->shown_at, "fault", finding->fault,
                     "rules", finding->rules, "detail", finding->detail, "group", finding->group,
                     "reproducer", finding->reproducer, "last_words", finding->last_words, "alike",
                     (json_int_t)finding->alike, "seed", (json_int_t)finding->seed);
}

static json_t *pack_list(const struct sf_explored_list *list)
{
    json_t *array = json_array();
    for (size_t i = 0; i < list->count; i++)
        json_array_append_new(array, pack(&list->list[i]));
    return array;
}

/* NULL: a text that is no UTF-8, by which nothing can be resumed. */
static void put_json(FILE *out, json_t *value)
{
    if (value)
        json_dumpf(value, out, JSON_ENCODE_ANY | JSON_INDENT(1));
    else
        fputs("null", out);
    json_decref(value);
}

/* One by one: there may be very many. */
static void put_tried(FILE *out, const struct sf_exploration *exploration)
{
    const char *before = "";
    for (size_t i = 0; i < exploration->candidates.count; i++) {
        if (!exploration->done[i])
            continue;
        struct sf_arena *scratch = sf_arena_new();
        fputs(before, out);
        put_json(out, json_string(sf_candidate_text(scratch, &exploration->candidates.list[i])));
        sf_arena_free(scratch);
        before = ",\n";
    }
}

static void put_state(FILE *out, struct sf_exploration *exploration, const char *of)
{
    fprintf(out, "{\n\"format\": %d,\n\"of\": ", FORMAT);
    put_json(out, json_string(of));
    fprintf(out, ",\n\"runs\": %" PRIu64 ",\n\"tried\": [\n", exploration->runs);
    put_tried(out, exploration);
    fputs("],\n\"findings\": ", out);
    put_json(out, pack_list(&exploration->findings));
    fputs(",\n\"unstable\": ", out);
    put_json(out, pack_list(&exploration->unstable));
    fputs("\n}\n", out);
}

const char *sf_store_save(struct sf_exploration *exploration)
{
    struct sf_arena *arena = sf_arena_new();
    struct draft draft;
    const char *path = sf_arena_printf(arena, "%s/" STATE, exploration->out);
    int error = make_folder(arena, exploration->out);
    if (!error)
        error = open_draft(&draft, arena, path);
    if (!error) {
        put_state(draft.file, exploration, fingerprint(arena, exploration));
        error = close_draft(&draft);
    }
    const char *problem =
        error ? sf_arena_printf(exploration->arena, "cannot write %s: %s", path, strerror(error)) : NULL;
    sf_arena_free(arena);
    return problem;
}

static const char *text_of(struct sf_arena *arena, const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text ? sf_arena_strdup(arena, text) : NULL;
}

static enum sf_symptom_kind kind_of(const char *name)
{
    for (unsigned kind = 1; name && kind < SF_SYMPTOM_COUNT; kind++)
        if (strcmp(sf_symptom_names[kind], name) == 0)
            return (enum sf_symptom_kind)kind;
    return SF_SYMPTOM_NONE;
}

static const char *or_empty(const char *text)
{
    return text ? text : "";
}

static void unpack_list(struct sf_arena *arena, const json_t *array, struct sf_explored_list *list)
{
    size_t index;
    json_t *object;
    json_array_foreach(array, index, object)
    {
        struct sf_explored found = {
            .kind = kind_of(json_string_value(json_object_get(object, "kind"))),
            .program = or_empty(text_of(arena, object, "program")),
            .struck = text_of(arena, object, "struck"),
            .site = or_empty(text_of(arena, object, "site")),
            .nth = (unsigned)json_integer_value(json_object_get(object, "nth")),
            .place = or_empty(text_of(arena, object, "place")),
            .source = or_empty(text_of(arena, object, "source")),
            .shown_at = or_empty(text_of(arena, object, "shown_at")),
            .fault = or_empty(text_of(arena, object, "fault")),
            .rules = or_empty(text_of(arena, object, "rules")),
            .detail = or_empty(text_of(arena, object, "detail")),
            .group = or_empty(text_of(arena, object, "group")),
            .reproducer = text_of(arena, object, "reproducer"),
            .last_words = or_empty(text_of(arena, object, "last_words")),
            .alike = (unsigned)json_integer_value(json_object_get(object, "alike")),
            .seed = (uint64_t)json_integer_value(json_object_get(object, "seed")),
        };
        if (found.kind == SF_SYMPTOM_NONE)
            continue;
        struct sf_explored *slot = sf_arena_push(arena, &list->list, &list->count, sizeof *slot);
        *slot = found;
    }
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *sf_store_resume(struct sf_exploration *exploration)
{
    struct sf_arena *arena = exploration->arena;
    json_error_t error;
    const char *path = sf_arena_printf(arena, "%s/" STATE, exploration->out);
    json_t *state = json_load_file(path, 0, &error);
    if (!state)
        return sf_arena_printf(arena, "there is nothing to resume in %s: %s", exploration->out, error.text);
    const char *of = json_string_value(json_object_get(state, "of"));
    if (!of || strcmp(of, fingerprint(arena, exploration)) != 0) {
        json_decref(state);
        return sf_arena_printf(arena, "%s is of something else, or of another seed or part", path);
    }
    const json_t *tried = json_object_get(state, "tried");
    const char **texts = sf_arena_alloc(arena, (json_array_size(tried) + 1) * sizeof *texts);
    for (size_t i = 0; i < json_array_size(tried); i++)
        texts[exploration->tried_count++] =
            sf_arena_strdup(arena, or_empty(json_string_value(json_array_get(tried, i))));
    qsort(texts, exploration->tried_count, sizeof *texts, compare_texts);
    exploration->tried = texts;
    unpack_list(arena, json_object_get(state, "findings"), &exploration->findings);
    unpack_list(arena, json_object_get(state, "unstable"), &exploration->unstable);
    json_decref(state);
    return NULL;
}

/* Reports say the group; of one that somebody wrote by hand what the contract names must be equal. */
static bool is_same(const json_t *known, const struct sf_explored *finding)
{
    const char *group = json_string_value(json_object_get(known, "group"));
    if (group)
        return sf_group_is_same(group, finding->group);
    const char *kind = json_string_value(json_object_get(known, "kind"));
    const char *site = json_string_value(json_object_get(known, "site"));
    const char *fault = json_string_value(json_object_get(known, "fault"));
    return kind && site && fault && strcmp(kind, sf_symptom_names[finding->kind]) == 0 &&
           strcmp(site, finding->site) == 0 && strcmp(fault, finding->fault) == 0 &&
           json_integer_value(json_object_get(known, "nth")) == (json_int_t)finding->nth;
}

const char *sf_store_known(struct sf_exploration *exploration, const char *path)
{
    json_error_t error;
    json_t *report = json_load_file(path, 0, &error);
    const json_t *known = json_object_get(report, "findings");
    if (!json_is_array(known)) {
        json_decref(report);
        return sf_arena_printf(exploration->arena, "--known: %s: %s", path,
                               report ? "it is no report of explore: it has no findings" : error.text);
    }
    for (size_t i = 0; i < exploration->findings.count; i++)
        for (size_t at = 0; at < json_array_size(known); at++)
            if (is_same(json_array_get(known, at), &exploration->findings.list[i]))
                exploration->findings.list[i].is_known = true;
    json_decref(report);
    return NULL;
}
