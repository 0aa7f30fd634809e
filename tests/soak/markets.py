#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""markets: do agents earn in generated markets what those are made to pay, and nothing else?

    ./agon soak markets [--seeds N] [--first N] [--for TIME] [--market NAME...]     100 seeds from 1 on, a day each

Each seed is a backtest in lock-step of configs/rosters/markets.yaml by command, each agent with 50,000 USDT. Of each agent
the mean over the seeds is printed with its t (the mean by its standard error), and judged is what docs/markets.md says of the
market: who has an edge is above 0 with t above 3; who has none is not; random is around 0 before its fees, and below 0 after
them by as much. Seeds 1000 to 1099 are those that the markets and the roster were tuned by: they show nothing here."""
import argparse
import json
import os
import statistics
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SURE = 3.0
# Who has an edge where: as in docs/markets.md.
EDGES = {
    'random-walk': [],
    'demo': ['basis_1', 'mm_1'],
    'basis': ['basis_1'],
    'flow': ['mm_1'],
    'pair': ['pairs_1'],
    'quiet': ['grid_1', 'swing_1'],
    'regimes': ['breakout_1'],
    'crash': ['breakout_1', 'swing_1'],
}
# Where the price is a martingale: random's result before fees is luck alone.
FAIR = ('random-walk', 'demo', 'basis', 'flow')


def run(args, market, seed):
    """A seed's agents: {name: (net, fees, fills)}, and the hash over all intents."""
    done = subprocess.run(
        [args.agon, 'backtest', '--market', market, '--roster', args.roster, '--plugins', args.plugins, '--for', args.length,
         '--seed', str(seed), '--json'], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f'{market}, seed {seed}: code {done.returncode}: {done.stderr[:2000]}')
    report = json.loads(done.stdout)
    return {a['name']: (float(a['equity']) - float(a['capital']), float(a['fees']), a['fills']) for a in report['agents']}


def t_of(values):
    """The mean by its standard error; 0 of what never moves."""
    spread = statistics.stdev(values)
    return statistics.fmean(values) / (spread / len(values) ** 0.5) if spread > 0 else 0.0


class Verdict:
    def __init__(self):
        self.broken = 0

    def say(self, holds, text):
        self.broken += not holds
        print(f'  {"holds " if holds else "BROKEN"}  {text}', flush=True)


def judge(market, seeds, verdict):
    """seeds: what run() gave of each."""
    columns = {name: [[s[name][k] for s in seeds] for k in range(3)] for name in seeds[0]}
    print(f'{market}, {len(seeds)} seeds, USDT of 50,000 each\n'
          f'  {"agent":12} {"net":>9} {"deviation":>9} {"t":>7} {"gross":>9} {"t":>7} {"fees":>8} {"fills":>7}')
    for name, (net, fees, fills) in columns.items():
        gross = [n + f for n, f in zip(net, fees)]
        print(f'  {name:12} {statistics.fmean(net):9.2f} {statistics.stdev(net):9.2f} {t_of(net):7.2f} '
              f'{statistics.fmean(gross):9.2f} {t_of(gross):7.2f} {statistics.fmean(fees):8.2f} {statistics.fmean(fills):7.0f}')
    for name, (net, fees, _) in columns.items():
        if name in EDGES[market]:
            verdict.say(t_of(net) > SURE, f'{name} has an edge: net {statistics.fmean(net):.2f}, t {t_of(net):.2f}')
        elif market in FAIR:
            verdict.say(t_of(net) <= SURE, f'{name} has none: net {statistics.fmean(net):.2f}, t {t_of(net):.2f}')
    if market in FAIR and 'random_1' in columns:
        net, fees, _ = columns['random_1']
        gross = [n + f for n, f in zip(net, fees)]
        verdict.say(abs(t_of(gross)) < SURE, f'random_1 is around 0 before fees: {statistics.fmean(gross):.2f}, t {t_of(gross):.2f}')
        verdict.say(t_of(net) < -SURE, f'random_1 is below 0 by its fees: {statistics.fmean(net):.2f}, t {t_of(net):.2f}')


def main():
    build = os.environ.get('AGON_BUILD', os.path.join(ROOT, 'build'))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--agon', default=os.path.join(build, 'agon'))
    parser.add_argument('--plugins', default=os.path.join(build, 'plugins'))
    parser.add_argument('--roster', default=os.path.join(ROOT, 'configs/rosters/markets.yaml'))
    parser.add_argument('--seeds', type=int, default=100)
    parser.add_argument('--first', type=int, default=1)
    parser.add_argument('--for', dest='length', default='1d')
    parser.add_argument('--market', nargs='+', choices=list(EDGES), default=['demo', 'random-walk'])
    parser.add_argument('--jobs', type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    if args.seeds < 2:
        parser.error('--seeds: two at least')
    verdict = Verdict()
    for market in args.market:
        with ThreadPoolExecutor(max_workers=args.jobs) as pool:
            seeds = list(pool.map(lambda seed, of=market: run(args, of, seed), range(args.first, args.first + args.seeds)))
        judge(market, seeds, verdict)
    print(f'markets: {len(args.market)} of {args.seeds} seeds each, {verdict.broken} statements broken')
    return 1 if verdict.broken else 0


if __name__ == '__main__':
    sys.exit(main())
