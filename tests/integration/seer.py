# SPDX-License-Identifier: Apache-2.0
"""A model as a file, and what it answers, by nothing but the formula of an LSTM (Hochreiter and Schmidhuber 1997, with the forget
gate of Gers 2000: i, f, o = sigmoid, g = tanh of x w_x + h w_h + b; c = f c + i g; h = o tanh c):

    seer.py write FILE SEED SERVED    a safetensors file of 2 inputs, 2 layers of 6, 1 output
    seer.py judge FILE JOURNAL LAST   of "journal cat --json": the trades at which it changes its side are those of the intents,
                                      and LAST is its last answer
"""
import json
import math
import random
import struct
import sys

INPUTS, HIDDEN, LAYERS = 2, 6, 2


def shapes():
    yield "norm.mean", [INPUTS]
    yield "norm.scale", [INPUTS]
    for layer in range(LAYERS):
        yield "lstm.%d.w_x" % layer, [INPUTS if layer == 0 else HIDDEN, 4 * HIDDEN]
        yield "lstm.%d.w_h" % layer, [HIDDEN, 4 * HIDDEN]
        yield "lstm.%d.b" % layer, [4 * HIDDEN]
    yield "dense.w", [HIDDEN, 1]
    yield "dense.b", [1]


def write(path, seed, served):
    draw = random.Random(seed)
    header = {"__metadata__": {"agon.model": "lstm/1", "agon.inputs": str(INPUTS), "agon.hidden": str(HIDDEN),
                               "agon.layers": str(LAYERS), "agon.outputs": "1", "agon.served": served}}
    body = b""
    for name, shape in shapes():
        n = math.prod(shape)
        values = [draw.uniform(-1.2, 1.2) for _ in range(n)]
        if name == "norm.scale":
            values = [0.5 + abs(value) for value in values]
        if name == "dense.b":
            values = [0.0]
        header[name] = {"dtype": "F32", "shape": shape, "data_offsets": [len(body), len(body) + 4 * n]}
        body += struct.pack("<%df" % n, *values)
    text = json.dumps(header).encode()
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + body)


def read(path):
    with open(path, "rb") as file:
        whole = file.read()
    n = struct.unpack("<Q", whole[:8])[0]
    header = json.loads(whole[8:8 + n])
    served = header.pop("__metadata__")["agon.served"]
    tensors = {}
    for name, of in header.items():
        begin, end = of["data_offsets"]
        tensors[name] = struct.unpack("<%df" % ((end - begin) // 4), whole[8 + n + begin:8 + n + end])
    return tensors, int(served.split(":")[1]) if ":" in served else 0


def sigmoid(x):
    return 0.5 + 0.5 * math.tanh(x / 2)


class Model:
    is_exact = False  # computes in double what the host computes in float

    def __init__(self, path):
        self.tensors, self.window = read(path)
        self.seen = []
        self.clear()

    def clear(self):
        self.h = [[0.0] * HIDDEN for _ in range(LAYERS)]
        self.c = [[0.0] * HIDDEN for _ in range(LAYERS)]

    def through(self, x):
        for layer in range(LAYERS):
            w_x, w_h, b = (self.tensors["lstm.%d.%s" % (layer, part)] for part in ("w_x", "w_h", "b"))
            z = [b[j] + sum(x[i] * w_x[i * 4 * HIDDEN + j] for i in range(len(x))) +
                 sum(self.h[layer][i] * w_h[i * 4 * HIDDEN + j] for i in range(HIDDEN)) for j in range(4 * HIDDEN)]
            i, f, g, o = (z[k * HIDDEN:(k + 1) * HIDDEN] for k in range(4))
            self.c[layer] = [sigmoid(f[k]) * self.c[layer][k] + sigmoid(i[k]) * math.tanh(g[k]) for k in range(HIDDEN)]
            self.h[layer] = [sigmoid(o[k]) * math.tanh(self.c[layer][k]) for k in range(HIDDEN)]
            x = self.h[layer]

    def step(self, x):
        mean, scale = self.tensors["norm.mean"], self.tensors["norm.scale"]
        x = [(x[i] - mean[i]) * scale[i] for i in range(INPUTS)]
        if self.window:
            self.seen = (self.seen + [x])[-self.window:]
            if len(self.seen) < self.window:
                return None
            self.clear()
            for of in self.seen:
                self.through(of)
        else:
            self.through(x)
        w, b = self.tensors["dense.w"], self.tensors["dense.b"]
        return b[0] + sum(self.h[-1][k] * w[k] for k in range(HIDDEN))


def judge(path, journal, last):
    model, wanted, close, side, y, n, last_px = Model(path), [], set(), 0, 0.0, 0, 0
    made = []
    with open(journal) as file:
        for row in map(json.loads, file):
            if row["type"] == "intent":
                made.append((int(row["cause_seq"]), row["side"]))
            if row["type"] != "trade":
                continue
            px, qty = int(row["px"]), int(row["qty"])
            answer = model.step([(px - last_px) / 100 if last_px else 0.0, qty / 10000000])
            last_px, n = px, n + 1
            if answer is None:
                continue
            if abs(answer - y) < 1e-6 and not model.is_exact:
                close.add(int(row["seq"]))  # a float may be on the other side
            if (answer > y) != (side > 0) or side == 0:
                side = 1 if answer > y else -1
                wanted.append((int(row["seq"]), "buy" if side > 0 else "sell"))
            y = answer
    if n < 500 or len(wanted) < 20:
        sys.exit("only %d trades and %d changes of side" % (n, len(wanted)))
    # One that is on the other side may change what the next one is.
    differ = [pair for pair in set(wanted) ^ set(made) if pair[0] not in close]
    if len(differ) > 2 * len(close) or len(close) * 20 > len(wanted):
        sys.exit("%d of %d decisions differ, and %d answers are close to 0" % (len(differ), len(wanted), len(close)))
    if abs(y - last) > 1e-5 * max(1, abs(y)):
        sys.exit("its last answer is %.9g, and not %.9g" % (last, y))
    print("%d trades, %d decisions, the last answer %.9g (%.9g)" % (n, len(wanted), last, y))


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        judge(sys.argv[2], sys.argv[3], float(sys.argv[4]))
