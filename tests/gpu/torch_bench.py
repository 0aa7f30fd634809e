#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""torch_bench: the training step that bench times, by torch on the same card (cuDNN, no TF32): two layers of LSTM with 256
cells, a dense layer, mean square error, Adam; 200 steps of 64 rows. A yardstick, and no verdict."""
import statistics
import sys
import time

import torch

if not torch.cuda.is_available():
    print("torch_bench: not run: torch sees no card")
    sys.exit(77)
torch.backends.cuda.matmul.allow_tf32 = False
torch.backends.cudnn.allow_tf32 = False


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.lstm = torch.nn.LSTM(5, 256, num_layers=2)
        self.head = torch.nn.Linear(256, 3)

    def forward(self, x):
        return self.head(self.lstm(x)[0])


for dtype, name in ((torch.float32, "float"), (torch.float64, "double")):
    torch.manual_seed(1)
    model = Model().to("cuda", dtype)
    adam = torch.optim.Adam(model.parameters(), lr=1e-3)
    x = torch.rand(200, 64, 5, device="cuda", dtype=dtype)
    target = torch.rand(200, 64, 3, device="cuda", dtype=dtype)
    took = {"forward": [], "training step": []}
    for turn in range(25):
        torch.cuda.synchronize()
        begin = time.perf_counter()
        with torch.no_grad():
            model(x)
        torch.cuda.synchronize()
        middle = time.perf_counter()
        adam.zero_grad()
        torch.nn.functional.mse_loss(model(x), target).backward()
        adam.step()
        torch.cuda.synchronize()
        if turn >= 5:
            took["forward"].append(middle - begin)
            took["training step"].append(time.perf_counter() - middle)
    for what, times in took.items():
        print(f"torch {torch.__version__} {name}, lstm 2x256, 200 steps of 64 rows: {what} "
              f"{1e3 * statistics.median(times):.2f} ms")
