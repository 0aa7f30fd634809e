#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""config_schema: holds `agon config schema` and `agon config check` against each other, with a validator that others wrote.

    config_schema.py AGON PLUGINS CONFIGS TABLE START

Every example of CONFIGS is taken by the schema of its kind, by the one of all kinds, and by the check. Every mistake of TABLE
(mistakes.txt) that changes a file is refused by the check with the row's exit code, and, where the mistake is one of structure
(an unknown key, none where one is required, a value of another kind or beyond a plain number's range, a word that is not one of
those), by the schema too; those that only the parser sees are named by their codes, and are not many. START has the files that
the mistakes begin from."""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import jsonschema
import yaml

AGON, PLUGINS, CONFIGS, TABLE, START = map(os.path.abspath, sys.argv[1:6])
FILES = {"live": ("conf/live.yaml", "run"), "venue": ("conf/venue.yaml", "venue"), "roster": ("conf/roster.yaml", "roster"),
         "accounts": ("accounts.yaml", "accounts"), "faults": ("faults.yaml", "faults")}
# Of the parser alone: bytes, YAML of more than one form, values against each other, paths, secrets, plugins.
NOT_STRUCTURE = {1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 1012, 1021, 1022, 1025, 1026, 1027}


class Core(yaml.SafeLoader):
    """YAML 1.2's core schema: what 1.1 took for dates, times and booleans is text."""


Core.yaml_implicit_resolvers = {}
for tag, form, first in (("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"), ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
                         ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
                         ("float", r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789")):
    Core.add_implicit_resolver("tag:yaml.org,2002:" + tag, re.compile(form), list(first))
Core.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(loader.construct_scalar(node)))
Core.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(loader.construct_scalar(node)))


def run(*words, folder=None):
    environment = dict(os.environ, CREDENTIALS_DIRECTORY=os.path.join(START, "credentials"))
    return subprocess.run([AGON, *words], cwd=folder, capture_output=True, text=True, env=environment, check=False, timeout=60)


def schema_of(*kind):
    said = run("config", "schema", *kind)
    if said.returncode != 0:
        sys.exit(f"FAIL: config schema {kind}: {said.stderr}")
    import json
    document = json.loads(said.stdout)
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


def load(path):
    with open(path, encoding="utf-8") as file:
        return yaml.load(file, Loader=Core)


faults = []


def complain(what):
    faults.append(what)
    print("FAIL:", what, file=sys.stderr)


kinds = {name: schema_of(name) for name in ("run", "venue", "roster", "tournament", "market", "accounts", "faults", "gpu", "gpu-shares", "trees", "net", "ppo", "plan")}
every = schema_of()
by_folder = {"": "run", "venues": "venue", "rosters": "roster", "tournament": "tournament", "markets": "market", "train": "trees", "gpu": "gpu",
             "gpu/shares": "gpu-shares"}
n_files = 0
for folder, _, names in sorted(os.walk(CONFIGS)):
    for name in sorted(names):
        if not name.endswith((".yaml", ".yml")):
            continue  # a list of features
        path = os.path.join(folder, name)
        kind = by_folder[os.path.relpath(folder, CONFIGS).replace(".", "")]
        kind = {"ppo.yaml": "ppo", "plan.yaml": "plan"}.get(name, kind) if kind == "trees" else kind
        value = load(path)
        if kind == "trees" and "goal" in value:
            kind = "net"  # of one folder, by the key that each names first
        n_files += 1
        for which, validator in ((kind, kinds[kind]), ("every kind", every)):
            for error in list(validator.iter_errors(value))[:2]:
                complain(f"{path}: the schema of {which} refuses it: {error.json_path}: {error.message}")
        said = run("config", "check", path)
        if said.returncode != 0 or f": {kind}, well" not in said.stdout:
            complain(f"{path}: config check: {said.returncode}: {said.stdout}{said.stderr}")
        other = [one for one in kinds if one != kind and kinds[one].is_valid(value)]
        if other:
            complain(f"{path}: of kind {kind}, and taken as {other}")

n_rows = n_both = 0
only_parser = {}
with open(TABLE, encoding="utf-8") as lines:
    rows = [line.rstrip("\n") for line in lines if line[0] in "35" and " | <<" in line]
for line in rows:
    cells = [cell.strip() for cell in line.split(" | ")]
    mistake = cells[1]
    changes = []
    while mistake.startswith("<<"):
        change, mistake = mistake[2:].split(">>", 1)
        mistake = mistake.strip()
        changes.append(change)
    # `agon run` itself and its files: of other commands the option matters too.
    if mistake or any(change.startswith("$") or change.split(":", 1)[0] not in ("live", "venue", "roster") for change in changes):
        continue
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(os.path.join(START, "conf"), os.path.join(folder, "conf"))
        for change in changes:
            name, edit = change.split(":", 1)
            old, new = [side.strip().replace("\\n", "\n").replace("\\t", "\t") for side in edit.split("=>")]
            path = os.path.join(folder, FILES[name][0])
            with open(path, encoding="utf-8") as file:
                text = file.read()
            assert old in text, line
            with open(path, "w", encoding="utf-8") as file:
                file.write(text.replace(old, new.replace("$PLUGINS", PLUGINS), 1))
        said = run("config", "check", "conf/live.yaml", "--kind", "run", "--plugins", PLUGINS, folder=folder)
        if "$PORT" in line or "$" in "".join(changes):
            continue
        codes = {int(code) for code in re.findall(r"error\[AG-(\d+)\]", said.stderr)}
        n_rows += 1
        if said.returncode != int(cells[0]):
            complain(f"{cells[1]}: config check ends with {said.returncode} instead of {cells[0]}: {said.stderr}")
        for part in cells[2].split(" && "):
            if not re.search(part.strip(), said.stderr):
                complain(f"{cells[1]}: config check does not say '{part}': {said.stderr}")
        is_refused = False
        for name in ("live", "venue", "roster"):
            try:
                value = load(os.path.join(folder, FILES[name][0]))
            except (yaml.YAMLError, UnicodeDecodeError):
                is_refused = True
                continue
            is_refused |= not kinds[FILES[name][1]].is_valid(value)
        n_both += is_refused
        if not is_refused and codes and not codes <= NOT_STRUCTURE:
            # A text with a unit, or what stands in another file, has a meaning that no schema knows.
            only_parser.setdefault(min(codes - NOT_STRUCTURE), []).append(cells[1])
structural = {code: rows for code, rows in only_parser.items() if code in (1011, 1013, 1014, 1015, 1016, 1020, 1024)}
for code, found in sorted(structural.items()):
    for row in found:
        if not re.search("params: {|signals: {", row):  # their keys are the plugin's
            complain(f"AG-{code}: {row}: the check refuses it and the schema takes it")
if n_rows < 60 or n_both * 3 < n_rows:
    complain(f"{n_rows} mistakes, {n_both} refused by the schema: too few to say anything")
for code, found in sorted(only_parser.items()):
    print(f"of the parser alone, AG-{code}: {len(found)}" + (f": {found}" if os.environ.get("SHOW") else ""))
print(f"{n_files} examples taken by both; of {n_rows} mistakes all refused by the check, {n_both} by the schema too")
sys.exit(1 if faults else 0)
