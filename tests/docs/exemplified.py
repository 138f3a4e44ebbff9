"""Which keys do the examples of a document show? Prints a line MAPPING, tab, KEY for each.

    exemplified.py SOCKFAULT DOCUMENT FOLDER

Examples are the scenarios that its console blocks check, test, run or compile, and the
rules that they give with -f. Which mapping a key stands in the reader itself says: each
key is misspelt in turn, in a copy in FOLDER, and the reader tells where it does not know it.
"""
import pathlib, re, subprocess, sys

sockfault, document, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
text = pathlib.Path(document).read_text()
blocks = re.findall(r"^```console\n(.*?)^```$", text.replace("\\\n", " "), re.S | re.M)
commands = "\n".join(line for line in "".join(blocks).splitlines() if line.startswith("$ "))
files = re.findall(r"^<!-- file: (\S+\.yaml) -->\n```yaml\n(.*?)^```$", text, re.S | re.M)
used = re.findall(r"\S+\.yaml", commands)
rules = set(re.findall(r"-f '([^']*)'", commands))
examples = [body for name, body in files if name in used]
examples += [f"name: of the command line\nfaults: [{{{rule}}}]\n" for rule in rules]

shown = set()
for example in examples:
    for key in set(re.findall(r"(?<![\w-])([a-z_]+):(?=\s)", example)):
        copy = folder / "example.yaml"
        copy.write_text(re.sub(rf"(?<![\w-]){key}:(?=\s)", f"zzz{key}:", example))
        said = subprocess.run([sockfault, "check", copy], capture_output=True, text=True).stderr
        for mapping in re.findall(rf"unknown key 'zzz{key}' in (.*?), allowed are ", said):
            shown.add((mapping, key))
for pair in sorted(shown):
    print(*pair, sep="\t")
