#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Models of XGBoost and what it answers by them, for tests/unit/nn/test_trees.c:

    make.py DIR [SEED]    writes DIR/NAME.json, NAME.ubj and NAME.rows for each kind of model, and DIR/train.rows

A row is the features ("nan" is missing), then the margin and the answer of each output. In train.rows, for test_trees_train.c, it
is the features, the target, and the margin that XGBoost has for it after TRAIN (histograms with a bin for each value, so that
no choice of bins is between the two). Values are quarters, so that many of
them are thresholds. The files beside this script are of seed 1, by XGBoost 1.7.4 of Debian 12 (python3-xgboost 1.7.4-1). Exits
with 77 where the package is missing."""
import sys

try:
    import numpy as np
    import xgboost as xgb
except ImportError as error:
    print("make.py: %s" % error, file=sys.stderr)
    sys.exit(77)

N_TRAIN, N_ROWS, N_FEATURES = 400, 60, 5

# Name, parameters, rounds; a model of each way by which XGBoost grows trees that look otherwise in the file.
KINDS = [
    ("squared", {"objective": "reg:squarederror", "tree_method": "hist", "max_depth": 4, "base_score": 0.3}, 12),
    ("logistic", {"objective": "binary:logistic", "tree_method": "exact", "max_depth": 4, "gamma": 2.0, "base_score": 0.2}, 10),
    ("softprob", {"objective": "multi:softprob", "num_class": 3, "tree_method": "hist", "max_depth": 3}, 4),
    ("forest", {"objective": "binary:logistic", "tree_method": "hist", "max_depth": 5, "num_parallel_tree": 6, "subsample": 0.6,
                "colsample_bynode": 0.6, "eta": 1.0}, 1),
    ("leafwise", {"objective": "reg:squarederror", "tree_method": "hist", "grow_policy": "lossguide", "max_depth": 0,
                  "max_leaves": 12}, 3),
    ("stump", {"objective": "binary:logistic", "tree_method": "hist", "max_depth": 1, "gamma": 1e9}, 2),
]
TRAIN = {"objective": "binary:logistic", "tree_method": "hist", "max_depth": 4, "eta": 0.2, "lambda": 1.5, "gamma": 0.1,
         "min_child_weight": 2.0, "max_bin": 256}
TRAIN_ROUNDS = 20


def rows(draw, n):
    x = (np.round(draw.normal(size=(n, N_FEATURES)) * 4) / 4).astype(np.float32)
    x[draw.random(x.shape) < 0.1] = np.nan
    return x


def target(draw, x, objective):
    seen = np.nan_to_num(x)
    z = seen[:, 0] + seen[:, 1] * seen[:, 2] + 0.3 * draw.normal(size=len(x))
    if objective == "reg:squarederror":
        return z
    return (z > 0).astype(int) if objective == "binary:logistic" else (z > -0.5).astype(int) + (z > 0.5).astype(int)


def number(value):
    return "nan" if np.isnan(value) else "%.9g" % value


def main():
    folder, seed = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 1
    draw = np.random.default_rng(seed)
    for name, params, n_rounds in KINDS:
        x = rows(draw, N_TRAIN)
        data = xgb.DMatrix(x, target(draw, x, params["objective"]))
        booster = xgb.train({**params, "seed": seed, "nthread": 1, "verbosity": 0}, data, n_rounds)
        booster.set_attr(**{"agon.model": "trees/1", "agon.inputs": str(N_FEATURES)})
        for form in ("json", "ubj"):
            booster.save_model("%s/%s.%s" % (folder, name, form))
        asked = rows(draw, N_ROWS)
        margins = booster.predict(xgb.DMatrix(asked), output_margin=True).reshape(N_ROWS, -1)
        answers = booster.predict(xgb.DMatrix(asked)).reshape(N_ROWS, -1)
        with open("%s/%s.rows" % (folder, name), "w") as file:
            for values in zip(asked, margins, answers):
                file.write(" ".join(number(value) for part in values for value in part) + "\n")
    x = rows(draw, N_TRAIN)
    y = target(draw, x, "binary:logistic")
    data = xgb.DMatrix(x, y)
    booster = xgb.train({**TRAIN, "nthread": 1, "verbosity": 0}, data, TRAIN_ROUNDS)
    with open(folder + "/train.rows", "w") as file:
        for values, to, margin in zip(x, y, booster.predict(data, output_margin=True)):
            file.write(" ".join(map(number, [*values, to, margin])) + "\n")


if __name__ == "__main__":
    main()
