# SPDX-License-Identifier: Apache-2.0
"""Rows that several surfaces of one run list: who took over from whom, and how long the engine paused; crashes and what was quarantined; what
is exported of the journal. Of numbers_agree.py, whose helpers come in as `of`."""
import csv
import json
import math
import os
import re
from decimal import ROUND_HALF_EVEN, Decimal as D

from numbers_plan import plain, table
from numbers_spread import dust_sold, tag_name


SPAN_S = {'ns': 1e-9, 'us': 1e-6, 'ms': 1e-3, 's': 1, 'min': 60, 'h': 3600, 'd': 86400}


def time_text(ns):
    """As base/span.h of the host has it."""
    if ns < 1000:
        return f'{ns} ns' if ns else '0 s'
    seconds = (ns + (5 * 10**7 if ns < 60 * 10**9 else 0)) // 10**9
    for length, unit, parts, smaller in ((86400, 'd', 24, 'h'), (3600, 'h', 60, 'min'), (60, 'min', 60, 's')):
        if seconds >= length:
            part = seconds % length * parts // length
            return f'{seconds // length} {unit}' + (f' {part} {smaller}' if part else '')
    for one, unit in ((10**3, 'us'), (10**6, 'ms'), (10**9, 's')):
        tenths, whole = (ns + one // 20) // (one // 10), (ns + one // 2) // one
        if whole < 1000 or unit == 's':
            return f'{whole} {unit}' if tenths >= 1000 or (unit == 's' and tenths % 10 == 0) else f'{tenths // 10}.{tenths % 10} {unit}'


def on_page(text):
    """A span of the page as the terminal has it."""
    return text.replace('\u2009', ' ').replace('\u2212', '-').replace('µs', 'us')


def shown_as(head, text):
    return on_page(text) if head in ('Pause', 'All in all') else plain(text)


def span_s(text):
    """Seconds of a span, and by how much it can be another: it is rounded, from a minute on down."""
    words = on_page(text).split(' ')
    seconds = sum(float(value) * SPAN_S[unit] for value, unit in zip(words[::2], words[1::2]))
    return seconds, SPAN_S[words[-1]] * (1 if seconds >= 60 else 0.501 if float(words[0]) >= 100 else 0.0501)


def lines(of, name):
    return [json.loads(line) for line in of.load(name).splitlines() if line.strip()]


# ---- who took over

def check_reloads(of):
    rows = json.loads(of.load('reloads.json'))
    of.same('/api', 'reloads', json.loads(of.load('api_reloads.json')), rows)
    kinds = {row['kind'] for row in rows}
    of.same('reloads', 'kinds', kinds | {'restart'}, {'reload', 'rollback', 'restart'})  # who crashes may die before it is begun
    of.same('reloads', 'longer from order to event than the engine paused', all(row['total_ns'] >= row['pause_ns'] > 0 for row in rows), True)
    shown = table(of.load('reloads.txt').split('\n', 1)[1])
    of.same('ctl reloads', 'rows', len(shown), len(rows))
    logged = [line for line in lines(of, 'host.err') if 'pause_ns' in line and line['key'] in kinds]
    events = [event for event in json.loads(of.load('api_events.json')) if event['kind'] in kinds]
    told = [one for one in json.loads(of.load('report.json'))['happenings'] if re.match(r'(reloaded|rolled back|restarted):', one['text'])]
    of.same('log', 'reloads', len(logged), len(rows))
    of.same('/api events', 'reloads', len(events), len(rows))
    of.same('report', 'reloads', len(told), len(rows))
    agents = {row['name']: row for row in json.loads(of.load('agents.json'))}
    newest = {}
    for row, text, log, event, one in zip(rows, shown, logged[::-1], events, told[::-1]):
        where = f'reload at {row["time"]}'
        newest.setdefault(row['agent'], row)
        for head, want in (('agent', row['agent']), ('kind', row['kind']), ('by', row['by']), ('from', str(row['from'])), ('to', str(row['to'])),
                           ('pause', time_text(row['pause_ns'])), ('in all', time_text(row['total_ns'])), ('time', f'{row["time"][5:10]} {row["time"][11:19]}')):
            of.same(f'ctl reloads, {where}', head, text[head], want)
        for key, name in (('agent', 'agent'), ('generation', 'to'), ('after', 'from'), ('plugin', 'code'), ('event', 'seq'), ('state_bytes', 'state_bytes'),
                          ('pause_ns', 'pause_ns'), ('total_ns', 'total_ns'), ('key', 'kind')):
            of.same(f'log, {where}', key, log[key], row[name])
        of.same(f'/api events, {where}', 'text', (event['of'], event['text']),
                (row['agent'], f'generation {row["to"]} is active after {row["from"]}, engine pause {time_text(row["pause_ns"])}'))
        of.same(f'report, {where}', 'generation', (one.get('agent'), f'generation {row["to"]} ({row["code"]}) is active' in one['text']), (row['agent'], True))
    found = of.metrics()
    for kind in ('reload', 'rollback', 'restart'):
        mine = [row['pause_ns'] for row in rows if row['kind'] == kind]
        name = f'kind="{kind}"'
        of.same('/metrics', f'pauses of a {kind}', int(found['agon_reload_pause_seconds_count', name]), len(mine))
        of.same('/metrics', f'pauses of a {kind}, together', abs(float(found['agon_reload_pause_seconds_sum', name]) - sum(mine) / 1e9) <= 1e-9 * len(mine), True)
        of.same('/metrics', f'the longest pause of a {kind} is in its buckets', in_buckets(found, name, mine), True)
    for agent, row in newest.items():
        of.same('agents', f'{agent}, generation and code', (agents[agent]['generation'], agents[agent]['code']), (row['to'], row['code']))
    for agent, row in agents.items():
        of.same('/metrics', f'{agent}, generation', int(found['agon_agent_generation', f'agent="{agent}"']), row['generation'])
    if os.path.exists(os.path.join(of.folder, 'page.json')):
        check_reloads_page(of, rows, json.loads(of.load('page.json')), agents)


def in_buckets(found, name, pauses):
    """Each bucket holds those up to its bound."""
    bounds = [(label, int(value)) for (metric, label), value in found.items() if metric == 'agon_reload_pause_seconds_bucket' and name in label]
    if not bounds:
        return False
    for label, value in bounds:
        bound = float(re.search(r'le="([^"]*)"', label)[1].replace('+Inf', 'inf'))
        if not sum(one / 1e9 <= bound * 0.98 for one in pauses) <= value <= sum(one / 1e9 <= bound * 1.02 for one in pauses):
            return False
    return True


def check_reloads_page(of, rows, page, agents):
    of.same('page', 'reloads', len(page['reloads']), len(rows))
    for shown, row in zip(page['reloads'], rows):
        for head, want in (('Time', row['time'][11:19]), ('Agent', row['agent']), ('Kind', row['kind']), ('From', str(row['from'])), ('To', str(row['to'])),
                           ('Pause', time_text(row['pause_ns'])), ('All in all', time_text(row['total_ns'])), ('State', f'{row["state_bytes"]} B'), ('Code', row['code'][:8])):
            of.same('page, reloads', f'{row["agent"]} at {row["time"]}, {head}', shown_as(head, shown[head]), want)
    for agent, its in page['of'].items():
        mine = [row for row in rows if row['agent'] == agent]
        of.same('page of an agent', f'{agent}, its generations', len(its['generations']), len(mine))
        for shown, row in zip(its['generations'], mine):
            for head, want in (('Time', row['time'][11:19]), ('Kind', row['kind']), ('To', f'{row["from"]} → {row["to"]}'), ('Pause', time_text(row['pause_ns']))):
                of.same('page of an agent', f'{agent}, generation {row["to"]}, {head}', shown_as(head, shown[head]), want)
    for row in page['agents']:
        of.same('page', f'{row["Agent"]}, generation', row['Gen.'], str(agents[row['Agent']]['generation']))


# ---- crashes

def check_crashes(of, agent='crasher_1'):
    """How often one crashed: in the journal, the metric, alerts, what is quarantined, the report, the events, the log."""
    crashes = [line for line in lines(of, 'crashes.ndjson') if line['slot'] == slot_of(of, agent)]
    n = len(crashes)
    if n < 3:
        of.faults.append(f'{agent} crashed {n} times')
    found, alerts = of.metrics(), json.loads(of.load('alerts.json'))
    of.same('/api', 'alerts', json.loads(of.load('api_alerts.json')), alerts)
    of.same('/metrics', f'{agent}, crashes', int(found['agon_agent_crashes_total', f'agent="{agent}"']), n)
    for other in json.loads(of.load('agents.json')):
        if other['name'] != agent:
            of.same('/metrics', f'{other["name"]}, crashes', int(found['agon_agent_crashes_total', f'agent="{other["name"]}"']), 0)
    mine = [row for row in alerts if row['agent'] == agent]
    of.same('alerts', f'{agent}, crashes', sum(row.get('count', 1) for row in mine if row['kind'] == 'crash'), n)
    said = [row['text'] for row in mine if row['kind'] == 'quarantine']
    of.same('alerts', f'{agent} is quarantined', [re.sub(r', last.*', '', text) for text in said], [f'{agent} is quarantined: {n} crashes'])
    ill = json.loads(of.load('quarantine.json'))
    of.same('/api', 'quarantine', json.loads(of.load('api_quarantine.json')), ill)
    of.same('quarantine', 'who', [row['agent'] for row in ill], [agent])
    of.same('quarantine', f'{agent}, crashes', [re.match(r'crashed (\d+) times', row['why'])[1] for row in ill], [str(n)])
    of.same('ctl quarantine ls', 'text', f'crashed {n} times' in of.load('quarantine.txt') and ill[0]['hash'][:16] in of.load('quarantine.txt'), True)
    shown = {line.split()[0]: line for line in of.load('alerts.txt').splitlines()[2:] if line.split() and line.split()[0].isdigit()}
    for row in mine:
        if row['kind'] == 'crash' and row.get('count', 1) > 1:
            of.same('ctl alerts', f'{agent}, times', f' {row["count"]} ' in shown[str(row['seq'])], True)
    told = json.loads(of.load('report.json'))['happenings']
    told = [one['text'] for one in told if one.get('agent') == agent]
    # Without where exactly it died, and whose it is.
    texts = [re.sub(r'^slot \w+: |, instruction.*', '', line['text']) for line in crashes]
    of.same('report', f'{agent}, crashes', sorted(text for text in told if text in texts), sorted(texts))
    of.same('report', f'{agent} is quarantined', sum(f'quarantined on this host: {n} crashes' in text for text in told), 1)
    text = ' '.join(of.load('report.txt').split())
    of.same('report, its text', f'{agent}, quarantined', text.count(f'is quarantined on this host: {n} crashes'), 1)
    of.same('report.html', f'{agent}, quarantined', of.load('report.html').count(f'quarantined on this host: {n} crashes') >= 1, True)
    of.same('/api events', f'{agent}, crashes', sum(event.get('count', 1) for event in json.loads(of.load('api_events.json'))
                                                   if event['kind'] == 'crash' and event['of'] == agent), n)
    row = next(row for row in json.loads(of.load('agents.json')) if row['name'] == agent)
    restarts = sum(one['kind'] == 'restart' and one['agent'] == agent for one in json.loads(of.load('reloads.json')))
    failed = sum(line['kind'] == 'failed' for line in crashes)  # restarts that died before they began
    of.same('agents', f'{agent}, state and restarts', (row['state'].lower(), restarts + failed), ('quarantined', n - 1))


def slot_of(of, agent):
    return next(row['slot'] for row in json.loads(of.load('agents.json')) if row['name'] == agent)


# ---- exports

def rows_of(of, name):
    """Of a CSV, which has the same rows as JSON; and the same as of `agon journal export`."""
    rows = list(csv.DictReader(of.load(f'x_{name}.csv').splitlines()))
    of.same('export', f'{name}, by ctl and by journal', of.load(f'x_{name}.direct') == of.load(f'x_{name}.csv'), True)
    told = json.loads(of.load(f'x_{name}.json'))
    of.same('export', f'{name}, rows of JSON', len(told), len(rows))
    of.same('export', f'{name}, as JSON', [{key: str(value if value is not None else '') for key, value in row.items()} for row in told[:len(rows)]] == rows, True)
    if len(rows) < 5:
        of.faults.append(f'export of {name}: {len(rows)} rows')
    return rows


def check_exports(of):
    fills, orders, trades, equity, samples = (rows_of(of, name) for name in ('fills', 'orders', 'trades', 'equity', 'samples'))
    figures = {row['agent']: row for row in csv.DictReader(of.load('x_figures.csv').splitlines())}
    check_fill_sums(of, fills, figures)
    check_orders(of, orders, fills)
    check_intents(of)
    check_trades(of, trades)
    check_samples(of, equity, samples, fills)


def check_fill_sums(of, fills, figures):
    of.same('exported fills', 'those of the journal', {row['seq'] for row in fills} <= {row['seq'] for row in csv.DictReader(of.load('flat_fills.csv').splitlines())}, True)
    held = {}
    for row in json.loads(of.load('flat.json')):
        held.setdefault(row['agent'], []).append(row)
    for agent, its in figures.items():
        mine = [row for row in fills if row['agent'] == agent or agent == '']
        of.same('exported fills', f'{agent or "all"}, count', len(mine), int(its['fills']))
        value = sum(D(row['price']) * D(row['quantity']) for row in mine)
        of.same('exported fills', f'{agent or "all"}, {value} for a volume of {its["volume"]}', abs(value - D(its['volume'])) <= D('1e-8') * (len(mine) + 1), True)
        if agent == '' or agent not in held:
            continue
        # What closings brought, and what openings of futures cost: together what the ledger realised.
        paid = sum(D(row['fee']) for row in mine if D(row['result']) == 0 and held[agent][0]['symbol'].startswith('binance_um'))
        realised = sum(D(row['realised']) for row in held[agent])
        result = sum(D(row['result']) for row in mine)
        of.same('exported fills', f'{agent}, results of {result} and {realised} realised', abs(result - paid - realised) <= D('0.011') * len(held[agent]) + D(dust_sold(mine)), True)
        closings = [D(row['result']) for row in mine if D(row['result']) != 0]
        row = next(row for row in json.loads(of.load('x_agents.json')) if row['name'] == agent)
        of.same('exported fills', f'{agent}, closings won and lost', (sum(one > 0 for one in closings), sum(one < 0 for one in closings)), (row['wins'], row['losses']))


def check_orders(of, orders, fills):
    """What venues said: each fill is a row of both, filled so far is the sum of what was filled, and how each ended is what `ended` says."""
    said = [row for row in orders if row['said'] == 'fill']
    of.same('exported orders', 'fills', [(row['seq'], row['agent'], row['order_id'], row['side']) for row in said],
            [(row['seq'], row['agent'], row['order_id'], row['side']) for row in fills])
    so_far, last = {}, {}
    for row in orders:
        last[row['order_id']] = row
    for row, fill in zip(said, fills):
        so_far[row['order_id']] = so_far.get(row['order_id'], D(0)) + D(fill['quantity'])
        of.same('exported orders', f'{row["order_id"]}, filled at {row["seq"]}', D(row['filled']), so_far[row['order_id']])
    n_seen = 0
    for agent in ('perp_1', 'payer_1', 'payer_2', 'newcomer_1'):
        for its in json.loads(of.load(f'api_ended_{agent}.json')):
            row = last.get(its['id'])
            if row is None or int(row['seq']) > int(its['seq']):
                continue
            n_seen += 1
            where = f'exported orders, {agent} {its["id"]}'
            of.same(where, 'agent and side', (row['agent'], row['side']), (agent, its['side']))
            of.same(where, 'filled', D(row['filled']), D(its['filled']))
            of.same(where, 'quantity', D(row['quantity']), D(its['quantity']))
            if row['state'] in ('filled', 'cancelled'):
                of.same(where, 'state', row['state'], its['end'])
    if n_seen < 20:
        of.faults.append(f'of {n_seen} orders alone is known how they ended')
    still = {row['id'] for row in json.loads(of.load('flat_orders.json'))}
    of.same('exported orders', 'who is open still', {key for key, row in last.items() if row['state'] in ('open', 'partial', 'pending')} <= still, True)


def check_intents(of):
    """What agents wanted, and what was refused by which check: between what the agents' counts were before and behind it. Of a group of two
    whose second leg is refused the first, which had passed, is a refused row too, and no refusal that the engine counts."""
    rows = list(csv.DictReader(of.load('x_intents.csv').splitlines()))
    first, last = ({row['name']: row for row in json.loads(of.load(name))} for name in ('x_agents.json', 'x_agents_after.json'))
    for agent, its in first.items():
        mine = [row for row in rows if row['agent'] == agent]
        refused = [row for row in mine if row['became'] == 'refused']
        seconds = {row['cause_seq'] for row in refused if row['kind'] == 'order' and row['n'] == '1'}
        firsts = [row for row in refused if row['kind'] == 'order' and row['n'] == '0' and row['cause_seq'] in seconds]
        n = len(refused)
        of.same('exported intents', f'{agent}, {n} refused, from {its["refused"]} to {last[agent]["refused"]}', its['refused'] <= n <= last[agent]['refused'] + len(firsts), True)
        n = len({row['seq'] for row in mine})
        of.same('exported intents', f'{agent}, {n} of them, from {its["intents"]} to {last[agent]["intents"]}', its['intents'] <= n <= last[agent]['intents'], True)
        before, after = ({one['reason']: one['count'] for one in json.loads(of.load(name))['refusals']} for name in (f'x_agent_{agent}.json', f'x_after_{agent}.json'))
        for reason, most in after.items():
            n = sum(row['refused_by'] == reason for row in refused)
            taken = sum(row['refused_by'] == reason for row in firsts)
            of.same('exported intents', f'{agent}, {n} refused by {reason}, from {before.get(reason, 0)} to {most}', before.get(reason, 0) <= n <= most + taken, True)


def check_tags(of, agent, closed, ended, page):
    """An author's reasons: what intents had, their orders and fills have, as numbers in exports and by name where people look; of a closed trade
    those of its first and last fill. What the host orders by itself has none."""
    wished = {row['order_id']: row['tag'] for row in csv.DictReader(of.load('x_intents.csv').splitlines()) if row['order_id']}
    fills = [row for row in csv.DictReader(of.load('flat_fills.csv').splitlines()) if row['agent'] == agent]
    known = [row for row in fills if row['order_id'] in wished]
    of.same('exported fills', f'{agent}, tags', [row['tag'] for row in known], [wished[row['order_id']] for row in known])
    wants = [row for row in csv.DictReader(of.load('x_intents.csv').splitlines()) if row['agent'] == agent]
    for what, rows in (('fills', fills), ('intents', wants)):
        of.same(f'exported {what}', f'{agent}, names of tags', [row['tag_name'] for row in rows], [re.sub('^[0-9]+$', '', tag_name(agent, row['tag'])) for row in rows])
    by_seq = {row['seq']: row for row in fills}
    by_order = {row['order_id']: tag_name(agent, row['tag']) for row in fills}
    seen = set()
    for its in closed:
        first = next((row for row in fills if row['time'][:23] == (its['opened'] or '')[:23] and row['symbol'] == its['symbol'].split(':')[-1]), None)
        of.same('closed trades', f'{agent} {its["seq"]}, tag of its exit', its['exit_tag'], tag_name(agent, by_seq[str(its['seq'])]['tag']))
        if first and not its['partial']:
            of.same('closed trades', f'{agent} {its["seq"]}, tag of its entry', its['entry_tag'], tag_name(agent, first['tag']))
        seen.add(its['entry_tag'])
    for row in ended:
        if row['id'] in wished or row['id'] in by_order:
            of.same('ended', f'{agent} {row["id"]}, tag', row['tag'], by_order.get(row['id']) or tag_name(agent, wished.get(row['id'], '0')))
    if not seen - {''}:
        of.faults.append(f'{agent}: no trade has a tag')
    if page is None:
        return
    for shown, its in zip(page['closed'], closed):
        of.same('page', f'{agent}, tag of its trade {its["seq"]}', shown['Entry tag'], its['entry_tag'].replace('_', ' '))
        of.same('page', f'{agent}, exit of its trade {its["seq"]}', [shown['Exit reason'], shown['Exit tag']], [its[key].replace('_', ' ') for key in ('exit_reason', 'exit_tag')])
    by = {row['id']: row for row in ended}
    for shown in page['ended']:
        its = by.get(shown['key'], {'exit_reason': '', 'tag': '?'})
        of.same('page', f'{agent}, what {shown["key"]} was made for', shown['Made for'], (its['exit_reason'] or its['tag']).replace('_', ' '))


def opened_by(fills):
    """Of one agent in one instrument: its order's tag by the fill that opened what is held, as a closed trade will have it. Of coins, of which
    fees are taken, a trade has ended too where what is left is too little for an order."""
    held, tag = D(0), None
    for row in fills:
        sign = 1 if row['side'] == 'buy' else -1
        before, held = held, held + sign * D(row['quantity']) - (D(row['fee']) if row['fee_asset'] == 'BTC' else 0)
        if tag is None or before * held < 0:
            tag = row['tag']
        if held == 0 or (row['agent'] != 'perp_1' and sign < 0 and held * D(row['price']) < 5):
            held, tag = D(0), None
    return tag or ''


def check_entry_tags(of, page):
    """Of open positions: by the fills of the journal, in the API, `ctl` and on both pages."""
    shown = table(of.load('positions.txt').split('\n', 1)[1].split('\nand ')[0])
    by_agent = {(row['agent'], row['symbol']): row for row in shown}
    seen = set()
    for its in json.loads(of.load('positions.json')):
        if D(its['quantity']) == 0 or its['is_dust']:
            of.same('ctl positions --json', f'{its["agent"]} {its["symbol"]}, tag of what is closed', its['entry_tag'], '')
            continue
        agent, symbol = its['agent'], its['symbol']
        mine = [row for row in csv.DictReader(of.load('fills.csv').splitlines()) if row['agent'] == agent]
        name = tag_name(agent, opened_by(mine))
        seen.add(name)
        of.same('ctl positions --json', f'{agent} {symbol}, entry tag', its['entry_tag'], name)
        of.same('ctl positions', f'{agent} {symbol}, entry tag', by_agent[agent, symbol].get('entry tag', ''), name.replace('_', ' '))
        own = next(row for row in json.loads(of.load(f'agent_{agent}.json'))['positions'] if row['symbol'] == symbol)
        of.same('ctl agent --json', f'{agent} {symbol}, entry tag', own['entry_tag'], name)
        if page is None:
            continue
        for where, rows in (('page', [row for row in page['positions'] if row['Agent'] == agent]), ('page of an agent', page['of'][agent]['positions'])):
            of.same(where, f'{agent} {symbol}, entry tag', [row['Entry tag'] for row in rows if row['Symbol'] == symbol], [name.replace('_', ' ')])
    if not seen - {''}:
        of.faults.append('no open position has an entry tag')


def check_trades(of, trades):
    """Trades of the markets: those of the journal, and those that the API still has."""
    booked = lines(of, 'x_trades.ndjson')
    of.same('exported trades', 'those of the journal', [(row['seq'], D(row['price']), D(row['quantity']), row['side']) for row in trades],
            [(row['seq'], D(row['px_dec']), D(row['qty_dec']), row['side']) for row in booked])
    number = {'BTCUSDT': next(row['instrument'] for row in csv.DictReader(of.load('x_fills.csv').splitlines()) if row['agent'] == 'spot_1')}
    mine = [(D(row['price']), D(row['quantity']), row['side']) for row in trades if row['instrument'] == number['BTCUSDT']]
    newest = [(D(str(row['price'])), D(str(row['quantity'])), row['side']) for row in json.loads(of.load('x_api_trades.json'))]
    newest = newest if not newest or newest[-1] == mine[-1] else newest[::-1]
    of.same('/api trades', f'{len(newest)} newest, as exported', len(newest) > 20 and newest == mine[-len(newest):], True)


def check_samples(of, equity, samples, fills):
    """Equity of every minute and samples of tournaments are of the same moments; and a tournament's measures are of its samples and fills."""
    by = {row['time']: row for row in equity}
    n_both = 0
    for row in samples:
        its = by.get(row['time'])
        if its is not None and its.get(row['agent']):
            n_both += 1
            of.same('exported equity', f'{row["agent"]} at {row["time"]}', D(its[row['agent']]), D(row['equity']))
    of.same('exported equity', f'{n_both} of {len(samples)} samples are in it', n_both >= 0.9 * len(samples), True)
    of.same('exported equity', 'in the order of time', sorted(by), [row['time'] for row in equity])
    for plan in lines(of, 'x_plans.json'):
        values = {one['name']: {slot[0]: slot[1] for slot in one['slots']} for one in plan['values'] if one['kind'] == 'measure'}
        for slot in plan['slots']:
            # A plan that waited for live books is of its samples as any other: what closed behind the last of them is the next one's.
            mine = [row for row in samples if row['agent'] == slot['name'] and int(row['seq']) <= int(plan['seq'])]
            last = max((int(row['seq']) for row in mine), default=0)
            check_measures(of, plan, slot, values, mine, [D(row['result']) for row in fills if row['agent'] == slot['name'] and int(row['seq']) <= last and D(row['result']) != 0])


def check_measures(of, plan, slot, values, samples, results):
    where = f'tournament {plan["number"]}, {slot["name"]}'
    samples = [row for row in samples[-plan['window']:] if D(row['base']) > 0]
    of.same(where, 'samples', len(samples), slot['n_samples'])
    of.same(where, 'closings won and lost', (sum(one > 0 for one in results), sum(one < 0 for one in results)), (slot['n_wins'], slot['n_losses']))
    for key, sum_ in (('won_amt', sum(one for one in results if one > 0)), ('lost_amt', -sum(one for one in results if one < 0))):
        of.same(where, key, D(slot[key]).scaleb(-plan['exp']), D(sum_))
    changes = [float((D(row['equity']) - D(row['base'])) / D(row['base'])) for row in samples]
    if len(changes) < 2:
        return
    growth, high, fall = 1.0, 1.0, 0.0
    for change in changes:
        growth *= 1 + change
        high = max(high, growth)
        fall = max(fall, (high - growth) / high)
    mean = sum(changes) / len(changes)
    deviation = math.sqrt(sum((change - mean) ** 2 for change in changes) / (len(changes) - 1))
    of.same(where, f'drawdown of {slot["drawdown"]}, by its samples {fall}', math.isclose(slot['drawdown'], fall, rel_tol=1e-6, abs_tol=1e-9), True)
    if deviation == 0:  # who holds nothing has no ratio
        of.same(where, 't without a spread', values['t_value'][slot['slot']] or 0, 0)
        return
    for key, got, want in (('sharpe', slot['sharpe'], mean / deviation),
                           ('kelly', slot['kelly'], mean / deviation**2), ('t_value', values['t_value'][slot['slot']], mean / deviation * math.sqrt(len(changes)))):
        of.same(where, f'{key} of {got}, by its samples {want}', math.isclose(got, want, rel_tol=2e-3 if key == 't_value' else 1e-6, abs_tol=1e-9), True)


# ---- points of equity

def check_equity_text(of):
    """`agon ctl equity`: first, last, lowest, highest, capital and result of each are those of its points, at one moment."""
    points, shown = json.loads(of.load('x_equity_points.json')), table(of.load('x_equity.txt').split('\n', 1)[1])
    heads = of.load('x_equity.txt').splitlines()[1]
    of.same('ctl equity', 'heads', [head for head in ('agent', 'capital', 'result', 'last') if head not in heads], [])
    of.same('ctl equity', 'agents', [row['agent'] for row in shown], list(points))
    for row in shown:
        mine = points[row['agent']]
        now, capital = D(str(mine[-1][1])), D(str(mine[-1][2]))
        amounts = [D(str(point[1])) for point in mine]
        for head, want in (('last', now), ('capital', capital), ('result', now - capital), ('first', amounts[0]), ('lowest', min(amounts)), ('highest', max(amounts))):
            if head in row:
                of.same('ctl equity', f'{row["agent"]}, {head}', row[head], of.apart(str(want.quantize(D('0.01'), ROUND_HALF_EVEN))))
    agents = {row['name']: row for row in json.loads(of.load('x_agents.json'))}
    for row in shown:
        if row['agent'] in agents:
            for head, key in (('last', 'equity'), ('capital', 'capital'), ('result', 'result')):
                of.same('ctl equity', f'{row["agent"]}, {head} and ctl agents', row[head], of.apart(agents[row['agent']][key]))


# ---- ratios of a year

def check_ratios(of, want):
    """Sharpe, Sortino and t of all daily returns, worked out from the equity that the journal has at each turn of a day, and from the capital on."""
    rows = list(csv.DictReader(of.load('equity.csv').splitlines()))
    for agent in of.here(want):
        capital = float(want[agent]['exact']['capital'])
        levels = [capital] + [float(row[agent]) for row, before in zip(rows[1:], rows) if row['time'][:10] != before['time'][:10]]
        changes = [b / a - 1 for a, b in zip(levels, levels[1:])]
        n = len(changes)
        of.same('equity of each day', f'{agent}, days', n, want[agent]['days'])
        if n < 30:
            continue
        mean = sum(changes) / n
        deviation = math.sqrt(sum((change - mean) ** 2 for change in changes) / (n - 1))
        down = math.sqrt(sum(min(change, 0) ** 2 for change in changes) / n)
        for key, value in (('sharpe', mean / deviation * math.sqrt(365)), ('sortino', mean / down * math.sqrt(365)), ('t', mean / deviation * math.sqrt(n))):
            of.same('equity of each day', f'{agent}, {key} of {want[agent][key]}, by its days {value:.9g}', math.isclose(want[agent][key], value, rel_tol=1e-6), True)
