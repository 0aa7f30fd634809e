# SPDX-License-Identifier: Apache-2.0
"""direction.py TREES ROWS SIGNALS: is each signal of plugins/direction (journal cat --json) what the trees in that file answer of the
table's row of that candle, by the program of validator.py; is there one for each row?"""
import json
import sys

from validator import Forest, rows_of

forest = Forest(sys.argv[1])
rows = rows_of(sys.argv[2], forest.names)
n = 0
for line in open(sys.argv[3], encoding="utf-8"):
    signal = json.loads(line)
    time_ms = int(signal["t"]) // 1000000 // 60000 * 60000
    up = forest.up(rows.pop(time_ms))
    want = {"p_up": up, "p_flat": 0, "p_down": 1 - up, "value": 2 * up - 1, "confidence": max(up, 1 - up)}
    for name, value in want.items():
        if abs(signal[name] - value) > 1e-5:
            sys.exit(f"at {signal['t']}: {name} is {signal[name]}, the trees say {value}")
    if abs(up - 0.5) > 1e-5 and signal["direction"] != (1 if up > 0.5 else 2):
        sys.exit(f"at {signal['t']}: {signal['direction']} where up is {up}")
    n += 1
if len(rows) > 1:
    sys.exit(f"{len(rows)} rows have no signal")
print(f"{n} answers of {len(forest.trees)} trees are theirs")
