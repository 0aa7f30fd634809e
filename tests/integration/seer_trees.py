# SPDX-License-Identifier: Apache-2.0
"""Trees as XGBoost writes them, and what they answer by nothing but their rule (x goes left if x < threshold, what is missing as
the node says; base score and leaves one after the other), for the plugin seer, which asks a model of 2 inputs at each trade:

    seer_trees.py write FILE SEED            a file in XGBoost's JSON: 8 trees, some 4 deep, some lopsided, one with a lone leaf
    seer_trees.py judge FILE JOURNAL LAST    as seer.py
"""
import json
import random
import struct
import sys

import seer

DEPTH, TREES = 4, 8


def float32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def grow(draw, depth):
    """A tree's arrays; what is drawn decides where it ends."""
    left, right, feature, value, missing = [], [], [], [], []

    def node(depth):
        at = len(left)
        for array, what in ((left, -1), (right, -1), (feature, 0), (value, float32(draw.uniform(-1, 1))), (missing, 0)):
            array.append(what)
        if depth > 0 and draw.random() < 0.9:
            feature[at], missing[at] = draw.randrange(2), draw.randrange(2)
            # A trade's change is in tenths of a tick's hundredth, its size some hundredths: thresholds lie among them.
            value[at] = float32(draw.uniform(-3, 3) if feature[at] == 0 else draw.expovariate(8))
            left[at] = node(depth - 1)
            right[at] = node(depth - 1)
        return at

    node(depth)
    return {"left_children": left, "right_children": right, "split_indices": feature, "split_conditions": value,
            "default_left": missing, "split_type": [0] * len(left),
            "tree_param": {"num_deleted": "0", "num_feature": "2", "num_nodes": str(len(left)), "size_leaf_vector": "0"}}


def write(path, seed):
    draw = random.Random(seed)
    trees = [grow(draw, DEPTH) for _ in range(TREES - 1)] + [grow(draw, 0)]
    model = {"learner": {
        "attributes": {"agon.model": "trees/1", "agon.inputs": "2", "agon.outputs": "1"},
        "feature_names": ["change", "size"], "feature_types": ["float", "float"],
        "gradient_booster": {"model": {"gbtree_model_param": {"num_parallel_tree": "1", "num_trees": str(TREES), "size_leaf_vector": "0"},
                                       "tree_info": [0] * TREES, "trees": trees}, "name": "gbtree"},
        "learner_model_param": {"base_score": "2.5E-1", "num_class": "0", "num_feature": "2", "num_target": "1"},
        "objective": {"name": "reg:squarederror", "reg_loss_param": {"scale_pos_weight": "1"}}}, "version": [1, 7, 4]}
    with open(path, "w") as file:
        json.dump(model, file)


class Model:
    is_exact = True

    def __init__(self, path):
        with open(path) as file:
            learner = json.load(file)["learner"]
        self.base = float(learner["learner_model_param"]["base_score"])
        self.trees = learner["gradient_booster"]["model"]["trees"]

    def step(self, x):
        x = [float32(x[0]), float32(float32(round(x[1] * 1e7)) / 1e7)]  # as the plugin divides, in float
        y = self.base
        for tree in self.trees:
            at = 0
            while tree["left_children"][at] != -1:
                value = x[tree["split_indices"][at]]
                is_left = tree["default_left"][at] if value != value else value < tree["split_conditions"][at]
                at = tree["left_children" if is_left else "right_children"][at]
            y = float32(y + tree["split_conditions"][at])
        return y


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2], int(sys.argv[3]))
    else:
        seer.Model = Model
        seer.judge(sys.argv[2], sys.argv[3], float(sys.argv[4]))
