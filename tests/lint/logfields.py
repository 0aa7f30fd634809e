#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""logfields: each field of a log line (LOG_TEXT, LOG_NUMBER) stands in the table of docs/operations.md with its type,
and each of the table is written by some line. None has the name of what every line has."""
import glob
import os
import re
import sys

ROOT = os.environ.get("AGON_SOURCE_ROOT", os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))
EVERY = {"t", "level", "area", "key", "text", "times", "left_out", "dropped"}


def written():
    """{name: {(type, file)}} of the host's sources."""
    found = {}
    for path in glob.glob(os.path.join(ROOT, "host", "**", "*.c"), recursive=True):
        with open(path, encoding="utf-8") as file:
            for kind, name in re.findall(r'LOG_(TEXT|NUMBER)\(\s*"([^"]*)"', file.read()):
                found.setdefault(name, set()).add((kind.lower(), os.path.relpath(path, ROOT)))
    return found


def documented():
    """{name: type} of the table."""
    with open(os.path.join(ROOT, "docs", "operations.md"), encoding="utf-8") as file:
        text = file.read()
    table = re.search(r"^\| Field \| Type \| What it is \|\n\|[-|]+\|\n((?:\|.*\n)+)", text, re.M)
    if table is None:
        sys.exit("docs/operations.md: there is no table of the log's fields (| Field | Type | What it is |)")
    named = {}
    for row in table.group(1).splitlines():
        names, kind = row.split("|")[1:3]
        for name in re.findall(r"`([^`]+)`", names):
            named[name] = kind.strip()
    return named


def main():
    faults = []
    in_code, in_docs = written(), documented()
    for name, places in sorted(in_code.items()):
        for kind, path in sorted(places):
            if name in EVERY or not re.fullmatch(r"[a-z][a-z_]*", name):
                faults.append("%s: a field may not be called '%s'" % (path, name))
            elif in_docs.get(name) != kind:
                faults.append("%s: '%s' is a %s; the table of docs/operations.md says %s" %
                              (path, name, kind, in_docs.get(name, "nothing of it")))
    for name in sorted(set(in_docs) - set(in_code)):
        faults.append("docs/operations.md: no line of the log has the field '%s'" % name)
    for fault in faults:
        print(fault)
    return 1 if faults or not in_code else 0


if __name__ == "__main__":
    sys.exit(main())
