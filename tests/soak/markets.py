#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""markets: do agents earn in generated markets what those are made to pay, and nothing else?

    ./agon soak markets [--seeds N] [--first N] [--for TIME] [--market NAME...]     100 seeds from 1 on, a day each
    ./agon soak markets --tournaments [...]                                         the same, a week each, and a tournament a day
    ./agon soak markets --free [...]                                                random-walk without fees, a week each, tournaments alone

Each seed is a backtest in lock-step of configs/rosters/markets.yaml by command, each agent with 50,000 USDT. Of each agent
the mean over the seeds is printed with its t (the mean by its standard error), and judged is what docs/markets.md says of the
market: who has an edge is above 0 with t above 3; who has none is not; random is around 0 before its fees, and below 0 after
them by as much. With fewer than 20 seeds of the last only the sign.

With --tournaments the roster holds one each midnight by the default preset. Judged is the order of the last: in `demo`, in 95 of 100
seeds those with an edge stand before all others. In each market: no tournament gives an agent more than a tenth of its equity or takes
more than a fifth; and capital is taken for a failed gate, which is named, for a fault, or for a t of its net returns of -2 or less
from who has lost by itself, and for nothing else. On `random-walk`, where nobody has an edge: agents are given a hundredth of the whole at most,
on average. By chance alone an agent without costs has a t beyond 2 at one look in 35 (24 samples), so that seven looks give it a
tenth once in 5 weeks: 2 % of its capital, and half of that with costs. And from whom these seeds do not show to lose (t of its net
above -3) no more is taken than chance takes: such a one may have a drift of -0.3 deviations a week, so that its t is -2 or less at one look in
25, and seven looks take a fifth of it each: 6 % of its capital, and more only within three errors of the mean. With fewer than 20 seeds that is not judged.
--orders does this without what follows. --free does it on `random-walk` without fees, so that what is moved is not for their sake: the market
maker has the spread for an edge then, stands first, and is left out of the bound on what is given.

With --tournaments each seed is also run with an agent at fault: the market maker, the first by then, beside others in a day of four tournaments; in
the third quarter it returns errors, crashes, hangs (seeds by turns; these two in a process), floods once or floods
on and on (tests/integration/plugins/mm_faulty.c). A flood fills a meter as a live host has it, and its agent begins again a minute later,
until the third time puts it into quarantine (tests/integration/tools/metered.c). Judged of each kind: the fault was one to the engine, in each seed
and as often as it should, and the agent is given nothing after it. Beside it is one that never trades, which has no rank and is
given nothing, and twins, which have one rank where they have one score, as in most seeds. And that the first 20 of these seeds once more, with the market
maker as it is, have it given capital after the time of the fault. --faults does this alone.

Seeds 1000 to 1099 are those that the markets and the roster were tuned by: they show nothing here."""
import argparse
import functools
import glob
import hashlib
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
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
FREE = ['mm_1']  # on random-walk without fees: the spread is its own
TOURNAMENTS = 'tournament:\n  preset: default\n  schedule: "0 0 * * *"\n'
IN_ORDER = 0.95  # share of the seeds
FEW = 20  # seeds: fewer say little of a mean
GIVEN = 0.01  # of the whole, on average, where nobody has an edge
BY_CHANCE = 0.06  # of an agent's capital
INCREASE, DECREASE = 0.1, 0.2  # of an agent's equity: bounds.increase and bounds.decrease of the default preset
DUST = 1e-6  # of an amount: shares are of whole units


class Fault:
    """A kind of it: the build of mm_faulty, how often the engine hears of it, and what the last tournament then says of the agent."""

    def __init__(self, plugin, what, faults, verdict, is_apart=False, is_metered=False, every=(1, 0)):
        self.plugin, self.what, self.faults, self.verdict = plugin, what, faults, verdict
        self.is_apart, self.is_metered, self.every = is_apart, is_metered, every


KINDS = [
    Fault('mm_fails', 'returns errors', 1, 'excluded'),
    Fault('mm_floods', 'floods once, and is back', 1, 'faulty', is_metered=True),
    Fault('mm_floods_on', 'floods until it is in quarantine', 3, 'excluded', is_metered=True),
    Fault('mm_crashes', 'crashes', 1, 'excluded', is_apart=True, every=(2, 1)),
    Fault('mm_hangs', 'hangs', 1, 'excluded', is_apart=True, every=(2, 0)),
]
SOUND = Fault('mm', 'is as it is', 0, 'ranked')
WITHOUT_FAULT = 20  # seeds
OCCASIONS = 0.5  # share of them
# Who surely loses fills the pool, and has enough that a place is more than 50,000. Twins are so small that one leaves the other
# the same book, but for a level now and then: their scores are equal in most seeds.
# The fault is 13 hours from the start: behind it are two tournaments, and one where processes cost time.
FAULTY = '''seed: 1
base_currency: USDT
agents:
  - {name: PLUGIN_1, plugin: PLUGIN.so, signals: {volatility: none}, capital: 50000 USDT, instruments: ["binance:SOLUSDT"],
     params: {skew_bps: 3, quote_pct: 3, inventory_pct: 20}}
  - {name: random_1, plugin: random.so, capital: 300000 USDT, instruments: ["binance:ETHUSDT"],
     params: {bar_s: 60, turn_pct: 100}}
  - {name: twin_1, plugin: ema_cross.so, capital: 12000 USDT, instruments: ["binance:BNBUSDT"],
     params: {bar_s: 60, size_pct: 0.1}}
  - {name: twin_2, plugin: ema_cross.so, capital: 12000 USDT, instruments: ["binance:BNBUSDT"],
     params: {bar_s: 60, size_pct: 0.1}}
  - {name: basis_1, plugin: basis.so, capital: 50000 USDT, instruments: ["binance:BTCUSDT", "binance_um:BTCUSDT"],
     params: {enter_bps: 35, leave_bps: -15}}
  - {name: idle_1, plugin: rascal.so, capital: 50000 USDT, instruments: ["binance_um:BTCUSDT"],
     params: {after_s: 100000000}}
tournament: {preset: default, schedule: "0 */6 * * *", sample: 15m, window: 1d}
'''
# Where the price is a martingale: random's result before fees is luck alone.
FAIR = ('random-walk', 'demo', 'basis', 'flow')


class Kept:
    """What runs gave, a line each in a file, by what they were of: a soak that was ended goes on with the next seed."""

    def __init__(self, path):
        self.path, self.lock, self.lines = path, threading.Lock(), {}
        if path and os.path.exists(path):
            with open(path) as file:
                for line in file:
                    if line.endswith('\n'):
                        self.lines.update([json.loads(line)])

    def get(self, key):
        return self.lines.get(key)

    def put(self, key, report):
        if self.path:
            with self.lock, open(self.path, 'a') as file:
                file.write(json.dumps([key, report]) + '\n')


KEPT = Kept(None)


@functools.cache
def sha256_of(path):
    with open(path, 'rb') as file:
        return hashlib.sha256(file.read()).hexdigest()


def shown(report):
    """Of a report what is judged here."""
    return {key: report[key] for key in ('agents', 'tournaments') if key in report}


def fees_of(args):
    return ['--maker', '0', '--taker', '0'] if args.free else []


def plugins_of(roster, folder):
    """The hashes of the plugins that a roster names, in its order."""
    return [sha256_of(os.path.join(folder, name)) for name in dict.fromkeys(re.findall(r'\bplugin: *"?([\w./-]+)', roster))]


def report_of(args, market, seed, *more, command=None, ends=0):
    command = command or args.agon
    with open(args.roster) as file:
        roster = file.read()
    key = json.dumps([market, seed, args.length, hashlib.sha256(roster.encode()).hexdigest(), plugins_of(roster, args.plugins), sha256_of(command), more])
    report = KEPT.get(key)
    if report is None:
        report = shown(made(args, market, seed, *more, command=command, ends=ends))
        KEPT.put(key, report)
    return report


def made(args, market, seed, *more, command, ends):
    # Behind the tool stands the agent that it is about: the first of the roster.
    about = [] if command == args.agon else [os.path.basename(args.roster).replace('.yaml', '_1')]
    done = subprocess.run(
        [command, *about, 'backtest', '--market', market, '--roster', args.roster, '--plugins', args.plugins, '--for', args.length,
         '--seed', str(seed), '--json', *more], capture_output=True, text=True, check=False)
    if done.returncode != ends:
        sys.exit(f'{market}, seed {seed}: code {done.returncode}: {done.stderr[:2000]}')
    return json.loads(done.stdout)


def run(args, market, seed):
    """A seed's agents: {name: (net, fees, fills)}."""
    return {a['name']: (float(a['equity']) - float(a['capital']), float(a['fees']), a['fills'])
            for a in report_of(args, market, seed)['agents']}


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
        verdict.say(t_of(net) < (-SURE if len(seeds) >= FEW else 0.0),
                    f'random_1 is below 0 by its fees: {statistics.fmean(net):.2f}, t {t_of(net):.2f}')


def ties(lines):
    """Twins of a tournament that have a rank and one score, 1 or 0, and whether they have two ranks."""
    a, b = (line for line in lines if line['name'].startswith('twin_'))
    is_tie = a['rank'] > 0 and b['rank'] > 0 and a['score'] == b['score']
    return int(is_tie), int(is_tie and a['rank'] != b['rank'])


def say_ties(found, verdict):
    n, broken = (sum(column) for column in zip(*found))
    verdict.say(broken == 0, f'twins of one score have one rank: not {broken} of {n} pairs')


def held(args, market, seed):
    """A seed's tournaments: how many, and of each agent {rank: the last (0: none), share: of the whole behind the last, net: by itself,
    of its capital, moved: as the report has it}. The pool's share is what is missing of 1."""
    report = report_of(args, market, seed, *fees_of(args))
    whole = args.capital * len(report['agents'])
    moved = {a['name']: a for a in report['tournaments']['moved']}
    net = {a['name']: float(a['result']) / args.capital for a in report['agents']}
    return report['tournaments']['held'], {
        a['name']: {'rank': a['rank'], 'share': float(a['after']) / whole, 'net': net[a['name']], 'moved': moved[a['name']]}
        for a in report['tournaments']['last']['agents']}


def judge_steps(seeds, capital, verdict):
    """What each tournament moved, and for what. Returns {name: taken of it in each seed, of its capital}."""
    names = list(seeds[0][1])
    reasons = ('evidence', 'gate', 'fault', 'other', 'in_profit')
    gates = {name: set() for name in names}
    of_each = {}
    print(f'  {"taken, of its capital":22}' + ''.join(f' {reason:>9}' for reason in reasons) + '  failed gates')
    for name in names:
        moved = [s[name]['moved'] for _, s in seeds]
        gates[name].update(*(m['failed_gates'] for m in moved))
        of_each[name] = [float(m['taken']) / capital for m in moved]
        print(f'  {name:22}' + ''.join(f' {statistics.fmean(float(m["taken_for"][r]) for m in moved) / capital:9.2%}' for r in reasons)
              + '  ' + (', '.join(sorted(gates[name])) or '-'))
    lines = [(name, s[name]['moved']) for _, s in seeds for name in names]
    given, taken = (max(m[k] for _, m in lines) for k in ('largest_given', 'largest_taken'))
    verdict.say(given <= INCREASE + DUST and taken <= DECREASE + DUST,
                f'no tournament gives more than {INCREASE:.0%} of an agent\'s equity or takes more than {DECREASE:.0%}: {given:.2%}, {taken:.2%}')
    n = sum(float(m['taken_for']['other']) > 0 or (m['failed_gates'] != []) != (float(m['taken_for']['gate']) > 0) for _, m in lines)
    verdict.say(n == 0, f'what is taken is for a gate by name, a fault or evidence: not of {n} of {len(lines)}')
    n = sum(float(m['taken_for']['in_profit']) > 0 and m['failed_gates'] == [] and m['faults'] == 0 for _, m in lines)
    verdict.say(n == 0, f'without a failed gate or a fault nothing is taken of who has lost nothing: {n} of {len(lines)}')
    return of_each


def judge_order(market, seeds, verdict, capital=50000.0, free=False):
    """seeds: what held() gave of each."""
    names = list(seeds[0][1])
    edges = FREE if free else EDGES[market]
    start = 1.0 / len(names)
    print(f'{market}, {len(seeds)} seeds, {seeds[0][0]} tournaments each\n  {"agent":12} {"mean rank":>9} {"share":>8} {"largest":>8} {"own net":>8} {"t":>7}')
    for name in names:
        ranks = [s[name]['rank'] for _, s in seeds if s[name]['rank'] > 0]
        shares, net = ([s[name][k] for _, s in seeds] for k in ('share', 'net'))
        print(f'  {name:12} {statistics.fmean(ranks) if ranks else 0:9.2f} {statistics.fmean(shares):8.2%} {max(shares):8.2%} '
              f'{statistics.fmean(net):8.2%} {t_of(net):7.2f}')
    moved = [sum(abs(a['share'] - start) for a in s.values()) for _, s in seeds]
    given = [sum(max(0.0, a['share'] - start) for a in s.values()) for _, s in seeds]
    by_luck = [sum(max(0.0, a['share'] - start) for name, a in s.items() if name not in edges) for _, s in seeds]
    print(f'  moved {statistics.fmean(moved):.2%} of the capital ({max(moved):.2%} at most), of it given to agents {statistics.fmean(given):.2%} '
          f'({max(given):.2%}); largest share {max(a["share"] for _, s in seeds for a in s.values()):.2%}, of {start:.2%} at the start')
    if edges:
        # Who has no rank stands behind all.
        ranks = [{name: a['rank'] or len(names) + 1 for name, a in s.items()} for _, s in seeds]
        n = sum(max(r[e] for e in edges) < min(r[o] for o in names if o not in edges) for r in ranks)
        verdict.say(n >= IN_ORDER * len(seeds), f'{", ".join(edges)} stand before all others in {n} of {len(seeds)}')
    if market == 'random-walk':
        verdict.say(statistics.fmean(by_luck) <= GIVEN, f'who has no edge is given {GIVEN:.0%} of the whole at most: {statistics.fmean(by_luck):.2%}')
    taken = judge_steps(seeds, capital, verdict)
    for name in names if market == 'random-walk' and len(seeds) >= FEW else []:
        t = t_of([s[name]['net'] for _, s in seeds])
        if t > -SURE:
            mean, error = statistics.fmean(taken[name]), statistics.stdev(taken[name]) / len(seeds) ** 0.5
            verdict.say(mean - SURE * error <= BY_CHANCE, f'{name} may lose nothing (t {t:.2f}), and of it no more is taken than by chance, '
                                                          f'{BY_CHANCE:.0%}: {mean:.2%}, of {error:.2%} each way')


def with_fault(args, kind, seed):
    """A seed of that kind: the agent at fault {net, fees, faults, given before its fault, after it, taken, verdict, ended}, rank and
    what was given of who never trades, and ties."""
    command = args.agon if kind.plugin in ('mm', 'mm_fails') else args.metered
    report = report_of(args, 'demo', seed, *args.more[kind.plugin], command=command, ends=int(kind.verdict == 'excluded' and not kind.is_metered))
    moved = {a['name']: a for a in report['tournaments']['moved']}
    last = {a['name']: a for a in report['tournaments']['last']['agents']}
    agent = next(a for a in report['agents'] if a['name'] == f'{kind.plugin}_1')
    move, line = moved[agent['name']], last[agent['name']]
    # The last tournament is behind all faults: what it gave is seen in two places.
    now = float(line['after']) - float(line['before'])
    after = max(float(move['given_after_fault']), now if move['faults'] > 0 else 0.0)
    return {'net': float(agent['result']), 'fees': float(agent['fees']), 'faults': move['faults'], 'given': float(move['given']) - after,
            'after': after, 'taken': float(move['taken']), 'verdict': line['verdict'], 'now': now, 'held': report['tournaments']['held'],
            'idle': (last['idle_1']['rank'], last['idle_1']['verdict'], float(moved['idle_1']['given'])),
            'ties': ties(last.values())}


def judge_fault(kind, seeds, verdict):
    """seeds: what with_fault() gave of each."""
    def mean(key):
        return statistics.fmean(s[key] for s in seeds)

    after = sum(s['after'] > 0 for s in seeds)
    print(f'  {kind.plugin + "_1":14} {len(seeds):5} {seeds[0]["held"]:11} {mean("net"):9.2f} {mean("fees"):9.2f} {sum(s["faults"] for s in seeds):7} '
          f'{mean("given"):9.2f} {mean("taken"):9.2f} {sum(s["after"] for s in seeds):12.2f} {after:10}')
    n = sum(s['faults'] == kind.faults and s['verdict'] == kind.verdict for s in seeds)
    verdict.say(n == len(seeds), f'{kind.plugin}_1 {kind.what}: {kind.faults} fault{"s" * (kind.faults > 1)} to the engine, and {kind.verdict} by the '
                                 f'last tournament, in {n} of {len(seeds)}')
    verdict.say(after == 0, f'{kind.plugin}_1 is given nothing after its fault, but in {after} of {len(seeds)}')


def judge_beside(seeds, verdict):
    """seeds: of all kinds."""
    n = sum(s['idle'] != (0, 'idle', 0.0) for s in seeds)
    verdict.say(n == 0, f'who never trades has no rank and is given nothing, but in {n} of {len(seeds)}')
    say_ties([s['ties'] for s in seeds], verdict)
    n = sum(s['ties'][0] > 0 for s in seeds)
    verdict.say(n >= OCCASIONS * len(seeds), f'there are some in {n} of {len(seeds)}')


def faults(args, verdict):
    with tempfile.TemporaryDirectory() as folder:
        args.plugins = os.path.join(folder, 'plugins')
        os.mkdir(args.plugins)
        for pattern in ('plugins/*/*.so', 'tests/integration/plugins/mm_*.so'):
            for path in glob.glob(os.path.join(args.build, pattern)):
                shutil.copy(path, args.plugins)
        args.metered = os.path.join(args.build, 'tests/integration/tools/integration_metered')
        seeds = range(args.first, args.first + args.seeds)
        args.more, all_of = {}, []
        print(f'demo, {args.seeds} seeds with an agent at fault\n  {"agent":14} {"seeds":>5} {"tournaments":>11} {"own net":>9} {"fees":>9} '
              f'{"faults":>7} {"given":>9} {"taken":>9} {"after fault":>12} {"violations":>10}')
        for kind in [*KINDS, SOUND]:
            args.roster = os.path.join(folder, f'{kind.plugin}.yaml')
            with open(args.roster, 'w') as file:
                file.write(FAULTY.replace('PLUGIN', kind.plugin))
            args.length = '18h' if kind.is_apart else '24h'
            args.more[kind.plugin] = ['--runner', 'process'] if kind.is_apart else []
            its = [seed for seed in seeds if seed % kind.every[0] == kind.every[1]] if kind is not SOUND else seeds[:WITHOUT_FAULT]
            with ThreadPoolExecutor(max_workers=args.jobs) as pool:
                found = list(pool.map(lambda seed, of=kind: with_fault(args, of, seed), its))
            all_of += found
            if kind is SOUND:
                n = sum(s['now'] > 0 for s in found)
                # That nothing is given to it shows something only where it is given something but for its fault.
                verdict.say(n >= OCCASIONS * len(found), f'without a fault the market maker is given capital by the last tournament in {n} of {len(found)}')
            elif found:
                judge_fault(kind, found, verdict)
        judge_beside(all_of, verdict)


def tournaments(args, verdict):
    with tempfile.TemporaryDirectory() as folder:
        roster = os.path.join(folder, 'roster.yaml')
        with open(args.roster) as text, open(roster, 'w') as file:
            file.write(text.read() + TOURNAMENTS)
        args.roster = roster
        for market in args.market:
            with ThreadPoolExecutor(max_workers=args.jobs) as pool:
                judge_order(market, list(pool.map(lambda seed, of=market: held(args, of, seed),
                                                  range(args.first, args.first + args.seeds))), verdict, args.capital, args.free)


def main():
    build = os.environ.get('AGON_BUILD', os.path.join(ROOT, 'build'))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--agon', default=os.path.join(build, 'agon'))
    parser.add_argument('--plugins', default=os.path.join(build, 'plugins'))
    parser.add_argument('--roster', default=os.path.join(ROOT, 'configs/rosters/markets.yaml'))
    parser.add_argument('--seeds', type=int, default=100)
    parser.add_argument('--first', type=int, default=1)
    parser.add_argument('--for', dest='length')
    parser.add_argument('--build', default=build, help='where the plugins of the tests are')
    parser.add_argument('--tournaments', action='store_true')
    parser.add_argument('--faults', action='store_true', help='of --tournaments the part with agents at fault alone')
    parser.add_argument('--orders', action='store_true', help='of --tournaments the other part')
    parser.add_argument('--free', action='store_true', help='--orders on random-walk without fees')
    parser.add_argument('--capital', type=float, default=50000, help='of each agent of the roster')
    parser.add_argument('--market', nargs='+', choices=list(EDGES), default=['demo', 'random-walk'])
    parser.add_argument('--keep', metavar='FILE', help='what each run gave is kept there, and not run again (by the same program and plugins)')
    parser.add_argument('--jobs', type=int, default=os.cpu_count() or 1)
    args = parser.parse_args()
    if args.seeds < 2:
        parser.error('--seeds: two at least')
    if args.free:
        args.orders, args.market = True, ['random-walk']
    global KEPT
    KEPT = Kept(args.keep)
    # A week, whose end is a tournament's time.
    args.length = args.length or ('7d' if args.tournaments or args.orders else '1d')
    verdict = Verdict()
    if args.tournaments or args.orders:
        tournaments(args, verdict)
    if args.tournaments or args.faults:
        faults(args, verdict)
    for market in [] if args.tournaments or args.orders or args.faults else args.market:
        with ThreadPoolExecutor(max_workers=args.jobs) as pool:
            seeds = list(pool.map(lambda seed, of=market: run(args, of, seed), range(args.first, args.first + args.seeds)))
        judge(market, seeds, verdict)
    print(f'markets: {", ".join(["demo"] if args.faults else args.market)}, {args.seeds} seeds each, {verdict.broken} statements broken')
    return 1 if verdict.broken else 0


if __name__ == '__main__':
    sys.exit(main())
