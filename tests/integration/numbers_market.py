# SPDX-License-Identifier: Apache-2.0
"""Of numbers_agree: what the page of each market has of its book, mark, funding and trades, and what agents' plugins say of themselves and use of their
meters. `of` is that module: what it loads, what it compares. A host whose market stands counts on by itself: what only rises is between two looks."""
import json
from decimal import Decimal as D

from numbers_host import between, metrics_of
from numbers_plan import plain

LEVELS = 10


def check_books(of, page):
    """The page of a market, and the API's book of the same moment, and `ctl books`, where that is of it too."""
    asked = {book['symbol']: book for book in json.loads(of.load('books.json'))}
    of.same('page', 'markets', sorted(page['markets']), sorted(asked))
    for symbol, shown in page['markets'].items():
        book, where = shown['api'], f'page of {symbol}'
        facts = {key: plain(value) for key, value in shown['facts'].items()}
        for side, rows in (('asks', shown['asks']), ('bids', shown['bids'])):
            of.same(where, f'{side}, {len(book[side])} levels at once', len(book[side]) > 0, True)
            want = [tuple(map(D, level)) for level in book[side][:LEVELS]]
            of.same(where, side, [tuple(D(plain(text)) for text in row) for row in rows if row[0]], want)
        for head, key in (('Mark', 'mark'), ('Bid', 'bid'), ('Ask', 'ask')):
            of.same(where, key, D(facts[head]), D(book[key]))
        of.same(where, 'mark in the book', D(plain(shown['mid'])), D(book['mark']))
        for head, key in (('Venue', 'venue'), ('Kind', 'kind'), ('Base', 'base'), ('Quote', 'quote')):
            of.same(where, key, facts[head], book[key])
        of.same(where, 'has funding', 'Next funding' in facts, book['kind'] != 'spot')
        if 'Next funding' in facts:
            of.same(where, 'next funding', facts['Next funding'], f'{round(100 * float(book["funding_rate"]), 4):.4f}%'.replace('-0.0000', '0.0000'))
        rows = [(D(plain(price)), D(plain(quantity))) for _, price, quantity in shown['tape']]
        of.same(where, 'trades of the market are there', len(rows) > 0, len(shown['trades']) > 0)
        of.same(where, f'{len(rows)} trades of the market', rows, [(D(str(one['price'])), D(str(one['quantity']))) for one in shown['trades'][:len(rows)]])
        if symbol in asked and asked[symbol]['bids'] == book['bids'] and asked[symbol]['asks'] == book['asks']:
            for key in ('mark', 'bid', 'ask'):
                of.same('ctl books', f'{symbol} {key}', asked[symbol][key], book[key])


def check_said(of, page):
    first, last = ({row['name']: row for row in json.loads(of.load(name))} for name in ('agents.json', 'agents_after.json'))
    found = metrics_of(of, 'metrics')
    n = 0
    for agent, its in first.items():
        for key, value in its['metrics'].items():
            n += 1
            ends = (value, last[agent]['metrics'][key])
            between(of, '/metrics', f'{agent} metric {key}', float(found.get(('agon_agent_metric', f'agent="{agent}",metric="{key}"'), 'nan')), ends)
            if page:
                shown = [row for row in page['of'][agent]['metrics'] if row['key'] == json.dumps([agent, int(key)], separators=(',', ':'))]
                of.same('page of an agent', f'{agent} metric {key}, rows', len(shown), 1)
                for row in shown:
                    between(of, 'page of an agent', f'{agent} metric {key}', float(plain(row['Value'])), ends, 0.00501)
        for meter, one in its['meters'].items():
            then = last[agent]['meters'][meter]
            labels = f'agent="{agent}",meter="{meter}"'
            if ('agon_agent_caused_total', labels) in found:
                between(of, '/metrics', f'{agent} caused {meter}', float(found['agon_agent_caused_total', labels]), (one['count'], then['count']))
            # What is used of one drains and fills again; where nothing was counted meanwhile and all had drained, it is nothing.
            if one['count'] == then['count'] and one['in_hand'] == 0:
                of.same('/metrics', f'{agent} {meter} used', float(found.get(('agon_agent_meter_used', labels), 'nan')), 0.0)
    of.same('metrics of plugins', 'some', n > 2, True)


def check_market(of):
    page = json.loads(of.load('page.json')) if of.page_has('page.json') else None
    check_said(of, page)
    if page:
        check_books(of, page)
