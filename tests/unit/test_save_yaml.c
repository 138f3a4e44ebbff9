/* What is written as YAML is read as the same. */
#include "reader.h"

#include "save/tree.h"
#include "save/yaml.h"

#include <stdio.h>

struct world {
    struct sf_arena *arena;
    const char *problem;
};

static int setup(void **state)
{
    struct sf_arena *arena = sf_arena_new();
    struct world *world = sf_arena_alloc(arena, sizeof *world);
    world->arena = arena;
    *state = world;
    return 0;
}

static int teardown(void **state)
{
    struct world *world = *state;
    sf_arena_free(world->arena);
    return 0;
}

static const char *write_it(struct world *world, const struct sf_node *root)
{
    world->problem = NULL;
    return sf_yaml_write(world->arena, root, &world->problem);
}

/* The value of `key` in what was written, read anew. */
static const struct sf_node *read_back(struct world *world, const char *text, const char *key)
{
    struct sf_diagnostics diagnostics = {.arena = world->arena};
    const struct sf_source source = {.file = "a.yaml", .text = text, .bytes = strlen(text)};
    size_t count;
    struct sf_document **documents = sf_documents_parse(world->arena, &source, &count, &diagnostics);
    sf_diagnostics_print(&diagnostics, stderr);
    assert_int_equal(diagnostics.errors, 0);
    assert_int_equal(count, 1);
    const struct sf_node *value = sf_node_get(documents[0]->root, key);
    assert_non_null(value);
    return value;
}

static const char *const texts[] = {
    "plain",
    "two words",
    "no",
    "010",
    "10:30",
    "1e3",
    "true",
    "null",
    "Null",
    "NULL",
    "~",
    "",
    " ",
    "  leading",
    "trailing  ",
    "\t",
    "a\tb",
    "*x",
    "&x",
    "!x",
    "[",
    "]",
    "{",
    "}",
    "{a: b}",
    "[a, b]",
    "a, b",
    "- x",
    "-",
    "--",
    "---",
    "...",
    "--- x",
    "? x",
    "?",
    ": x",
    ":",
    "a: b",
    "a:",
    "a #b",
    "#b",
    "a#b",
    ">5",
    ">",
    "|",
    "|x",
    "%x",
    "@x",
    "`x`",
    "=",
    "<<",
    "'",
    "''",
    "it's",
    "\"",
    "say \"x\"",
    "\\",
    "\\n",
    "a\\",
    "${x}",
    "$${x}",
    "${port.web}",
    "$",
    "$$",
    "line\n",
    "line\nline",
    "line\nline\n",
    "line\n\n",
    "line\n\n\nline\n",
    "\n",
    "\n\n",
    "\nline",
    " line\nline",
    "line\n  more\nline\n",
    "line \nline",
    "line\t\nline",
    "line\n ",
    "line\n\n ",
    "\\\nline",
    "a: b\n- c\n",
    "# no\ncomment\n",
    "--- x\ny\n",
    "x\n---\ny\n",
    "x\n...\ny",
    "\x01",
    "a\x7f"
    "b",
    "\x1b[0m\n",
    "\r",
    "a\r\nb",
    "\xc2\x85",
    "x\xe2\x80\xa8y",
    "\xef\xbb\xbf"
    "bom",
    "\xef\xbf\xbe",
    "gr\xc3\xbc\xc3\x9f dich",
    "\xe2\x80\xa6\n\xe2\x80\xa6",
    "\xf0\x9f\x98\x80",
    "\xc3\xbc\n \xc3\xbc\n",
    "\xc2\xa0",
    "sh -c 'for i in 1 2; do\n    echo \"$i: #\" > x\ndone'\n",
    "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
    "0123456789 "
    "0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 0123456789 "
    "0123456789"};
enum { TEXTS = sizeof texts / sizeof *texts };

/* The texts as values, as items of a list on one line and of one that is not, and as keys. */
static void every_text_is_read_as_it_was(void **state)
{
    struct world *world = *state;
    for (size_t i = 0; i < TEXTS; i++) {
        struct sf_node *root = sf_tree_mapping(world->arena), *line = sf_tree_list(world->arena),
                       *block = sf_tree_list(world->arena), *keys = sf_tree_mapping(world->arena);
        sf_tree_set(world->arena, root, "value", sf_tree_text(world->arena, texts[i]));
        sf_tree_add(world->arena, line, sf_tree_text(world->arena, texts[i]));
        sf_tree_add(world->arena, line, sf_tree_text(world->arena, texts[i]));
        sf_tree_set(world->arena, root, "line", line);
        sf_tree_add(world->arena, block, sf_tree_text(world->arena, texts[i]));
        sf_tree_add(world->arena, block, line);
        sf_tree_set(world->arena, root, "block", block);
        if (strcmp(texts[i], "<<") != 0) /* that key merges, however it is quoted */
            sf_tree_set(world->arena, keys, texts[i], sf_tree_text(world->arena, texts[i]));
        sf_tree_set(world->arena, root, "keys", keys);
        const char *text = write_it(world, root);
        if (!text)
            fail_msg("text %zu '%s': %s", i, texts[i], world->problem);
        assert_string_equal(read_back(world, text, "value")->text, texts[i]);
        assert_string_equal(read_back(world, text, "line")->items[1]->text, texts[i]);
        assert_string_equal(read_back(world, text, "block")->items[0]->text, texts[i]);
        assert_int_equal(read_back(world, text, "keys")->count, keys->count);
        if (keys->count)
            assert_string_equal(read_back(world, text, "keys")->pairs[0].key->text, texts[i]);
    }
}

static void document_reads_well(void **state)
{
    struct world *world = *state;
    struct sf_arena *arena = world->arena;
    struct sf_node *root = sf_tree_mapping(arena), *rule = sf_tree_mapping(arena),
                   *rules = sf_tree_list(arena), *run = sf_tree_list(arena),
                   *program = sf_tree_mapping(arena);
    sf_tree_add(arena, run, sf_tree_text(arena, "./greet"));
    sf_tree_add(arena, run, sf_tree_text(arena, "${port.web}"));
    sf_tree_set(arena, program, "run", run);
    sf_tree_set(arena, program, "stdin", sf_tree_text(arena, "one\n  two\n"));
    sf_tree_set(arena, root, "name", sf_tree_text(arena, "an example: it's short"));
    sf_tree_set(arena, root, "greet", program);
    sf_tree_set(arena, rule, "id", sf_tree_text(arena, "one-byte"));
    sf_tree_set(arena, rule, "peer", sf_tree_text(arena, "*:80"));
    sf_tree_add(arena, rules, rule);
    sf_tree_set(arena, root, "faults", rules);
    assert_string_equal(write_it(world, root), "---\n"
                                               "name: 'an example: it''s short'\n"
                                               "greet:\n"
                                               "  run: [./greet, '${port.web}']\n"
                                               "  stdin: |\n"
                                               "    one\n"
                                               "      two\n"
                                               "faults:\n"
                                               "- id: one-byte\n"
                                               "  peer: '*:80'\n");
}

static void empty_lists_and_mappings_stay_what_they_are(void **state)
{
    struct world *world = *state;
    struct sf_node *root = sf_tree_mapping(world->arena);
    sf_tree_set(world->arena, root, "list", sf_tree_list(world->arena));
    sf_tree_set(world->arena, root, "mapping", sf_tree_mapping(world->arena));
    const char *text = write_it(world, root);
    assert_int_equal(read_back(world, text, "list")->kind, SF_NODE_LIST);
    assert_int_equal(read_back(world, text, "mapping")->kind, SF_NODE_MAPPING);
}

static void what_yaml_cannot_hold_is_refused(void **state)
{
    static const char *const foreign[] = {"\xff", "a\xc3", "\xed\xa0\x80", "\xc0\x80"};
    struct world *world = *state;
    for (size_t i = 0; i < sizeof foreign / sizeof *foreign; i++) {
        struct sf_node *root = sf_tree_mapping(world->arena), *list = sf_tree_list(world->arena);
        sf_tree_add(world->arena, list, sf_tree_text(world->arena, foreign[i]));
        sf_tree_set(world->arena, root, "run", list);
        assert_null(write_it(world, root));
        assert_non_null(strstr(world->problem, "UTF-8"));
    }
}

static void more_than_the_reader_takes_is_refused(void **state)
{
    struct world *world = *state;
    char *text = sf_arena_alloc(world->arena, SF_FILE_BYTES_MAX + 1);
    memset(text, 'x', SF_FILE_BYTES_MAX);
    struct sf_node *root = sf_tree_mapping(world->arena);
    sf_tree_set(world->arena, root, "name", sf_tree_text(world->arena, text));
    assert_null(write_it(world, root));
    assert_non_null(strstr(world->problem, "larger than a scenario file may be"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(every_text_is_read_as_it_was),
        T(document_reads_well),
        T(empty_lists_and_mappings_stay_what_they_are),
        T(what_yaml_cannot_hold_is_refused),
        T(more_than_the_reader_takes_is_refused),
    };
    return cmocka_run_group_tests_name("save_yaml", tests, NULL, NULL);
}
