#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""numbers_formats KIT FORMATS [LATENCY]: the page's rounding (kit.mjs, asked by tests/browser/formats.mjs) is the host's: of numbers as printf rounds
them, of decimal texts to the even one, and so what is on an account. Quantiles of latencies by octaves are
those of what was measured; losses, and spans of time read as in tests/data/spans/cases.txt, to which C is held by base_span. LATENCY: what `ctl latency --json` says of a host."""
import json
import math
import os
import random
import subprocess
import sys
from decimal import ROUND_HALF_EVEN, Decimal as D



def shown(number, digits):
    """As the host writes it: what rounds to nothing has no sign."""
    text = f'{number:.{digits}f}'
    return text.removeprefix('-') if float(text) == 0 else text


draw, asks, want = random.Random(1), [], []
for number in ('0.125', '-0.125', '0.375', '0.3125', '0.0625', '2.5', '3.5', '-2.5', '1e-9', '-1e-9', '-0.004', '-0.005', '-0.5', '-0', '0.005', '1.005', '0', '99.995', '1.25', '1014000.125'):
    for digits in range(5):
        asks.append(f'fixed {number} {digits}')
        want.append(shown(float(number), digits))
for _ in range(3000):
    digits = draw.choice((0, 1, 2, 3, 4))
    number = draw.choice((draw.randint(-2**20, 2**20) / 2**draw.randint(0, 6), draw.uniform(-1e6, 1e6), draw.randint(-10**7, 10**7) / 10**(digits + 1)))
    asks.append(f'fixed {number!r} {digits}')
    want.append(shown(number, digits))
    text = f'{D(draw.randint(-10**12, 10**12)).scaleb(-draw.randint(0, 8)):f}'
    asks.append(f'rounded {text} {digits}')
    nearest = D(text).quantize(D(1).scaleb(-digits), ROUND_HALF_EVEN)
    want.append(str(abs(nearest) if nearest == 0 else nearest))
for text in ('1000.125', '1000.135', '-2500.005', '982440.44257102', '999.9999995', '0.0000005', '0.0000015', '-0.0000001', '0.30783004', '0', '100', '12.5'):
    asks.append(f'fine {text} 0')
    is_large = abs(D(text)) >= 1000
    nearest = D(text).quantize(D('0.01' if is_large else '0.000001'), ROUND_HALF_EVEN)
    shown = f'{abs(nearest) if nearest == 0 else nearest:f}'
    want.append(shown if is_large else shown.rstrip('0').rstrip('.'))
said = subprocess.run(['node', sys.argv[2], sys.argv[1]], input='\n'.join(asks), capture_output=True, text=True, check=True).stdout.split()
wrong = [(ask, is_, other) for ask, is_, other in zip(asks, said, want) if is_ != other]
if wrong or len(said) != len(want):
    sys.exit(f'{len(wrong)} of {len(want)} numbers are rounded otherwise on the page: {wrong[:3]}')
print(f'formats: {len(want)} numbers are rounded alike')

# How long something took.
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), '../data/spans/cases.txt'), encoding='utf-8') as lines:
    cases = [line.rstrip('\n').split('|') for line in lines if not line.startswith('#')]
said = subprocess.run(['node', sys.argv[2], sys.argv[1]], input='\n'.join(f'span {ns}' for ns, _ in cases), capture_output=True, text=True, check=True).stdout.split()
wrong = [(ns, is_, text) for (ns, text), is_ in zip(cases, said) if is_.replace('_', ' ').replace('\u00b5', 'u') != text]
if wrong or len(said) != len(cases) or len(cases) < 40:
    sys.exit(f'{len(wrong)} of {len(cases)} spans read otherwise on the page: {wrong[:3]}')
print(f'formats: {len(cases)} spans read alike')

# What was lost of a limit: as report_view/a_gain_is_no_loss_and_one_amount_is_said_once has it of `agon ctl`.
cases = {'-9.45 -9.45': '0.00', '-9.45 -12.60': '0.00', '1234.50 1234.50': '1_234.50', '-9.45 1234.50': '0.00,_scaled_1_234.50', '9.45 12.60': '9.45,_scaled_12.60'}
said = subprocess.run(['node', sys.argv[2], sys.argv[1]], input='\n'.join(f'loss {case}' for case in cases), capture_output=True, text=True, check=True).stdout.split()
if said != list(cases.values()):
    sys.exit(f'losses read otherwise on the page: {said}')

# What the chart of latencies makes of octaves is the quantile itself to within an octave, and where that is below 512 ns no number.
asks, want = [], []
for key, how in json.load(open(sys.argv[3])).items() if len(sys.argv) > 3 else ():
    if key in ('step', 'delivery') and how['count'] > 100:
        asks += [f'quantile {",".join(map(str, how["octaves"]))} {q}' for q in (0.5, 0.99)]
        want += [[how['p50_ns']] * 2, [how['p99_ns']] * 2]
for _ in range(400):
    centre = draw.choice((40, 81, 300, 511, 512, 700, 3000, 10**6, 10**9))
    values = sorted(min(2**34 - 1, int(draw.lognormvariate(0, draw.choice((0.05, 0.5, 2))) * centre)) for _ in range(draw.choice((1, 3, 100))))
    octaves = [0] * 26
    for value in values:
        octaves[max(0, value.bit_length() - 9)] += 1
    for q in (0.5, 0.99):
        asks.append(f'quantile {",".join(map(str, octaves))} {q}')
        want.append([values[min(len(values) - 1, at)] for at in (max(0, math.ceil(q * len(values)) - 1), math.ceil(q * len(values)))])
UNITS = {'ns': 1, '\u00b5s': 1e3, 'ms': 1e6, 's': 1e9}


def is_right(text, bounds):
    if text == '<_512_ns':
        return bounds[0] < 512
    number, unit = text.split('_')
    return bounds[0] >= 512 and bounds[0] / 2.02 <= float(number) * UNITS[unit] <= bounds[1] * 2.02


said = subprocess.run(['node', sys.argv[2], sys.argv[1]], input='\n'.join(asks), capture_output=True, text=True, check=True).stdout.split()
wrong = [(ask, is_, bounds) for ask, is_, bounds in zip(asks, said, want) if not is_right(is_, bounds)]
if wrong or len(said) != len(want):
    sys.exit(f'{len(wrong)} of {len(want)} quantiles are others on the page: {wrong[:3]}')
print(f'formats: {len(want)} quantiles of latencies are those of what was measured')
