/* Every key of the language against good and bad values: the rows of key_rows.h, and
 * what is the same for all keys. A key of the reader's tables without rows fails. */
#include "key_rows.h"
#include "reader.h"

#include "scenario/faults.h"
#include "scenario/tables.h"

#include <ctype.h>
#include <stdio.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

enum { TEXT_BYTES = 8192 };

/* A scenario in which one line stands where it belongs. */
struct text {
    char bytes[TEXT_BYTES];
    unsigned line; /* the line's number */
};

static void put(struct text *text, const char *more)
{
    size_t end = strlen(text->bytes);
    assert_true(end + strlen(more) < sizeof text->bytes);
    strcpy(text->bytes + end, more);
}

/* The line, at the indentation of what stands around it. */
static void put_line(struct text *text, const char *indentation, const char *line)
{
    text->line = 1;
    for (const char *c = text->bytes; *c; c++)
        text->line += *c == '\n';
    put(text, indentation);
    put(text, line);
    put(text, "\n");
}

static bool is_in(const char *name, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

static void put_scenario(struct text *text, const char *key, const char *line)
{
    bool is_service = strcmp(key, "run_for") == 0;
    if (strcmp(key, "name") != 0)
        put(text, "name: n\n");
    if (is_service)
        put(text, "timeout: 9000h\nprograms: {client: {run: 'true', ready: {port: 1}}}\n");
    else if (strcmp(key, "programs") != 0)
        put(text, "programs: {client: 'true', server: 'true'}\n");
    if (strcmp(key, "faults") != 0)
        put(text, "faults: [{id: r, call: recv, delay: 1ms}]\n");
    put_line(text, "", line);
}

static void put_program(struct text *text, const char *key, const char *line)
{
    put(text, "name: n\nprograms:\n  server: 'true'\n  client:\n");
    if (strcmp(key, "run") != 0)
        put(text, "    run: 'true'\n");
    put_line(text, "    ", line);
}

static void put_ready(struct text *text, const char *key, const char *line)
{
    put(text, "name: n\nprograms:\n  server: 'true'\n  client:\n    run: 'true'\n    ready:\n");
    if (strcmp(key, "within") == 0)
        put(text, "      port: 1\n");
    put_line(text, "      ", line);
}

/* The place that a rule with this key needs, and the fault unless it is one. */
static const char *beside(const char *key, bool is_link)
{
    static const char *const whole[] = {"call", "link"};
    if (strcmp(key, "partition") == 0)
        return "";
    if (is_in(key, whole, COUNT(whole)))
        return "    delay: 1ms\n";
    for (size_t i = 0; i < SF_FAULT_COUNT && !is_link; i++) {
        if (strcmp(sf_faults[i].name, key) != 0)
            continue;
        return sf_faults[i].families & 1u << SF_FAMILY_RECV      ? "    call: recv\n"
               : sf_faults[i].families & 1u << SF_FAMILY_CONNECT ? "    call: connect\n"
                                                                 : "    call: resolve\n";
    }
    for (size_t i = 0; i < SF_LINK_FAULT_COUNT && !is_link; i++)
        is_link = strcmp(sf_link_faults[i].name, key) == 0;
    return is_link ? "    link: both\n" : "    call: recv\n    delay: 1ms\n";
}

static void put_rule(struct text *text, const char *key, const char *line, bool is_link)
{
    put(text, "name: n\nprograms: {client: 'true', server: 'true'}\nfaults:\n  -\n");
    put(text, beside(key, is_link));
    put_line(text, "    ", line);
}

static struct text text_of(const char *table, const char *key, const char *line)
{
    static const char programs[] = "name: n\nprograms: {client: 'true', server: 'true'}\n";
    struct text text = {.bytes = ""};
    if (strcmp(table, "scenario") == 0) {
        put_scenario(&text, key, line);
    } else if (strcmp(table, "program") == 0) {
        put_program(&text, key, line);
    } else if (strcmp(table, "ready") == 0) {
        put_ready(&text, key, line);
    } else if (strcmp(table, "rule") == 0 || strcmp(table, "link") == 0) {
        put_rule(&text, key, line, strcmp(table, "link") == 0);
    } else if (strcmp(table, "when") == 0) {
        put(&text, programs);
        put(&text, "faults:\n  -\n    call: recv\n    delay: 1ms\n    when:\n");
        put_line(&text, "      ", line);
    } else if (strcmp(table, "delay") == 0) {
        put(&text, programs);
        put(&text, "faults:\n  -\n    link: both\n    delay:\n");
        put(&text, strcmp(key, "mean") == 0 ? "" : "      mean: 1s\n");
        put(&text, strcmp(key, "distribution") == 0 ? "      jitter: 1ms\n" : "");
        put_line(&text, "      ", line);
    } else {
        bool is_output = strcmp(table, "output") == 0;
        assert_true(is_output || strcmp(table, "expect") == 0);
        put(&text, programs);
        put(&text, is_output ? "expect:\n  client:\n    stdout:\n" : "expect:\n  client:\n");
        put_line(&text, is_output ? "      " : "    ", line);
    }
    return text;
}

static bool holds(const struct reading *reading, enum sf_severity severity, const char *words)
{
    for (size_t i = 0; i < reading->diagnostics.count; i++) {
        const struct sf_diagnostic *diagnostic = &reading->diagnostics.list[i];
        if (diagnostic->severity == severity && strstr(diagnostic->message, words))
            return true;
    }
    return false;
}

/* Is no error about something else? A syntax error may show a line further down. */
static bool stays_there(const struct reading *reading, const struct text *text, const char *line)
{
    unsigned last = text->line + (holds(reading, SF_ERROR, "wants quotes") ? 1 : 0);
    for (const char *c = line; *c; c++)
        last += *c == '\n';
    for (size_t i = 0; i < reading->diagnostics.count; i++) {
        const struct sf_place *place = &reading->diagnostics.list[i].place;
        if (place->line < text->line || place->line > last)
            return false;
    }
    return true;
}

static bool verdict_is(const struct reading *reading, const struct text *text, const char *line,
                       const char *says)
{
    static const char warning[] = "warning: ";
    if (!says)
        return reading->scenario && reading->diagnostics.count == 0;
    if (strncmp(says, warning, strlen(warning)) == 0)
        return reading->scenario && holds(reading, SF_WARNING, says + strlen(warning));
    return !reading->scenario && holds(reading, SF_ERROR, says) && stays_there(reading, text, line);
}

/* Read TABLE.KEY with this line; prints what is not as it should be. */
static bool check_line(const char *table, const char *key, const char *line, const char *says)
{
    struct text text = text_of(table, key, line);
    struct reading *reading = read_text(text.bytes);
    bool good = verdict_is(reading, &text, line, says);
    if (!good) {
        print_error("%s.%s, with the line: %s\n  wanted: %s\n", table, key, line, says ? says : "good");
        sf_diagnostics_print(&reading->diagnostics, stderr);
    }
    release(reading);
    return good;
}

static bool check_value(const char *table, const char *key, const char *value, const char *says)
{
    char line[TEXT_BYTES];
    snprintf(line, sizeof line, "%s: %s", key, value);
    return check_line(table, key, line, says);
}

/* "rule.partial" -> "rule", "partial" */
struct path {
    char table[32], key[32];
};

static struct path path_of(const char *name)
{
    struct path path;
    assert_int_equal(sscanf(name, "%31[^.].%31s", path.table, path.key), 2);
    return path;
}

static void every_value_has_its_verdict(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT(key_rows); i++) {
        struct path path = path_of(key_rows[i].key);
        wrong += !check_value(path.table, path.key, key_rows[i].value, key_rows[i].says);
    }
    assert_int_equal(wrong, 0);
}

static bool is_plain(const char *value)
{
    return !strchr("'\"[{|*&!", value[0]) && !strpbrk(value, "\"\\#") && strcmp(value, "null") != 0 && *value;
}

static void quotes_change_no_verdict(void **state)
{
    (void)state;
    size_t wrong = 0, tried = 0;
    for (size_t i = 0; i < COUNT(key_rows); i++) {
        struct path path = path_of(key_rows[i].key);
        char quoted[256];
        if (!is_plain(key_rows[i].value))
            continue;
        snprintf(quoted, sizeof quoted, "\"%s\"", key_rows[i].value);
        wrong += !check_value(path.table, path.key, quoted, key_rows[i].says);
        tried++;
    }
    assert_true(tried > 200);
    assert_int_equal(wrong, 0);
}

/* The first good value of a key, of its own table. */
static const char *good_value(const char *table, const char *key)
{
    char name[64];
    snprintf(name, sizeof name, "%s.%s", table, key);
    for (size_t i = 0; i < COUNT(key_rows); i++)
        if (!key_rows[i].says && strcmp(key_rows[i].key, name) == 0)
            return key_rows[i].value;
    return NULL;
}

static size_t bad_values(const char *table, const char *key)
{
    char name[64];
    size_t count = 0;
    snprintf(name, sizeof name, "%s.%s", table, key);
    for (size_t i = 0; i < COUNT(key_rows); i++)
        count += key_rows[i].says && strcmp(key_rows[i].key, name) == 0;
    return count;
}

/* Calls `check` for every key that the reader knows; it returns how much was wrong. */
static void for_every_key(size_t (*check)(const char *table, const char *key))
{
    size_t wrong = 0;
    for (size_t i = 0; i < SF_TABLES; i++)
        for (size_t j = 0; j < sf_tables[i].table->count; j++)
            wrong += check(sf_tables[i].name, sf_tables[i].table->keys[j].name);
    assert_int_equal(wrong, 0);
}

static size_t count_rows(const char *table, const char *key)
{
    bool enough = good_value(table, key) && bad_values(table, key) >= 2;
    if (!enough)
        print_error("key_rows.h needs a good and two bad values of %s.%s\n", table, key);
    return !enough;
}

static void every_key_has_rows(void **state)
{
    (void)state;
    for_every_key(count_rows);
}

static size_t check_wrong_types(const char *table, const char *key)
{
    /* Their keys are the user's. */
    static const char *const open[] = {"vars", "env", "programs"};
    static const struct {
        const char *value, *says;
    } rows[] = {
        {"", "null is not allowed"},
        {"~", "null is not allowed"},
        {"null", "null is not allowed"},
        {"!!str x", "tags are not allowed"},
        {"!x [a]", "tags are not allowed"},
        {"!x {a: b}", "tags are not allowed"},
        {"*nosuch", "has no anchor"},
        {"[[a]]", ""},
        {"[{zzz: 1}]", ""},
        {"'${nosuch}'", ""},
    };
    size_t wrong = 0;
    for (size_t i = 0; i < COUNT(rows); i++)
        wrong += !check_value(table, key, rows[i].value, rows[i].says);
    if (!is_in(key, open, COUNT(open)))
        wrong += !check_value(table, key, "{zzz: 1}", "");
    return wrong;
}

static void no_key_takes_any_type(void **state)
{
    (void)state;
    for_every_key(check_wrong_types);
}

static size_t check_spelling(const char *table, const char *key)
{
    char wrong_key[64], line[256], unknown[128], mean[128];
    const char *value = good_value(table, key);
    size_t wrong = 0;
    for (int way = 0; way < 2; way++) {
        /* A letter too many may be nearer to another: perr to peer than to per. */
        snprintf(mean, sizeof mean, way ? "(did you mean %s?)" : "(did you mean ", key);
        snprintf(wrong_key, sizeof wrong_key, "%s%c", key, way ? '\0' : key[strlen(key) - 1]);
        for (char *c = wrong_key; way && *c; c++)
            *c = (char)toupper((unsigned char)*c);
        snprintf(line, sizeof line, "%s: %s", wrong_key, value);
        snprintf(unknown, sizeof unknown, "unknown key '%s' in ", wrong_key);
        wrong += !check_line(table, key, line, unknown);
        wrong += !check_line(table, key, line, mean);
    }
    return wrong;
}

static void a_misspelt_key_is_told_what_it_may_mean(void **state)
{
    (void)state;
    for_every_key(check_spelling);
}

static size_t check_sharing(const char *table, const char *key)
{
    char line[512], twice[512], says[64];
    const char *value = good_value(table, key);
    size_t wrong = 0;
    snprintf(line, sizeof line, "%s: &a %s", key, value);
    wrong += !check_line(table, key, line, NULL);
    snprintf(line, sizeof line, "\"%s\": %s", key, value);
    wrong += !check_line(table, key, line, NULL);
    snprintf(line, sizeof line, "<<: {%s: %s}", key, value);
    wrong += !check_line(table, key, line, NULL);
    snprintf(line, sizeof line, "<<: [{%s: %s}, {%s: '${nosuch}'}]", key, value, key);
    wrong += !check_line(table, key, line, NULL);
    snprintf(twice, sizeof twice, "<<: {%s: %s, %s: %s}", key, value, key, value);
    snprintf(says, sizeof says, "duplicate key '%s'", key);
    wrong += !check_line(table, key, twice, says);
    return wrong;
}

static void every_key_may_be_anchored_quoted_and_merged_but_once(void **state)
{
    (void)state;
    for_every_key(check_sharing);
}

static void keys_of_ones_own_stand_at_the_top_alone(void **state)
{
    (void)state;
    size_t wrong = 0;
    for (size_t i = 0; i < SF_TABLES; i++) {
        bool is_top = strcmp(sf_tables[i].name, "scenario") == 0;
        const char *first = is_top ? "" : sf_tables[i].table->keys[0].name;
        char line[256];
        snprintf(line, sizeof line, "<<: {x-own: 1, %s: %s}", first, good_value(sf_tables[i].name, first));
        wrong += !check_line(sf_tables[i].name, first, is_top ? "x-own: {a: [1]}" : line,
                             is_top ? NULL : "unknown key 'x-own' in ");
    }
    wrong += !check_line("scenario", "", "x-: 1", NULL);
    wrong += !check_line("scenario", "", "X-own: 1", "unknown key 'X-own'");
    wrong += !check_line("scenario", "", "x_own: 1", "unknown key 'x_own'");
    wrong += !check_line("scenario", "", "x-own: ~", "null is not allowed");
    wrong += !check_line("scenario", "", "x-own: {a: 1, a: 2}", "duplicate key 'a'");
    wrong += !check_line("scenario", "", "x-own: !t 1", "tags are not allowed");
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_value_has_its_verdict),
        cmocka_unit_test(quotes_change_no_verdict),
        cmocka_unit_test(every_key_has_rows),
        cmocka_unit_test(no_key_takes_any_type),
        cmocka_unit_test(a_misspelt_key_is_told_what_it_may_mean),
        cmocka_unit_test(every_key_may_be_anchored_quoted_and_merged_but_once),
        cmocka_unit_test(keys_of_ones_own_stand_at_the_top_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
