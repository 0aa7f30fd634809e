# SPDX-License-Identifier: Apache-2.0
"""Models as files, and what they answer, by nothing but the formulas: an LSTM (Hochreiter and Schmidhuber 1997, with the forget
gate of Gers 2000: i, f, o = sigmoid, g = tanh of x w_x + h w_h + b; c = f c + i g; h = o tanh c), dilated causal convolutions
with residuals (Bai 2018) and attention over the last steps (Vaswani 2017, with a bias by distance), both behind layer norms.

    seer.py write FILE SEED SERVED ARCH   a safetensors file of 2 inputs, 2 layers of 6, 1 output
    seer.py judge FILE JOURNAL LAST       of "journal cat --json": the trades at which it changes its side are those of the
                                          intents, and LAST is its last answer
"""
import json
import math
import random
import struct
import sys

INPUTS, HIDDEN, LAYERS = 2, 6, 2
TAPS = 3
HEADS, SPAN, FEED = 2, 5, 7
CARDS = {"lstm/1": {}, "tcn/1": {"agon.taps": str(TAPS)},
         "transformer/1": {"agon.heads": str(HEADS), "agon.span": str(SPAN), "agon.feed": str(FEED)}}


def shapes(arch):
    yield "norm.mean", [INPUTS]
    yield "norm.scale", [INPUTS]
    if arch != "lstm/1":
        yield "embed.w", [INPUTS, HIDDEN]
        yield "embed.b", [HIDDEN]
        yield "head.gain", [HIDDEN]
        yield "head.bias", [HIDDEN]
    for layer in range(LAYERS):
        if arch == "lstm/1":
            yield "lstm.%d.w_x" % layer, [INPUTS if layer == 0 else HIDDEN, 4 * HIDDEN]
            yield "lstm.%d.w_h" % layer, [HIDDEN, 4 * HIDDEN]
            yield "lstm.%d.b" % layer, [4 * HIDDEN]
        elif arch == "tcn/1":
            for name, shape in (("gain", [HIDDEN]), ("bias", [HIDDEN]), ("conv.w", [TAPS, HIDDEN, HIDDEN]), ("conv.b", [HIDDEN]),
                                ("mix.w", [HIDDEN, HIDDEN]), ("mix.b", [HIDDEN])):
                yield "tcn.%d.%s" % (layer, name), shape
        else:
            for name, shape in (("gain1", [HIDDEN]), ("bias1", [HIDDEN]), ("qkv.w", [HIDDEN, 3 * HIDDEN]), ("qkv.b", [3 * HIDDEN]),
                                ("near", [HEADS, SPAN]), ("out.w", [HIDDEN, HIDDEN]), ("out.b", [HIDDEN]), ("gain2", [HIDDEN]),
                                ("bias2", [HIDDEN]), ("up.w", [HIDDEN, FEED]), ("up.b", [FEED]), ("down.w", [FEED, HIDDEN]),
                                ("down.b", [HIDDEN])):
                yield "block.%d.%s" % (layer, name), shape
    yield "dense.w", [HIDDEN, 1]
    yield "dense.b", [1]


def write(path, seed, served, arch):
    draw = random.Random(seed)
    header = {"__metadata__": {"agon.model": arch, "agon.inputs": str(INPUTS), "agon.hidden": str(HIDDEN),
                               "agon.layers": str(LAYERS), "agon.outputs": "1", "agon.served": served, "agon.input.0": "change", "agon.input.1": "size",
                               **CARDS[arch]}}
    body = b""
    for name, shape in shapes(arch):
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
    card = header.pop("__metadata__")
    served = card["agon.served"]
    tensors = {}
    for name, of in header.items():
        begin, end = of["data_offsets"]
        tensors[name] = struct.unpack("<%df" % ((end - begin) // 4), whole[8 + n + begin:8 + n + end])
    return tensors, card["agon.model"], int(served.split(":")[1]) if ":" in served else 0


def sigmoid(x):
    return 0.5 + 0.5 * math.tanh(x / 2)


def gelu(x):
    return 0.5 * x * (1 + math.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def dense(x, w, b):
    return [b[j] + sum(x[i] * w[i * len(b) + j] for i in range(len(x))) for j in range(len(b))]


def norm(x, gain, bias):
    mean = sum(x) / len(x)
    rstd = 1 / math.sqrt(sum((value - mean) ** 2 for value in x) / len(x) + 1e-5)
    return [(x[i] - mean) * rstd * gain[i] + bias[i] for i in range(len(x))]


def added(a, b):
    return [a[i] + b[i] for i in range(len(a))]


class Model:
    is_exact = False  # computes in double what the host computes in float

    def __init__(self, path):
        self.tensors, self.arch, self.window = read(path)
        self.seen = []
        self.clear()

    def clear(self):
        self.h = [[0.0] * HIDDEN for _ in range(LAYERS)]
        self.c = [[0.0] * HIDDEN for _ in range(LAYERS)]
        self.past = [[] for _ in range(LAYERS)]  # the newest is the last

    def of(self, layer, *parts):
        kind = {"lstm/1": "lstm", "tcn/1": "tcn", "transformer/1": "block"}[self.arch]
        return [self.tensors["%s.%d.%s" % (kind, layer, part)] for part in parts]

    def through(self, x):
        """Returns what the dense layer at the end is given."""
        if self.arch == "lstm/1":
            for layer in range(LAYERS):
                x = self.cell(layer, x)
            return x
        x = dense(x, self.tensors["embed.w"], self.tensors["embed.b"])
        for layer in range(LAYERS):
            x = (self.convolved if self.arch == "tcn/1" else self.attended)(layer, x)
        return norm(x, self.tensors["head.gain"], self.tensors["head.bias"])

    def cell(self, layer, x):
        w_x, w_h, b = self.of(layer, "w_x", "w_h", "b")
        z = [b[j] + sum(x[i] * w_x[i * 4 * HIDDEN + j] for i in range(len(x))) +
             sum(self.h[layer][i] * w_h[i * 4 * HIDDEN + j] for i in range(HIDDEN)) for j in range(4 * HIDDEN)]
        i, f, g, o = (z[k * HIDDEN:(k + 1) * HIDDEN] for k in range(4))
        self.c[layer] = [sigmoid(f[k]) * self.c[layer][k] + sigmoid(i[k]) * math.tanh(g[k]) for k in range(HIDDEN)]
        self.h[layer] = [sigmoid(o[k]) * math.tanh(self.c[layer][k]) for k in range(HIDDEN)]
        return self.h[layer]

    def convolved(self, layer, x):
        gain, bias, w, b, mix_w, mix_b = self.of(layer, "gain", "bias", "conv.w", "conv.b", "mix.w", "mix.b")
        past = self.past[layer]
        past.append(norm(x, gain, bias))
        y = list(b)
        for tap in range(TAPS):
            back = tap * 2 ** layer
            if back < len(past):
                y = added(y, dense(past[-1 - back], w[tap * HIDDEN * HIDDEN:(tap + 1) * HIDDEN * HIDDEN], [0.0] * HIDDEN))
        return added(x, dense([gelu(value) for value in y], mix_w, mix_b))

    def attended(self, layer, x):
        gain1, bias1, w, b, near, out_w, out_b = self.of(layer, "gain1", "bias1", "qkv.w", "qkv.b", "near", "out.w", "out.b")
        gain2, bias2, up_w, up_b, down_w, down_b = self.of(layer, "gain2", "bias2", "up.w", "up.b", "down.w", "down.b")
        qkv = dense(norm(x, gain1, bias1), w, b)
        past = self.past[layer] = (self.past[layer] + [qkv])[-SPAN:]
        width, mixed = HIDDEN // HEADS, []
        for head in range(HEADS):
            at = head * width
            q = qkv[at:at + width]
            scores = [sum(q[i] * of[HIDDEN + at + i] for i in range(width)) / math.sqrt(width) +
                      near[head * SPAN + SPAN - len(past) + j] for j, of in enumerate(past)]
            parts = [math.exp(score - max(scores)) for score in scores]
            mixed += [sum(part * of[2 * HIDDEN + at + i] for part, of in zip(parts, past)) / sum(parts) for i in range(width)]
        x = added(x, dense(mixed, out_w, out_b))
        up = [gelu(value) for value in dense(norm(x, gain2, bias2), up_w, up_b)]
        return added(x, dense(up, down_w, down_b))

    def step(self, x):
        mean, scale = self.tensors["norm.mean"], self.tensors["norm.scale"]
        x = [(x[i] - mean[i]) * scale[i] for i in range(INPUTS)]
        if self.window:
            self.seen = (self.seen + [x])[-self.window:]
            if len(self.seen) < self.window:
                return None
            self.clear()
            for of in self.seen:
                top = self.through(of)
        else:
            top = self.through(x)
        return dense(top, self.tensors["dense.w"], self.tensors["dense.b"])[0]


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
        write(sys.argv[2], int(sys.argv[3]), sys.argv[4], sys.argv[5])
    else:
        judge(sys.argv[2], sys.argv[3], float(sys.argv[4]))
