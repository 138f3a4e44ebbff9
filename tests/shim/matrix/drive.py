"""Run the cells of the matrix natively and under their rules, and compare. TAP.

    drive.py MATRIX SOCKFAULT [REGEX]     only cells whose name matches

Each cell has a rule of its own, which acts while a file of the cell's name exists:
the cell makes it around the one call that is to meet the fault. Some rules go into
one run. A cell that differs is run again by itself, once: the machine may have been
slow, and a real difference stays. One test for each function and fault.
"""
import collections
import json
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor

CELLS_A_RUN = 96
JOBS = 2
SECONDS_MAX = 120
MEMORY = "/dev/shm"  # thousands of files come and go


def run(command, names, **options):
    """What each cell printed, {cell: [line, ...]}, and how the command ended."""
    result = subprocess.run(command, input="".join(n + "\n" for n in names), capture_output=True, text=True,
                            timeout=SECONDS_MAX, **options)
    found = {}
    for record in result.stdout.split("== ")[1:]:
        name, *lines = record.rstrip("\n").split("\n")
        found[name] = lines
    return found, result


def outcome(rule, expected):
    """What the report says of a rule, in the words of the law where they fit."""
    if rule["fired"] and rule["illegal"]:
        return f"rule: fired {rule['fired']} times, refused {rule['illegal']} times"
    if rule["fired"]:
        return "rule: fired" if rule["fired"] == 1 else f"rule: fired {rule['fired']} times"
    if not rule["illegal"]:
        return "rule: idle"
    law = "rule: refused, "
    for line in expected:
        if line.startswith(law) and line[len(law):] in rule["illegal_reason"]:
            return line
    return law + rule["illegal_reason"]


def run_injected(matrix, sockfault, rules, names, real):
    with tempfile.TemporaryDirectory(dir=MEMORY if os.access(MEMORY, os.W_OK) else None) as folder:
        scenario, report = os.path.join(folder, "rules.yaml"), os.path.join(folder, "report.json")
        with open(scenario, "w") as out:
            out.write("name: matrix\nfaults:\n")
            for name in names:
                when = f"when: {{exists: '{name}'}}, optional: true"
                out.write(f"  - {{id: '{name}', {rules[name]}, {when}}}\n")
        command = [sockfault, "run", "--report", f"json={report}", "-s", scenario, "--", matrix, "injected"]
        got, result = run(command, names, cwd=folder)
        if result.returncode:
            return {name: [f"run: status {result.returncode}", *result.stderr.split("\n")] for name in names}
        with open(report) as file:
            for rule in json.load(file)["scenarios"][0]["faults"]:
                lines = got.setdefault(rule["id"], ["no words"])
                lines.append(outcome(rule, real.get(rule["id"], [])))
        return got


def compare(matrix, sockfault, rules, names):
    """{cell: (want, got)} of those that differ, or did not run to their end."""
    real = run([matrix, "real"], names)[0]
    got = run_injected(matrix, sockfault, rules, names, real)
    return {name: (real.get(name, ["no words"]), got[name]) for name in names
            if real.get(name) != got[name] or not real[name][-1].startswith("rule: ")}


def say_difference(cell, rule, want, got):
    print(f"# {cell}: {rule}")
    for line in want:
        print(f"#   want {line}" + ("" if line in got else "   <"))
    for line in got:
        print(f"#   got  {line}" + ("" if line in want else "   <"))


def main():
    matrix, sockfault = map(os.path.abspath, sys.argv[1:3])
    pattern = re.compile(sys.argv[3] if len(sys.argv) > 3 else "")
    listed = subprocess.run([matrix, "list"], capture_output=True, text=True, check=True).stdout
    rules = dict(line.split("\t") for line in listed.splitlines())
    names = [name for name in rules if pattern.search(name)]

    def compare_all(groups):
        differ = {}
        with ThreadPoolExecutor(JOBS) as pool:
            for part in pool.map(lambda group: compare(matrix, sockfault, rules, group), groups):
                differ.update(part)
        return differ

    differ = compare_all(names[i:i + CELLS_A_RUN] for i in range(0, len(names), CELLS_A_RUN))
    if differ:
        print(f"# {len(differ)} of {len(names)} cells run again:", *list(differ)[:20])
        differ = compare_all([name] for name in differ)
    tests = collections.defaultdict(list)
    for name in names:
        function, fault = name.rsplit(".", 2)[0].split(".", 1)
        tests[f"{function} meets {fault}"].append(name)
    print(f"1..{len(tests)}")
    for number, (test, cells) in enumerate(tests.items(), 1):
        bad = [cell for cell in cells if cell in differ]
        print(f"{'not ok' if bad else 'ok'} {number} - {test} ({len(cells)} cells)")
        for cell in bad:
            say_difference(cell, rules[cell], *differ[cell])
    return 1 if differ else 0


sys.exit(main())
