# SPDX-License-Identifier: Apache-2.0
"""What each surface says of the last tournament, against the journal's record of it: ranks, verdicts, shares, capital before and
after, points, gates, evidence, and what held an agent's capital. Of numbers_agree.py, whose helpers come in as `of`; points,
what is shared out and what was moved are worked out here anew."""
import json
import os
import re
from decimal import Decimal as D

RECORD = ['sharpe', 'calmar', 'drawdown', 'win_rate', 'profit_factor', 'vol_return']  # measures and gates with a place in the record
TITLES = {'win': 'win_rate', 'factor': 'profit_factor', 'vol.ret': 'vol_return', 't': 't_value'}  # heads that are no measure's name
LABELS = {'Drawdown': 'drawdown', 'drawdown': 'drawdown', 'Sharpe': 'sharpe', 't': 't_value'}
KEYS = {'annual_sharpe': 'sharpe', 'annual_calmar': 'calmar'}  # a roster's key of a gate of a year
BOUNDS = ['free_money', 'pool', 'growth', 'max', 'increase', 'decrease', 'hysteresis', 'not_yet_judged', 'back_after', 'fault', 'evidence']
JUDGED = ('ranked', 'under_gate', 'unloaded')
OUTCOMES = {'passed': 'Passed', 'failed': 'Failed', 'not_yet_judged': 'Asked from 30 daily samples on', 'not_asked': 'Not asked: the agent was not judged'}


class Plan:
    """A tournament as its record has it. Amounts are exact, in the base currency; shares of 1."""

    def __init__(self, record):
        self.record = record
        self.unit = D(1).scaleb(-record['exp'])
        terms = {kind: {one['name']: (one['value'], {slot[0]: slot[1:] for slot in one['slots']}) for one in record['values']
                        if one['kind'] == kind} for kind in ('measure', 'gate', 'setting')}
        self.settings = {name: value for name, (value, _) in terms['setting'].items() if name != 'edition'}
        self.weights = dict(zip(RECORD, record['weights'])) | {name: value for name, (value, _) in terms['measure'].items()}
        self.pools = {pool[0]: (self.amount(pool[1]), self.amount(pool[2])) for pool in record['pools']}
        self.rows = {}
        for line in record['slots']:
            row = {'verdict': line['verdict'], 'rank': line['rank'], 'score': line['score'], 'share': line['share_ppm'] / 1e6,
                   'samples': line['n_samples'], 'wins': line['n_wins'], 'losses': line['n_losses'], 'failures': line['failures'],
                   'kelly': line['kelly'], 'bounds': [name for i, name in enumerate(BOUNDS) if line['flags'] >> i & 1],
                   'free': sum(max(D(0), self.amount(part[1])) for part in line['parts'])}
            for key, name in (('before', 'capital_before_amt'), ('after', 'capital_after_amt'), ('equity', 'equity_amt'),
                              ('target', 'target_amt'), ('won', 'won_amt'), ('lost', 'lost_amt')):
                row[key] = self.amount(line[name])
            row['change'] = row['after'] - row['before']
            row['is_judged'] = line['verdict'] in JUDGED
            row['measures'] = {name: line[name] if line['defined'] >> i & 1 else None for i, name in enumerate(RECORD)}
            row['measures'] |= {name: of[line['slot']][0] for name, (_, of) in terms['measure'].items()}
            row['gates'] = {}
            for i, name in enumerate(RECORD):
                if record['gates'][i] is not None:
                    row['gates'][name, 0] = (row['measures'][name], record['gates'][i], line['failed'] >> i & 1)
            for name, (limit, of) in terms['gate'].items():
                value, is_failed = of[line['slot']]
                row['gates'][KEYS.get(name, name), 1] = (value, limit, is_failed)
            row['outcomes'] = {gate: 'not_asked' if not row['is_judged'] else 'failed' if is_failed else
                               'not_yet_judged' if value is None and 'not_yet_judged' in row['bounds'] else 'passed'
                               for gate, (value, _, is_failed) in row['gates'].items()}
            evidence = terms['setting'].get('evidence', (0, {}))
            row['evidence'] = (evidence[1][line['slot']][0] or None) if evidence[0] else None
            self.rows[line['name']] = row
        for name, row in self.rows.items():
            others = [other for key, other in self.rows.items() if key != name and other['is_judged']]
            row['points'] = {measure: sum(better(row['measures'][measure], other['measures'][measure], measure) + 1 for other in others) /
                             (2 * len(others)) if others else 1.0 for measure in self.weights} if row['is_judged'] else {}
        whole = sum(before for before, _ in self.pools.values())
        whole += sum(max(D(0), row['equity']) for row in self.rows.values() if row['is_judged'])
        self.whole = whole * (10**6 - record['reserve_ppm']) / 10**6
        changes = [row['change'] for row in self.rows.values()]
        self.given = sum(change for change in changes if change > 0)
        self.moved = max(self.given, -sum(change for change in changes if change < 0))
        self.pool = sum(after for _, after in self.pools.values())

    def amount(self, text):
        return int(text) * self.unit


def better(a, b, measure):
    a, b = a or 0.0, b or 0.0
    return ((a > b) - (a < b)) * (-1 if measure == 'drawdown' else 1)


def check_tournament(of, want):
    plans = [Plan(json.loads(line)) for line in of.load('plans.json').splitlines()]
    plan = plans[-1]
    check_api(of, plan)
    texts = check_show(of, plan)
    for agent, row in plan.rows.items():
        check_why(of, plan, agent, row, texts)
    check_ctl(of, plan)
    check_past(of, plans)
    check_report(of, plan, texts)
    check_page(of, plan, texts)
    check_moved(of, plans)
    status = json.loads(of.load('api_status.json'))
    of.same('status', 'pool', D(status['pool']), D(of.cents(plan.pool)))
    for agent, row in plan.rows.items():  # nothing has moved it since
        of.same('agents', f'{agent} capital', want[agent]['capital'], of.cents(row['after']))


def check_api(of, plan):
    api = json.loads(of.load('api_tournament.json'))
    record = plan.record
    of.same('/api', 'tournament', api, json.loads(of.load('tournament.json')))
    for key in ('number', 'schedule', 'mode', 'window', 'sample_s', 'min_samples'):
        of.same('/api tournament', key, api[key], record[key])
    of.same('/api tournament', 'currency', api['currency'], 'USDT')
    of.same('/api tournament', 'given', api['given'], of.cents(plan.amount(record['given_amt'])))
    of.same('/api tournament', 'whole', api['whole'], of.cents(plan.whole))
    of.same('/api tournament', 'reserve', of.ratio(api['reserve']), of.ratio(record['reserve_ppm'] / 1e6))
    of.same('/api tournament', 'settings', {one['name']: of.ratio(one['value']) for one in api['settings']},
            {name: of.ratio(value) for name, value in plan.settings.items()})
    of.same('/api tournament', 'weights', {one['name']: of.ratio(one['weight']) for one in api['measures'] if one['weight']},
            {name: of.ratio(weight) for name, weight in plan.weights.items() if weight})
    of.same('/api tournament', 'pools', [(one['account'], one['before'], one['after']) for one in api['pools']],
            [(account, of.cents(before), of.cents(after)) for account, (before, after) in plan.pools.items() if before or after])
    of.same('/api tournament', 'agents', [row['agent'] for row in api['rows']], list(plan.rows))
    for row in api['rows']:
        its, where = plan.rows[row['agent']], f'/api tournament {row["agent"]}'
        for key in ('rank', 'verdict', 'samples', 'wins', 'losses', 'failures'):
            of.same(where, key, row[key], its[key])
        for key in ('before', 'after', 'change', 'equity', 'target', 'free', 'won', 'lost'):
            of.same(where, key, row[key], of.cents(its[key]))
        for key in ('score', 'share', 'kelly', 'evidence'):
            of.same(where, key, of.ratio(row[key]), of.ratio(its[key]))
        for name, value in its['measures'].items():
            of.same(where, name, of.ratio(row[name]), of.ratio(value))
        if its['evidence'] is not None:
            of.same(where, 'evidence and t', of.ratio(row['evidence']), of.ratio(its['measures']['t_value']))
        of.same(where, 'points', {name: of.ratio(value) for name, value in row['points'].items()},
                {name: of.ratio(value) for name, value in its['points'].items()})
        of.same(where, 'gates', [(one['gate'], of.ratio(one['value']), of.ratio(one['limit']), one['outcome']) for one in row['gates']],
                [(gate[0], of.ratio(value), of.ratio(limit), its['outcomes'][gate]) for gate, (value, limit, _) in its['gates'].items()])
        of.same(where, 'failed', row['failed'], [gate[0] for gate, outcome in its['outcomes'].items() if outcome == 'failed'])
        of.same(where, 'bounds', sorted(one['name'] for one in row['bounds']), sorted(its['bounds']))


def said_of(of):
    """By agent what held it, in words, as the API has it."""
    return {row['agent']: [one['text'] for one in row['bounds']] for row in json.loads(of.load('api_tournament.json'))['rows']}


def words(verdict):
    """As people are told it."""
    return verdict.replace('_', ' ')


def shown(measures, name, value):
    """A measure as the terminal shows it."""
    if value is None:
        return '-'
    one = measures[name]
    if one['unit'] != 'share' and abs(value) >= 1000:  # a ratio by next to nothing
        return '>=1000' if value > 0 else '<=-1000'
    return of_unit(one['unit'], value, one['decimals'])


def of_unit(unit, value, decimals):
    return fixed(100 * value, decimals) + '%' if unit == 'share' else fixed(value, decimals)


def by_rank(plan):
    """As people are shown them: who has no rank last."""
    return sorted(plan.rows, key=lambda name: plan.rows[name]['rank'] or len(plan.rows) + 1)


def check_show(of, plan):
    """`agon tournament show`, which the report's text and `agon ctl tournament show` print too. Returns what it says of bounds."""
    text, texts = of.load('show.txt'), said_of(of)
    of.same('ctl tournament show', 'text', of.load('ctl_show.txt'), text)
    of.same('report, its text', 'tournament', text in of.load('report.txt'), True)
    lines = text.splitlines()
    of.same('tournament show', 'number', lines[0].startswith(f'tournament {plan.record["number"]} at '), True)
    heads = lines[1].split()
    measures = {one['name']: one for one in json.loads(of.load('api_tournament.json'))['measures']}
    verdicts = {row['verdict'] for row in plan.rows.values()}
    rows = [line for line in lines[2:] if re.match(r' *(-|\d+) ', line)]
    for verdict in verdicts:  # of two words
        rows = [line.replace(f' {words(verdict)} ', f' {verdict} ') for line in rows]
    rows = [dict(zip(heads, line.replace(' %', '%').split())) for line in rows]
    of.same('tournament show', 'keys in the place of words', [verdict for verdict in verdicts if '_' in verdict and verdict in text], [])
    of.same('tournament show', 'shares without their blank', re.findall(r'\d%', text), [])
    of.same('tournament show', 'agents', [row['agent'] for row in rows], by_rank(plan))
    for row in rows:
        its, where = plan.rows[row['agent']], f'tournament show {row["agent"]}'
        want = {'rank': str(its['rank'] or '-'), 'verdict': its['verdict'], 'score': '%.3f' % its['score'], 'share': '%.2f%%' % (100 * its['share']),
                'before': of.apart(of.cents(its['before'])), 'after': of.apart(of.cents(its['after']))}
        for head in set(heads) - set(want) - {'agent'}:
            want[head] = shown(measures, TITLES.get(head, head), its['measures'][TITLES.get(head, head)])
        for head in want:
            of.same(where, head, row[head], want[head])
        of.same(where, 'bounds', [line.split(': ', 1)[1] for line in lines if line.startswith(f'     {row["agent"]}: ')], texts[row['agent']])
    of.same('tournament show', 'pools', [line for line in lines if line.startswith('account ')],
            [f'account {account}: {of.apart(of.cents(before))} in the pool before, {of.apart(of.cents(after))} after'
             for account, (before, after) in plan.pools.items() if before or after])
    of.same('tournament show', 'given', lines[-1],
            f"pools and all agents' capital are {of.apart(of.cents(plan.amount(plan.record['given_amt'])))}, as was given")
    return texts


def check_why(of, plan, agent, row, texts):
    lines, where = of.load(f'why_{agent}.txt').splitlines(), f'tournament why {agent}'

    def money(amount):
        return of.apart(of.cents(amount))
    of.same(where, 'verdict', lines[1], f'{agent}: {words(row["verdict"])}')
    of.same(where, 'fills', lines[2], f'  {row["samples"]} samples of equity; {row["wins"]} closing fills won {money(row["won"])}, '
            f'{row["losses"]} lost {money(row["lost"])}')
    of.same(where, 'equity', f'  equity {money(row["equity"])}, target {money(row["target"])}; {money(row["free"])} of it was free' in lines, True)
    sign = '+' if row['change'] > 0 else ''
    of.same(where, 'capital', lines[-1], f'  capital {money(row["before"])} -> {money(row["after"])} ({sign}{money(row["change"])})')
    of.same(where, 'bounds', [line.split(': ', 1)[1] for line in lines if line.startswith(f'     {agent}: ')], texts[agent])
    if row['share'] > 0:
        of.same(where, 'whole', f'  {100 * row["share"]:.2f} % of {money(plan.whole)} (' in '\n'.join(lines), True)
    if row['rank']:
        n = sum(other['rank'] > 0 for other in plan.rows.values())
        of.same(where, 'score', f'  score {row["score"]:.3f}: rank {row["rank"]} of {n}; share {100 * row["share"]:.2f} %' in lines, True)
    seen_measures, seen_gates = set(), set()
    measures = {one['name']: one for one in json.loads(of.load('api_tournament.json'))['measures']}
    for line in lines[4:]:
        line = line.replace(' %', '%')
        match = re.match(r'  (\w+) +(\S+) +(?:(\S+) +(\S+))?(?:  (.*))?$', line)
        if not match or match[1] not in {*plan.weights, *(gate for gate, _ in row['gates'])}:
            continue
        name, value, points, weight, gate = match.groups()
        gate = gate or ''
        if weight and re.fullmatch(r'[-\d.e+]+', weight):
            seen_measures.add(name)
            its = row['measures'][name]
            of.same(where, name, value, shown(measures, name, its))
            of.same(where, f'points of {name}', points, f'{row["points"][name]:.3f}' if row['is_judged'] else '-')
            of.same(where, f'weight of {name}', weight, '%.3g' % plan.weights[name])
            place = 0
        else:
            gate = line.split(value, 1)[1].strip()
            place = 1 if (name, 1) in row['gates'] else 0
            unit = measures.get(name, {}).get('unit')
            its = row['gates'][name, place][0]
            of.same(where, f'gate {name}', value, '-' if its is None else of_unit(unit, its, 2))
        match = re.search(r'(\S.*) (\S+): (.*)$', gate)
        if match:
            seen_gates.add((name, place))
            limit, is_share = row['gates'][name, place][1], measures.get(name, {}).get('unit') == 'share'
            of.same(where, f'limit of {name}', match[2], '%.6g%%' % (100 * limit) if is_share else '%.6g' % limit)
            of.same(where, f'outcome of {name}', match[3].replace(' ', '_'), row['outcomes'][name, place])
    of.same(where, 'measures', seen_measures, set(plan.weights))
    of.same(where, 'gates', seen_gates, set(row['gates']))


def table(text):
    heads, *lines = text.splitlines()
    heads = re.split(r'  +', heads.strip())
    return [dict(zip(heads, re.split(r'  +', line.strip()))) for line in lines]


def number(value):  # as `agon ctl` shows one: without a fraction as it is
    return '-' if value is None else str(int(value)) if value == int(value) else fixed(value, 2)


def in_ctl(of, row):
    return {'rank': str(row['rank'] or '-'), 'verdict': words(row['verdict']), 'score': '%.3f' % row['score'], 'share': of.percent(row['share']),
            't': number(of.ratio(row['measures']['t_value'])), **{key: of.apart(of.cents(row[key])) for key in ('before', 'after', 'change', 'equity')},
            'aimed at': of.apart(of.cents(row['target']))}


def check_ctl(of, plan):
    head, ranks = of.load('tournament.txt').split('\n\nRanks, amounts in USDT\n')
    lines = dict(re.split(r'  +', line, maxsplit=1) for line in head.splitlines()[1:])
    of.same('ctl tournament', 'number', lines['number'], str(plan.record['number']))
    of.same('ctl tournament', 'shared out', lines['shared out'], of.apart(of.cents(plan.whole)))
    of.same('ctl tournament', 'given', lines['capital given'], of.apart(of.cents(plan.amount(plan.record['given_amt']))))
    names = {row['agent']: [one['name'] for one in row['bounds']] for row in json.loads(of.load('api_tournament.json'))['rows']}
    rows = table(ranks)
    of.same('ctl tournament', 'agents', [row['agent'] for row in rows], by_rank(plan))
    for row in rows:
        want = in_ctl(of, plan.rows[row['agent']]) | {'held by': ', '.join(names[row['agent']]) or '-'}
        for head in row:
            if head != 'agent':
                of.same('ctl tournament', f'{row["agent"]} {head}', row[head], want[head])


def check_past(of, plans):
    """What is said of all tournaments: /api/v1/plans, `ctl plans`, `agon tournament history`, the story of what happened."""
    api = json.loads(of.load('api_plans.json'))
    of.same('/api plans', 'numbers', [one['number'] for one in api], [plan.record['number'] for plan in plans])
    shown_rows = iter(table(of.load('plans.txt').split('\n', 1)[1]))
    for one, plan in zip(api, plans):
        of.same('/api plans', 'agents', [row['agent'] for row in one['rows']], list(plan.rows))
        for row in one['rows']:
            its, where = plan.rows[row['agent']], f'{one["number"]} {row["agent"]}'
            want = {'rank': its['rank'], 'score': of.ratio(its['score']), 'share': of.ratio(its['share']),
                    'before': of.cents(its['before']), 'after': of.cents(its['after'])}
            for key in want:
                of.same('/api plans', f'{where} {key}', of.ratio(row[key]) if key in ('score', 'share') else row[key], want[key])
            line = next(shown_rows)
            for head in set(line) - {'number', 'agent'}:
                of.same('ctl plans', f'{where} {head}', line[head], in_ctl(of, its)[head])
    history = json.loads(of.load('history.json'))
    text = [line.split() for line in of.load('history.txt').split('\n\n')[0].splitlines()[1:]]
    for one, line, plan in zip(history['tournaments'], text, plans, strict=True):
        first = next((name for name, row in plan.rows.items() if row['rank'] == 1), '')
        n_ranked = sum(row['rank'] > 0 for row in plan.rows.values())
        of.same('tournament history', f'{one["number"]}', (one['first'], one['n_ranked'], plan.amount(one['to_agents_amt']), plan.amount(one['pool_amt'])),
                (first, n_ranked, plan.given, plan.pool))
        of.same('tournament history', f'{one["number"]} as text', (line[0], *line[2:4], *line[5:7]),
                (str(plan.record['number']), first or '-', str(n_ranked), of.apart(of.cents(plan.given)), of.apart(of.cents(plan.pool))))
    names = list(dict.fromkeys(name for plan in plans for name in plan.rows))
    of.same('tournament history', 'agents', sorted(one['name'] for one in history['agents']), sorted(names))
    for one in history['agents']:  # who left, and who came later, by the tournaments that they were in
        held = [plan.rows[one['name']] for plan in plans if one['name'] in plan.rows]
        of.same('tournament history', one['name'], (plans[0].amount(one['capital_before_amt']), plans[0].amount(one['capital_after_amt'])),
                (held[0]['before'], held[-1]['after']))
    moved = {plan.record['number']: plan.moved for plan in plans}
    n_seen = 0
    for event in json.loads(of.load('api_events.json')):
        match = re.match(r'tournaments? (\d+)(?: to (\d+))? w', event['text']) if event['kind'] == 'tournament' else None
        if match:
            total = sum(moved[n] for n in range(int(match[1]), int(match[2] or match[1]) + 1))
            n_seen += 1
            of.same('/api events', event['text'], event['text'].split('; ')[1],
                    f'{of.apart(of.cents(total))} USDT moved' if total else 'no capital moved')
    of.same('/api events', 'tournaments', n_seen > 0, True)
    story = {n: amount or '0.00' for n, amount in
             re.findall(r'tournament (\d+): \S+\s+is\s+first(?:\s+and\s+beats\s+chance\s+\([^)]*\)|;\s+\S+\s+beats\s+chance(?:\s+yet|\s+\([^)]*\))?)?;\s+(?:no\s+capital|(\S+)\s+USDT)\s+(?:moved|went to|came from)', of.load('report.txt'))}
    of.same('report', 'moved', story, {str(plan.record['number']): of.apart(of.cents(plan.moved)) for plan in plans
                                       if any(row['rank'] for row in plan.rows.values())})


def check_report(of, plan, texts):
    rows = of.html_table(of.load('report.html'), 'before', 'rank')
    of.same('report.html', 'agents', sorted(row['agent'] for row in rows), sorted(plan.rows))
    measures = {one['name']: one for one in json.loads(of.load('api_tournament.json'))['measures']}
    reasons = {row['agent']: row['reason'] for row in json.loads(of.load('api_tournament.json'))['rows']}
    for row in rows:
        its, agent = plan.rows[row['agent']], row['agent']
        want = {'rank': str(its['rank'] or ''), 'verdict': words(its['verdict']), 'score': '%.3f' % its['score'], 'share': '%.2f %%' % (100 * its['share']),
                'before': of.apart(of.cents(its['before'])), 'after': of.apart(of.cents(its['after'])), 'why': '; '.join(texts[agent]) or reasons[agent]}
        for head in set(row) - set(want) - {'agent'}:
            name, value = LABELS[head], its['measures'][LABELS[head]]
            want[head] = '' if value is None else fixed(100 * value, 2) + ' %' if measures[name]['unit'] == 'share' else \
                on_page(measures, name, value)
        for head in want:
            of.same('report.html', f'{agent} {head} of the tournament', row.get(head), want[head])


def plain(text):
    return text.replace('\u2009', '').replace('\u2212', '-')


def fixed(value, digits):
    """As the page has it: what rounds to nothing has no sign."""
    return re.sub(r'^-(?=[0.]*$)', '', f'{value:.{digits}f}')


def on_page(measures, name, value):
    if value is None:
        return '–'
    one = measures[name]
    if one['unit'] == 'share':
        return fixed(100 * value, 2) + '%'
    return f'{"≤ -" if value < 0 else "≥ "}1000' if abs(value) >= 1000 else fixed(value, one['decimals'])


def check_moved(of, plans):
    """The page says what all of them moved: the last may have moved nothing."""
    if not os.path.exists(os.path.join(of.folder, 'page.json')):
        return
    moves = [plan.moved for plan in plans if plan.moved > 0]
    shown = plain(json.loads(of.load('page.json'))['tournament']['moved'])
    want = f'{len(moves)} of {len(plans)} moved {of.cents(sum(moves, D(0)))} in all' if len(plans) > 1 else ''
    said = re.fullmatch(r'(.* moved) (\S+) in all', shown)
    of.same('page', f'tournaments: {shown}', bool(said) and said[1] == want.rsplit(' ', 3)[0] and abs(D(said[2]) - sum(moves, D(0))) < D('0.06') if want else shown == '', True)


def check_page(of, plan, texts):
    if not os.path.exists(os.path.join(of.folder, 'page.json')):
        return
    page = json.loads(of.load('page.json'))['tournament']
    api = json.loads(of.load('api_tournament.json'))
    measures = {one['name']: one for one in api['measures']}
    titles = {one['label'] if one['label'] == 't' else one['label'][0].upper() + one['label'][1:]: one['name'] for one in api['measures']}
    of.same('page', 'number', page['note'].split(' · ')[0], f'number {plan.record["number"]}')
    of.same('page', 'agents of the tournament', sorted(row['Agent'] for row in page['rows']), sorted(plan.rows))
    for row in page['rows']:
        its = plan.rows[row['Agent']]
        want = {'Rank': str(its['rank'] or '–'), 'Verdict': its['verdict'].replace('_', ' '), 'Score': '%.3f' % its['score'],
                'Share': fixed(100 * its['share'], 2) + '%', 'Capital before': of.cents(its['before']), 'After': of.cents(its['after']),
                'Flow': ('+' if its['change'] > 0 else '') + of.cents(its['change'])}
        want |= {title: on_page(measures, name, its['measures'][name]) for title, name in titles.items()}
        for head in set(row) - {'Agent'}:
            of.same('page', f'{row["Agent"]} {head} of the tournament', plain(row[head]), want[head])
    weights = sum(plan.weights.values())
    for row in page['why']:
        agent = row['who'].split('. ')[-1]
        its, where = plan.rows[agent], f'page, why {agent}'
        of.same(where, 'rank', row['who'], f'{its["rank"]}. {agent}' if its['rank'] else agent)
        of.same(where, 'score', row['score'], '%.3f' % its['score'] if its['rank'] else '')
        of.same(where, 'bounds', row['bounds'], [text[0].upper() + text[1:] for text in texts[agent]])
        of.same(where, 'outcomes', [title for _, title in row['gates']], [OUTCOMES[outcome] for outcome in its['outcomes'].values()])
        for (text, _), ((gate, _), (value, limit, _)) in zip(row['gates'], its['gates'].items(), strict=True):
            is_share = measures.get(gate, {}).get('unit') == 'share'
            numbers = [float(one.replace('%', '')) / (100 if is_share else 1) for one in re.findall(r'-?[\d.]+%?', plain(text))]
            expected = [one for one in (value, limit) if one is not None]
            of.same(where, gate, [('%.3g' % one) if not is_share else '%.4f' % one for one in numbers],
                    [('%.3g' % one) if not is_share else '%.4f' % one for one in expected])
        points = {name: plan.weights[name] for name in measures if plan.weights.get(name)}
        of.same(where, 'points', [re.match(r'.*: ([\d.]+) points of 1, weight ([\d]+)%', plain(title)).groups() for title in row['points']],
                [('%.2f' % its['points'][name], fixed(100 * weight / weights, 0)) for name, weight in points.items()] if its['rank'] else [])
    of.same('page', 'flows', sorted((name, plain(title), plain(value)) for name, title, value in page['flows']),
            sorted((name, f'{of.cents(row["before"])} to {of.cents(row["after"])}; equity {of.cents(row["equity"])}, aimed at '
                    f'{of.cents(row["target"])}, free {of.cents(row["free"])}', ('+' if row['change'] > 0 else '') + of.cents(row['change']))
                   for name, row in plan.rows.items() if row['before'] or row['after']))
