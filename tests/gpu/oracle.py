#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""oracle: the model that parity dumped, once more by torch: output, gradient, and training by Adam.

    oracle.py model-32.bin model-64.bin

Bounds are those of the issue: weights after 200 steps in double within 1e-8, after 50 in float
within 1e-3. Ends with 1 when one is passed, 3 where there is no torch.
"""
import sys

try:
    import numpy
    import torch
except ImportError as missing:
    print(f"oracle: not run: {missing}")
    sys.exit(3)


class Model(torch.nn.Module):
    def __init__(self, inputs, hidden, outputs):
        super().__init__()
        self.lstm = torch.nn.LSTM(inputs, hidden, num_layers=2)
        self.head = torch.nn.Linear(hidden, outputs)

    def forward(self, x):
        return self.head(self.lstm(x)[0])


def blocks(inputs, hidden, outputs):
    """Our block of weights in order: name in torch, shape as we store it."""
    for layer, width in ((0, inputs), (1, hidden)):
        yield f"lstm.weight_ih_l{layer}", (width, 4 * hidden)
        yield f"lstm.weight_hh_l{layer}", (hidden, 4 * hidden)
        yield f"lstm.bias_ih_l{layer}", (4 * hidden,)
    yield "head.weight", (hidden, outputs)
    yield "head.bias", (outputs,)


def ours(values, shapes):
    at = 0
    for name, shape in shapes:
        n = int(numpy.prod(shape))
        yield name, torch.from_numpy(values[at:at + n].reshape(shape).T.copy())
        at += n
    assert at == len(values)


def distance(a, b):
    return float((a - b).detach().abs().max())


def judge(path, bits):
    with open(path, "rb") as file:
        data = file.read()
    steps, batch, inputs, hidden, outputs, trained, n_weights = numpy.frombuffer(data, "<u4", 7)
    steps, batch, inputs, hidden, outputs, trained, n_weights = map(
        int, (steps, batch, inputs, hidden, outputs, trained, n_weights))
    values = numpy.frombuffer(data, f"<f{bits // 8}", offset=28)
    sizes = [n_weights, steps * batch * inputs, steps * batch * outputs, steps * batch * outputs,
             n_weights, n_weights]
    weights, x, target, y, gradient, after = numpy.split(values, numpy.cumsum(sizes)[:-1])
    dtype = torch.float64 if bits == 64 else torch.float32
    shapes = list(blocks(inputs, hidden, outputs))
    x = torch.from_numpy(x.reshape(steps, batch, inputs).copy())
    target = torch.from_numpy(target.reshape(steps, batch, outputs).copy())
    y = torch.from_numpy(y.reshape(steps, batch, outputs).copy())

    model = Model(inputs, hidden, outputs).to(dtype)
    params = dict(model.named_parameters())
    with torch.no_grad():
        for name, value in ours(weights, shapes):
            params[name].copy_(value)
        for name in params:  # torch has two biases, whose sum is ours: the second stays 0
            if "bias_hh" in name:
                params[name].zero_()
                params[name].requires_grad_(False)

    out = model(x)
    loss = torch.nn.functional.mse_loss(out, target)
    loss.backward()
    far = {"output": distance(out, y),
           "gradient": max(distance(params[name].grad, value)
                           for name, value in ours(gradient, shapes))}
    adam = torch.optim.Adam([p for p in params.values() if p.requires_grad], lr=1e-3)
    for _ in range(trained):
        adam.zero_grad()
        torch.nn.functional.mse_loss(model(x), target).backward()
        adam.step()
    far[f"weights after {trained} steps"] = max(
        distance(params[name], value) for name, value in ours(after, shapes))
    bound = 1e-8 if bits == 64 else 1e-3
    good = True
    for what, by in far.items():
        is_good = by <= bound
        good &= is_good
        print(f"{'near  ' if is_good else 'FAR   '} {'double' if bits == 64 else 'float'} {what}: "
              f"{by:.3g} from torch {torch.__version__}, at most {bound:g}")
    return good


if __name__ == "__main__":
    results = [judge(path, 64 if "64" in path.rsplit("/", 1)[-1] else 32) for path in sys.argv[1:]]
    print("ORACLE AGREES" if all(results) else "ORACLE DISAGREES")
    sys.exit(0 if all(results) else 1)
