/* JUnit XML from a hand-made run. That it is of the schema, tests/e2e/reports.sh checks. */
#include "reported.h"

static const char *junit(struct world *world)
{
    return write_report(world, SF_REPORT_JUNIT, 0);
}

static void file_is_a_suite_and_scenario_a_case(void **state)
{
    assert_string_equal(
        junit(*state),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites name=\"sockfault\" tests=\"2\" failures=\"1\" errors=\"0\" time=\"1.200\">\n"
        "  <testsuite name=\"a.yaml\" tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\" time=\"0.100\">\n"
        "    <properties>\n"
        "      <property name=\"sockfault\" value=\"" SF_VERSION "\"/>\n"
        "      <property name=\"seed of fine\" value=\"0\"/>\n"
        "    </properties>\n"
        "    <testcase name=\"fine\" classname=\"a\" time=\"0.100\" file=\"a.yaml\" line=\"1\">\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "  <testsuite name=\"b.yaml\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\" time=\"0.400\">\n"
        "    <properties>\n"
        "      <property name=\"sockfault\" value=\"" SF_VERSION "\"/>\n"
        "      <property name=\"seed of broken\" value=\"7\"/>\n"
        "    </properties>\n"
        "    <testcase name=\"broken\" classname=\"b\" time=\"0.400\" file=\"b.yaml\" line=\"1\">\n"
        "      <failure message=\"client exited with 56, expected 0\" type=\"client.exit\">"
        "b.yaml:20: client exited with 56, expected 0\n"
        "    client's standard error:\n"
        "    | one\n"
        "    | two\n"
        "    seed 7\n"
        "    program client: exited with 56 after 110ms; calls: connect 1, recv 12\n"
        "    rule one-byte (partial: 1): fired 12 times\n"
        "</failure>\n"
        "      <system-out>==&gt; client &lt;==\nhi\n</system-out>\n"
        "      <system-err>==&gt; client &lt;==\none\ntwo\n</system-err>\n"
        "    </testcase>\n"
        "  </testsuite>\n"
        "</testsuites>\n");
}

static void scenarios_of_one_file_share_a_suite(void **state)
{
    struct world *world = *state;
    world->scenarios[0]->file = "b.yaml";
    world->scenarios[0]->result = SF_SKIPPED;
    world->scenarios[0]->reason = "needs \"it\"";
    const char *text = junit(world);
    assert_non_null(strstr(text, "<testsuite name=\"b.yaml\" tests=\"2\" failures=\"1\" errors=\"0\" "
                                 "skipped=\"1\" time=\"0.500\">"));
    assert_non_null(strstr(text, "line=\"1\">\n      <skipped message=\"needs &quot;it&quot;\"/>\n"));
}

static void class_is_the_path_with_folders_as_packages(void **state)
{
    struct world *world = *state;
    static const struct {
        const char *file, *attribute;
    } cases[] = {
        {"tests/http/v1.0.yaml", "classname=\"tests.http.v1_0\""},
        {"./../x/.//a.yml", "classname=\"x.a\""},
        {"/abs/a", "classname=\"abs.a\""},
        {"a.d/b", "classname=\"a_d.b\""},
        {"<stdin>", "classname=\"stdin\" time=\"0.100\">"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        world->scenarios[0]->file = cases[i].file;
        if (!strstr(junit(world), cases[i].attribute))
            fail_msg("%s: no %s", cases[i].file, cases[i].attribute);
    }
}

static void run_is_a_case_of_its_own_without_a_file(void **state)
{
    struct world *world = *state;
    world->run = (struct sf_report_run){.scenarios = &world->scenarios[1], .count = 1};
    world->scenarios[1]->is_run = true;
    world->scenarios[1]->file = "--fault";
    const char *text = junit(world);
    assert_non_null(strstr(text, "<testsuite name=\"sockfault run\" "));
    assert_non_null(strstr(text, "<testcase name=\"broken\" classname=\"run\" time=\"0.400\">"));
}

static void invalid_scenario_is_an_error_without_a_seed(void **state)
{
    struct world *world = *state;
    world->scenarios[1]->result = SF_INVALID;
    world->finding.what = "invalid";
    const char *text = junit(world);
    assert_non_null(strstr(text, " tests=\"2\" failures=\"0\" errors=\"1\""));
    assert_non_null(
        strstr(text, "<error message=\"client exited with 56, expected 0\" type=\"invalid\">b.yaml:20: "));
    assert_null(strstr(text, "seed of broken"));
}

static void several_failures_are_one_element_that_counts_them(void **state)
{
    struct world *world = *state;
    struct sf_finding list[3] = {world->finding, world->finding, world->finding};
    world->scenarios[1]->findings = (struct sf_findings){list, 3};
    const char *text = junit(world), *first = strstr(text, "<failure ");
    assert_non_null(strstr(text, "message=\"client exited with 56, expected 0 (and 2 more)\""));
    assert_null(strstr(first + 1, "<failure "));
}

static void what_xml_cannot_hold_is_shown(void **state)
{
    struct world *world = *state;
    static const char written[] =
        "]]>&<\"\r\n\t\x01\x1b[0m\0\x7f\xff\xc3\xa4\xed\xa0\x80\xef\xbf\xbe\xef\xbf\xbf\xef\xbf\xbd";
    world->program.exit.out = output(written, sizeof written - 1);
    assert_non_null(strstr(junit(world),
                           "&lt;==\n]]&gt;&amp;&lt;&quot;&#13;\n\t\\x01\\x1b[0m\\x00\x7f\\xff\xc3\xa4"
                           "\\xed\\xa0\\x80\\xef\\xbf\\xbe\\xef\\xbf\\xbf\xef\xbf\xbd\n</system-out>"));
    world->scenarios[1]->name = "a\nb\t\"c\" <d>\x01";
    assert_non_null(strstr(junit(world), "<testcase name=\"a&#10;b&#9;&quot;c&quot; &lt;d&gt;\\x01\" "));
}

static void cut_output_says_how_much_is_missing(void **state)
{
    struct world *world = *state;
    world->program.exit.out.total_bytes = 1003;
    assert_non_null(strstr(junit(world), "==&gt; client &lt;==\n... 1000 bytes before these\nhi\n"));
}

static void failure_of_our_own_is_an_error_that_is_counted(void **state)
{
    struct world *world = *state;
    world->run.failure = "cannot <read>";
    const char *text = junit(world);
    assert_non_null(strstr(text, "<testsuites name=\"sockfault\" tests=\"3\" failures=\"1\" errors=\"1\""));
    assert_non_null(
        strstr(text, "<testsuite name=\"sockfault\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\""));
    assert_non_null(strstr(text, "<error message=\"cannot &lt;read&gt;\" type=\"sockfault\"/>"));
}

static void empty_part_is_an_empty_suite(void **state)
{
    struct world *world = *state;
    world->run.count = 0;
    world->run.shard = "3/3";
    const char *text = junit(world);
    assert_non_null(
        strstr(text, "<testsuite name=\"sockfault\" tests=\"0\" failures=\"0\" errors=\"0\" skipped=\"0\""));
    assert_non_null(strstr(text, "<property name=\"shard\" value=\"3/3\"/>"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(file_is_a_suite_and_scenario_a_case),
        T(scenarios_of_one_file_share_a_suite),
        T(class_is_the_path_with_folders_as_packages),
        T(run_is_a_case_of_its_own_without_a_file),
        T(invalid_scenario_is_an_error_without_a_seed),
        T(several_failures_are_one_element_that_counts_them),
        T(what_xml_cannot_hold_is_shown),
        T(cut_output_says_how_much_is_missing),
        T(failure_of_our_own_is_an_error_that_is_counted),
        T(empty_part_is_an_empty_suite),
    };
    return cmocka_run_group_tests_name("report as JUnit XML", tests, NULL, NULL);
}
