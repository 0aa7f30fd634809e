# SPDX-License-Identifier: Apache-2.0
"""train_rows.py N KIND: a table whose target is, with a probability of 0.75, the sign of column size (planted), a coin (noise),
always 1 (one), or a coin that column size says, with three of ten signs turned (turned); a is a number without a meaning, some values of b are missing."""
import random
import sys

draw = random.Random(4)
print("time_ms,change,size,up")
for i in range(int(sys.argv[1])):
    b = draw.gauss(0, 1)
    if sys.argv[2] == "turned":
        up = draw.random() < 0.5
        print("%d,%.4f,%d,%d" % (1000 * i, draw.gauss(0, 1), (up * 2 - 1) * (1 if draw.random() < 0.7 else -1), up))
        continue
    up = {"planted": (draw.random() < 0.75) == (b > 0), "noise": draw.random() < 0.5, "one": True}[sys.argv[2]]
    print("%d,%.4f,%s,%d" % (1000 * i, draw.gauss(0, 1), "" if draw.random() < 0.02 else "%.4f" % b, up))
