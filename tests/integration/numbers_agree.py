#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""numbers_agree WHAT FOLDER [DAYS|FILE]: do the surfaces of one run say the same? tests/integration/numbers.sh has put there what each said. Formulas
are those of docs/figures.md, worked out here anew from what the exchange and the fills say. WHAT: position, money, up, open, host, lists, again or backtest,
which has so many daily returns, or month; plant: the return of payer_1 in FILE becomes one of its equity."""
import csv
import html
import json
import math
import os
import re
import sys
from decimal import ROUND_HALF_EVEN, Decimal as D

from numbers_host import check_host_itself, check_money, check_open, check_up
from numbers_market import check_market
from numbers_plan import check_tournament, fixed
from numbers_rows import check_crashes, check_entry_tags, check_equity_text, check_exports, check_ratios, check_reloads, check_tags
from numbers_spread import check_held_performance, check_performance, check_periods, dust_sold

what, folder = sys.argv[1], sys.argv[2]
MONEY = ['capital', 'equity', 'result', 'gross', 'fees', 'rebates', 'funding', 'slippage', 'volume']
SHOWN = MONEY[:-1]  # by reports, which have a turnover instead
RATIOS = ['return', 'drawdown', 'sharpe', 'sortino', 't', 't_low', 't_high']
faults = []
n_compared = 0


def load(name):
    with open(os.path.join(folder, name)) as file:
        return file.read()


def page_has(name):
    return os.path.exists(os.path.join(folder, name)) and load(name) != ''


def is_next(got, want):
    """Two ratios apart by one of their nine digits: what was written with a few digits more may be rounded the other way than what has all."""
    return isinstance(got, float) and isinstance(want, float) and float('%.8g' % want) != 0 and abs(got - want) < 1.1 * 10 ** (math.floor(math.log10(abs(want))) - 8)


def same(where, key, got, want):
    global n_compared
    n_compared += 1
    if got != want and not is_next(got, want):
        faults.append(f'{where}: {key} is {got}, elsewhere {want}')


def cents(text):
    return None if text in ('', None) else str(D(text).quantize(D('0.01'), ROUND_HALF_EVEN))


def apart(text):  # for people
    return '-' if text is None else f'{D(text):,}'


def loss_text(lost, counted):
    """What was lost, for people: a gain is no loss; what the limit counts where that is shown as another amount. Of `agon ctl` and of the page."""
    shown = [apart(str(max(D(text), D('0.00')))) for text in (lost, counted)]
    return shown[0] if shown[0] == shown[1] else f'{shown[0]}, scaled {shown[1]}'


def ratio(text):
    return None if text in ('', None) else float('%.9g' % float(text))


def percent(value):
    return '%.2f %%' % (round(100 * value, 2) + 0.0)  # no -0.00


def ratio_text(value):
    return '-' if value is None else fixed(value, 2)


def t_text(row):
    return '-' if row['t'] is None else f"{fixed(row['t'], 2)} [{fixed(row['t_low'], 2)}, {fixed(row['t_high'], 2)}]"


def mean(text, mark=None):  # a mean price, for people: two digits more than the mark has, without their zeros
    digits = len(text.partition('.')[2]) if mark is None else len(mark.partition('.')[2]) + 2
    whole = str(D(text).quantize(D(1).scaleb(-digits), ROUND_HALF_EVEN))
    return whole if digits == 0 else re.sub(r'0{1,2}$', '', whole).rstrip('.')


def truth(name):
    """What the ledger comes to, by a replay of the journal: one row for each agent, and one of all."""
    rows = {}
    for row in csv.DictReader(load(name).splitlines()):
        exact = {key: D(row[key]) for key in MONEY if row[key] != ''}
        if exact['result'] != exact['equity'] - exact['capital']:
            faults.append(f'{row["agent"]}: result is not equity less capital')
        if exact['result'] != exact['gross'] - exact['fees'] + exact['rebates'] + exact['funding']:
            faults.append(f'{row["agent"]}: result is not gross - fees + rebates + funding: {row}')
        if int(row['days']) < 30 and (row['sharpe'] or row['sortino']):
            faults.append(f'{row["agent"]}: a ratio of a year after {row["days"]} days')
        rows[f'left: {row["agent"]}' if row['left'] else row['agent']] = {**{key: cents(row[key]) for key in MONEY}, **{key: ratio(row[key]) for key in RATIOS},
                              'samples': int(row['samples']), 'days': int(row['days']), 'fills': int(row['fills']), 'exact': exact}
        # Who left did so with its return; its capital is the pool's since, but for what was lost of it.
        if D(row['capital']) > 0 and not row['left'] and abs(float(exact['result'] / exact['capital']) - float(row['return'])) > 1e-9:
            faults.append(f'{row["agent"]}: return is not result by capital')
    whole = rows['']['exact']
    for key in MONEY:
        there = sum(row['exact'][key] for name, row in rows.items() if name != '')
        if key in ('capital', 'equity'):
            if whole[key] < there:
                faults.append(f'{key} of all is less than that of the agents')
        elif whole[key] != there:
            faults.append(f'{key} of all is {whole[key]}, of the agents together {there}')
    if whole['equity'] - whole['capital'] != whole['result']:
        faults.append('the result of all is not its equity less its capital')
    return rows


def here(want):  # without who has left
    return [name for name in want if name and not name.startswith('left: ')]


def check_left(want, statuses):
    """Who left is a row of reports and exports, and on every live surface what is missing between the agents, the pool and all."""
    gone = [its for name, its in want.items() if name.startswith('left: ')]
    if not gone or not any(its['exact']['result'] for its in gone):
        faults.append('nobody left with a result')
    # Capital is what the last tournament before it left made of it.
    made = [D(row['capital_after_amt']).scaleb(-plan['exp']) for plan in map(json.loads, load('plans.json').splitlines())
            for row in plan['slots'] if row['name'] == 'leaver_1']
    capital = made[-1] if made else D(20000)
    for its in gone:
        same('figures', f'return {its["return"]} of who left, of {its["exact"]["result"]} and its capital of {capital}', abs(its['return'] / float(its['exact']['result'] / capital) - 1) < 1e-6, True)
    sums = {key: sum(its['exact'][key] for its in gone) for key in ('capital', 'equity', 'result')}
    found = metrics()
    for name, status in statuses:
        same(name, 'left_agents', status['left_agents'], len(gone))
        same(name, 'agents, pool and who left', D(status['equity_agents']) + D(status['pool']) + D(status['left_equity']), D(status['equity']))
        for key in sums:
            same(name, f'left_{key}', D(status[f'left_{key}']), D(cents(sums[key])))
        results = sum(want[agent]['exact']['result'] for agent in here(want))
        same(name, 'result of agents and who left', D(status['result']), D(cents(results + sums['result'])))
    same('/metrics', 'left_agents', D(found['agon_left_agents', '']), len(gone))
    for key in sums:
        same('/metrics', f'left_{key}', D(found[f'agon_left_{key}', '']), D(cents(sums[key])))
    lines = dict(re.split(r'  +', line, maxsplit=1) for line in load('status.txt').split('Money, amounts in USDT\n')[1].split('\n\n')[0].splitlines())
    for head, key in (('their equity then', 'equity'), ('their result', 'result')):
        same('ctl status', f'left, {key}', lines.get(head, '').strip(), apart(cents(sums[key])))
    match = re.search(r'equity (\S+) USDT = agents (\S+) \+ pool (\S+) \+ left (\S+)', load('top'))
    same('top', 'equity, left', match and match.group(4), apart(cents(sums['equity'])))
    report = json.loads(load('report.json'))
    for row in report['left']:
        same('report', f'left: {row["name"]}, fills', row['fills'], want[f'left: {row["name"]}']['fills'])
        for key in MONEY:
            same('report', f'left: {row["name"]} {key}', cents(str(row[key])), want[f'left: {row["name"]}'][key])
    same('report', 'who left', sorted('left: ' + row['name'] for row in report['left']), sorted(set(want) - set(here(want)) - {''}))
    points = json.loads(load('api_equity.json'))
    same('equity', 'those who have points', sorted(points), sorted(here(want) + ['(all)']))
    whole = points['(all)']
    same('equity', 'result of all, whoever left', abs((whole[-1][1] - whole[-1][2]) - float(want['']['result'])) < 0.02, True)


def check_newcomer(want):
    """Who came to a place that was another's: each of its numbers is its own."""
    its, report = want['newcomer_1'], json.loads(load('report.json'))
    row = next(row for row in report['agents'] if row['name'] == 'newcomer_1')
    fills = [fill for fill in csv.DictReader(load('fills.csv').splitlines()) if fill['agent'] == 'newcomer_1']
    same('fills', 'of the newcomer', len(fills), its['fills'])
    same('/api', 'fills of the newcomer', sorted(fill['seq'] for fill in json.loads(load('api_fills_newcomer_1.json'))), sorted(int(fill['seq']) for fill in fills)[-256:])
    closed = json.loads(load('api_closed_new.json'))
    same('report', 'trades of the newcomer', row['trades'], len(closed))
    same('report', 'those in its list', len([trade for trade in report['trades'] if trade['agent'] == 'newcomer_1']), len(closed))
    same('report', 'its trades that won', row['trades_won'], sum(D(trade['result']) > 0 for trade in closed))
    first = json.loads(load('api_equity.json'))['newcomer_1'][0]
    same('equity', 'result with which the newcomer begins', abs(first[1] - first[2]) < 60, True)
    ours = sum(D(fill['quantity']) * D(fill['price']) for fill in fills)
    same('fills', f'volume of the newcomer, {ours}', abs(ours - its['exact']['volume']) < D('0.01') * (len(fills) + 1), True)


def check_lost():
    """What was lost today is money: on the first day capital less what all could be sold for, whatever a tournament moved meanwhile."""
    status, own = json.loads(load('before.json')), json.loads(load('portfolio.json'))
    agents = [json.loads(load(f'agent_{row["name"]}.json'))['agent'] for row in json.loads(load('agents.json'))]
    began = status['t_ms'] - status['up_s'] * 1000 * status['speed']
    if began // DAY_MS != status['t_ms'] // DAY_MS or status['run'] != 1:
        print('a day turned: what was lost today is not capital less equity')
        return
    lost = sum(D(row['capital']) for row in agents) - D(status['left_result']) - D(own['equity'])
    same('portfolio', f'{own["day_loss"]} lost today, by capital and equity to close {lost}', abs(D(own['day_loss']) - lost) <= D('0.05'), True)
    same('agents', 'all that was lost today', abs(sum(D(row['day_loss']) for row in agents) - D(status['left_result']) - D(own['day_loss'])) <= D('0.05'), True)
    coins = [row for row in agents if row['name'].startswith('payer')]
    for row in coins:  # a spread below its result at mids, which may be a quote older than what the gate judged by
        same('agents', f'{row["name"]} lost {row["day_loss"]} today, its result is {row["result"]}', D('-0.05') <= D(row['day_loss']) + D(row['result']) < 5, True)
    if not any(D(row['day_loss']) != D(row['day_loss_scaled']) for row in agents):
        faults.append('no capital moved while something was lost: a loss that moves with it would not be found')


def json_row(where, row, want):
    for key in MONEY:
        same(where, key, row[key] if row[key] is None else str(D(row[key]).quantize(D('0.01'), ROUND_HALF_EVEN)), want[key])
    for key in RATIOS:
        same(where, key, None if row[key] is None else ratio(row[key]), want[key])
    for key in ('samples', 'days', 'fills'):
        same(where, key, row[key], want[key])
    same(where, 'judgement', row['judgement'], 'too few samples to judge' if want['samples'] < 10 else 'too short to judge' if want['days'] < 30 else None)


def check_position():
    risk = json.loads(load('risk.json'))
    mine = [row for row in json.loads(load('positions.json')) if row['agent'] == 'perp_1']
    if len(risk) != 1 or len(mine) != 1:
        sys.exit(f'{len(risk)} positions at the exchange, {len(mine)} here')
    venue, row = risk[0], mine[0]
    for key, theirs in (('quantity', 'positionAmt'), ('entry', 'entryPrice'), ('break_even', 'breakEvenPrice')):
        if D(row[key]) != D(venue[theirs]):
            sys.exit(f'{key} is {row[key]}, at the exchange {venue[theirs]}')
    if D(row['break_even']) == D(row['entry']):
        sys.exit('break-even is the entry: no fee is in it')
    # The mark moves between two questions: each is asked by its own, and by one they are the same.
    quantity, entry = D(row['quantity']), D(venue['entryPrice'])
    for name, mark, got, within in (('here', row['mark'], row['unrealised'], D('0.01')),
                                    ('there', venue['markPrice'], venue['unRealizedProfit'], D('0.000001'))):
        if abs((D(mark) - entry) * quantity - D(got)) > within:
            sys.exit(f'unrealised {name} is {got}, by mark {mark} and entry {entry} {(D(mark) - entry) * quantity}')
    if abs(D(row['mark']) - D(venue['markPrice'])) > D('0.1'):  # a tick
        sys.exit('not the same mark yet')
    if abs(D(row['notional']) - D(venue['notional'])) > abs(quantity) * D('0.1') + D('0.01'):
        sys.exit(f'notional is {row["notional"]}, at the exchange {venue["notional"]}')
    print(f'position {row["quantity"]} from {row["entry"]}, break-even {row["break_even"]}: as the exchange says')


def metrics():
    found = {}
    for line in load('metrics').splitlines():
        match = re.match(r'(agon_\w+)(?:\{(.*)\})? (\S+)$', line)
        if match:
            found[match.group(1), match.group(2) or ''] = match.group(3)
    return found


NAMES = {'return': 'return_ratio', 'drawdown': 'drawdown_ratio'}


def check_metrics(want):
    found = metrics()
    for agent in here(want) + ['']:
        row = want[agent]
        for key in MONEY + RATIOS:
            name = f'agon_{"agent_" if agent else ""}{NAMES.get(key, key)}'
            got = found.get((name, f'agent="{agent}"' if agent else ''))
            if got is not None and key in RATIOS:
                got = ratio(got)
            same('/metrics', f'{agent} {key}', got, row[key])
    for row in json.loads(load('agents.json')):
        labels = f'agent="{row["name"]}"'
        same('/metrics', f'{labels} lost today', found.get(('agon_agent_day_loss', labels)), row['day_loss'])
        its = json.loads(load(f'agent_{row["name"]}.json'))
        same('/metrics', f'{labels} lost today, scaled', found.get(('agon_agent_day_loss_scaled', labels)), row['day_loss_scaled'])
        same('/metrics', f'{labels} limit of it', found.get(('agon_agent_day_loss_limit', labels)), its['limits']['daily_loss'])
        text = re.split(r'  +', next(line for line in load(f'agent_{row["name"]}.txt').splitlines() if line.startswith('daily loss now')))
        same('ctl agent', f'{labels} daily loss now', text[-1], loss_text(row['day_loss'], row['day_loss_scaled']))
    for row in json.loads(load('positions.json')):
        labels = f'agent="{row["agent"]}",symbol="{row["symbol"]}"'
        for key, name in (('entry', 'entry_price'), ('break_even', 'break_even_price')):
            if key in row:
                same('/metrics', f'{labels} {key}', D(found['agon_position_' + name, labels]), D(row[key]))
        labels += f',currency="{row["currency"]}"'
        for key in ('notional', 'unrealised', 'realised', 'fees', 'funding'):
            if key in row:
                same('/metrics', f'{labels} {key}', D(found['agon_position_' + key, labels]), D(row[key]))


def check_whose():
    """The API's fills are those of the journal, and each is its own agent's: of all, and of each."""
    booked = {row['seq']: row for row in csv.DictReader(load('fills.csv').splitlines())}
    there = {row['name'] for row in json.loads(load('agents.json'))}
    for of in ('', '_spot_1', '_perp_1'):
        rows = json.loads(load(f'api_fills{of}.json'))
        if not rows:
            faults.append(f'fills{of}: the API has none')
        for row in rows:
            its = booked.get(str(row['seq']), {})
            if of:
                same(f'fills{of}', f'{row["seq"]} agent', row['agent'], of[1:])
            same(f'fills{of}', f'{row["seq"]} agent', row['agent'], its.get('agent') if its.get('agent') in there else '(unloaded)')
            for key in ('side', 'fee_asset'):
                same(f'fills{of}', f'{row["seq"]} {key}', row[key], its.get(key))
            for key in ('price', 'quantity', 'fee'):
                same(f'fills{of}', f'{row["seq"]} {key}', D(row[key]), D(its.get(key, 'NaN')))


def check_fills(want):
    """Fees of the futures agent, and its gross result, from its fills and its position alone."""
    cost = D(0)
    held = D(0)
    fees = D(0)
    for fill in csv.DictReader(load('fills.csv').splitlines()):
        if fill['agent'] != 'perp_1':
            continue
        quantity = D(fill['quantity']) * (1 if fill['side'] == 'buy' else -1)
        cost += quantity * D(fill['price'])
        held += quantity
        fees += D(fill['fee'])
    check_whose()
    row = next(row for row in json.loads(load('positions.json')) if row['agent'] == 'perp_1')
    exact = want['perp_1']['exact']
    same('fills', 'perp_1 fees less rebates', fees, exact['fees'] - exact['rebates'])
    same('fills', 'perp_1 quantity', held, D(row['quantity']))
    gross = held * D(row['mark']) - cost
    if abs(gross - exact['gross']) > D('0.01'):
        faults.append(f'fills: perp_1 has won {gross} before costs, elsewhere {exact["gross"]}')


def check_page(want):
    if not os.path.exists(os.path.join(folder, 'page.json')):
        return
    page = json.loads(load('page.json'))

    def plain(text):
        return text.replace('\u2009', '').replace('\u2212', '-').replace('+', '')
    same('page', 'equity', plain(page['equity']), want['']['equity'] + ' USDT')
    same('page', 'result', plain(page['result']), want['']['result'])
    gone = next((its for name, its in want.items() if name.startswith('left: ')), None)
    if gone:
        same('page', 'who left', plain(page['left']), f'1 unloaded: equity then {gone["equity"]}, result {gone["result"]}, in the totals')
        same('page', 'equity, of whom', plain(page['parts']).endswith(f' unloaded agents {gone["equity"]}'), True)
    for row in page['agents']:
        its = want[row['Agent']]
        for head, key in (('Capital', 'capital'), ('Equity', 'equity'), ('Result', 'result'), ('Fees', 'fees'), ('Volume', 'volume')):
            same('page', f'{row["Agent"]} {key}', plain(row[head]), its[key])
        same('page', f'{row["Agent"]} return', plain(row['Return']), '%.2f%%' % (round(100 * its['return'], 2) + 0.0))  # the page has no -0.00
        same('page', f'{row["Agent"]} sharpe', plain(row['Sharpe']), '–' if its['sharpe'] is None else '%.2f' % its['sharpe'])
    check_page_agents(want, page)
    check_given(want, page)
    for agent, facts in page['of'].items():
        its = want[agent]
        for head, key in (('Equity', 'equity'), ('Capital', 'capital'), ('Result', 'result'), ('Slippage cost', 'slippage'), ('Volume', 'volume')):
            same('page of an agent', f'{agent} {key}', plain(facts[head]), its[key])
        for head, key in (('Return', 'return'), ('Drawdown', 'drawdown')):
            same('page of an agent', f'{agent} {key}', plain(facts[head]), '%.2f%%' % (round(100 * its[key], 2) + 0.0))
        same('page of an agent', f'{agent} sharpe', plain(facts['Sharpe']), '–' if its['sharpe'] is None else '%.2f' % its['sharpe'])
        same('page of an agent', f'{agent} fills', plain(facts['Fills']), str(its['fills']))
        same('page of an agent', f'{agent} t', plain(facts['t [95 % of t]']), '–' if its['t'] is None else t_text(its))
        for head, key, sign in (('Gross', 'gross', 1), ('Fees', 'fees', -1), ('Rebates', 'rebates', 1), ('Funding', 'funding', 1), ('Result', 'result', 1)):
            same('page of an agent', f'{agent} {key}, from gross to net', D(plain(facts['falls'][head])), sign * D(its[key]))
    same('page', 'agents with a page', sorted(page['of']), sorted(here(want)))
    held = [row for row in json.loads(load('positions.json')) if D(row['quantity']) != 0 and not row['is_dust']]
    same('page', 'positions', sorted((its['Agent'], its['Symbol']) for its in page['positions']), sorted((row['agent'], row['symbol']) for row in held))
    for row in held:
        at, its = next((at, its) for at, its in enumerate(page['positions']) if its['Agent'] == row['agent'] and its['Symbol'] == row['symbol'])
        for head, key in (('Quantity', 'quantity'), ('Unrealised', 'unrealised'), ('Mark', 'mark'), ('Realised', 'realised'), ('In', 'currency')):
            same('page', f'{row["agent"]} {key}', plain(its[head]), row[key])
        for head, key in (('Entry', 'entry'), ('Break-even', 'break_even')):  # a mean; whole under the pointer
            same('page', f'{row["agent"]} whole {key}', page['whole'][at][head], row[key])
            same('page', f'{row["agent"]} {key}', plain(its[head]), mean(row[key], row['mark']))


HEADS = {'return': 'return', 'drawdown': 'drawdown', 'Sharpe': 'sharpe', 'Sortino': 'sortino', 't': 't', 't from': 't_low', 't to': 't_high',
         **{key: key for key in MONEY if key != 'slippage'}, 'slippage cost': 'slippage'}


def in_view(key, its):
    if key in MONEY:
        return apart(its[key])
    if its[key] is None:
        return '-'
    return percent(its[key]) if key in ('return', 'drawdown') else '%.2f' % its[key]


def check_views(want):
    """What `agon ctl agents`, `agon ctl status` and `agon top` print."""
    for name in ('agents.txt', 'top'):
        parts = load(name).split('Agents, amounts in USDT\n')
        same(name, 'tables of agents', len(parts), 2)
        heads, *lines = [line for line in parts[-1].split('\n\n')[0].splitlines() if not line.startswith('a wider terminal')]
        heads = re.split(r'  +', heads.strip())
        same(name, 'heads that lack', sorted(set(HEADS) - set(heads)), [])
        rows = [dict(zip(heads, re.split(r'  +', line.strip()))) for line in lines]
        same(name, 'agents', [row['agent'] for row in rows], here(want))
        for row in rows:
            for head, key in HEADS.items():
                same(name, f'{row["agent"]} {key}', row[head], in_view(key, want[row['agent']]))
    money = load('status.txt').split('Money, amounts in USDT\n')[1].split('\n\n')[0]
    lines = dict(re.split(r'  +', line, maxsplit=1) for line in money.splitlines())
    for head, key in HEADS.items():
        same('ctl status', key, lines.get(head, '').strip(), in_view(key, want['']))


COUNTS = {'intents': 'intents', 'refused': 'refused', 'fills': 'fills', 'open': 'open_orders'}


def check_counts():
    """Intents, refusals by reason, fills, open orders: of each agent and of all, on every surface that has them. Agents that a halt refuses
    go on asking while the surfaces are read one after the other: each has a count between the first of them and the last."""
    found = metrics()
    first, last, api = ({row['name']: row for row in json.loads(load(name))} for name in ('agents.json', 'agents_after.json', 'api_agents.json'))
    status = json.loads(load('api_status.json'))
    report = json.loads(load('report.json'))
    page = json.loads(load('page.json')) if os.path.exists(os.path.join(folder, 'page.json')) else None

    def within(where, name, key, got):
        # What makes a position smaller passes a halt: open orders come and go while an agent asks for any.
        if key == 'open' and first[name]['intents'] != last[name]['intents']:
            return
        same(where, f'{name} {key}, {got}, from {first[name][key]} to {last[name][key]}', first[name][key] <= int(-1 if got is None else got) <= last[name][key], True)
    for name in first:
        its = json.loads(load(f'agent_{name}.json'))
        text = dict(re.split(r'  +', line, maxsplit=1) for line in load(f'agent_{name}.txt').split('\n\n')[0].splitlines() if '  ' in line)
        for key, metric in COUNTS.items():
            within('/api', name, key, api[name][key])
            within('ctl agent --json', name, key, its['agent'][key])
            within('ctl agent', name, key, text['open orders' if key == 'open' else key].strip().replace(',', ''))
            within('/metrics', name, key, found.get((f'agon_agent_{metric}{"" if key == "open" else "_total"}', f'agent="{name}"')))
        same('ctl agent', f'{name} refused, by reason', sum(one['count'] for one in its['refusals']), its['agent']['refused'])
        same('/metrics', f'{name} refused, by reason', sum(int(value) for (key, labels), value in found.items()
             if key == 'agon_agent_refusals_total' and f'agent="{name}"' in labels), int(found['agon_agent_refused_total', f'agent="{name}"']))
        if page:
            for head, key in (('Intents', 'intents'), ('Refused', 'refused')):
                within('page of an agent', name, key, page['of'][name][head].replace('\u2009', ''))
    for row in report['agents']:
        for key in ('fills', 'refused'):
            within('report', row['name'], key, row[key])
    for key in ('intents', 'refused'):
        own = sum(int(value) for (metric, _), value in found.items() if metric == f'agon_agent_{key}_total')
        all_ = int(found[f'agon_{key}_total', ''])
        same('/metrics', f'{key} of all, {all_}, are those of the agents, {own}, and who left', all_ >= own > 0, True)
    if all(first[name]['intents'] == last[name]['intents'] for name in first):
        same('/metrics', 'open orders of all', found.get(('agon_open_orders', '')), str(status['open_orders']))


def check_equity():
    """Points over time: `ctl equity` and the API."""
    ctl, api = (json.loads(load(name)) for name in ('ctl_equity.json', 'api_equity.json'))
    same('ctl equity', 'those who have points', sorted(ctl), sorted(api))
    for name, points in ctl.items():
        other = {point[0]: point for point in api.get(name, [])}
        both = [point for point in points if point[0] in other]
        same('ctl equity', f'{name}, {len(both)} points of {len(points)} that both have', len(both) > 20 and all(other[point[0]] == point for point in both), True)


def check_portfolio():
    """What the limits of all see, on each surface."""
    own = json.loads(load('portfolio.json'))
    same('/api', 'portfolio', json.loads(load('api_portfolio.json')), own)
    equity, of_day, high = D(own['equity']), D(own['equity_at_day']), D(own['equity_highest'])
    used = {row['limit']: row['used'] for row in own['limits']}
    same('portfolio', 'used of the equity', D(used['equity']), equity)
    same('portfolio', 'used of the daily loss', abs(D(used['daily_loss']) - (of_day - equity)) <= D('0.01'), True)  # each to its own nearest
    same('portfolio', 'used of the drawdown', abs(used['drawdown'] - float((high - equity) / high)) < 2e-6, True)
    found = metrics()
    same('/metrics', 'portfolio, equity', found['agon_portfolio_equity', ''], str(equity))
    same('/metrics', 'portfolio, daily loss', found['agon_portfolio_used', 'limit="daily_loss"'], used['daily_loss'])
    shown = {row['limit']: {key: '-' if value is None else 'none' if value == 'none' else percent(value) if row['unit'] == 'share' else apart(value)
                            for key, value in (('used', row['used'] if row['is_minimum'] or row['used'] in (None, 'none') or D(str(row['used'])) >= 0 else
                                                '0.00' if isinstance(row['used'], str) else 0), ('at', row['at']))} for row in own['limits']}
    shown['daily_loss']['used'] = loss_text(own['day_loss'], used['daily_loss'])
    head, *lines = re.split(r'Limits of all agents together.*\n', load('portfolio.txt'))[1].splitlines()
    rows = {re.split(r'  +', line.strip())[0]: re.split(r'  +', line.strip())[1:3] for line in lines if not line.startswith('    ')}
    for name, its in shown.items():
        same('ctl portfolio', name, rows.get(name.replace('_', ' ')), [its['used'], its['at']])
    lines = dict(re.split(r'  +', line, maxsplit=1) for line in load('portfolio.txt').split('\n\n')[0].splitlines()[1:])
    for name, key in (('capital of all agents now', 'capital'), ('equity to close', 'equity'), ('at 00:00 UTC, scaled to that capital', 'equity_at_day'),
                      ('highest, scaled to that capital', 'equity_highest'), ('daily loss now', 'day_loss')):
        same('ctl portfolio', name, lines.get(name), loss_text(own[key], own[key]) if key == 'day_loss' else apart(own[key]))
    if not os.path.exists(os.path.join(folder, 'page.json')):
        return
    for name, now, at in json.loads(load('page.json'))['portfolio']:
        clean = [text.replace('\u2009', '').replace('\u2212', '-').replace('%', ' %') for text in (now, at)]
        want = [shown[name][key].replace(',', '') for key in ('used', 'at')]
        if name == 'daily_loss':
            want[0] = loss_text(own['day_loss'], used[name]).replace(',', '').replace(' scaled', ', scaled')
        same('page', f'limit {name} of all', clean, [want[0], '–' if want[1] == 'none' else want[1]])


def check_held():
    """What is closed is a row for programs, and none for people; a book that is asked for alone is shown."""
    rows = json.loads(load('positions.json'))
    held = [row for row in rows if D(row['quantity']) != 0 and not row['is_dust']]
    lines = [line for line in load('positions.txt').splitlines()[2:] if not line.startswith('and ')]
    same('ctl positions', 'who holds', sorted(tuple(line.split()[:2]) for line in lines if line != 'none'), sorted((row['agent'], row['symbol']) for row in held))
    for row in held:
        mine = [line.split() for line in lines if line.split()[:2] == [row['agent'], row['symbol']]]
        same('ctl positions', f'{row["agent"]} {row["symbol"]}, entry', apart(mean(row['entry'], row['mark'])) in mine[0], True)
    check_entry_tags(sys.modules[__name__], json.loads(load('page.json')) if os.path.exists(os.path.join(folder, 'page.json')) else None)
    n_dust = sum(row['is_dust'] for row in rows)
    same('ctl positions', 'dust', f'and {n_dust} of dust' in load('positions.txt'), n_dust > 0)
    book = {row['symbol']: row for row in json.loads(load('books.json'))}['binance:BTCUSDT']
    same('ctl books binance:BTCUSDT', 'bid and ask', [apart(text) in load('book.txt').split() for text in (book['bid'], book['ask'])], [True, True])


DAY_MS, WEEK_MS = 86400000, 7 * 86400000


def check_again():
    """After a restart: the points of equity begin with the capital, are as fine as before, and the results of each time are of them."""
    status, first, points = json.loads(load('before.json')), json.loads(load('run_1.json')), json.loads(load('api_equity.json'))
    seen, killed = json.loads(load('run_1_equity.json')), first['t_ms']
    for name, list_ in points.items():
        same('equity', f'result with which {name} begins', round(list_[0][1] - list_[0][2], 2), 0)
        same('equity', f'{name} begins at {list_[0][0]}, and was seen from {seen[name][0][0]} on', 0 <= seen[name][0][0] - list_[0][0] <= 60000, True)
        old = [point[0] for point in list_ if point[0] <= killed]
        gap = max([b - a for a, b in zip(old, old[1:])], default=killed)
        same('equity', f'{name}: {len(old)} points of before, a gap of {gap} ms', len(old) > 20 and gap <= 60000, True)
        same('equity', f'{name} is in the order of time', sorted(point[0] for point in list_), [point[0] for point in list_])
    events = list(reversed(json.loads(load('api_events.json'))))
    of_one = [event['kind'] for event in events if event['of'] == 'spot_1' and event['kind'] in ('halt', 'resume')]
    same('events', 'halts of spot_1', of_one, ['halt', 'resume'])
    same('events', 'halts of all', [event['kind'] for event in events if event['of'] == 'all' and event['kind'] in ('halt', 'resume')], ['halt'])
    before = [event['t_ms'] for event in events if event['t_ms'] <= killed]
    same('events', 'in their order', before, sorted(before))
    if not os.path.exists(os.path.join(folder, 'again.json')):
        return
    page = json.loads(load('again.json'))

    def number(text):
        return float(text.replace('\u2009', '').replace('\u2212', '-').replace('+', ''))
    result, all_ = float(status['result']), points['(all)']
    same('page', 'result', number(page['result']), result)
    same('page', f'its chart begins at {page["from_ms"]}', abs(page['from_ms'] - all_[0][0]) <= 1, True)
    week = (status['t_ms'] - 4 * DAY_MS) // WEEK_MS * WEEK_MS + 4 * DAY_MS
    for name, since in (('today', status['t_ms'] // DAY_MS * DAY_MS), ('week', week)):
        base = [point for point in all_ if point[0] <= since]
        want = result - ((base[-1][1] - base[-1][2]) if base else 0)
        same('page', f'result of {name}, {page[name]}, is {want:.2f}', abs(number(page[name]) - want) < 0.02, True)
    for period, bars in page['by'].items():
        total = sum(bar['amount'] for bar in bars)
        same('page', f'results by {period}, {len(bars)} of them, come to {total:.2f}, the result is {result}', abs(total - result) < 0.02, True)


def check_host():
    want = truth('figures.csv')
    for name in ('agents.json', 'api_agents.json'):
        for row in json.loads(load(name)):
            json_row(name, row, want[row['name']])
    for name in ('before.json', 'after.json', 'api_status.json'):
        status = json.loads(load(name))
        json_row(name, status, want[''])
    same('/api', 'positions', json.loads(load('api_positions.json')), json.loads(load('positions.json')))
    check_views(want)
    for match in re.finditer(r'\b(equity|capital|result|gross|fees|rebates|funding|slippage cost) (-?[0-9,.]+)', load('top')):
        same('top, its head', match.group(1), match.group(2), apart(want[''][match.group(1).split()[0]]))
    check_metrics(want)
    check_fills(want)
    check_left(want, [(name, json.loads(load(name))) for name in ('before.json', 'api_status.json')])
    check_newcomer(want)
    check_portfolio()
    check_held_performance(sys.modules[__name__])
    check_lost()
    check_counts()
    check_equity()
    check_held()
    check_page(want)
    report = json.loads(load('report.json'))
    for row in report['agents']:
        json_row('report', row, want[row['name']])
    json_row('report', report['all'], want[''])
    check_html('report.html', want)
    check_deeper(want, 'report.html', 'report.txt', json.loads(load('page.json')) if os.path.exists(os.path.join(folder, 'page.json')) else None)
    if not any(is_deeper(want[name]) for name in here(want)):
        faults.append('no agent lost a larger share than its deepest fall: that it is explained would not be seen')
    check_tournament(sys.modules[__name__], want)
    check_reloads(sys.modules[__name__])
    check_crashes(sys.modules[__name__])
    check_host_itself(sys.modules[__name__])
    check_market(sys.modules[__name__])
    seen = [row['return'] for name, row in want.items() if name and abs(row['return']) > 0.02]
    if not seen:
        faults.append('no agent has a return that is seen where it has two digits: a wrong base of it would not be found')


def html_table(text, head, first='agent'):
    for table in re.findall(r'<table.*?</table>', text, re.S):
        rows = [[html.unescape(re.sub(r'<[^>]*>', '', cell)).strip() for cell in re.findall(r'<t[hd][^>]*>(.*?)</t[hd]>', row, re.S)]
                for row in re.findall(r'<tr.*?</tr>', table, re.S)]
        if rows and rows[0] and rows[0][0] == first and head in rows[0]:
            return [dict(zip(rows[0], row)) for row in rows[1:]]
    faults.append(f'the page has no table of {first} and {head}')
    return []


def check_html(page, want):
    table = html_table(load(page), 'Sharpe')
    rows = [row for row in table if row['agent'] != 'pool']
    for key in ('capital', 'equity'):  # with the pool's row the column adds up, but for what rounding makes
        shown = [(row['agent'], D(row[key].replace(',', ''))) for row in table]
        off = sum(amount for name, amount in shown if not name.startswith('all')) - sum(amount for name, amount in shown if name.startswith('all'))
        same(page, f'{key} adds up', abs(off) <= D('0.005') * len(table), True)
    for row, costs in zip(rows, html_table(load(page), 'gross')):
        same(page, 'agents in both tables', costs['agent'], row['agent'])
        row.update(costs)
        row['slippage'] = row.pop('slippage cost')
    # What a dash stands for is said where there is one, and nowhere else.
    same(page, 'a note of t that are not there', ' t - : too few' in load(page), any(its['samples'] < 10 for its in want.values()))
    same(page, 'a note of ratios of a year that are not there', ' Sharpe, Sortino - : too short' in load(page), any(its['days'] < 30 for its in want.values()))
    for part in load(page).split('Deepest drawdowns of the whole')[1:]:
        same(page, 'drawdowns that are shown as none', len(re.findall('>0.00 %<', part.split('</table>')[0])), 0)
    same(page, 'agents', len(rows), len(want))
    for row in rows:
        name = '' if row['agent'].startswith('all') else row['agent']
        its = want[name]
        for key in SHOWN:
            same(page, f'{name} {key}', row[key], apart(its[key]))
        same(page, f'{name} return', row['return'], percent(its['return']))
        same(page, f'{name} drawdown', row['drawdown'], percent(its['drawdown']))
        same(page, f'{name} Sharpe', row['Sharpe'], ratio_text(its['sharpe']))
        same(page, f'{name} Sortino', row['Sortino'], ratio_text(its['sortino']))
        same(page, f'{name} fills', row['fills'], f'{its["fills"]:,}')
        same(page, f'{name} t', row['t [95 % of t]'], t_text(its))


DEEPER = ': a larger share was lost than the deepest fall'


def is_deeper(its):
    return round(-10000 * its['return']) > round(10000 * its['drawdown'])


def check_deeper(want, report, text, page=None):
    """Where a return is deeper than the drawdown, as capital that was taken makes it, is said why; and nowhere else."""
    for name in here(want):
        for where, shown in (('report.html', load(report).count(name + DEEPER)), ('report', load(text).count(name + DEEPER))):
            same(where, f'{name}, a loss deeper than the drawdown is explained', shown, int(is_deeper(want[name])))
        if page:
            same('page of an agent', f'{name}, a loss deeper than the drawdown is explained', page['of'][name]['deeper'] != '', is_deeper(want[name]))


def check_page_agents(want, page):
    """What is not money of the league and of an agent's page: every ratio and count, and what limits see."""
    agents = {row['name']: row for row in json.loads(load('agents.json'))}
    after = {row['name']: row for row in json.loads(load('agents_after.json'))}
    for row in page['agents']:
        its, name = want[row['Agent']], row['Agent']
        if agents[name]['intents'] == after[name]['intents']:  # else orders come and go
            same('page', f'{name} Open', row['Open'], str(agents[name]['open']))
        for head, got in (('Drawdown', percent(its['drawdown']).replace(' ', '')), ('Gross', its['gross']), ('Fills', str(its['fills']))):
            same('page', f'{name} {head}', row[head].replace('\u2009', '').replace('\u2212', '-').replace('+', ''), got)
        same('page', f'{name} State', row['State'].lower().split(':')[0], agents[name]['state'].lower())
    for name, facts in page['of'].items():
        its, row = want[name], agents[name]
        same('page of an agent', f'{name} sortino', facts['Sortino'].replace('\u2212', '-'), '–' if its['sortino'] is None else '%.2f' % its['sortino'])
        same('page of an agent', f'{name} closing fills', facts['Closing fills'].replace('\u2009', ''), f'{row["wins"]} won, {row["losses"]} lost')
        same('page of an agent', f'{name} judged', facts['Judged'], row['judgement'] or f'of {its["days"]} days')
        shown = {one['Limit']: one for one in facts['limits']}
        limits = json.loads(load(f'agent_{name}.json'))['limits']
        fall = max(row['fall'], 0)
        if shown['Drawdown now']['Used'].strip('0.\u2009%') or fall >= 5e-5:
            same('page of an agent', f'{name} drawdown now', shown['Drawdown now']['Used'].replace('\u2009', ''), percent(fall).replace(' ', ''))
        same('page of an agent', f'{name} daily loss now', shown['Daily loss now']['Used'].replace('\u2009', ''), loss_text(row['day_loss'], row['day_loss_scaled']).replace(',', '').replace(' scaled', ', scaled'))
        for title, key in (('Daily loss now', 'daily_loss'), ('Position', 'position'), ('One order', 'order')):
            if D(str(limits[key])) > 0:
                same('page of an agent', f'{name} limit of {title}', shown[title]['At'].replace('\u2009', ''), limits[key])


def check_given(want, page):
    """The ribbon of capital: each agent's, the pool's, and what it is of all."""
    status = json.loads(load('api_status.json'))
    plain = {name: (share.replace('\u2009', ''), amount.replace('\u2009', '')) for name, share, amount in page['parts_of']}
    parts = {name: want[name]['capital'] for name in here(want)} | {'Pool': status['pool'], 'Unloaded': status['left_capital']}
    parts = {name: amount for name, amount in parts.items() if D(amount) > 0}
    whole = sum(D(amount) for amount in parts.values())
    same('page, capital', 'of whom', sorted(plain), sorted(parts))
    for name, amount in parts.items():
        same('page, capital', name, plain.get(name), (percent(float(D(amount) / whole)).replace(' ', ''), amount))
    same('page, capital', 'of all', page['given'].replace('\u2009', '').split(' ')[0], status['capital'])


def check_closed(agent, report, page):
    """Closed trades: what /api, ctl, the report and the page say, and that together they are what the ledger realised."""
    rows = json.loads(load(f'api_closed_{agent}.json'))
    same('ctl closed', agent, json.loads(load(f'closed_{agent}.json')), rows)
    if not rows:
        faults.append(f'{agent} has no closed trade')
    told = [row for row in report['trades'] if row['agent'] == agent][:len(rows)]
    same('report', f'{agent}, its trades', len(told), len(rows))
    for mine, its in zip(told, rows):
        where = f'report, trade of {agent} at {its["time"]}'
        for key, other in (('side', 'side'), ('opened', 'opened'), ('closed', 'time'), ('currency', 'currency'), ('partial', 'partial')):
            same(where, key, mine[key] if key not in ('opened', 'closed') else mine[key][:23], its[other] if key not in ('opened', 'closed') else its[other][:23])
        same(where, 'symbol', mine['symbol'], its['symbol'].split(':')[-1])
        for key in ('quantity', 'entry', 'exit'):
            same(where, key, round(mine[key], 6), round(float(its[key]), 6))
        for key in ('result', 'fees'):
            same(where, key, abs(mine[key] - float(its[key])) <= 0.00501, True)
    for row in json.loads(load('flat.json')):
        mine = [its for its in rows if its['symbol'] == row['symbol']]
        if row['agent'] != agent or not mine or len(rows) >= 128:
            continue
        if any(its['partial'] for its in mine):
            faults.append(f'{agent}: a trade began before the journal did')
        total = sum(D(its['result']) for its in mine)
        dust = D(dust_sold(csv.DictReader(load('flat_fills.csv').splitlines()), agent))
        same('ledger', f'{agent} {row["symbol"]}, realised, by its {len(mine)} closed trades',
             abs(total - D(row['realised'])) <= D('0.005') * (len(mine) + 1) + dust, True)
        same('ledger', f'{agent} {row["symbol"]}, fees',
             abs(sum(D(its['fees']) for its in mine) - D(row['fees'])) <= D('0.005') * (len(mine) + 1) + dust, True)
    if page is None:
        return
    same('page', f'{agent}, its closed trades', len(page['closed']), len(rows))
    for shown, its in zip(page['closed'], rows):
        for head, want in (('Side', its['side']), ('Result', ('+' if D(its['result']) > 0 else '') + its['result']), ('Fees', its['fees'])):
            same('page', f'{agent}, {head} of its trade {its["seq"]}', shown[head].replace('\u2009', '').replace('\u2212', '-'), want)
        for head, key in (('Entry', 'entry'), ('Exit', 'exit')):
            if head in shown and its[key] is not None:
                same('page', f'{agent}, {head} of its trade {its["seq"]}', shown[head].replace('\u2009', ''), mean(its[key]))


def check_ended(agent, page):
    """Orders that ended: filled is what their fills come to, at their mean and for their fees; and no order that was filled is missing."""
    rows = json.loads(load(f'api_ended_{agent}.json'))
    same('ctl ended', agent, json.loads(load(f'ended_{agent}.json')), rows)
    if len(rows) < 3:
        faults.append(f'{agent} has {len(rows)} orders that ended')
    filled = {}
    for row in csv.DictReader(load('flat_fills.csv').splitlines()):
        filled.setdefault(row['order_id'], []).append(row)
    n_filled = 0
    for row in rows:
        mine = filled.get(row['id'], [])
        qty = sum(D(one['quantity']) for one in mine)
        same('ended', f'{agent} {row["id"]}, filled', D(row['filled']), qty)
        same('ended', f'{agent} {row["id"]}, whole', row['end'] == 'filled', D(row['filled']) == D(row['quantity']))
        if row['average'] is None or not mine:
            continue
        n_filled += 1
        mean = sum(D(one['quantity']) * D(one['price']) for one in mine) / qty
        same('ended', f'{agent} {row["id"]}, average of {row["average"]} is {mean}', abs(mean - D(row['average'])) <= D('0.01'), True)
        same('ended', f'{agent} {row["id"]}, fee', D(row['fee']), sum(D(one['fee']) for one in mine))
    if n_filled == 0:
        faults.append(f'{agent}: no order that ended has a fill')
    known, since = {row['id'] for row in rows}, min(row['seq'] for row in rows) if len(rows) >= 128 else 0
    is_open = {row['id'] for row in json.loads(load('flat_orders.json'))}
    for order, mine in filled.items():
        if mine[0]['agent'] == agent and min(int(one['seq']) for one in mine) > since and order not in known | is_open:
            faults.append(f'{agent}: the order {order} was filled and is not among those that ended')
    if page is None:
        return
    same('page', f'{agent}, its ended orders', len(page['ended']), len(rows))
    by = {row['id']: row for row in rows}
    for shown in page['ended']:
        its = by.get(shown['key'])
        if its is None:
            faults.append(f'page: {agent} has an ended order {shown["key"]}, which /api has not')
            continue
        for head, want in (('Side', its['side']), ('End', its['end']), ('Quantity', its['quantity']), ('Filled', its['filled'] if D(its['filled']) else '–')):
            same('page', f'{agent}, {head} of {its["id"]}', shown[head].replace('\u2009', ''), want)


def check_to_close():
    """Where coins alone are held, limits of all see the equity of the agents less half a spread of each coin: what it is sold for."""
    own, status = json.loads(load('flat_portfolio.json')), json.loads(load('flat_status.json'))
    books = {row['symbol']: row for row in json.loads(load('flat_books.json'))}
    want, half = D(status['equity_agents']), D(0)
    for row in json.loads(load('flat.json')):
        if D(row['quantity']) != 0 and not row['symbol'].startswith('binance:'):
            faults.append(f'{row["agent"]} holds futures still')
        half += D(row['quantity']) * (D(row['mark']) - D(books[row['symbol']]['bid'])) if row['symbol'].startswith('binance:') else 0
    if half < D('0.02'):
        faults.append(f'half of the spreads of what is held is {half}: a price of the other side would not be found')
    same('portfolio', f'equity {own["equity"]}, by {want} of the agents less {half}', abs(D(own['equity']) - (want - half)) <= D('0.0151'), True)


def check_lists():
    check_to_close()
    check_exports(sys.modules[__name__])
    check_equity_text(sys.modules[__name__])
    check_performance(sys.modules[__name__])
    report = json.loads(load('flat_report.json'))
    page = json.loads(load('lists.json')) if os.path.exists(os.path.join(folder, 'lists.json')) and load('lists.json') else None
    for agent in ('perp_1', 'payer_1', 'payer_2', 'newcomer_1'):
        check_closed(agent, report, page and page[agent])
        check_ended(agent, page and page[agent])
        check_tags(sys.modules[__name__], agent, *(json.loads(load(f'api_{what}_{agent}.json')) for what in ('closed', 'ended')), page and page[agent])


def check_month():
    """A live host with daily returns enough: each ratio of a year on each surface that has it, and none of them unknown."""
    want = truth('figures.csv')
    for name, its in want.items():
        if its['days'] < 30 or any(its[key] is None for key in RATIOS):
            faults.append(f'{name}: no ratio after {its["days"]} days')
    for name in ('agents.json', 'api_agents.json'):
        for row in json.loads(load(name)):
            json_row(name, row, want[row['name']])
    for name in ('before.json', 'api_status.json'):
        json_row(name, json.loads(load(name)), want[''])
    check_views(want)
    check_metrics(want)
    check_page(want)
    report = json.loads(load('report.json'))
    for row in report['agents']:
        json_row('report', row, want[row['name']])
    json_row('report', report['all'], want[''])
    check_html('report.html', want)
    check_deeper(want, 'report.html', 'report.txt')
    check_report_text(want)
    check_ratios(sys.modules[__name__], want)
    check_periods(sys.modules[__name__])


def check_report_text(want):
    """The table that `agon report` prints."""
    lines = load('report.txt').splitlines()
    at = next(i for i, line in enumerate(lines) if re.match(r'agent .*sharpe', line))
    for line, (name, its) in zip(lines[at + 1:], want.items()):
        shown = ' '.join([name or 'all, with the pool', apart(its['capital']), apart(its['equity']), apart(its['result']), percent(its['return']), percent(its['drawdown']),
                          ratio_text(its['sharpe']), t_text(its)])
        same('report, its text', name, ' '.join(line.split()).startswith(shown + ' '), True)


def check_backtest():
    want = truth('backtest_figures.csv')
    for name, its in want.items():
        same('figures', f'{name} days', its['days'], int(sys.argv[3]))
        if int(sys.argv[3]) >= 30 and (its['sharpe'] is None or its['sortino'] is None or its['t'] is None):
            faults.append(f'{name}: no ratio after {sys.argv[3]} days')
    for row in json.loads(load('backtest.json'))['agents']:
        json_row('JSON', row, want[row['name']])
    for row in csv.DictReader(load('csv/agents.csv').splitlines()):
        for key in MONEY:
            same('agents.csv', f'{row["agent"]} {key}', cents(row[key]), want[row['agent']][key])
        for key in RATIOS:
            same('agents.csv', f'{row["agent"]} {key}', ratio(row[key]), want[row['agent']][key])
    check_html('backtest.html', want)
    # Columns that find no room stand in further tables.
    rows, heads = {}, []
    for line in load('backtest.txt').splitlines():
        cells = re.split(r' {2,}', line)
        if cells[0] == 'agent [USDT]':
            heads = cells[1:]
        elif heads and len(cells) == len(heads) + 1:
            rows.setdefault(cells[0], {}).update(zip(heads, cells[1:]))
        else:
            heads = []
    for name, its in want.items():
        row = rows[name or 'all, with the pool']
        del row['refused']
        same('text', name, row, {'return': percent(its['return']), 'drawdown': percent(its['drawdown']), 'sharpe': ratio_text(its['sharpe']), 't [95 % of t]': t_text(its),
                                 'fills': f"{its['fills']:,}", **{'slippage cost' if key == 'slippage' else key: apart(its[key]) for key in SHOWN}})
    # Its first sentence is of all.
    said = re.search(r'^Result: (\S+) USDT \((.*?)\) of (\S+) USDT, by (\d+) agents?(?: and (\d+) models?)?', load('backtest.txt'), re.M).groups('0')
    said = (*said[:3], str(int(said[3]) + int(said[4])))
    same('text', 'first sentence', said, (apart(want['']['result']), percent(want['']['return']), apart(want['']['capital']), str(len(want) - 1)))


def plant(name):
    row = truth('figures.csv')['payer_1']
    text, wrong = load(name), percent(float(row['exact']['result'] / row['exact']['equity']))
    for minus, space in (('-', ' '), ('\u2212', '\u2009')):  # of the terminal and of the page
        text = text.replace(percent(row['return']).replace('-', minus).replace(' ', space), wrong.replace('-', minus).replace(' ', space))
    if text == load(name):
        sys.exit(f'{name} has no {percent(row["return"])}')
    with open(os.path.join(folder, name), 'w') as file:
        file.write(text)


if what == 'position':
    check_position()
    sys.exit()
if what == 'plant':
    plant(sys.argv[3])
    sys.exit()
itself = {'open': check_open, 'money': check_money, 'up': check_up}.get(what)
if itself:
    itself(sys.modules[__name__])
else:
    {'host': check_host, 'lists': check_lists, 'again': check_again, 'month': check_month}.get(what, check_backtest)()
if faults:
    sys.exit('\n'.join(faults[:20]) + f'\n{len(faults)} of {n_compared} numbers disagree')
print(f'{what}: {n_compared} numbers agree')
