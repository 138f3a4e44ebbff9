"""What GitHub or GitLab would run of a file, as a shell script; a file that they would not take is an error.

pipeline.py action ACTION.yml [INPUT=VALUE…]     the steps of a composite action
pipeline.py workflow WORKFLOW.yml                only checked: one line a job
pipeline.py gitlab GITLAB-CI.yml JOB             a job

Each step of an action is run as GitHub runs it, by bash -eo pipefail, with what the ones before it left in GITHUB_PATH.
"""
import re
import shlex
import sys

import yaml


class Unique(yaml.SafeLoader):
    """Keys that stand twice are an error, as they are to both services; `on` is a key and no truth."""


def mapping(loader, node):
    keys = [loader.construct_scalar(key) for key, _ in node.value]
    if len(keys) != len(set(keys)):
        sys.exit(f"{node.start_mark}: a key stands twice: {keys}")
    return {key: loader.construct_object(value, deep=True) for key, (_, value) in zip(keys, node.value)}


Unique.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)


def only(what, value, allowed, required=()):
    for key in value:
        if key not in allowed:
            sys.exit(f"{what}: {key} is none of {', '.join(allowed)}")
    for key in required:
        if key not in value:
            sys.exit(f"{what}: {key} is missing")


STEP = ["name", "id", "if", "uses", "with", "run", "shell", "env", "working-directory", "continue-on-error"]


def check_step(what, step, in_action):
    only(what, step, STEP)
    if ("run" in step) == ("uses" in step):
        sys.exit(f"{what}: a step has either run or uses")
    if in_action and "run" in step and "shell" not in step:
        sys.exit(f"{what}: in an action a step with run wants a shell")
    if "uses" in step and not re.fullmatch(r"\./.+|[\w-]+/[\w./-]+@\w+", step["uses"]):
        sys.exit(f"{what}: {step['uses']} names no version")
    for value in [step.get("run", "")]:
        if "${{" in value:
            sys.exit(f"{what}: an expression within a script is an injection; it belongs into env")


def fill(text, inputs):
    def value(match):
        if match[1] not in inputs:
            sys.exit(f"there is no input {match[1]}")
        return inputs[match[1]]
    return re.sub(r"\${{ inputs\.([\w-]+) }}", value, text)


def action(file, *given):
    only("action", file, ["name", "description", "author", "inputs", "outputs", "runs", "branding"], ["name", "description", "runs"])
    inputs = {}
    for name, entry in file.get("inputs", {}).items():
        only(f"input {name}", entry, ["description", "required", "default", "deprecationMessage"], ["description"])
        inputs[name] = str(entry.get("default", ""))
    inputs.update(pair.split("=", 1) for pair in given)
    only("runs", file["runs"], ["using", "steps"], ["using", "steps"])
    if file["runs"]["using"] != "composite":
        sys.exit("runs: it is composite")
    for step in file["runs"]["steps"]:
        check_step(step.get("name", "step"), step, True)
        for name, value in step.get("env", {}).items():
            print(f"export {name}={shlex.quote(fill(value, inputs))}")
        if "run" in step:
            print(f"bash --noprofile --norc -eo pipefail -c {shlex.quote(step['run'])} || exit")
            print('while read -r folder; do PATH=$folder:$PATH; done < "$GITHUB_PATH"')


def workflow(file):
    only("workflow", file, ["name", "on", "permissions", "env", "concurrency", "jobs"], ["on", "jobs"])
    for name, job in file["jobs"].items():
        only(f"job {name}", job, ["name", "runs-on", "needs", "if", "strategy", "steps", "env", "timeout-minutes", "container"],
             ["runs-on", "steps"])
        for step in job["steps"]:
            check_step(f"job {name}", step, False)
        print(name, *(step["uses"] for step in job["steps"] if "uses" in step))


def gitlab(file, name):
    job = file[name]
    only(name, job, ["image", "stage", "parallel", "variables", "before_script", "script", "after_script", "artifacts",
                     "allow_failure", "rules", "needs", "tags"], ["script"])
    only("artifacts", job.get("artifacts", {}), ["when", "paths", "reports", "expire_in", "name"])
    print("set -eo pipefail")
    for line in [*job.get("before_script", []), *job["script"]]:
        if not isinstance(line, str):
            sys.exit(f"{line} is no command")
        print(line)


kind, path, *rest = sys.argv[1:]
with open(path) as stream:
    documents = list(yaml.load_all(stream, Unique))
if len(documents) != 1:
    sys.exit(f"{path}: one document is wanted")
{"action": action, "workflow": workflow, "gitlab": gitlab}[kind](documents[0], *rest)
