#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""api: what a client of the API relies on stands in tests/lint/api.txt, a fact a line, with the edition that it is of.

A line that is not there any more breaks a client: the first number of the edition (API_EDITION in host/ops/api_schema.h) has to
be raised. A line that is added raises the second. A new word of a text in an answer is a break too: a client made from the
document refuses it. And each member that the sources of the answers write is described, also where no test comes to it.
`api.py --write` brings the file up to date, and refuses where the edition was not raised as far."""
import json
import os
import re
import subprocess
import sys

ROOT = os.environ["AGON_SOURCE_ROOT"]
AGON = os.path.join(os.environ["AGON_BUILD_ROOT"], "agon")
LIST = os.path.join(ROOT, "tests/lint/api.txt")


def type_of(schema):
    """In one word or some: of a text also the words that it may be, since who reads it may know these alone."""
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if "oneOf" in schema:
        return " or ".join(type_of(one) for one in schema["oneOf"])
    kind = schema.get("type", "anything")
    if kind == "array":
        kind = f"list of {type_of(schema['items'])}"
        if "maxItems" in schema:
            kind += f" ({schema.get('minItems', 0)} to {schema['maxItems']})"
    elif isinstance(schema.get("additionalProperties"), dict):
        kind = f"map of {type_of(schema['additionalProperties'])}"
    elif "enum" in schema:
        kind = "one of " + " ".join(json.dumps(word) for word in schema["enum"])
    elif "pattern" in schema:
        kind = "decimal"
    elif schema.get("format") == "date-time":
        kind = "time"
    return kind + (" or null" if schema.get("nullable") and "enum" not in schema else "")


def facts_of(document):
    facts = set()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            name = f"{method.upper()} {path}"
            facts.add(f"{name} is {operation['operationId']} of {operation['tags'][0]}")
            for parameter in operation.get("parameters", []):
                facts.add(f"{name} takes {parameter['in']} {parameter['name']}" + (" required" if parameter["required"] else ""))
            for media, body in operation.get("requestBody", {}).get("content", {}).items():
                facts.add(f"{name} takes {media} {type_of(body['schema'])}")
            for status, answer in operation["responses"].items():
                if "$ref" in answer:
                    answer = document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
                for media, body in answer.get("content", {"nothing": {"schema": {}}}).items():
                    facts.add(f"{name} {status} gives {media} {type_of(body['schema'])}")
    for name, schema in document["components"]["schemas"].items():
        if isinstance(schema.get("additionalProperties"), dict):
            facts.add(f"{name} has others: {type_of(schema['additionalProperties'])}")
        for member, one in schema["properties"].items():
            is_there = member in schema.get("required", [])
            facts.add(f"{name}.{member}{'' if is_there else ' ?'}: {type_of(one)}")
    return facts


def undescribed(document):
    """Members that an answer's source names and no object of the document has."""
    known = {member for schema in document["components"]["schemas"].values() for member in schema["properties"]}
    for name in sorted(os.listdir(os.path.join(ROOT, "host/ops"))):
        if not re.fullmatch(r"(api_(alerts|figures|history|ready|show|tournament|venues)|apply|verbs\w*)[.]c", name):
            continue
        path = os.path.join("host/ops", name)
        with open(os.path.join(ROOT, path), encoding="utf-8") as file:
            text = file.read()
        for match in re.finditer(r'\b(?:jout_key|jout_kv_\w+|api_put_\w+|put_\w+)\((?:api, )?(?:out|&out), "([a-z]\w*)"', text):
            if match.group(1) not in known:
                yield f"{path}:{text.count(chr(10), 0, match.start()) + 1}: writes '{match.group(1)}', and no object of the API has it: host/ops/api_schema*.c"


def main():
    said = subprocess.run([AGON, "config", "api"], capture_output=True, text=True, check=True)
    document = json.loads(said.stdout)
    edition = document["info"]["version"]
    facts = facts_of(document)
    old_edition, old = "0.0.0", set()
    if os.path.exists(LIST):
        with open(LIST, encoding="utf-8") as file:
            lines = [line.rstrip("\n") for line in file if not line.startswith("#")]
        old_edition, old = lines[0].split()[1], set(lines[1:])
    gone, added = sorted(old - facts), sorted(facts - old)
    now, then = [[int(part) for part in text.split(".")] for text in (edition, old_edition)]
    faults = []
    if gone and now[0] <= then[0]:
        faults = [f"tests/lint/api.txt: breaks clients of edition {old_edition}, and this is {edition}: {fact}" for fact in gone]
    elif added and now[:2] <= then[:2]:
        faults = [f"tests/lint/api.txt: new since edition {old_edition}, and this is {edition}: {fact}" for fact in added]
    if "--write" in sys.argv[1:] and not faults:
        with open(LIST, "w", encoding="utf-8") as file:
            file.write("# What a client of the API relies on (tests/lint/api.py --write).\n")
            file.write(f"edition {edition}\n" + "".join(f"{fact}\n" for fact in sorted(facts)))
        return 0
    if not faults and (gone or added or edition != old_edition):
        faults = [f"tests/lint/api.txt: is of edition {old_edition}, and this is {edition}: run tests/lint/api.py --write"]
    for fault in faults[:40]:
        print(fault)
    missing = list(undescribed(document))
    for fault in missing:
        print(fault)
    if missing:
        return 1
    if faults:
        print(f"{len(faults)} faults; the edition is API_EDITION in host/ops/api_schema.h: its first number is raised with what breaks, its second with what is new")
    return 1 if faults else 0


sys.exit(main())
