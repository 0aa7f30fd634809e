# SPDX-License-Identifier: Apache-2.0
"""What a forest is asked, and what is published of it, by a program of its own, from the forest's file and a table of features:

    validator.py judge FOREST ROWS BARS SIGNALS MODEL VALIDATOR SURE   signals (journal cat --json): each of slot MODEL has one of
        slot VALIDATOR behind it, which passes its side where the trees' probability of it is at least SURE, and is neutral where not;
        prints how many passed, were held back, and had too few candles, and how often the next candle went to the side of those
"""
import csv
import json
import math
import struct
import sys


def float32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


class Forest:
    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            learner = json.load(file)["learner"]
        base = float(learner["learner_model_param"]["base_score"])
        self.names = learner["feature_names"]
        self.base = math.log(base / (1 - base))
        self.trees = learner["gradient_booster"]["model"]["trees"]

    def up(self, x):
        margin = self.base
        for tree in self.trees:
            at = 0
            while tree["left_children"][at] != -1:
                side = "left" if x[tree["split_indices"][at]] < float32(tree["split_conditions"][at]) else "right"
                at = tree[side + "_children"][at]
            margin += tree["split_conditions"][at]
        return 1 / (1 + math.exp(-margin))


def rows_of(path, names):
    with open(path, encoding="utf-8") as file:
        return {int(row["time_ms"]): [float32(float(row[name])) for name in names] for row in csv.DictReader(file)}


def side_of(signal):
    if signal["direction"] != 0:
        return 1 if signal["direction"] == UP else -1
    return (signal["p_up"] > signal["p_down"]) - (signal["p_up"] < signal["p_down"])


UP = 1


def moves_of(path):
    """Of the end of each candle: what the next one moves."""
    with open(path, encoding="utf-8") as file:
        bars = [(int(row["open_time_ms"]) + 60000, float(row["close"])) for row in csv.DictReader(file)]
    return {bar[0]: after[1] - bar[1] for bar, after in zip(bars, bars[1:])}


def judge(forest, rows, moves, signals, model, validator, sure):
    counts = {"passed": 0, "held": 0, "few": 0}
    right = {"passed": [], "held": [], "few": []}
    heard, n_leaning = None, 0
    for signal in signals:
        if signal["slot"] == model:
            if heard is not None:
                sys.exit(f"a signal of the model at {heard['t']} is not answered")
            heard = signal
            continue
        if signal["slot"] != validator:
            continue
        if heard is None:
            sys.exit(f"a signal of nothing at {signal['t']}")
        time_ms = int(signal["t"]) // 1000000 // 60000 * 60000
        side = side_of(heard)
        if time_ms in rows:
            up = forest.up(rows[time_ms])
            likely = 0 if side == 0 else up if side > 0 else 1 - up
            is_passed = side != 0 and likely >= sure
            word = "passed" if is_passed else "held"
            near = abs(likely - sure) < 1e-6
            said = [f"up {int(up * 100 + 0.5 + off)}%" for off in (-1e-4, 1e-4)]
        else:
            likely, is_passed, word, near, said = 0, False, "few", False, ["too few candles"]
        counts[word] += 1
        n_leaning += word == "passed" and heard["direction"] == 0
        if side != 0 and moves.get(time_ms, 0) != 0:
            right[word].append(moves[time_ms] * side > 0)
        own, other = ("p_up", "p_down") if side > 0 else ("p_down", "p_up")
        is_kept = all(signal[name] == heard[name] for name in ("direction", "value", own)) and signal[other] == 0 and \
            abs(signal["p_flat"] - heard["p_flat"] - heard[other]) < 1e-12
        is_flat = (signal["direction"], signal["value"], signal["p_up"], signal["p_flat"], signal["p_down"]) == (0, 0, 0, 1, 0)
        if not near and not (is_kept if is_passed else is_flat):
            sys.exit(f"at {signal['t']}: the trees say {likely} of that side, and it is {signal} of {heard}")
        if abs(signal["confidence"] - likely) > 1e-5 or not any(signal["text"].endswith(text) for text in said):
            sys.exit(f"at {signal['t']}: the trees say {likely}, {said}, and it says {signal}")
        heard = None
    share = {word: sum(of) / len(of) for word, of in right.items()}
    print(f"{counts['passed']} passed ({n_leaning} of them neutral, with a side), {counts['held']} held back, {counts['few']} with too few candles; "
          f"of those that passed {share['passed']:.1%} were right, of those that were held back {share['held']:.1%}")
    if min(*counts.values(), n_leaning) < 20:
        sys.exit("too few of each to say anything")
    if share["passed"] < share["held"] + 0.15:
        sys.exit("the forest is of no use")


if __name__ == "__main__":
    forest = Forest(sys.argv[2])
    with open(sys.argv[5], encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    judge(forest, rows_of(sys.argv[3], forest.names), moves_of(sys.argv[4]), lines, int(sys.argv[6]), int(sys.argv[7]), float(sys.argv[8]))
