#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""numbers_formats KIT FORMATS: the page's rounding (kit.mjs, asked by tests/browser/formats.mjs) is the host's: of numbers as printf rounds
them, of decimal texts to the even one."""
import random
import subprocess
import sys
from decimal import ROUND_HALF_EVEN, Decimal as D

draw, asks, want = random.Random(1), [], []
for number in ('0.125', '-0.125', '0.375', '0.3125', '0.0625', '2.5', '3.5', '-2.5', '1e-9', '0.005', '1.005', '0', '99.995', '1.25', '1014000.125'):
    for digits in range(5):
        asks.append(f'fixed {number} {digits}')
        want.append('%.*f' % (digits, float(number)))
for _ in range(3000):
    digits = draw.choice((0, 1, 2, 3, 4))
    number = draw.choice((draw.randint(-2**20, 2**20) / 2**draw.randint(0, 6), draw.uniform(-1e6, 1e6), draw.randint(-10**7, 10**7) / 10**(digits + 1)))
    asks.append(f'fixed {number!r} {digits}')
    want.append('%.*f' % (digits, number))
    text = f'{D(draw.randint(-10**12, 10**12)).scaleb(-draw.randint(0, 8)):f}'
    asks.append(f'rounded {text} {digits}')
    nearest = D(text).quantize(D(1).scaleb(-digits), ROUND_HALF_EVEN)
    want.append(str(abs(nearest) if nearest == 0 else nearest))
said = subprocess.run(['node', sys.argv[2], sys.argv[1]], input='\n'.join(asks), capture_output=True, text=True, check=True).stdout.split()
wrong = [(ask, is_, other) for ask, is_, other in zip(asks, said, want) if is_ != other]
if wrong or len(said) != len(want):
    sys.exit(f'{len(wrong)} of {len(want)} numbers are rounded otherwise on the page: {wrong[:3]}')
print(f'formats: {len(want)} numbers are rounded alike')
