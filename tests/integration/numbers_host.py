# SPDX-License-Identifier: Apache-2.0
"""Of numbers_agree: numbers of the host itself on each surface that has them: money on its accounts, its venues, its journal, its latencies, and
rows of open orders. `of` is that module: what it loads, what it compares, what it has found.

Files of one moment begin alike: `h_before_` is what was asked before all others, `h_after_` behind those that answer at once, and `h_end_` behind the
page. A host whose market stands goes on by itself: it connects again and again, writes events and counts. What only rises there, or only
falls, is on each surface between what was asked before it and behind it. Links are up and down again while a venue is away: they are compared
where all of it stands (`u_`), and no link ended meanwhile. There quantiles of latencies move, which are compared where it is away. Not compared is
what goes both ways by itself: requests that are queued, the weight that is left and the clock's offset of a venue, and messages in a second."""
import csv
import json
import re
from decimal import ROUND_HALF_EVEN, Decimal as D

from numbers_plan import plain, table
from numbers_rows import on_page as span_on_page, span_s, time_text

STAND = ('links', 'links_up', 'books', 'books_live', 'messages', 'gaps', 'reconnects', 'unconfirmed')  # of a venue and of a feed
VENUE = (*STAND, 'instruments', 'agents', 'uptime', 'outages', 'down_s')
FEED = (*STAND, 'bad', 'resyncs', 'quantities_cut', 'binary', 'silent_channels', 'not_durable_in_time')
WORDS = ('state', 'health', 'halted', 'ready')
METRICS = {'links': 'links', 'books': 'books', 'books_live': 'books_live', 'messages': 'messages_total', 'gaps': 'gaps_total', 'reconnects': 'reconnects_total',
           'unconfirmed': 'unconfirmed', 'uptime': 'uptime_ratio', 'outages': 'outages_total', 'down_s': 'down_seconds_total'}
FEED_METRICS = {'bad': 'bad_total', 'resyncs': 'resyncs_total', 'quantities_cut': 'quantities_cut_total', 'binary': 'binary_total', 'silent_channels': 'silent_channels_total'}


def load(of, name):
    return json.loads(of.load(name))


def by_venue(of, name):
    rows = load(of, name)
    return {row['venue']: row for row in (rows['venues'] if isinstance(rows, dict) else rows)}


def number(text):
    """As people are shown it: a count, or a share."""
    text = plain(text).replace(',', '').replace(' ', '')
    return float(text[:-1]) / 100 if text.endswith('%') else int(text)


def between(of, where, key, got, ends, off=0.0):
    low, high = sorted(ends)
    of.same(where, f'{key}, {got}, from {low} to {high}', got is not None and low - off <= got <= high + off, True)


def links(of, where, key, got, ends):
    """How many are up: of a venue that is away, no more than there are."""
    between(of, where, key, got, [end['links_up'] for end in ends] if all(is_up(end) for end in ends) else (0, ends[0]['links']))


def stands(of, where, key, got, ends):
    if key == 'links_up':
        links(of, where, key, got, ends)
    else:
        between(of, where, key, got, [end[key] for end in ends])


def is_up(row):
    return row['links_up'] == row['links'] and row['books_live'] == row['books']


def one_of(of, where, key, got, ends):
    of.same(where, f'{key}, {got}, is {" or ".join(sorted({str(end) for end in ends}))}', got in ends, True)


def rows_of(text):
    """The table of a text whose first line is its title."""
    return table(text.split('\n', 1)[1].split('\n\n')[0])


def lines_of(text):
    return {parts[0]: parts[1].strip() for parts in (re.split(r'  +', line, maxsplit=1) for line in text.splitlines()) if len(parts) == 2}


def metrics_of(of, name):
    return {(match.group(1), match.group(2) or ''): match.group(3) for match in
            (re.match(r'(agon_\w+)(?:\{(.*)\})? (\S+)$', line) for line in of.load(name).splitlines()) if match}


# ---- venues

def check_venue_page(of, h, page):
    first, last = by_venue(of, f'{h}_before_venues.json'), by_venue(of, f'{h}_end_venues.json')
    of.same('page', 'venues', sorted(page['venues']), sorted(first))
    for name, shown in page['venues'].items():
        ends, where = (first[name], last[name]), f'page, {name}'
        one_of(of, where, 'state', shown['State'], [end['state'] for end in ends])
        for head, key in (('Links', 'links'), ('Books', 'books')):
            live, whole = shown[head].split('/')
            stands(of, where, 'links_up' if key == 'links' else 'books_live', int(live), ends)
            of.same(where, f'all {key}', int(whole), first[name][key])
        for head, key in (('p50', 'p50_ns'), ('p99', 'p99_ns')) if h != 'u' else ():
            one_of(of, where, head, span_on_page(shown[head]), [time_text(end[key]) for end in ends])
        for head, key in (('Gaps', 'gaps'), ('Unconfirmed', 'unconfirmed')):
            between(of, where, key, number(shown[head]), [end[key] for end in ends])
        between(of, where, 'up', number(shown['Up']), [end['uptime'] for end in ends], 0.0000501)
        outages, down = re.match(r'(\d+) outages, (.+)$', shown['down']).groups()
        between(of, where, 'outages', int(outages), [end['outages'] for end in ends])
        seconds, by = span_s(down)
        between(of, where, 'down, s', seconds, [end['down_s'] for end in ends], by)
    ends = [load(of, f'{h}_{when}_feed.json') for when in ('before', 'end')]
    feed = page['feed']
    for head, up, whole in (('Links', 'links_up', 'links'), ('Books live', 'books_live', 'books')):
        live, all_ = feed[head].split(' of ')
        stands(of, 'page, feed', up, int(live), ends)
        of.same('page, feed', whole, int(all_), ends[0][whole])
    for head, key in (('Gaps', 'gaps'), ('Resyncs', 'resyncs'), ('Reconnects', 'reconnects'), ('Unconfirmed', 'unconfirmed'), ('Bad', 'bad')):
        between(of, 'page, feed', key, number(feed[head]), [end[key] for end in ends])


def check_feeds(of, h, found):
    """All venues together, and each: `ctl feed`, the API, `/metrics` and the head of `agon top`."""
    ends = [load(of, f'{h}_{when}_feed.json') for when in ('before', 'after')]
    api, parts = load(of, f'{h}_api_feed.json'), of.load(f'{h}_feed.txt').split('\n\n')
    lines = lines_of(parts[0])
    for key in FEED:
        of.same('feed', f'{key} of all', ends[0][key], sum(row[key] for row in ends[0]['venues']))
        stands(of, '/api feed', key, api[key], ends)
    for head, key in (('links up', 'links_up'), ('links in all', 'links'), ('books live', 'books_live'), ('books in all', 'books'), ('messages', 'messages'), ('bad', 'bad'), ('gaps', 'gaps'),
                      ('resyncs', 'resyncs'), ('reconnects', 'reconnects'), ('silent channels', 'silent_channels'), ('unconfirmed', 'unconfirmed')):
        stands(of, 'ctl feed', key, number(lines[head]), ends)
    each = [{row['venue']: row for row in end['venues']} for end in ends]
    for row in api['venues']:
        for key in FEED:
            stands(of, f'/api feed, {row["venue"]}', key, row[key], [end[row['venue']] for end in each])
    for row in table(next(part for part in parts if part.startswith('Each venue\n')).split('\n', 1)[1]):
        for head, key in (('links', 'links_up'), ('live books', 'books_live'), ('messages', 'messages'), ('bad', 'bad'), ('gaps', 'gaps'), ('resyncs', 'resyncs'),
                          ('reconnects', 'reconnects'), ('unconfirmed', 'unconfirmed')):
            stands(of, f'ctl feed, {row["venue"]}', key, number(row[head]), [end[row['venue']] for end in each])
    for name in each[0]:
        for key, metric in FEED_METRICS.items():
            between(of, '/metrics', f'{name} {metric}', float(found[f'agon_venue_{metric}', f'venue="{name}"']), [end[name][key] for end in each])
        between(of, '/metrics', f'{name} orders not durable', float(found['agon_orders_not_durable_total', f'venue="{name}"']), [end[name]['not_durable_in_time'] for end in each])
    top = re.search(r'^feed (\S+), links (\d+)/(\d+), books (\d+)/(\d+), gaps (\d+), unconfirmed (\d+)  journal (\S+)$', of.load(f'{h}_top'), re.M)
    one_of(of, 'top', 'health', top.group(1), [end['health'] for end in ends])
    for at, key in enumerate(('links_up', 'links', 'books_live', 'books', 'gaps', 'unconfirmed')):
        stands(of, 'top', key, int(top.group(at + 2)), ends)


def check_venues(of, h, page=None):
    first, last = by_venue(of, f'{h}_before_venues.json'), by_venue(of, f'{h}_after_venues.json')
    api, found = by_venue(of, f'{h}_api_venues.json'), metrics_of(of, f'{h}_metrics')
    text = {row['venue']: row for row in rows_of(of.load(f'{h}_venues.txt'))}
    told = {row['venue']: row for row in load(of, f'{h}_api_status.json')['venues']}
    listed = {row['venue']: row for row in table(of.load(f'{h}_status.txt').split('\nVenues\n')[1].split('\n\n')[0])}
    for where, rows in (('/api', api), ('ctl venues', text), ('/api status', told), ('ctl status', listed)):
        of.same(where, 'venues', sorted(rows), sorted(first))
    for name, row in first.items():
        ends = (row, last[name])
        for key in VENUE:
            stands(of, f'/api, {name}', key, api[name][key], ends)
        for key in WORDS:
            for where, its in (('/api', api), ('/api status', told)):
                one_of(of, f'{where}, {name}', key, its[name][key], [end[key] for end in ends])
            for where, its in (('ctl venues', text), ('ctl status', listed)):
                if key in its[name]:
                    one_of(of, f'{where}, {name}', key, its[name][key], [{True: 'yes', False: 'no'}.get(end[key], end[key]) for end in ends])
        for head, key in (('links', 'links_up'), ('live books', 'books_live'), ('messages', 'messages'), ('gaps', 'gaps'), ('reconnects', 'reconnects'), ('unconfirmed', 'unconfirmed'),
                          ('outages', 'outages'), ('agents', 'agents')):
            stands(of, f'ctl venues, {name}', key, number(text[name][head]), ends)
        between(of, f'ctl venues, {name}', 'up', number(text[name]['up']), [end['uptime'] for end in ends], 0.0000501)
        for head, key in (('p50', 'p50_ns'), ('p99', 'p99_ns')) if h != 'u' else ():
            one_of(of, f'/api, {name}', head, api[name][key], [end[key] for end in ends])
            one_of(of, f'ctl venues, {name}', head, text[name][head], [time_text(end[key]) for end in ends])
        label = f'venue="{name}"'
        links(of, '/metrics', f'{name} links that are up', int(found['agon_venue_links_up', label]), ends)
        for key, metric in METRICS.items():  # which has more digits than the API
            between(of, '/metrics', f'{name} {metric}', float(found[f'agon_venue_{metric}', label]), [end[key] for end in ends], {'down_s': 0.001, 'uptime': 1e-6}.get(key, 0.0))
        for key in ('halted', 'ready'):
            one_of(of, '/metrics', f'{name} {key}', found[f'agon_venue_{key}', label], [str(int(end[key])) for end in ends])
        for key in ('state', 'health'):
            is_ = [labels.split('"')[3] for (metric, labels), value in found.items() if metric == f'agon_venue_{key}' and f'{label},' in labels and value == '1']
            one_of(of, '/metrics', f'{name} {key}', is_[0] if len(is_) == 1 else is_, [end[key] for end in ends])
        if h == 'u':
            of.same('venues', f'{name}, all of it stands', is_up(row) and is_up(last[name]) and row['links'] > 1 and row['books'] > 0, True)
        else:
            of.same('venues', f'{name}, how long it was down', 0 < row['uptime'] < 1 and row['down_s'] > 0 and row['outages'] > 0 and row['messages'] > 0, True)
    check_feeds(of, h, found)
    if page:
        check_venue_page(of, h, page)


# ---- the journal, and counts of all

def check_journal(of, h, page=None):
    """How far the disk is behind: both numbers only rise, so what is durable by one surface is between what it was before and behind it."""
    first, last, end, api = (load(of, f'{h}_{which}_status.json') for which in ('before', 'after', 'end' if page else 'after', 'api'))
    found, lines = metrics_of(of, f'{h}_metrics'), lines_of(of.load(f'{h}_status.txt'))
    ends = (first, last)
    for key in ('seq', 'durable_seq', 'events', 'intents', 'refused', 'orders', 'fills'):
        between(of, '/api status', key, api[key], [its[key] for its in ends])
    for head, key in (('event', 'seq'), ('durable up to', 'durable_seq'), ('events of this run', 'events'), ('intents', 'intents'), ('refused', 'refused'), ('orders', 'orders'), ('fills', 'fills')):
        between(of, 'ctl status', head, number(lines[head]), [its[key] for its in ends])
    for key in ('events', 'intents', 'refused', 'orders', 'fills'):
        between(of, '/metrics', f'{key} of all', int(found[f'agon_{key}_total', '']), [its[key] for its in ends])
    behind = int(found['agon_journal_behind_events', ''])
    before = first['seq'] - first['events']  # events of earlier runs
    between(of, '/metrics', f'durable, {behind} behind', before + int(found['agon_events_total', '']) - behind, [its['durable_seq'] for its in ends])
    states = [labels.split('"')[1] for (name, labels), value in found.items() if name == 'agon_journal_state' and value == '1']
    of.same('/metrics', 'state of the journal', states, [first['journal']])
    head = re.search(r'^orders open ([\d,]+)  fills ([\d,]+)  refused ([\d,]+)  events ([\d,]+)  ', of.load(f'{h}_top'), re.M)
    for at, key in enumerate(('fills', 'refused', 'events')):
        between(of, 'top', key, number(head.group(at + 2)), [its[key] for its in ends])
    of.same('top', 'state of the journal', f'  journal {first["journal"]}\n' in of.load(f'{h}_top'), True)
    if page:
        facts = {key: number(page['journal'][key]) for key in ('Event', 'On disk', 'Lag now, events', 'Run')}
        of.same('page, journal', 'lag', facts['Lag now, events'], facts['Event'] - facts['On disk'])
        for key, name in (('Event', 'seq'), ('On disk', 'durable_seq'), ('Run', 'run')):
            between(of, 'page, journal', key, facts[key], (first[name], end[name]))


# ---- latencies

def bounds(first, last, share):
    """A quantile of counts by octaves that are none below those of `first` and none above those of `last`: at least, and at most."""
    ends, n, m = [], sum(first), sum(last)
    for counts, others, whole_others in ((last, first, n), (first, last, m)):
        below = below_others = 0
        for at, (one, other) in enumerate(zip(counts, others)):
            below, below_others = below + one, below_others + other
            if below >= share * (below + whole_others - below_others):
                ends.append(at)
                break
    return (0 if ends[0] == 0 else 256 << ends[0], 512 << ends[1])


def check_latency(of, h, page=None):
    """Each event is one more: a quantile is within the octaves where it can be between what was asked before and behind; where nothing was
    counted, as of venues that are silent, it is the same. Counts in `/metrics` are of the same octaves."""
    first, last, end, api = (load(of, f'{h}_{which}_latency.json') for which in ('before', 'after', 'end' if page else 'after', 'api'))
    found, parts = metrics_of(of, f'{h}_metrics'), of.load(f'{h}_latency.txt').split('\n\n')
    top = re.search(r'^step p50 (.*), p99 (.*)  wire to decision p50 (.*), p99 (.*)$', of.load(f'{h}_top'), re.M)
    for at, (key, title) in enumerate((('step', 'Engine step'), ('delivery', 'Wire to decision'))):
        lines = lines_of(next(part for part in parts if part.startswith(title + '\n')))
        for where, p50, p99, its in (('/api', api[key]['p50_ns'], api[key]['p99_ns'], last), ('ctl latency', lines['p50'], lines['p99'], last), ('top', *top.group(2 * at + 1, 2 * at + 2), last),
                                     *([('page', *re.match(r'p50 (.*) · p99 (.*)$', page['latency'][key]).groups(), end)] if page else [])):
            for name, share, got in (('p50', 0.5, p50), ('p99', 0.99, p99)):
                low, high = bounds(first[key]['octaves'], its[key]['octaves'], share)
                ns, by = (got, 0) if isinstance(got, int) else (one * 1e9 for one in span_s(got))
                of.same(where, f'{title}, {name} {got}, from {low} to {high} ns', low * 0.99 - by <= ns <= high * 1.01 + by, True)
                if first[key]['count'] == its[key]['count']:
                    of.same(where, f'{title}, {name}', span_on_page(got) if isinstance(got, str) else time_text(got), time_text(first[key][f'{name}_ns']))
        between(of, 'ctl latency', f'{title}, count', number(lines['steps' if key == 'step' else 'events']), (first[key]['count'], last[key]['count']))
        between(of, '/metrics', f'{title}, count', int(found[f'agon_{key}_seconds_count', '']), (first[key]['count'], last[key]['count']))
        for octave in range(1, len(first[key]['octaves']), 2):
            below = [sum(one[key]['octaves'][:octave + 1]) for one in (first, last)]
            between(of, '/metrics', f'{title}, below {512 << octave} ns', int(found[f'agon_{key}_seconds_bucket', f'le="{(512 << octave) / 1e9:.9g}"']), below)
    venues = [{row['venue']: row for row in one['venues']} for one in (first, last)]
    for name, row in venues[0].items():
        between(of, '/metrics', f'{name}, count of latencies', int(found['agon_venue_delivery_seconds_count', f'venue="{name}"']), (row['count'], venues[1][name]['count']))
    for name, facts in (page['of'].items() if page else ()):
        rows = [next(row for row in one['agents'] if row['agent'] == name) for one in (first, end)]
        for head in ('p50', 'p99'):
            if rows[0]['count'] == 0:
                of.same('page of an agent', f'{name} {head}', facts[head], '–')
            else:  # to within an octave: some events are more
                low, high = sorted(row[f'{head}_ns'] for row in rows)
                of.same('page of an agent', f'{name} {head} {facts[head]}, from {low} to {high} ns', low / 2 <= span_s(facts[head])[0] * 1e9 <= high * 2, True)


# ---- money on accounts

def in_ctl(asset, text):
    return f'{D(text).quantize(D(1).scaleb(-2 if asset == "USDT" else -8), ROUND_HALF_EVEN):,}'


def on_page(text):
    """As fine as a person reads it: two digits of thousands, else six at most."""
    if abs(D(text)) >= 1000:
        return str(D(text).quantize(D('0.01'), ROUND_HALF_EVEN))
    shown = f'{D(text).quantize(D("0.000001"), ROUND_HALF_EVEN):f}'
    return re.sub(r'\.?0+$', '', shown)


def check_accounts(of, h, page=None):
    rows, api = (load(of, f'{h}_{which}_accounts.json') for which in ('before', 'api'))
    of.same('/api', 'money on accounts', [(row['account'], row['venue'], row['agents'], row['money']) for row in api], [(row['account'], row['venue'], row['agents'], row['money']) for row in rows])
    text = of.load(f'{h}_accounts.txt').split('\n\nMoney\n')
    listed = {row['account']: row for row in table(text[0].split('\n', 1)[1])}
    money = {(row['account'], row['asset']): row for row in table(text[1])}
    venues = by_venue(of, f'{h}_before_venues.json')
    n = 0
    for row in rows:
        of.same('ctl accounts', f'agents on {row["account"]}', listed[str(row['account'])]['agents'], str(row['agents']))
        of.same('accounts', f'agents on {row["account"]}, of its venue', row['agents'], venues[row['venue']]['agents'])
        for its in row['money']:
            n += 1
            of.same('accounts', f'{its["asset"]} on {row["account"]}, of it the agents\'', D(its['total']) >= D(its['agents']) > 0, True)
            for head, key in (('total', 'total'), ('of agents', 'agents')):
                shown = money.get((str(row['account']), its['asset']), {}).get(head)
                of.same('ctl accounts', f'{its["asset"]} on {row["account"]}, {head}', shown, in_ctl(its['asset'], its[key]))
    of.same('ctl accounts', 'rows of money', len(money), n)
    # What agents have on accounts, at the marks, with what contracts stand to win, is their equity.
    held = [row for row in load(of, 'positions.json') if row['is_dust'] or D(row['quantity']) != 0]
    mark = next(D(row['mark']) for row in held if row['symbol'] == 'binance:BTCUSDT')
    owned = sum(D(its['agents']) * (mark if its['asset'] == 'BTC' else 1) for row in rows for its in row['money'])
    owned += sum(D(row['unrealised']) for row in held if row['symbol'].startswith('binance_um:'))
    equity = D(load(of, 'before.json')['equity_agents'])
    of.same('accounts', f'what agents have, {owned:.4f}, is their equity of {equity}', abs(owned - equity) <= D('0.03'), True)
    if page is None:
        return
    there = {shown['key']: shown for shown in page['accounts']}
    of.same('page', 'rows of money', sorted(there), sorted(f'{row["account"]} {its["asset"]}' for row in rows for its in row['money']))
    for row in rows:
        for its in row['money']:
            shown = there.get(f'{row["account"]} {its["asset"]}')
            if shown is None:
                continue
            of.same('page', f'account of {shown["key"]}', (shown['Account'], shown['Asset']), (row['venue'], its['asset']))
            for head, key in (('On it', 'total'), ('Agents\u2019', 'agents')):
                of.same('page', f'{head} of {shown["key"]}', plain(shown[head]), on_page(its[key]))
                of.same('page', f'{head} of {shown["key"]}, whole', plain(shown['whole'][head]), f'{its[key]} {its["asset"]}')


def check_money(of):
    """What the exchange itself has on both accounts."""
    told = {(account, line.split()[1]): int(line.split()[2]) for account, name in ((0, 'cash_spot'), (1, 'cash_um')) for line in of.load(name).splitlines() if line.startswith('cash ')}
    rows = load(of, 'cash_accounts.json')
    mine = {(row['account'], its['asset']): D(its['total']) for row in rows for its in row['money']}
    of.same('accounts', 'assets', sorted(mine), sorted(key for key, amount in told.items() if amount or key in mine))
    for key, amount in mine.items():
        of.same('accounts', f'{key[1]} on {key[0]}, by the exchange', amount, D(told.get(key, 0)).scaleb(-8))


def check_up(of):
    check_venues(of, 'u', json.loads(of.load('up_page.json')) if of.page_has('up_page.json') else None)


def check_host_itself(of):
    page = json.loads(of.load('page.json')) if of.page_has('page.json') else None
    check_accounts(of, 'h', page)
    check_venues(of, 'h', page)
    check_journal(of, 'h', page)
    check_latency(of, 'h', page)


# ---- open orders

NUMBERS = ('price', 'quantity', 'filled')


def check_open(of):
    """Orders that rest while the market stands: each is on each surface, by the same numbers. What else was open when the market stopped comes to its
    end by itself, and is not looked at; what nobody had before is made since, by its number."""
    first, last = load(of, 'open_before.json'), load(of, 'open_after.json')
    want = {its['id']: its for its in load(of, 'open_rests.json')}
    goes = {its['id'] for its in first + last} - set(want)
    newest = {its['agent']: max(int(one['id'], 16) for one in first if one['agent'] == its['agent']) for its in first}
    for its in want.values():
        of.same('orders', f'{its["id"]}, {its["filled"]} of {its["quantity"]} is filled', 0 <= D(its['filled']) < D(its['quantity']) and D(its['price']) > 0, True)

    def same_rows(where, got, wanted, keys):
        its = {row['id']: row for row in got}
        of.same(where, 'open orders, each once', len(its), len(got))
        of.same(where, 'open orders that lack', sorted(set(wanted) - set(its)), [])
        of.same(where, 'open orders that nobody else has', [key for key in sorted(set(its) - set(wanted) - goes) if int(key, 16) <= newest.get(its[key].get('agent'), 0)], [])
        for key, row in its.items():
            for name in keys if key in wanted else ():
                of.same(where, f'{key} {name}', row[name], wanted[key][name])
    keys = ('agent', 'symbol', 'side', 'type', *NUMBERS)
    same_rows('/api orders', load(of, 'open_api_orders.json'), want, (*keys, 'since'))
    for_people = {key: {**its, 'price': f"{D(its['price']):,}"} for key, its in want.items()}
    same_rows('ctl orders', rows_of(of.load('open_orders.txt')), for_people, keys)
    same_rows('top', rows_of(of.load('o_top').split('\n\nOpen orders')[1]), for_people, keys)
    agents = sorted({its['agent'] for its in first})
    for agent in agents:
        mine = {key: its for key, its in want.items() if its['agent'] == agent}
        same_rows(f'/api orders {agent}', load(of, f'open_api_{agent}.json'), mine, keys)
        same_rows(f'ctl agent {agent} --json', load(of, f'open_agent_{agent}.json')['orders'], mine, keys)
        part = next((part for part in of.load(f'open_agent_{agent}.txt').split('\n\n') if part.startswith('Open orders')), '')
        same_rows(f'ctl agent {agent}', [row for row in rows_of(part) if 'id' in row] if part.count('\n') > 1 else [],
                  {key: for_people[key] for key in mine}, keys)
    # How many: where no intent was taken meanwhile they only become fewer.
    taken = [status['intents'] - status['refused'] for status in (load(of, 'o_before_status.json'), load(of, 'open_status.json'))]
    ends = (len(first), len(last)) if taken[0] == taken[1] else (len(want), len(first) + taken[1] - taken[0])
    found = metrics_of(of, 'o_metrics')
    for where, n in (('/metrics', int(found['agon_open_orders', ''])), ('/metrics, of agents', sum(int(value) for (name, _), value in found.items() if name == 'agon_agent_open_orders')),
                     ('/api status', load(of, 'o_api_status.json')['open_orders']), ('ctl status', number(lines_of(of.load('o_status.txt'))['open'])),
                     ('top', int(re.search(r'^orders open (\d+)', of.load('o_top'), re.M).group(1)))):
        between(of, where, 'open orders', n, ends)
    # The journal: what a venue said of an order last has its numbers too. One that it has said nothing of is not filled.
    said = {row['order_id']: row for row in csv.DictReader(of.load('open_said.csv').splitlines())}
    for key, its in want.items():
        row = said.get(key)
        if row is not None:
            of.same('exported orders', key, (row['agent'], row['side'], *(D(row[name]) for name in NUMBERS)), (its['agent'], its['side'], *(D(its[name]) for name in NUMBERS)))
        elif D(its['filled']) > 0:
            of.faults.append(f'exported orders: {key} is filled in part, and there is nothing of it')
    check_venues(of, 'o')
    check_journal(of, 'o')
    if not of.page_has('open_page.json'):
        return
    page = json.loads(of.load('open_page.json'))
    for title, lists, key in (('page of an agent', page['agents'], 'agent'), ('page of a market', page['markets'], 'symbol')):
        of.same(title, 'whose orders', set(lists) >= {its[key] for its in want.values()}, True)
        for name, shown in lists.items():
            rows = [{'id': row['key'], 'agent': name if key == 'agent' else row['Agent'], **{head.lower(): plain(row[head]) for head in ('Symbol', 'Side', 'Price', 'Quantity', 'Filled') if head in row}} for row in shown]
            same_rows(f'{title} {name}', rows, {order: its for order, its in want.items() if its[key] == name}, ('agent', 'side', *NUMBERS, *(('symbol',) if key == 'agent' else ())))
