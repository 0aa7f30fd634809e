// SPDX-License-Identifier: Apache-2.0
// One agent in full, and what can be done to it.
import { candleCard } from '../candles.mjs';
import { axis, chart, timeAxis } from '../chart.mjs';
import { get } from '../connection.mjs';
import { closedTrades, endedColumns, endedOrders, endedUnder } from '../ended.mjs';
import { columns, day, resultSince, week } from '../history.mjs';
import { BY_CAPITAL, DEEPER, ENTRY_COST, ENTRY_MEAN, agents, baseText, isDeeper, isHeld, lasted, lossText, oneOf, card, clock, colour, count, css, foldLines, gained, make, moment, money, orderPrice, pairs, percent, price as priceText, put, number, rows, scrolls, set, shareTone, short, sideTone, signed, saver, spaced, span, stamp, stateTone, symbolCell, table, TAG, tone, tText, usage, which, zoneName } from '../kit.mjs';
import { performanceCards } from '../performance.mjs';
import { cancelOrder, canResume, closePosition, flatten, haltOrResume, order, sure } from '../orders.mjs';

const $ = (box, ...nodes) => { box.body.append(...nodes); return box; };
function tableCard(title, name, cols, empty, id, sortName, under) {
  const box = card(title, { name, tall: true });
  const note = make('span', { className: 'count' });
  const node = make('table', { id });
  box.bar.append(note);
  box.body.append(node);
  const draw = table(node, cols, empty, null, sortName, under);
  // all: how many there are, where not all of them are kept.
  return { ...box, note, csv: draw.csv, draw(list, keyOf, all = list.length, isKnown = true) { draw(list, keyOf, isKnown); put(note, list.length < all ? `the newest ${list.length} of ${count(all)}` : list.length ? String(list.length) : ''); } };
}
// Gross, what came off and on, and what is left, each from where the one before ends.
function waterfall(node, a) {
  const steps = [['Gross', Number(a.gross ?? a.result), a.gross ?? a.result], ['Fees', -Number(a.fees), `-${a.fees}`], ['Rebates', Number(a.rebates ?? 0), a.rebates ?? '0.00'], ['Funding', Number(a.funding ?? 0), a.funding ?? '0.00']];
  let at = 0;
  const spans = steps.map(([title, by, text]) => { const from = at; at += by; return { title, from, to: at, text, tone: tone(by) }; });
  spans.push({ title: 'Result', from: 0, to: Number(a.result), text: a.result, tone: tone(a.result), is_end: true });
  const low = Math.min(0, ...spans.flatMap(s => [s.from, s.to]));
  const high = Math.max(0, ...spans.flatMap(s => [s.from, s.to]));
  const place = v => (high > low ? (v - low) / (high - low) * 100 : 0);
  if (node.children.length !== spans.length) node.replaceChildren(...spans.map(() => make('div', { className: 'step' }, make('span'), make('span', { className: 'track' }, make('i')), make('span', { className: 'val' }))));
  spans.forEach((s, i) => {
    const [title, track, value] = node.children[i].children;
    set(title, s.title);
    node.children[i].classList.toggle('end', Boolean(s.is_end));
    const bar = track.firstChild;
    bar.className = s.tone;
    bar.style.left = `${place(Math.min(s.from, s.to))}%`;
    bar.style.width = `${Math.max(0.4, Math.abs(place(s.to) - place(s.from)))}%`;
    put(value, s.text.startsWith('--') ? money(s.text.slice(2)) : signed(s.text.replace(/^-(?=[0.]*$)/, '')), `val ${s.tone}`);
  });
}
// What a limit is used for now; null: that is not known here. Losses are the risk gate's own numbers: it marks at prices to close at, and the
// figures at mids.
function used(key, a, state) {
  const held = rows(state, 'position/').filter(p => p.agent === a.name);
  switch (key) {
  case 'drawdown': return a.fall;
  case 'daily_loss': return Math.max(0, Number(a.day_loss_scaled));
  case 'position': return Math.max(0, ...held.map(p => Math.abs(Number(p.notional ?? 0))));
  case 'open_orders': return a.open;
  default: return null;
  }
}
const LIMITS = [['drawdown', 'Drawdown now', 'share'], ['daily_loss', 'Daily loss now', 'amount'], ['position', 'Position', 'amount'], ['open_orders', 'Open orders', 'count'], ['order', 'One order', 'amount'], ['orders_per_second', 'Orders a second', 'count'], ['floor', 'Floor of equity', 'amount'], ['leverage', 'Leverage', 'count'], ['on_breach', 'When breached', 'text']];

function paramRow(name, p, again) {
  const value = p.value ?? p.default_text;
  const range = p.min !== undefined ? `${p.min} to ${p.max}` : '';
  if (!p.live) {
    return make('div', { className: 'param set-at-start', title: [p.doc, range].filter(Boolean).join(': ') }, make('span', { textContent: p.name }),
      make('b', { textContent: [p.type === 'text' ? p.value || '–' : value, p.unit].filter(Boolean).join('\u2009') }));
  }
  const field = p.choices ? make('select', { ariaLabel: p.name }, ...p.choices.split('|').map(c => make('option', { textContent: c, value: c, selected: c === value })))
    : make('input', { value: p.type === 'text' ? p.value ?? '' : value, ariaLabel: p.name, autocomplete: 'off', spellcheck: false });
  const form = make('form', { className: 'param', title: p.doc }, make('label', {}, make('span', { textContent: p.name }), field),
    make('button', { type: 'submit', textContent: 'Set', ariaLabel: `Set ${p.name}` }),
    make('span', { className: 'dim', textContent: [p.unit, range].filter(Boolean).join(' · ') }));
  form.addEventListener('submit', async event => {
    event.preventDefault();
    if (field.value !== value && await sure(`Set ${p.name} of ${name}?`, `${value} becomes ${field.value}. The roster's file stays as it is.`, 'Set it') && await order('param/set', [name, p.name, field.value])) again();
  });
  return form;
}

// Those that may be set in flight first.
function paramRows(name, params, again) {
  const [live, others] = [params.filter(p => p.live), params.filter(p => !p.live)];
  return [...live.map(p => paramRow(name, p, again)), ...(others.length ? [make('p', { className: 'dim', textContent: 'Set at a start only:' })] : []), ...others.map(p => paramRow(name, p, again))];
}

// Is a line of the log of that agent? One with a field for it says so; of others its text is asked, for the whole name.
function isOf(line, name) {
  if (line.agent) return line.agent === name;
  return line.text.split(/[^\w.-]+/).some(word => word.replace(/[.:-]+$/, '') === name);
}

export default {
  title: 'Agent',
  missing: (state, name) => (agents(state).some(a => a.name === name) ? null : { text: `No agent is called '${name}'.`, ways: [['#/overview', 'All agents']] }),
  keys: ['agent/', 'position/', 'order/', 'fill/', 'reloads', 'latency', 'metrics', 'marks', 'event/'],
  open({ top, left, right, route }) {
    let name = null;
    let whole = null; // what the host was asked
    let seen = new Map(); // its fills, by event: more than the host keeps while the page is open
    let closings = new Map(); // by event: the host keeps an agent's own, however much others trade
    let closed_ = { n: -1, asked: 0 }; // how many there were when it was asked
    let asked = 0, of = null; // whose it was that was asked for
    let params = null;
    let lines = new Map(); // of the log, by time and text
    let now = new Map();
    const choose = make('select', { id: 'agent-name', ariaLabel: 'Agent', onchange: () => { location.hash = `#/agent/${encodeURIComponent(choose.value)}`; } });
    const pill = make('span', { className: 'pill' });
    const stage = make('span', { className: 'dim' });
    const why = make('p', { className: 'bad why-ended', hidden: true });
    const act = (label, title, run, danger) => make('button', { type: 'button', textContent: label, title, className: danger ? 'danger' : '', onclick: run });
    const again = () => { asked = -Infinity; params = null; };
    const halt = act('Halt', 'No new risk; cancels pass (x)', () => { const a = agents(now).find(v => v.name === name); if (a) haltOrResume(a); });
    const reload = act('Reload', 'Its file again, as another generation', async () => { if (await sure(`Reload ${name}?`, 'Its plugin file is loaded again; the generation of now stays warm.', 'Reload', name)) { await order('reload', [name]); again(); } });
    const back = act('Roll back', 'The generation before is active again', async () => { if (await sure(`Roll ${name} back?`, 'The generation before is active again.', 'Roll back', name)) { await order('rollback', [name]); again(); } });
    top.append(make('div', { className: 'agent-head' }, choose, pill, stage, make('span', { className: 'spring' }), halt,
      act('Cancel orders', 'All its open orders', async () => { if (await sure(`Cancel all orders of ${name}?`, 'Its open orders are cancelled.', 'Cancel them', name)) order('cancel', [name]); }), reload, back,
      act('Flatten', 'Cancels its orders, closes its positions', () => flatten(name), true)), why);

    const ownLines = symbol => (now.get('metrics') ?? []).filter(m => m.agent === name && m.symbol === symbol);
    const price = candleCard({ owner: () => name, ownLines, layers: symbol => {
      const mine = list => list.filter(x => x.agent === name && x.symbol === symbol);
      const held = mine(rows(now, 'position/')).find(isHeld);
      return {
        fills: mine(fillsOf()), orders: mine(rows(now, 'order/')), n_fills: agents(now).find(v => v.name === name)?.fills, n_known: fillsOf().length,
        entry: held ? { price: Number(held.entry), text: `${held.side} ${money(held.quantity)} at ${priceText(held.entry, held.mark)}` } : null,
      };
    } });
    const fillsOf = () => {
      for (const f of [...(whole?.fills ?? []), ...rows(now, 'fill/')]) if (f.agent === name) seen.set(f.seq, f);
      if (seen.size > 2000) seen = new Map([...seen].sort(([a], [b]) => b - a).slice(0, 1000));
      return [...new Map([...closings, ...seen]).values()].sort((a, b) => b.seq - a.seq);
    };
    const equity = card('Return', { name: 'result' });
    const legend = make('output', { className: 'legend', title: BY_CAPITAL });
    const host = make('div');
    equity.bar.append(legend);
    $(equity, host);
    const plot = chart(host, { name: 'Return over time', height: 170, legend, format: v => percent(v / 100), series: [],
      // A flat line stands in the middle.
      scales: { y: { range: (u, low, high) => (low === null || high - low < 0.001 ? [(low ?? 0) - 0.01, (low ?? 0) + 0.01] : window.uPlot.rangeNum(low, high, 0.1, true)) } }, axes: () => [timeAxis(), axis({ size: 68, values: (u, v) => v.map(x => `${+x.toFixed(4)}\u2009%`.replace('-', '\u2212')) })] });
    const positions = tableCard('Positions', 'a-positions', [
      { title: 'Symbol', class: 'l sym', csv: p => p.symbol, draw: (cell, p) => symbolCell(cell, p.symbol) }, { title: 'Quantity', text: p => money(p.quantity) }, { title: 'Entry', tip: ENTRY_COST, text: p => priceText(p.entry, p.mark), hint: p => p.entry },
      { title: 'Break-even', class: 'p3', text: p => priceText(p.break_even, p.mark), hint: p => p.break_even }, { title: 'Mark', class: 'p2', text: p => money(p.mark) },
      { title: 'Unrealised', text: p => signed(p.unrealised), tone: p => tone(p.unrealised) }, { title: 'Realised', class: 'p2', text: p => signed(p.realised), tone: p => tone(p.realised) },
      { title: 'Entry tag', class: 'l p2', tip: TAG, csv: p => p.entry_tag, text: p => spaced(p.entry_tag), tone: () => 'dim' },
      { title: '', unseen: 'Action', class: 'act', draw: (cell, p) => { cell.firstChild ?? cell.append(make('button', { type: 'button', className: 'mini', textContent: 'Close' })); cell.firstChild.ariaLabel = `Close ${p.symbol}`; cell.firstChild.onclick = () => closePosition(p); } },
    ], 'No positions.');
    const working = tableCard('Working orders', 'a-orders', [
      { title: 'Symbol', class: 'l sym', csv: o => o.symbol, draw: (cell, o) => symbolCell(cell, o.symbol) }, { title: 'Side', class: 'l', text: o => o.side, tone: sideTone }, { title: 'Price', text: orderPrice },
      { title: 'Quantity', text: o => money(o.quantity) }, { title: 'Filled', class: 'p3', text: o => money(o.filled) }, { title: 'Tag', class: 'l p3', tip: TAG, csv: o => o.tag, text: o => spaced(o.tag), tone: () => 'dim' }, { title: 'State', class: 'l p2', text: o => (o.unconfirmed ? 'unconfirmed' : o.state), tone: o => (o.unconfirmed ? 'warn' : 'dim') },
      { title: '', unseen: 'Action', class: 'act', draw: (cell, o) => { cell.firstChild ?? cell.append(make('button', { type: 'button', className: 'mini', textContent: 'Cancel' })); cell.firstChild.ariaLabel = `Cancel ${o.id}`; cell.firstChild.onclick = () => cancelOrder(o); } },
    ], 'No open orders.');
    const closed = tableCard('Closing fills', 'a-closed', [
      { title: 'Time', class: 'l', text: f => clock(f.time), hint: f => moment(f.time), tone: () => 'dim' }, { title: 'Symbol', class: 'l sym', csv: f => f.symbol, draw: (cell, f) => symbolCell(cell, f.symbol) }, { title: 'Side', class: 'l', text: f => f.side, tone: sideTone },
      { title: 'Quantity', text: f => money(f.quantity) }, { title: 'Price', text: f => money(f.price) }, { title: 'Result', text: f => signed(f.result), tone: f => tone(f.result) },
      { title: 'Exit reason', class: 'l p2', csv: f => f.exit_reason, text: f => spaced(f.exit_reason), hint: f => spaced(f.tag ?? ''), tone: () => 'dim' }, { title: 'Exit tag', class: 'l p4', tip: TAG, csv: f => f.tag, text: f => spaced(f.tag), tone: () => 'dim' },
    ], 'Nothing was closed yet.');
    closed.bar.append(saver(() => `closing-fills-${name}`, closed));
    // A position from its first fill to its last: what the ledger realised in it.
    const trades = tableCard('Closed trades', 'a-trades', [
      { title: 'Closed', class: 'l', value: t => Date.parse(t.time), csv: t => t.time, text: t => clock(t.time), hint: t => `${t.opened ? moment(t.opened) : 'before what is known'} to ${moment(t.time)}`, tone: () => 'dim' },
      { title: 'Symbol', class: 'l sym', value: t => t.symbol, csv: t => t.symbol, draw: (cell, t) => symbolCell(cell, t.symbol) }, { title: 'Side', class: 'l', value: t => t.side, text: t => t.side, tone: sideTone },
      { title: 'Quantity', class: 'p3', value: t => Number(t.quantity), text: t => money(t.quantity) }, { title: 'Opened', class: 'l p3', value: t => Date.parse(t.opened), csv: t => t.opened ?? '', text: t => clock(t.opened), tone: () => 'dim' },
      { title: 'Entry', class: 'p2', tip: ENTRY_MEAN, value: t => Number(t.entry), csv: t => t.entry ?? '', text: t => short(t.entry), hint: t => t.entry ?? '' }, { title: 'Exit', class: 'p2', value: t => Number(t.exit), csv: t => t.exit ?? '', text: t => short(t.exit), hint: t => t.exit ?? '' },
      { title: 'Result', tip: 'After fees; without funding', value: t => Number(t.result), csv: t => t.result, text: t => signed(t.result), tone: t => tone(t.result), hint: t => t.currency }, { title: 'Fees', class: 'p3', value: t => Number(t.fees), csv: t => t.fees ?? '', text: t => money(t.fees), tone: () => 'dim' },
      { title: 'Entry tag', class: 'l p2', tip: TAG, value: t => t.entry_tag, csv: t => t.entry_tag, text: t => spaced(t.entry_tag) },
      { title: 'Exit reason', class: 'l p2', value: t => t.exit_reason, csv: t => t.exit_reason, text: t => spaced(t.exit_reason), hint: t => [t.exit_why, spaced(t.exit_tag)].filter(Boolean).join(': ') },
      { title: 'Exit tag', class: 'l p4', tip: TAG, value: t => t.exit_tag, csv: t => t.exit_tag, text: t => spaced(t.exit_tag) },
      { title: 'Held', unit: 's', value: t => t.held_s ?? -1, csv: t => t.held_s ?? '', text: t => lasted(t.held_s), tone: () => 'dim' },
    ], 'No position was closed whole yet.', 't-closed', 'closed');
    trades.bar.append(saver(() => `trades-${name}`, trades));
    oneOf([['trades', 'Closed trades', trades], ['fills', 'Closing fills', closed]], 'closed');
    const ended = tableCard('Orders that ended', 'a-ended', endedColumns, 'No order has ended yet.', 't-ended', 'ended', endedUnder);
    ended.bar.append(saver(() => `ended-orders-${name}`, ended));
    oneOf([['open', 'Working orders', working], ['ended', 'Ended', ended]], 'orders', () => draw(now));
    const performed = performanceCards(['instrument', 'reason', 'tag']);
    const paramBox = card('Parameters', { name: 'a-params' });
    const log = tableCard('Log', 'a-log', [
      { title: 'Wall time', class: 'l', tip: 'By the wall clock, whatever the market’s', text: l => l.time, tone: () => 'dim' }, { title: 'Level', class: 'l p2', text: l => l.level, tone: l => ({ error: 'bad', warn: 'warn' })[l.level] ?? 'dim' }, { title: 'What', class: 'l wrap', text: l => l.text },
    ], 'No line names it.');
    left.append(price.section, equity.section, positions.section, working.section, ended.section, trades.section, closed.section, ...performed.sections, paramBox.section, log.section);

    const facts = make('dl', { className: 'grid' });
    const deeper = make('p', { className: 'dim note deeper', textContent: DEEPER, hidden: true });
    const falls = make('div', { className: 'falls' });
    const limitBox = card('Limits', { name: 'a-limits' });
    const limitTable = make('table');
    limitBox.body.append(limitTable, make('p', { className: 'dim note', textContent: 'Losses are at prices to close at; scaled: what was lost before capital moved counts in proportion to it. Drawdown now: how far equity is below its highest, since a person last lifted that limit. The Drawdown among the figures is the deepest fall so far, at mid prices.' }));
    const drawLimits = table(limitTable, [
      { title: 'Limit', class: 'l', text: r => r.title }, { title: 'Used', class: 'use', draw: (cell, r) => usage(cell, r.share, r.used) }, { title: 'At', text: r => r.at },
    ], 'None.');
    const refused = tableCard('Refused by reason', 'a-refused', [{ title: 'Reason', class: 'l', text: r => r.reason.replaceAll('_', ' '), hint: r => r.text }, { title: 'Count', text: r => count(r.count) }], 'Nothing was refused.');
    const generations = tableCard('Generations', 'a-generations', [
      { title: 'Time', class: 'l', text: r => clock(r.time) }, { title: 'Kind', class: 'l', text: r => r.kind }, { title: 'To', text: r => `${r.from} → ${r.to}`, hint: r => `code ${r.code}` }, { title: 'Pause', text: r => span(r.pause_ns) }, { title: 'Code', class: 'l code', text: r => r.code.slice(0, 8), hint: r => r.code },
    ], 'The first is active.');
    const latency = make('dl', { className: 'grid' });
    const delivered = $(card('Delivery latency', { name: 'a-latency' }), latency);
    delivered.bar.append(make('span', { className: 'count window', textContent: 'since its code took over' }));
    right.append($(card('Figures', { name: 'a-figures' }), facts, deeper).section, $(card('From gross to net', { name: 'a-falls' }), falls).section, limitBox.section, refused.section, generations.section, delivered.section);

    async function askClosings(n) {
      const mine = of;
      closed_ = { n, asked: performance.now() };
      const list = await get(`closings/${encodeURIComponent(name)}/${Math.max(0, ...closings.keys())}`);
      if (mine !== of || !list?.length) return;
      for (const f of list) closings.set(f.seq, f);
      draw(now);
    }
    async function ask() {
      asked = performance.now();
      const mine = of;
      const answer = await get(`agent/${encodeURIComponent(name)}`);
      if (mine !== of) return;
      whole = answer;
      if (!params) {
        const list = await get(`params/${encodeURIComponent(name)}`) ?? [];
        if (mine !== of) return; // of who was looked at before
        params = list;
        paramBox.body.replaceChildren(...(params.length ? paramRows(name, params, again) : [make('p', { className: 'none dim', textContent: 'None.' })]));
      }
      const newest = await get(`log/tail/${lines.size ? 60 : 300}`) ?? [];
      if (mine !== of) return;
      for (const l of newest) if (isOf(l, name)) lines.set(`${l.t} ${l.text}`, l);
      log.draw(foldLines([...lines].slice(-200).reverse().map(([key, l]) => ({ ...l, key }))).slice(0, 60).map(l => ({ key: l.key, time: stamp(Date.parse(l.t) || l.t).slice(11), level: l.level, text: l.n > 1 ? `${l.text} \u00d7${l.n}` : l.text })), l => l.key);
      put(log.note, `${log.note.textContent || 0} lines, wall clock (${zoneName()})`);
      draw(now);
    }
    function draw(state) {
      now = state;
      const list = agents(state);
      const names = list.map(a => a.name);
      name = route.name && names.includes(route.name) ? route.name : names[0] ?? null;
      if (choose.dataset.names !== names.join()) { choose.dataset.names = names.join(); choose.replaceChildren(...names.map(n => make('option', { textContent: n, value: n }))); }
      if (choose.value !== name) choose.value = name ?? '';
      if (!name) return;
      const a = list.find(v => v.name === name);
      if (of !== `${name} ${which(a)}`) { of = `${name} ${which(a)}`; whole = null; params = null; lines = new Map(); closings = new Map(); seen = new Map(); closed_ = { n: -1, asked: -Infinity }; paramBox.body.replaceChildren(); log.draw([], l => l.key); drawLimits([], r => r.key); refused.draw([], r => r.reason); price.again(); ask(); }
      else if (performance.now() - asked > (whole ? 60000 : 2000)) ask(); // a host that has ended is not asked in a loop
      const state_ = a.state.toLowerCase();
      put(pill, state_);
      pill.dataset.state = ({ active: 'running', suspended: 'halted' })[state_] ?? (stateTone(a.state) === 'bad' ? 'killed' : 'halted');
      put(stage, `${a.stage.toLowerCase().replaceAll('_', ' ')} · ${a.kind}, ${a.runner} · generation ${a.generation}`);
      set(halt, canResume(a) ? 'Resume' : 'Halt');
      back.disabled = !a.can_roll_back;
      why.hidden = !a.failure && !a.stopped;
      set(why, a.failure ?? (a.stopped ? `${a.stopped.by} since ${stamp(Date.parse(a.stopped.since))}: ${a.stopped.text}` : ''));
      const t = state.get('status')?.t_ms ?? 0;
      const dayResult = t ? resultSince(name, day(t)) : null;
      const weekResult = t ? resultSince(name, week(t)) : null;
      pairs(facts, [
        ['Equity', money(a.equity)], ['Capital', money(a.capital)], ['Result', signed(a.result), tone(a.result)],
        ['Today', dayResult ? gained(dayResult.amount) : '–', dayResult ? tone(baseText(dayResult.amount)) : ''], ['This week', weekResult ? gained(weekResult.amount) : '–', weekResult ? tone(baseText(weekResult.amount)) : ''], ['Return', percent(a.return), shareTone(a.return)],
        ['Drawdown', percent(a.drawdown)], ['Sharpe', number(a.sharpe)], ['Sortino', number(a.sortino)], ['t [95 % of t]', tText(a)],
        ['Slippage cost', money(a.slippage)], ['Volume', money(a.volume)], ['Fills', count(a.fills)], ['Closing fills', `${count(a.wins)} won, ${count(a.losses)} lost`],
        ['Intents', count(a.intents)], ['Refused', count(a.refused), a.refused ? 'warn' : ''], ['Judged', a.judgement ?? `of ${a.days} days`],
      ]);
      deeper.hidden = !isDeeper(a);
      waterfall(falls, a);
      if (whole) {
        const shown = (value, unit) => (unit === 'share' ? percent(value) : unit === 'amount' ? money(typeof value === 'number' ? baseText(value) : value) : count(value));
        drawLimits(LIMITS.filter(([key]) => key in whole.limits).map(([key, title, unit]) => {
          const at = whole.limits[key];
          const is_set = unit === 'text' || Number(at) > 0;
          const is = unit === 'text' ? null : used(key, a, state);
          return { key, title, at: unit === 'text' ? String(at).replaceAll('_', ' ') : is_set ? shown(at, unit) : 'none', used: is === null ? '' : key === 'daily_loss' ? lossText(a.day_loss, a.day_loss_scaled) : shown(is, unit), share: is === null || !is_set ? null : is / Number(at) };
        }), r => r.key);
        refused.draw(whole.refusals ?? [], r => r.reason);
      }
      const mine = rows(state, 'position/').filter(p => p.agent === name);
      const open_ = mine.filter(isHeld), dust = mine.filter(p => p.is_dust).length;
      positions.draw(open_, p => p.symbol);
      if (dust) put(positions.note, `${open_.length}, and ${dust} of dust`);
      positions.note.title = dust ? 'Dust is less than a lot: no order can sell it.' : '';
      working.draw(rows(state, 'order/').filter(o => o.agent === name), o => o.id);
      for (const f of fillsOf()) if (f.result !== null && f.result !== undefined) closings.set(f.seq, f);
      closed.draw([...closings.values()].sort((p, q) => q.seq - p.seq).slice(0, 100), f => String(f.seq), a.wins + a.losses);
      const again_ = () => draw(now);
      trades.draw(closedTrades([a], again_).slice(0, 200), t => `${t.seq} ${t.symbol}`, undefined, closedTrades.known([a]));
      performed.draw([a], rows(state, 'position/').filter(p => p.agent === name), of, name);
      if (!ended.section.hidden) ended.draw(endedOrders([a], again_).slice(0, 200), o => o.id, undefined, endedOrders.known([a]));
      if (a.wins + a.losses !== closed_.n && performance.now() - closed_.asked > 3000) askClosings(a.wins + a.losses);
      generations.draw((state.get('reloads') ?? []).filter(r => r.agent === name), r => JSON.stringify([r.time, r.to]));
      const own = state.get('latency')?.agents.find(l => l.agent === name);
      if (own) pairs(latency, [['p50', own.count ? span(own.p50_ns) : '–'], ['p99', own.count ? span(own.p99_ns) : '–'], ['Longest', own.count ? span(own.max_ns) : '–'], ['Events', count(a.events)]]);
      const symbols = [...new Set([...rows(state, 'position/'), ...rows(state, 'order/'), ...fillsOf(), ...(state.get('metrics') ?? []).filter(m => m.symbol)].filter(x => x.agent === name).map(x => x.symbol))].sort();
      const marks = state.get('marks') ?? {};
      price.offer(symbols.length ? symbols : Object.keys(marks).slice(0, 6));
      price.tick(t, marks[price.symbol]);
      plot.set(columns([name], 'return'), [{ label: name, colour: () => colour(a.slot), fill: () => css('accent-bg') }]);
    }
    let drawn = 0;
    return (state, has) => {
      if (has('route')) asked = -Infinity; // who comes back is led here by what has happened since
      else if (performance.now() - drawn < 240) return;
      drawn = performance.now();
      draw(state);
    };
  },
};
