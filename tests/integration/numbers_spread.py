# SPDX-License-Identifier: Apache-2.0
"""Of numbers_agree: closed trades by instrument and exit reason, and results by day and by month, on each surface that has them. `of` is that
module: what it loads, what it compares, what it has found."""
import csv
import datetime
import json
from decimal import Decimal as D

FLAT = ('perp_1', 'payer_1', 'payer_2', 'newcomer_1')  # all that they hold was closed
OPEN, UNREALISED, FUNDING = RESTS = ('not_closed_yet', 'unrealised', 'funding')  # what is in no closed trade
TEXTS = {OPEN: 'in positions not closed yet', UNREALISED: 'unrealised in open positions', FUNDING: 'funding'}


def plain(text):
    return text.replace('\u2009', '').replace('\u2212', '-').replace('+', '')


def fold(trades, key_of):
    """By a key: how many, how many won and lost, result, best, worst."""
    out = {}
    for trade in trades:
        out.setdefault(key_of(trade), []).append(trade['result'])
    return {key: (len(all_), sum(x > 0 for x in all_), sum(x < 0 for x in all_), sum(all_), max(all_), min(all_)) for key, all_ in out.items()}


def numbers_of(row):
    return (row['trades'], row['won'], row['lost'], float(row['result']), float(row['best']), float(row['worst']))


def alike(of, where, key, got, want):
    """Counts are the same, and amounts to a cent's half."""
    of.same(where, f'{key}: {got}, by its trades {want}', got is not None and got[:3] == want[:3] and all(abs(a - b) < 0.0051 for a, b in zip(got[3:], want[3:])), True)


def dust_sold(rows, agent=None):
    """What sales of dust may have realised: the last fill of an order, where the one before left less than may be ordered, is of no trade. Of
    each its fee and a hundredth of its value, as nobody says what that dust was bought for."""
    return sum(float(row['fee']) + 0.01 * value for row in rows for value in [float(row['price']) * float(row['quantity'])]
               if row['side'] == 'sell' and row['fee_asset'] == 'USDT' and float(row['result']) == 0 and value < 5 and agent in (None, row['agent']))


TAGS = {'perp_1': ('quote',), 'spot_1': ('quote',)}  # what a plugin calls its reasons 1, 2, ...
BUSY = ('odd_look', 'even_look')


def tag_name(agent, number):
    """A number as exports have it, by its name in the agent's plugin; what has none stays a number."""
    names = TAGS.get(agent, BUSY)
    return '' if number in ('', '0') else names[int(number) - 1] if int(number) <= len(names) else number


def by_agent(of, name):
    return {row['name']: row for row in json.loads(of.load(name))}


def check_result(of, agent, rows, positions, figures):
    """All rows of an agent together are its result; unrealised and funding are those of its positions."""
    for key in (UNREALISED, FUNDING):
        mine = {row['symbol']: float(row['result']) for row in rows if row['exit_reason'] == key and abs(float(row['result'])) >= 0.006}
        want = {row['symbol']: float(row[key]) for row in positions if row['agent'] == agent and abs(float(row.get(key) or 0)) >= 0.006}
        of.same(f'ctl performance, {agent}', f'{key} is {mine}, of its positions {want}', sorted(mine) == sorted(want) and all(abs(mine[name] - value) < 0.0051 for name, value in want.items()), True)
    total, result = sum(float(row['result']) for row in rows), float(figures[agent]['result'])
    of.same(f'ctl performance, {agent}', f'all its rows, {total:.2f}, are its result, {result:.2f}', abs(total - result) < 0.0051 * (2 + len(rows)), True)


def check_realised(of, files, page=None):
    """Closed trades and what is realised in positions not closed yet are what the ledger has realised, also of who is not flat; with what is
    unrealised and the funding they are the result. Returns what the rows of `ctl` are that are in no closed trade."""
    report, api, booked_fills, positions, text, figures = files
    rests = []
    # Of a fill that opens, what a future costs is realised, and stands in its fee alone.
    fills = [(row, float(row['result']) - (float(row['fee']) if float(row['result']) == 0 and row['fee_asset'] == 'USDT' else 0))
             for row in csv.DictReader(booked_fills.splitlines())]
    whole = sum(result for _, result in fills)
    of.same('report performance', f'its sum, in the ledger {whole:.4f}', abs(sum(row['result'] for row in report['performance'] if row['exit_reason'] not in (UNREALISED, FUNDING)) - whole) < 0.0051 + dust_sold(row for row, _ in fills), True)
    total = sum(row['result'] for row in report['performance'])
    of.same('report performance', f'all its rows, {total:.4f}, are the result, {report["all"]["result"]}', abs(total - float(report['all']['result'])) < 0.0051 + dust_sold(row for row, _ in fills), True)
    for agent in (*FLAT, 'spot_1'):
        rows = [row for row in api if row['agent'] == agent]
        realised = [row for row in rows if row['exit_reason'] not in (UNREALISED, FUNDING)]
        booked = sum(result for row, result in fills if row['agent'] == agent)
        summed = sum(float(row['result']) for row in realised)
        of.same(f'ctl performance, {agent}', f'its sum {summed:.2f}, in the ledger {booked:.4f}', abs(summed - booked) < 0.0051 * max(1, len(rows)) + dust_sold((row for row, _ in fills), agent), True)
        for held in [row for row in positions if row['agent'] == agent and row['realised'] is not None]:
            parts = [float(row['result']) for row in realised if row['symbol'] == held['symbol']]
            of.same(f'ctl performance, {agent}', f'its sum of {held["symbol"]}, {sum(parts):.2f}, realised in its position {held["realised"]}',
                    abs(sum(parts) - float(held['realised'])) < 0.0051 * (1 + len(parts)), True)
        check_result(of, agent, rows, positions, figures)
        rest = [row for row in rows if row['exit_reason'] in RESTS]
        for row in rest:
            rests.append(row)
            of.same(f'ctl performance, {agent}', row['exit_reason'], [row[key] for key in ('exit_why', 'trades', 'won', 'lost', 'best', 'worst', 'held_s')], [TEXTS[row['exit_reason']], 0, 0, 0, None, None, None])
            shown = [line.split() for line in text.splitlines() if line.split()[:2] == [agent, row['symbol']] and f' {row["exit_reason"].replace("_", " ")} ' in line]
            of.same('ctl performance, its text', f'{row["exit_reason"]} of {agent}', len(shown) == 1 and of.apart(row['result']) in shown[0], True)
        if page is None:
            continue
        for table, head in (('instrument', 'Symbol'), ('reason', 'Exit reason'), ('tag', 'Entry tag')):
            all_ = page[agent]['by'][table]
            shown = sum(float(plain(row['Result'])) for row in all_)
            of.same('page', f'{agent}, sum by {table} {shown:.2f}', abs(shown - sum(float(row['result']) for row in rows)) < 0.0051 * max(1, len(all_)), True)
            for key in RESTS:
                of.same('page', f'{agent} by {table}, {TEXTS[key]}', len([row for row in all_ if row[head] == TEXTS[key]]), min(1, sum(row['exit_reason'] == key for row in rest)))
    return rests


def check_held_performance(of):
    """While much is held; a future's open position has realised what its fills cost."""
    files = (json.loads(of.load('report.json')), json.loads(of.load('held_performance.json')), of.load('fills.csv'), json.loads(of.load('positions.json')), of.load('held_performance.txt'), by_agent(of, 'agents.json'))
    rests = check_realised(of, files)
    of.same('perp_1', f'rows of {OPEN}', sum(row['agent'] == 'perp_1' and row['exit_reason'] == OPEN for row in rests), 1)
    of.same('performance', 'what is in no closed trade and was not seen', sorted({OPEN, UNREALISED} - {row['exit_reason'] for row in rests}), [])


def check_performance(of):
    """Sums over all closed trades: /api and `ctl` as rows, the page and the report folded; by the report's list, which has each trade."""
    report, api = json.loads(of.load('flat_report.json')), json.loads(of.load('performance.json'))
    page = json.loads(of.load('lists.json')) if of.page_has('lists.json') else None
    of.same('report', 'all closed trades are listed', len(report['trades']), report['trades_n'])
    of.same('/api performance', 'as ctl has it', json.loads(of.load('api_performance.json')), api)
    text = of.load('performance.txt')
    booked = {(row['symbol'], row['perpetual'], row['exit_reason']): numbers_of(row) for row in report['performance'] if row['exit_reason'] not in RESTS}
    mine = fold(report['trades'], lambda trade: (trade['symbol'], trade['perpetual'], trade['exit_reason']))
    of.same('report performance', 'what there is', sorted(booked), sorted(mine))
    for key, want in mine.items():
        alike(of, 'report performance', key, booked.get(key), want)
    check_realised(of, (report, api, of.load('flat_fills.csv'), json.loads(of.load('flat.json')), text, by_agent(of, 'flat_agents.json')), page)
    for agent in FLAT:
        own = [trade for trade in report['trades'] if trade['agent'] == agent]
        rows = {(row['symbol'], row['exit_reason'], row['entry_tag']): row for row in api if row['agent'] == agent and row['exit_reason'] not in RESTS}
        wanted = fold(own, lambda trade: (('binance_um:' if trade['perpetual'] else 'binance:') + trade['symbol'], trade['exit_reason'], trade['entry_tag']))
        of.same(f'ctl performance, {agent}', 'what there is', sorted(rows), sorted(wanted))
        one = json.loads(of.load(f'performance_{agent}.json'))
        of.same(f'ctl performance {agent}', 'as of all', one, [row for row in api if row['agent'] == agent])
        for key, want in wanted.items():
            row = rows.get(key)
            alike(of, f'ctl performance, {agent}', key, row and numbers_of(row), want)
            shown = next((line.split() for line in text.splitlines() if row and line.split()[:2] == [agent, key[0]] and key[1].split('_')[0] in line and (key[2] or '-').replace('_', ' ') in line), None)
            of.same('ctl performance, its text', f'{agent} {key}', row is None or shown is not None and of.apart(row['result']) in shown and str(row['trades']) in shown, True)
        if page is None:
            continue
        for table, head, which in (('instrument', 'Symbol', 0), ('reason', 'Exit reason', 1), ('tag', 'Entry tag', 2)):
            parts = [((('binance_um:' if trade['perpetual'] else 'binance:') + trade['symbol'], trade['exit_reason'].replace('_', ' '),
                       trade['entry_tag'].replace('_', ' ') or 'none')[which], trade) for trade in own]
            folded = fold([{**trade, 'key': key} for key, trade in parts], lambda trade: trade['key'])
            there = {row[head]: row for row in page[agent]['by'][table] if row[head] not in TEXTS.values()}
            of.same('page', f'{agent}, closed trades by {table}', sorted(there), sorted(folded))
            for key, want in folded.items():
                row = there.get(key, {'Trades': '0', 'Won': '', 'Result': '0', 'Best': '0', 'Worst': '0'})
                alike(of, f'page, {agent} by {table}', key, (int(plain(row['Trades'])), want[1], want[2], float(plain(row['Result'])), float(plain(row['Best'])), float(plain(row['Worst']))), want)
                of.same(f'page, {agent} by {table}', f'{key}, share that won', plain(row['Won']), '%.2f%%' % (100 * want[1] / want[0]))


def by_name(points, length):
    """Results by the first `length` letters of a date: of each, the last point up to its end less that up to its begin."""
    out, before = {}, 0.0
    for ms, equity, capital, *_ in points:
        name = datetime.datetime.fromtimestamp((ms - 1) / 1000, datetime.timezone.utc).isoformat()[:length]
        out[name] = equity - capital
    for name, won in out.items():
        out[name], before = won - before, won
    return out


def check_periods(of):
    """Results of all by day and by month. The report's are those of the ledger at the last event of a day; the page's those of its points of equity,
    which are thinned: where a host ran for a minute of a day, the last of them may be older than that day's last price."""
    report, points = json.loads(of.load('report.json')), json.loads(of.load('api_equity.json'))['(all)']
    result = float(report['all']['result'])
    for date in ('2026-01-02', '2026-01-18', '2026-01-31'):
        whole = next(row for row in csv.DictReader(of.load(f'until_{date}.csv').splitlines()) if row['agent'] == '')
        won = sum(one['result'] for one in report['days'] if one['day'] <= date)
        of.same('report', f'result up to {date}, {won:.4f}, in the ledger {whole["result"]}', abs(won - float(whole['result'])) < 0.006, True)
    for what, key, length in (('days', 'day', 10), ('months', 'month', 7)):
        want = by_name(points, length)
        of.same('report', f'{what} come to the result', abs(sum(one['result'] for one in report[what]) - result) < 0.006, True)
        of.same('report', what, [one[key] for one in report[what]], list(want))
        if of.page_has('page.json'):
            page = json.loads(of.load('page.json'))['by'][key]
            of.same('page', f'results by {key}, their names', [one['name'] for one in page], list(want))
            for one in page: # the newest is a message's, which the host rounds
                of.same('page', f'result of {one["name"]}, {one["amount"]:.4f}, by the points {want.get(one["name"], 0):.4f}', abs(one['amount'] - want.get(one['name'], 0)) < 0.0051, True)
    of.same('report', 'months', [one['month'] for one in report['months']], ['2026-01', '2026-02'])
