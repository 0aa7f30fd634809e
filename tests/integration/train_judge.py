# SPDX-License-Identifier: Apache-2.0
"""train_judge.py WHAT MODEL TABLE REPORT: what agon train says of the rows held out, by nothing but the model's file, the table and the
formulas (trees: XGBoost's rule, target up; an LSTM over a window: seer.py, whose target is a direction, up or down): how many it is
right in, and the 95 % interval of Wilson (1927) by what defines it: a share belongs to it that lies within 1.96 of its own deviations.
WHAT is what has to come of that: "coin": a half is in it, as of noise; "edge": all of it is above a half and above the best constant.
The report (--json) has to say the same figures."""
import csv
import json
import math
import sys

import seer
from seer_trees import float32


def bound(share, n, far):
    """The share farthest from `share` towards `far` that is no more than 1.96 of its own deviations away."""
    near = share
    for _ in range(100):
        middle = (near + far) / 2
        if abs(share - middle) <= 1.959963984540054 * math.sqrt(middle * (1 - middle) / n):
            near = middle
        else:
            far = middle
    return near


def by_trees(path):
    with open(path) as file:
        learner = json.load(file)["learner"]
    trees = learner["gradient_booster"]["model"]["trees"]
    base = float(learner["learner_model_param"]["base_score"])
    names = learner["feature_names"]

    def says_up(rows, at):
        x = [float32(float(rows[at][name])) if rows[at][name] != "" else None for name in names]
        y = math.log(base / (1 - base))
        for tree in trees:
            node = 0
            while tree["left_children"][node] != -1:
                value = x[tree["split_indices"][node]]
                is_left = tree["default_left"][node] if value is None else value < float32(tree["split_conditions"][node])
                node = tree["left_children" if is_left else "right_children"][node]
            y += tree["split_conditions"][node]
        return y > 0

    return says_up, "up"


def by_lstm(path):
    with open(path, "rb") as file:
        n = int.from_bytes(file.read(8), "little")
        card = json.loads(file.read(n))["__metadata__"]
    seer.INPUTS, seer.HIDDEN, seer.LAYERS = (int(card["agon." + of]) for of in ("inputs", "hidden", "layers"))
    names = [card["agon.input.%d" % i] for i in range(seer.INPUTS)]
    model = seer.Model(path)
    mean, scale = model.tensors["norm.mean"], model.tensors["norm.scale"]

    def says_up(rows, at):
        model.clear()
        for row in rows[at + 1 - model.window:at + 1]:
            top = model.through([(float(row[name]) - mean[i]) * scale[i] for i, name in enumerate(names)])
        up, _, down = seer.dense(top, model.tensors["dense.w"], model.tensors["dense.b"])
        return up > down

    return says_up, "target"


what, path, table, report = sys.argv[1:]
with open(report) as file:
    said = json.load(file)
with open(path, "rb") as file:
    is_trees = file.read(1) == b"{"
says_up, target = by_trees(path) if is_trees else by_lstm(path)
with open(table) as file:
    rows = list(csv.DictReader(file))
n = said["rows_held_out"]
held = range(len(rows) - n, len(rows))
is_up = {at: float(rows[at][target]) > 0 for at in held}
ups = sum(is_up.values())
right = sum(says_up(rows, at) == is_up[at] for at in held) / n
constant = max(ups, n - ups) / n  # the best there is, of those rows themselves
low, high = bound(right, n, 0.0), bound(right, n, 1.0)
print("%s: of %d right %.4f (95 %%: %.4f to %.4f), the best constant %.4f" % (what, n, right, low, high, constant))
for name, value in (("right", right), ("right_low", low), ("right_high", high), ("right_of_constant", constant)):
    if not abs(said[name] - value) < 1e-6:
        sys.exit("the report says %s %.6f, and it is %.6f" % (name, said[name], value))
if what == "coin" and not low <= 0.5 <= high or what == "edge" and not low > max(0.5, constant):
    sys.exit("that is no %s" % what)
