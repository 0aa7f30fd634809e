// SPDX-License-Identifier: Apache-2.0
// All of it at a glance: equity with what happened, the league, what is held, the capital, the venues' lamps, the newest events.
import { accountsCard } from '../accounts.mjs';
import { chart, rangeTabs, axis, timeAxis } from '../chart.mjs';
import { get } from '../connection.mjs';
import { performanceCards } from '../performance.mjs';
import { periodsCard } from '../periods.mjs';
import { ALL, columns, day, grow, points, resultSince, shape, week } from '../history.mjs';
import { BY_CAPITAL, DEEPER, agents, amount, baseText, card, colour, count, css, foldable, gained, isDeeper, make, money, number, percent, put, rows, saver, scrolls, set, shareTone, signed, spark, stateTone, tabs, tone, tText, usage, table, stamp } from '../kit.mjs';

const KINDS = [['total', 'Total'], ['return', 'Return'], ['equity', 'Equity'], ['drawdown', 'Drawdown']];
const OF_KIND = { total: 'Equity as if the capital of now had always been there', return: BY_CAPITAL, equity: 'Equity of each agent', drawdown: 'How far below its highest, then; the column Drawdown has the deepest' };
const MARKED = new Set(['reload', 'rollback', 'restart', 'crash', 'unloaded', 'tournament', 'halt', 'kill', 'outage']);
let kind = 'total';
let range = Infinity;
let moved = new Map(); // by agent: what the last tournament moved
let draws = {};
let now = new Map();
let word = '';

// One that is above a limit of its meters, or of which next to all is refused, says so at each width, though it goes on.
const isRefused = a => a.refused >= 1000 && a.refused * 10 > a.intents * 9;
const isOdd = a => a.state === 'active' && Boolean(a.exceeds || isRefused(a));
const stateText = a => `${a.state.toLowerCase()}${!isOdd(a) ? '' : a.exceeds ? ` · above ${a.exceeds}` : ` · ${Math.floor(a.refused / a.intents * 100)}\u2009% refused`}`;
const pnl = (a, from) => { const t = now.get('status')?.t_ms; const r = t ? resultSince(a, from(t)) : null; return r; };
const pnlColumn = (title, from) => ({
  title, class: 'p4', tip: `Result since ${title === 'Day' ? '00:00 UTC' : 'Monday, 00:00 UTC'}, or since it is known`, value: a => pnl(a.name, from)?.amount ?? 0,
  text: a => { const r = pnl(a.name, from); return r ? gained(r.amount) : '–'; }, tone: a => tone(baseText(pnl(a.name, from)?.amount ?? 0)),
  hint: a => { const r = pnl(a.name, from); return r ? `since ${stamp(r.since)}` : ''; },
});
const league = [
  { title: 'Agent', class: 'l', value: a => a.name, draw: (cell, a) => {
    if (!cell.firstChild) cell.append(make('span', { className: 'swatch' }), make('a', { className: 'name', textContent: a.name, href: `#/agent/${encodeURIComponent(a.name)}` }), make('span', { ariaHidden: 'true' }));
    cell.lastChild.className = `substate ${isOdd(a) ? 'warn' : stateTone(a.state)}`; // where there is no column for it, and it is not as it should be
    cell.lastChild.hidden = a.state === 'active' && !isOdd(a);
    cell.lastChild.dataset.text = stateText(a);
    cell.firstChild.style.background = Number(a.capital) > 0 ? colour(a.slot) : 'transparent';
  } },
  { title: 'State', class: 'l why p2', value: a => stateText(a), csv: a => (a.failure ? `${stateText(a)}: ${a.failure}` : stateText(a)), draw: (cell, a) => {
    if (!cell.firstChild) cell.append(make('span'), make('span', { className: 'state-why' })); // where there is room; else where one points at it
    set(cell.firstChild, stateText(a));
    set(cell.lastChild, a.failure ? `: ${a.failure}` : '');
    const hint = a.failure ?? a.stopped?.text ?? (a.exceeds ? `It is above its ${a.exceeds}: what is beyond is refused, and a full meter ends it` : isOdd(a) ? `${count(a.refused)} of its ${count(a.intents)} intents were refused before they left` : '');
    if (cell.title !== hint) cell.title = hint;
    cell.className = `l why p2 ${isOdd(a) ? 'wraps warn' : stateTone(a.state)}`.trim();
  } },
  { title: 'Trend', class: 'trend', tip: 'Result over this run', draw: (cell, a) => spark(cell, Number(a.capital) > 0 ? shape(a.name) : [], tone(a.result)) },
  { title: 'Capital', class: 'p2', tip: 'With what the last tournament gave or took', value: a => Number(a.capital), text: a => money(a.capital), hint: a => (moved.get(a.name) ? `${signed(moved.get(a.name))} by the last tournament` : ''), tone: a => { const m = Number(moved.get(a.name) ?? 0); return m > 0 ? 'up' : m < 0 ? 'down' : ''; } },
  { title: 'Equity', class: 'p1', value: a => Number(a.equity), text: a => money(a.equity) },
  { title: 'Gross', class: 'p3', tip: 'Result before fees, rebates and funding', value: a => Number(a.gross), text: a => signed(a.gross), tone: a => tone(a.gross) },
  { title: 'Result', tip: 'Net: after fees, rebates and funding', value: a => Number(a.result), text: a => signed(a.result), tone: a => tone(a.result) },
  { title: 'Return', class: 'p2', value: a => a.return, text: a => percent(a.return), hint: a => (isDeeper(a) ? DEEPER : ''), tone: a => shareTone(a.return) },
  pnlColumn('Day', day), pnlColumn('Week', week),
  { title: 'Drawdown', class: 'use', tip: 'Deepest fall from a high; the bar is how much of its limit the risk gate counts now', value: a => a.drawdown, draw: (cell, a) => usage(cell, a.drawdown_limit ? a.fall / a.drawdown_limit : null, percent(a.drawdown)) },
  { title: 'Sharpe', class: 'p4', tip: 'Of a year, from 30 daily returns up', value: a => a.sharpe, text: a => number(a.sharpe), hint: a => (a.judgement ? `${a.judgement}: ${tText(a)}` : tText(a)) },
  { title: 'Open', class: 'p4', tip: 'Open orders', value: a => a.open, text: a => a.open },
  { title: 'Fills', class: 'p3', value: a => a.fills, text: a => count(a.fills) },
  { title: 'Refused', class: 'p4', tip: 'Intents that the gate refused', value: a => a.refused, text: a => count(a.refused), tone: a => (a.refused > 0 ? 'warn' : 'dim') },
  { title: 'Volume', class: 'p4', tip: 'Value of all its fills', value: a => Number(a.volume), text: a => money(a.volume) },
  { title: 'Fees', class: 'p4', value: a => Number(a.fees), text: a => money(a.fees) },
  { title: 'Gen.', class: 'p3', tip: 'Generation of the active code', value: a => a.generation, text: a => a.generation },
];

// The one that was held then: tournaments one behind the other are one event, with the last one's number. Else, as of an undo, the last.
async function toTournament(t) {
  const plan = (await get('plans'))?.find(p => p.t_ms === t);
  if (location.hash.startsWith('#/overview') || !location.hash) location.hash = plan ? `#/tournament/${plan.number}` : '#/tournament';
}

function equityCard() {
  const box = card('Equity', { name: 'chart' });
  const legend = make('output', { className: 'legend' });
  const host = make('div');
  box.bar.append(tabs(KINDS, kind, key => { kind = key; refresh(); }, 'What the chart shows'), rangeTabs('all', seconds => { range = seconds; refresh(); }));
  box.section.append(legend);
  box.body.append(host);
  box.section.append(box.body);
  const ofShare = v => (kind === 'drawdown' ? -v : v); // a drawdown is drawn downwards, and has no sign
  const unit = v => (kind === 'total' || kind === 'equity' ? amount(v) : percent(ofShare(v) / 100));
  const rough = v => (kind === 'total' || kind === 'equity' ? (Math.abs(v) >= 1000 ? amount(v, 0) : amount(v)) : `${+ofShare(v).toFixed(4)}\u2009%`.replace('-', '\u2212'));
  const marks = () => rows(now, 'event/').filter(e => MARKED.has(e.kind)).flatMap(e => [...new Set([e.t_ms, ...(e.count ? [e.first_ms, ...(e.held_ms ?? [])] : [])])].map(t => ({ ...e, t_ms: t }))).map(e => ({
    t: e.t_ms / 1000, kind: e.kind, text: `${e.kind}${e.of && ` ${e.of}`}: ${e.text}`,
    go: e.kind === 'tournament' ? () => toTournament(e.t_ms) : () => { location.hash = agents(now).some(a => a.name === e.of) ? `#/agent/${encodeURIComponent(e.of)}` : '#/log'; },
  }));
  const plot = chart(host, { name: 'Equity over time', series: [], height: 260, format: unit, legend, marks, axes: () => [timeAxis(), axis({ size: 74, values: (u, v) => v.map(rough) })] });
  let drawn = 0;
  function refresh(isLive) {
    if (isLive && performance.now() - drawn < 900) return;
    drawn = performance.now();
    legend.title = OF_KIND[kind];
    const from = range === Infinity ? 0 : (now.get('status')?.t_ms ?? 0) - range * 1000;
    if (kind === 'total') {
      plot.set(columns([ALL], 'total', from), [{ label: 'Agents, pool and who left', colour: () => css('accent'), width: 1.8, fill: () => css('accent-bg') }]);
      return;
    }
    const list = agents(now).filter(a => Number(a.capital) > 0);
    plot.set(columns(list.map(a => a.name), kind, from), list.map(a => ({ label: a.name, colour: () => colour(a.slot) })));
  }
  return { section: box.section, refresh, next() { box.bar.querySelectorAll('.tabs')[0].children[(KINDS.findIndex(k => k[0] === kind) + 1) % KINDS.length].click(); } };
}

function capitalCard() {
  const box = card('Capital', { name: 'capital' });
  const note = make('span', { className: 'count' });
  const ribbon = make('div', { className: 'ribbon' });
  const keys = make('ul', { className: 'keys-list' });
  box.bar.append(note);
  box.body.append(ribbon, keys);
  return { ...box, draw(state) {
    const s = state.get('status');
    if (!s) return;
    const parts = [...agents(state).filter(a => Number(a.capital) > 0).map(a => ({ name: a.name, amount: a.capital, colour: colour(a.slot), is: moved.get(a.name) })), { name: 'Pool', amount: s.pool, colour: css('dim') }, { name: 'Unloaded', amount: s.left_capital, colour: 'transparent' }].filter(p => Number(p.amount) > 0);
    const whole = parts.reduce((sum, p) => sum + Number(p.amount), 0) || 1;
    const last = state.get('tournament');
    put(note, `${money(s.capital)} ${s.currency}${last?.undone ? ` · tournament ${last.number} undone` : ''}`);
    const sync = (node, tag) => { while (node.children.length > parts.length) node.lastChild.remove(); while (node.children.length < parts.length) node.append(make(tag)); };
    sync(ribbon, 'i');
    sync(keys, 'li');
    parts.forEach((p, i) => {
      const part = Number(p.amount) / whole;
      ribbon.children[i].style.width = `${part * 100}%`;
      ribbon.children[i].style.background = p.colour;
      ribbon.children[i].title = `${p.name}: ${money(p.amount)}`;
      const key = keys.children[i];
      if (key.children.length !== 4) key.replaceChildren(make('span', { className: 'swatch' }), make('span'), make('span', { className: 'dim' }), make('span'));
      key.children[0].style.background = p.colour;
      set(key.children[1], p.name);
      set(key.children[2], percent(part));
      put(key.children[3], money(p.amount), Number(p.is ?? 0) > 0 ? 'up' : Number(p.is ?? 0) < 0 ? 'down' : '');
    });
  } };
}

function lampsCard() {
  const box = card('Venues', { name: 'lamps' });
  const list = make('ul', { className: 'lamp-list' });
  box.body.append(list);
  return { section: box.section, draw(state) {
    const venues = rows(state, 'venue/');
    while (list.children.length > venues.length) list.lastChild.remove();
    venues.forEach((v, i) => {
      if (!list.children[i]) list.append(make('li', {}, make('span', { className: 'lamp' }), make('a', { href: '#/reliability' }), make('span', { className: 'pill small' }), make('span', { className: 'dim' })));
      const [lamp, name, pill, note] = list.children[i].children;
      lamp.dataset.state = pill.dataset.state = v.state;
      set(name, v.venue);
      set(pill, v.state);
      set(note, `${v.links_up}/${v.links} links · ${v.books_live}/${v.books} books`);
    });
  } };
}

export default {
  title: 'Overview', keys: ['agent/', 'event/', 'tournament', 'venue/'],
  press: { c: () => draws.chart.next(), '/': () => draws.filter.focus() },
  open({ left, right }) {
    draws.chart = equityCard();
    const box = card('Agents', { name: 'agents' });
    const note = make('span', { className: 'count', id: 'n-agents' });
    draws.filter = make('input', { type: 'search', id: 'filter', placeholder: 'Filter', ariaLabel: 'Filter agents', autocomplete: 'off', spellcheck: false, oninput: () => { word = draws.filter.value.trim().toLowerCase(); league_(now); } });
    const node = make('table', { id: 't-agents' });
    box.bar.append(note, saver(() => 'agents', { csv: () => rowsOf.csv() }), draws.filter);
    box.body.append(node);
    scrolls(box.body, 'Agents').classList.add('scroll');
    const left_ = make('p', { className: 'dim note', id: 'left', hidden: true });
    box.section.append(left_);
    const rowsOf = table(node, league, 'No agents yet.', (row, a) => {
      row.addEventListener('click', event => { if (!event.target.closest('a')) location.hash = `#/agent/${encodeURIComponent(a.name)}`; });
    }, 'agents');
    draws.capital = capitalCard();
    draws.lamps = lampsCard();
    draws.periods = periodsCard(() => ALL);
    draws.performance = performanceCards(['instrument', 'reason', 'agent'], 'all-');
    draws.accounts = accountsCard();
    foldable('periods', [draws.periods]);
    foldable('performance', draws.performance.boxes, 'Closed trades');
    foldable('accounts', [draws.accounts]);
    foldable('capital', [draws.capital]);
    left.append(draws.chart.section, box.section, draws.periods.section, ...draws.performance.sections, draws.accounts.section);
    right.append(draws.lamps.section, draws.capital.section);
    let barred = -Infinity;
    const bars = () => { const isDue = performance.now() - barred > 2000; if (isDue) barred = performance.now(); draws.periods.draw(isDue); };
    const league_ = state => {
      const all = agents(state);
      rowsOf(word ? all.filter(a => `${a.name} ${a.state} ${a.stage} ${a.kind}`.toLowerCase().includes(word)) : all, a => a.name);
      put(note, `${all.filter(a => a.state === 'active').length} of ${all.length} active`);
    };
    return (state, has) => {
      now = state;
      // What was taken back has moved nothing.
      if (has('tournament')) moved = new Map((state.get('tournament')?.undone ? [] : state.get('tournament')?.rows ?? []).map(r => [r.agent, r.change]));
      if (has('agent/') || has('tournament')) { league_(state); draws.capital.draw(state); }
      const s = state.get('status');
      left_.hidden = !(s?.left_agents > 0);
      if (!left_.hidden) set(left_, `${count(s.left_agents)} unloaded: equity then ${money(s.left_equity)}, result ${signed(s.left_result)}, in the totals`);
      if (has('venue/')) draws.lamps.draw(state);
      if ((has('status') || has('agent/')) && points(ALL).length > 1) { draws.chart.refresh(true); bars(); }
      draws.performance.draw(agents(state), rows(state, 'position/'));
      draws.accounts.draw();
    };
  },
};
