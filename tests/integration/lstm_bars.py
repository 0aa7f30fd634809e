# SPDX-License-Identifier: Apache-2.0
"""lstm_bars.py SEED N SHARE [PULL]: candles of a minute, each move a share of the one before, a draw, and that part (0.0005) of the way
back to 60,000; the same on each machine."""
import random
import sys

draw = random.Random(int(sys.argv[1]))
pull = float((sys.argv[4:] or [0.0005])[0])
move, px = 0.0, 60000.0
print("open_time_ms,open,high,low,close,volume")
for i in range(int(sys.argv[2])):
    move = float(sys.argv[3]) * move + sum(draw.random() for _ in range(4)) * 60 - 120
    move += (60000 - px) * pull
    close = int((px + move) * 100) / 100
    print(f"{1735689600000 + i * 60000},{px:.2f},{max(px, close) + 5:.2f},{min(px, close) - 5:.2f},{close:.2f},400")
    px = close
