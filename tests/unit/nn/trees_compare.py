#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The own trainer beside XGBoost, on the same rows with equal parameters: trees_compare.py TOOL. XGBoost reads the file that the
trainer wrote, has the same margins by it, and the log-loss (or the mean square) of it on the rows that were trained on and on
others is within 1 % of what XGBoost's own training has. Of files of both the gain of each feature is XGBoost's (importance types
total_gain, gain and weight). Exits with 77 where python3-xgboost is missing."""
import os
import subprocess
import sys
import tempfile

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # its threads wait for one another, and other tests for a processor

try:
    import numpy as np
    import xgboost as xgb
except ImportError as error:
    print("python3-xgboost is not installed: %s" % error, file=sys.stderr)
    sys.exit(77)

ROWS, FEATURES = 20000, 12
# Own names; XGBoost's are the same but for OTHER. Bins are chosen and rows drawn otherwise, which moves a loss by some thousandths
# either way: means of N_SEEDS data sets are compared.
N_SEEDS = 2
CASES = [
    ("plain", {"objective": "logistic", "rounds": 50, "max_depth": 6, "eta": 0.15, "lambda": 1}),
    ("shallow", {"objective": "logistic", "rounds": 80, "max_depth": 3, "eta": 0.1, "lambda": 5, "min_child_weight": 20, "bins": 64}),
    ("pruned", {"objective": "logistic", "rounds": 30, "max_depth": 8, "eta": 0.2, "lambda": 1, "gamma": 4, "base_score": 0.3}),
    ("squared", {"objective": "squared", "rounds": 40, "max_depth": 5, "eta": 0.2, "lambda": 1}),
    ("drawn", {"objective": "logistic", "rounds": 50, "max_depth": 5, "eta": 0.2, "lambda": 1, "subsample": 0.6, "colsample_tree": 0.7}),
    ("forest", {"objective": "logistic", "rounds": 1, "parallel": 50, "max_depth": 7, "eta": 1, "lambda": 1e-5, "subsample": 0.632,
                "colsample_node": 0.5}),
]
OTHER = {"bins": "max_bin", "parallel": "num_parallel_tree", "colsample_tree": "colsample_bytree", "colsample_node": "colsample_bynode"}
OBJECTIVES = {"logistic": "binary:logistic", "squared": "reg:squarederror"}


def rows(draw, objective):
    x = draw.normal(size=(ROWS, FEATURES)).astype(np.float32)
    x[:, 3] = np.round(x[:, 3])  # a few values alone
    x[:, 4] = draw.integers(0, 2, ROWS)
    x[draw.random(x.shape) < 0.05] = np.nan
    seen = np.nan_to_num(x)
    z = seen[:, 0] + 0.5 * (seen[:, 1] + 1) * (seen[:, 2] + 1) + 0.5 * seen[:, 3] * seen[:, 4] + np.isnan(x[:, 5]) + draw.normal(size=ROWS)
    return x, (z if objective == "squared" else z > 0.3).astype(np.float32)


def loss(objective, margins, y):
    m = margins.astype(np.float64)
    return np.mean((m - y) ** 2) if objective == "squared" else np.mean(np.logaddexp(0, m) - y * m)


def own(tool, work, x, y, params):
    np.concatenate([x.ravel(), y]).astype(np.float32).tofile(work + "/data")
    subprocess.run([tool, str(ROWS), str(FEATURES), work + "/data", work + "/model.json", work + "/margins", "threads=2"] +
                   ["%s=%s" % pair for pair in params.items()], check=True)
    booster = xgb.Booster(model_file=work + "/model.json")
    margins = booster.predict(xgb.DMatrix(x), output_margin=True)
    apart = np.max(np.abs(margins - np.fromfile(work + "/margins", dtype=np.float32)))
    if not apart <= 1e-6:
        sys.exit("XGBoost reads other margins of the own file: %g apart" % apart)
    again = work + "/again.json"
    booster.save_model(again)
    if os.path.getsize(again) < 1000 or booster.attr("agon.model") != "trees/1":
        sys.exit("XGBoost does not keep what it has read")
    same_gain(tool, again)
    same_gain(tool, work + "/model.json")
    return booster


def same_gain(tool, path):
    """Of a file: what the tool reads of its splits is what XGBoost says."""
    booster = xgb.Booster(model_file=path)
    lines = subprocess.run([tool, "gain", path], check=True, stdout=subprocess.PIPE, universal_newlines=True).stdout.split("\n")[:-1]
    total, mean, weight = (booster.get_score(importance_type=kind) for kind in ("total_gain", "gain", "weight"))
    names = booster.feature_names or ["f%d" % i for i in range(FEATURES)]
    if len(lines) != FEATURES or not total:
        sys.exit("%s: %d features" % (path, len(lines)))
    for name, line in zip(names, lines):
        own_total, splits = float(line.split()[0]), int(line.split()[1])
        for what, is_own, is_theirs in (("total_gain", own_total, total.get(name, 0)), ("weight", splits, weight.get(name, 0)),
                                        ("gain", own_total / splits if splits else 0, mean.get(name, 0))):
            if not abs(is_own - is_theirs) <= 1e-5 * abs(is_theirs):
                sys.exit("%s, %s of %s is %.9g, and XGBoost says %.9g" % (path, what, name, is_own, is_theirs))


def theirs(x, y, params, seed):
    named = {OTHER.get(key, key): value for key, value in params.items() if key != "rounds"}
    named["objective"] = OBJECTIVES[params["objective"]]
    return xgb.train({"tree_method": "hist", "base_score": 0.5, **named, "seed": seed, "nthread": 2, "verbosity": 0},
                     xgb.DMatrix(x, y), params["rounds"])


def main():
    tool, failed = sys.argv[1], False
    with tempfile.TemporaryDirectory(prefix="agon-test-") as work:
        for name, params in CASES:
            sums = np.zeros((2, 2))
            for seed in range(N_SEEDS):
                draw = np.random.default_rng(100 + seed)
                x, y = rows(draw, params["objective"])
                x_other, y_other = rows(draw, params["objective"])
                other = theirs(x, y, params, seed)
                other.save_model(work + "/theirs.json")
                same_gain(tool, work + "/theirs.json")
                for i, booster in enumerate((own(tool, work, x, y, params), other)):
                    for j, (to_x, to_y) in enumerate(((x, y), (x_other, y_other))):
                        sums[i, j] += loss(params["objective"], booster.predict(xgb.DMatrix(to_x), output_margin=True), to_y) / N_SEEDS
            ratios = sums[0] / sums[1]
            is_good = abs(ratios[0] - 1) < 0.01 and ratios[1] < 1.01
            failed |= not is_good
            print("%-8s %s own %.5f, XGBoost %.5f (%.4f); on other rows %.5f, %.5f (%.4f)" % (
                name, "ok  " if is_good else "FAIL", sums[0, 0], sums[1, 0], ratios[0], sums[0, 1], sums[1, 1], ratios[1]))
    sys.exit(failed)


if __name__ == "__main__":
    main()
