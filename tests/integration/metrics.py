#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""metrics: what a running host exports, against docs/metrics.md.

    metrics.py TEXT PAGE

TEXT is the body of /metrics. Each family is in the page with that type, each row has the labels that the page names and no
others, and of an enum that is a label one word holds for each of what it is of. MISSING families are named: of a host that
trades they are those for which there is nothing to show."""
import collections
import re
import sys

text, page = (open(path, encoding="utf-8").read() for path in sys.argv[1:3])
known = {}
for name, kind, labels in re.findall(r"^\| `(agon_\w+)` \| (\w+) \|[^|]*\|([^|]*)\|", page, re.M):
    known[name] = (kind, re.findall(r"`(\w+)`", labels))
faults, there = [], {}
sums = collections.Counter()
ENUMS = {"agon_state": "state", "agon_journal_state": "state", "agon_agent_state": "state", "agon_agent_stage": "stage",
         "agon_venue_state": "state", "agon_venue_health": "health"}
for line in text.splitlines():
    head = re.match(r"# TYPE (\S+) (\S+)", line)
    if head:
        there[head[1]] = head[2]
        if head[1] not in known or known[head[1]][0] != head[2]:
            faults.append(f"{head[1]} ({head[2]}) is not in the page so")
        continue
    row = re.match(r"([a-zA-Z_:]\w*)(?:\{(.*)\})? (\S+)$", line)
    if not row:
        if not line.startswith("# HELP "):
            faults.append(f"no row: {line}")
        continue
    name, labels = row[1], re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', row[2] or "")
    base = name if name in there else re.sub(r"_(bucket|sum|count)$", "", name)
    if base not in there:
        faults.append(f"{name} has no head")
        continue
    keys = [key for key, _ in labels if not (key == "le" and there[base] == "histogram")]
    if base in known and keys != known[base][1]:
        faults.append(f"{line}: labels {keys}, the page says {known[base][1]}")
    float(row[3])
    if base in ENUMS:
        sums[(base, tuple(pair for pair in labels if pair[0] != ENUMS[base]))] += int(row[3])
faults += [f"{name}{of}: {n} words hold" for (name, of), n in sums.items() if n != 1]
faults += [f"{name} has no row at all" for name in ENUMS if not any(of[0] == name for of in sums)]
print("not there:", ", ".join(name for name in known if name not in there) or "none")
for fault in faults:
    print("FAIL:", fault, file=sys.stderr)
print(f"{len(there)} families of {len(known)}, {sum(sums.values())} states")
sys.exit(1 if faults else 0)
