"""Holds the JSON Schema against files: schema.py SCHEMA good|bad FILE…

good  every document of every file fits, with scalars typed as YAML 1.2 does it and as text alone.
bad   prints the files of which every document fits although the reader refuses them."""
import json
import re
import sys

import jsonschema
import yaml


class Core(yaml.SafeLoader):
    """YAML 1.2's core schema, as editors resolve it."""


Core.yaml_implicit_resolvers = {}
for tag, pattern, first in [("bool", r"true|false", "tf"), ("int", r"[-+]?[0-9]+", "-+0123456789"),
                            ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", "-+.0123456789"),
                            ("merge", "<<", "<")]:
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(f"^(?:{pattern})$"), list(first))
Core.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))


def documents(path, loader):
    with open(path, encoding="utf-8") as file:
        return [document for document in yaml.load_all(file, loader) if document is not None]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    if sys.argv[2] == "good":
        for path in sys.argv[3:]:
            for loader in (Core, yaml.BaseLoader):
                for document in documents(path, loader):
                    for error in validator.iter_errors(document):
                        print(f"{path}: {loader.__name__}: {'.'.join(map(str, error.path))}: {error.message[:300]}")
        return
    for path in sys.argv[3:]:
        try:
            if all(validator.is_valid(document) for document in documents(path, Core)):
                print(path.rsplit("/", 1)[-1])
        except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError):
            pass  # no editor takes it


main()
