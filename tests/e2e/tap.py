"""What does this TAP say? Prints a line for each result, its YAML's keys behind it; PATH=VALUE arguments
must hold of the YAML of the last block ("failures.0.line=5").

    tap.py FILE [PATH=VALUE…]
"""
import re, sys, yaml

number, planned, block, blocks, results = 0, None, None, [], []
lines = open(sys.argv[1], encoding="utf-8", newline="\n").read().split("\n")
assert re.fullmatch("TAP version 1[34]", lines[0]), lines[0]
for line in lines[1:-1]:
    if block is not None:
        assert line.startswith("  "), line
        if line == "  ...":
            blocks.append(yaml.safe_load("\n".join(block)))
            results[-1] += " {" + " ".join(blocks[-1]) + "}"
            block = None
        else:
            block.append(line[2:])
    elif line == "  ---":
        block = []
    elif line.startswith("1.."):
        planned = int(re.match(r"1\.\.([0-9]+)( # SKIP .+)?$", line)[1])
    elif line.startswith("Bail out!"):
        results.append(line)
    else:
        assert re.match(rf"(not )?ok {number + 1} - ", line), line
        number += 1
        results.append(line)
assert block is None and (planned == number or results[-1].startswith("Bail"))
print(*results, sep="\n")
for argument in sys.argv[2:]:
    path, want = argument.split("=", 1)
    value = blocks[-1]
    for key in path.split("."):
        value = value[int(key) if isinstance(value, list) else key]
    assert str(value) == want, f"{path}: {value!r}, expected {want!r}"
