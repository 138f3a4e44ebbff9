"""Is this JUnit XML as Jenkins reads it? Prints a line CLASSNAME.NAME RESULT for each test case.

    junit.py FILE

Holds it to what Jenkins' schema (xunit-plugin, junit-10.xsd) says of elements and attributes, and to the
order that older ones want (skipped, error, failure, system-out, system-err); to GitLab's file and line; and
to counts that add up. Characters that XML forbids, and what is not UTF-8, the parser refuses.
"""
import re, sys
import xml.etree.ElementTree as ElementTree

CHILDREN = {
    "testsuites": ["testsuite"],
    "testsuite": ["properties", "testcase", "system-out", "system-err"],
    "testcase": ["skipped", "error", "failure", "system-out", "system-err"],
    "properties": ["property"],
}
REQUIRED = {
    "testsuites": {"name", "tests", "failures", "errors", "time"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testcase": {"name", "classname", "time"},
    "property": {"name", "value"},
    "error": {"message", "type"},
    "failure": {"message", "type"},
    "skipped": {"message"},
}
OPTIONAL = {"testcase": {"file", "line"}}  # not Jenkins', but GitLab's

def check(element):
    children, required = CHILDREN.get(element.tag, []), REQUIRED.get(element.tag, set())
    given = set(element.attrib)
    assert required <= given, f"{element.tag} lacks {required - given}"
    assert given <= required | OPTIONAL.get(element.tag, set()), f"{element.tag} has {given - required}"
    places = [children.index(child.tag) for child in element]
    assert places == sorted(places), f"{element.tag}: {[child.tag for child in element]}"
    if "time" in given:
        assert re.fullmatch(r"[0-9]+\.[0-9]{3}", element.get("time")), element.get("time")
    if element.tag != "testcase" and children:
        assert not (element.text or "").strip()
    for child in element:
        check(child)

def result(case):
    found = [child.tag for child in case if child.tag in ("skipped", "error", "failure")]
    assert len(found) <= 1, found
    return found[0] if found else "passed"

def add_up(element):
    cases = [result(case) for case in element.iter("testcase")]
    for attribute, kind in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        if attribute in element.attrib:
            assert int(element.get(attribute)) == cases.count(kind), (element.tag, attribute)
    assert int(element.get("tests")) == len(cases), (element.tag, "tests")

data = open(sys.argv[1], "rb").read()
data.decode("utf-8")
assert data.startswith(b'<?xml version="1.0" encoding="UTF-8"?>\n')
root = ElementTree.fromstring(data)
assert root.tag == "testsuites"
check(root)
add_up(root)
for suite in root:
    add_up(suite)
    for case in suite.iter("testcase"):
        print(f'{case.get("classname")}.{case.get("name")} {result(case)}')
