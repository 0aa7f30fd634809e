// SPDX-License-Identifier: Apache-2.0
// Closed trades by instrument, by exit reason and by agent: how many, how many won, what they brought. The host has the sums of all of them,
// those too that it does not keep one by one.
import { get } from './connection.mjs';
import { card, count, gained, lasted, make, oneOf, percent, put, saver, spaced, symbolCell, table, TAG, tone } from './kit.mjs';

const CALM_MS = 5000;
const FILL_MS = 1000; // between two looks at positions
const ROW_MS = 300; // about as many bytes: below a KB a second
const digitsOf = text => (String(text).split('.')[1] ?? '').length;

// What is in no closed trade, of positions as they stand now: with what is realised it comes to the result beside it.
const LIVE = { unrealised: 'unrealised in open positions', funding: 'funding' };
const live = positions => positions.flatMap(p => Object.entries(LIVE).filter(([key]) => Number(p[key] ?? 0) !== 0)
  .map(([key, text]) => ({ agent: p.agent, symbol: p.symbol, exit_reason: key, exit_why: text, trades: 0, won: 0, timed: 0, result: p[key], currency: p.currency })));

// Rows of one key and currency become one.
export function fold(list, keyOf) {
  const out = new Map();
  for (const p of list) {
    const name = p.trades ? keyOf(p) : p.exit_why; // what is in no closed trade: of each kind one row
    const key = `${name} ${p.currency}`;
    const to = out.get(key) ?? { key, name, why: p.exit_why, currency: p.currency, digits: digitsOf(p.result), trades: 0, won: 0, result: 0, best: -Infinity, worst: Infinity, timed: 0, held: 0 };
    to.trades += p.trades;
    to.won += p.won;
    to.result += Number(p.result);
    if (p.trades) { to.best = Math.max(to.best, Number(p.best)); to.worst = Math.min(to.worst, Number(p.worst)); }
    to.timed += p.timed;
    to.held += p.timed * (p.held_s ?? 0);
    out.set(key, to);
  }
  return [...out.values()].sort((a, b) => !a.trades - !b.trades || b.result - a.result);
}
const sum = (title, of, more, has = p => p.trades) => ({ title, value: p => (has(p) ? of(p) : null), csv: p => (has(p) ? of(p).toFixed(p.digits) : ''), text: p => (has(p) ? gained(of(p), p.digits) : '–'), tone: p => (has(p) ? tone(of(p).toFixed(p.digits)) : 'dim'), ...more });
const columns = first => [
  first, { title: 'Trades', tip: 'Positions from the first fill to the last', value: p => p.trades, text: p => count(p.trades) }, { title: 'Won', tip: 'Share of those with a result above 0', value: p => (p.trades ? p.won / p.trades : -1), csv: p => (p.trades ? p.won / p.trades : ''), text: p => (p.trades ? percent(p.won / p.trades) : '–') },
  sum('Result', p => p.result, { tip: 'After fees. All rows together are the result of these agents: closed trades, some seconds old, then what is in none of them', hint: p => p.currency }, () => true), sum('Mean', p => p.result / p.trades, { class: 'p2' }), sum('Best', p => p.best, { class: 'p3' }), sum('Worst', p => p.worst, { class: 'p3' }),
  { title: 'Held', class: 'p2', tip: 'Mean time from the first fill to the last', unit: 's', value: p => (p.timed ? p.held / p.timed : -1), csv: p => (p.timed ? p.held / p.timed : ''), text: p => lasted(p.timed ? p.held / p.timed : null), tone: () => 'dim' },
];
const FIRST = {
  instrument: ['By instrument', p => p.symbol, { title: 'Symbol', class: 'l sym', value: p => p.name, csv: p => p.name, draw: (cell, p) => (p.trades ? symbolCell(cell, p.name) : put(cell, p.name)) }],
  reason: ['By exit reason', p => p.exit_reason, { title: 'Exit reason', class: 'l', value: p => p.name, text: p => spaced(p.name) || 'not known', hint: p => p.why }],
  tag: ['By entry tag', p => p.entry_tag, { title: 'Entry tag', class: 'l', tip: TAG, value: p => p.name, text: p => spaced(p.name) || 'none' }],
  agent: ['By agent', p => p.agent, { title: 'Agent', class: 'l', value: p => p.name, text: p => p.name }],
};

export function performanceCards(kinds, prefix = '') {
  let list = [];
  let held = []; // positions as they stand now
  let filled = -Infinity;
  let isKnown = false; // the host has answered
  let of = null; // whose list that is
  let asked = -Infinity;
  let due = 0;
  let seen = -1; // how many fills there were when it was asked
  const boxes = kinds.map(kind => {
    const [title, keyOf, first] = FIRST[kind];
    const box = card(title, { name: 'performance', tall: true });
    const note = make('span', { className: 'count' });
    const node = make('table', { id: `t-${prefix}by-${kind}` });
    box.body.append(node);
    box.bar.append(note, saver(() => `trades-by-${kind}`, { csv: () => draw.csv() }));
    const draw = table(node, columns(first), 'No position was closed whole yet.', null, `by-${kind}`);
    return [kind, title, { ...box, fill() { draw(fold([...list.filter(p => !(p.exit_reason in LIVE)), ...live(held)], keyOf), p => p.key, isKnown); const n = list.reduce((all, p) => all + p.trades, 0); put(note, n ? `${count(n)} closed trade${n === 1 ? '' : 's'}` : ''); } }];
  });
  const fill = () => { for (const [, , box] of boxes) box.fill(); };
  async function ask(n, name) {
    const mine = of;
    seen = n;
    asked = performance.now();
    due = asked + CALM_MS;
    const answer = await get(name === null ? 'performance' : `performance/${encodeURIComponent(name)}`);
    if (mine !== of || !answer) return;
    list = answer;
    isKnown = true;
    due = asked + CALM_MS + list.length * ROW_MS;
    fill();
  }
  oneOf(boxes, `performance-${kinds.at(-1)}`);
  fill();
  // all: those whose trades these are; whose: which of its name, where it is of one.
  return { boxes: boxes.map(([, , box]) => box), sections: boxes.map(([, , box]) => box.section), draw(all, positions, whose = '', name = null) {
    const n = all.reduce((sum_, a) => sum_ + a.fills, 0);
    held = positions;
    if (of !== whose) { of = whose; list = []; isKnown = false; seen = -1; due = 0; filled = -Infinity; }
    if (performance.now() - filled >= FILL_MS) { filled = performance.now(); fill(); }
    if (performance.now() >= due && (n !== seen || performance.now() > asked + 60000)) ask(n, name);
  } };
}
