// SPDX-License-Identifier: Apache-2.0
// The dashboard: one WebSocket tells what changes, by keys; each key has a function that draws it.
const $ = id => document.getElementById(id);
const state = new Map();
const api = '/api/v1/';
const palette = {
  dark: ['#7fb2ff', '#f0b35f', '#68cfa4', '#e58bb6', '#b9a3ff', '#79d0e0', '#d6d06a', '#f09071', '#9fb0c6', '#8fd067', '#cf9be8', '#e0c3a0'],
  light: ['#1f5fd0', '#b36a00', '#0b8457', '#b8407a', '#6b4fc8', '#0f7f94', '#7d7a10', '#c04f2b', '#5a6b82', '#3f8a1d', '#8d3fb0', '#8a6237'],
};

// ---- small helpers
const make = (tag, props = {}, ...kids) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...kids);
  return node;
};
const set = (node, text) => { if (node.textContent !== text) node.textContent = text; };
const put = (id, text, className) => {
  const node = $(id);
  set(node, text);
  if (className !== undefined && node.className !== className) node.className = className;
};
const groups = text => text.replace(/\B(?=(\d{3})+(?!\d))/g, '\u2009');
// Amounts come as decimal texts: their digits stay as they are.
const money = text => {
  if (text === undefined || text === null) return '–';
  const [whole, part] = String(text).replace('-', '\u2212').split('.');
  return groups(whole) + (part ? '.' + part : '');
};
const signed = text => (Number(text) > 0 ? '+' : '') + money(text);
const tone = value => (Number(value) > 0 ? 'good' : Number(value) < 0 ? 'bad' : '');
const count = n => groups(String(n ?? 0));
const percent = (x, digits = 2) => (x * 100).toFixed(digits).replace(/^-(?=[0.]*$)/, '').replace('-', '\u2212') + '\u2009%';
const clock = iso => (iso ? iso.slice(11, 19) : '–');
const span = ns => (ns < 1e3 ? `${ns} ns` : ns < 1e6 ? `${(ns / 1e3).toFixed(1)} µs` : ns < 1e9 ? `${(ns / 1e6).toFixed(1)} ms` : `${(ns / 1e9).toFixed(1)} s`);
const theme = () => document.documentElement.dataset.theme || (matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark');
const colour = slot => palette[theme()][slot % palette.dark.length];
const store = {
  get: (kind, key) => { try { return window[kind].getItem(key); } catch { return null; } },
  set: (kind, key, value) => { try { window[kind].setItem(key, value); } catch { /* private mode: it is asked for again */ } },
};

// ---- tables: rows are kept and only the cells that changed are written
function table(id, columns, empty, onRow) {
  const node = $(id);
  const body = make('tbody');
  node.append(make('thead', {}, make('tr', {}, ...columns.map(c => make('th', { className: c.class ?? '', scope: 'col', textContent: c.title, title: c.tip ?? '' })))), body);
  const none = make('tr', { className: 'empty' }, make('td', { colSpan: columns.length, textContent: empty }));
  const rows = new Map();
  return (list, keyOf) => {
    const seen = new Set();
    let at = body.firstElementChild;
    for (const item of list) {
      const key = keyOf(item);
      let row = rows.get(key);
      if (!row) {
        row = make('tr', {}, ...columns.map(c => make('td', { className: c.class ?? '' })));
        row.dataset.key = key;
        rows.set(key, row);
        onRow?.(row, item);
      }
      seen.add(key);
      columns.forEach((c, i) => {
        const cell = row.children[i];
        if (c.draw) { c.draw(cell, item); return; }
        set(cell, String(c.text(item)));
        if (c.hint && cell.title !== c.hint(item)) cell.title = c.hint(item);
        const name = `${c.class ?? ''} ${c.tone ? c.tone(item) : ''}`.trim();
        if (cell.className !== name) cell.className = name;
      });
      if (row !== at) body.insertBefore(row, at); else at = at.nextElementSibling;
    }
    for (const [key, row] of rows) if (!seen.has(key)) { row.remove(); rows.delete(key); }
    if (list.length === 0) body.append(none); else none.remove();
  };
}
const stateTone = s => ({ ended: 'bad', killed: 'bad', QUARANTINED: 'bad', SUSPENDED: 'warn', halted: 'warn', waiting: 'dim' })[s] ?? '';
const sideTone = x => (x.side === 'buy' || x.side === 'long' ? 'good' : x.side === 'sell' || x.side === 'short' ? 'bad' : '');
const drawAgents = table('t-agents', [
  { title: 'Agent', class: 'l', draw: (cell, a) => {
    if (!cell.firstChild) cell.append(make('span', { className: 'swatch' }), make('span', { className: 'name', textContent: a.name }));
    cell.firstChild.style.background = Number(a.capital) > 0 ? colour(a.slot) : 'transparent';
  } },
  { title: 'State', class: 'l why', hint: a => a.failure ?? '', text: a => (a.failure ? `${a.state.toLowerCase()}: ${a.failure}` : a.state.toLowerCase()), tone: a => stateTone(a.state) },
  { title: 'Stage', class: 'l p3', text: a => a.stage.toLowerCase().replace('_', ' '), tone: () => 'dim' },
  { title: 'Gen.', class: 'p2', tip: 'Generation of the active code', text: a => a.generation },
  { title: 'Capital', class: 'p2', text: a => money(a.capital) },
  { title: 'Equity', text: a => money(a.equity) },
  { title: 'Result', text: a => signed(a.result), tone: a => tone(a.result) },
  { title: 'Return', class: 'p2', text: a => (Number(a.capital) > 0 ? percent(Number(a.result) / Number(a.capital)) : '–'), tone: a => tone(a.result) },
  { title: 'Drawdown', class: 'p2', tip: 'Deepest fall from a high', text: a => (a.drawdown ? percent(a.drawdown) : '–') },
  { title: 'Sharpe', class: 'p3', tip: 'Yearly, of hourly returns', text: a => (a.sharpe ? a.sharpe.toFixed(2).replace('-', '\u2212') : '–') },
  { title: 'Open', class: 'p2', tip: 'Open orders', text: a => a.open },
  { title: 'Fills', class: 'p2', text: a => count(a.fills) },
  { title: 'Refused', class: 'p3', tip: 'Intents that the gate refused', text: a => count(a.refused), tone: a => (a.refused > 0 ? 'warn' : 'dim') },
  { title: 'Fees', class: 'p3', text: a => money(a.fees) },
  { title: 'Events', class: 'p3', tip: 'Delivered to the agent', text: a => count(a.events), tone: () => 'dim' },
], 'No agents yet.', (row, a) => {
  row.tabIndex = -1;
  row.addEventListener('click', () => { select(a.name); openAgent(a.name); });
});
const drawPositions = table('t-positions', [
  { title: 'Agent', class: 'l', text: p => p.agent }, { title: 'Symbol', class: 'l', text: p => p.symbol },
  { title: 'Quantity', tip: 'Short: below 0', text: p => money(p.quantity), tone: p => (Number(p.quantity) === 0 ? 'dim' : '') }, { title: 'Entry', class: 'p2', text: p => money(p.entry) },
  { title: 'Mark', class: 'p2', text: p => money(p.mark) },
  { title: 'Unrealised', text: p => signed(p.unrealised), tone: p => tone(p.unrealised) },
  { title: 'Realised', class: 'p2', text: p => signed(p.realised), tone: p => tone(p.realised) },
], 'No positions.');
const drawOrders = table('t-orders', [
  { title: 'Agent', class: 'l', text: o => o.agent }, { title: 'Symbol', class: 'l', text: o => o.symbol },
  { title: 'Side', class: 'l', text: o => o.side, tone: sideTone }, { title: 'Price', text: o => money(o.price) },
  { title: 'Quantity', text: o => money(o.quantity) }, { title: 'Filled', class: 'p2', text: o => money(o.filled), tone: o => (Number(o.filled) > 0 ? '' : 'dim') },
  { title: 'State', class: 'l p2', text: o => (o.unconfirmed ? `${o.request} unconfirmed` : ({ replace: 'replacing', cancel: 'cancelling' })[o.request] ?? o.state), tone: o => (o.unconfirmed ? 'warn' : 'dim') },
  { title: 'Since', class: 'p2', text: o => clock(o.since), tone: () => 'dim' },
], 'No open orders.');
const drawFills = table('t-fills', [
  { title: 'Time', class: 'l', text: f => clock(f.time), tone: () => 'dim' }, { title: 'Agent', class: 'l', text: f => f.agent },
  { title: 'Symbol', class: 'l', text: f => f.symbol }, { title: 'Side', class: 'l', text: f => f.side, tone: sideTone },
  { title: 'Price', text: f => money(f.price) }, { title: 'Quantity', text: f => money(f.quantity) },
  { title: 'Role', class: 'l p2 role', text: f => f.role, tone: () => 'dim' },
  { title: 'Fee', class: 'p2', text: f => `${f.fee.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')} ${f.fee_asset}`, tone: () => 'dim' },
], 'No fills yet.');

// ---- chart
// The library's own legend writes inline styles, which this page's policy forbids; ours is below.
if (window.Dygraph) window.Dygraph.PLUGINS = window.Dygraph.PLUGINS.filter(plugin => !/Legend/.test(plugin.prototype.toString()));
// A row is a time and, for each agent, its equity and the capital it had then.
const chart = { kind: 'return', rows: [], names: [], slots: [], at: 0, graph: null, drawn: 0, shown: [] };
function chartRows() {
  if (chart.kind === 'equity') return chart.rows.map(r => r.map((v, i) => (i === 0 || v === null ? v : v[0])));
  // Reallocated capital is no gain and no loss: returns are linked from point to point.
  const last = chart.names.map(() => null);
  const index = chart.names.map(() => 1);
  const highs = chart.names.map(() => 1);
  return chart.rows.map(r => r.map((v, i) => {
    if (i === 0 || v === null) return v;
    const k = i - 1;
    const before = last[k];
    if (before === null) index[k] = v[1] > 0 ? v[0] / v[1] : 1;
    else if (before[0] > 0) index[k] *= (v[0] - (v[1] - before[1])) / before[0];
    last[k] = v;
    highs[k] = Math.max(highs[k], index[k]);
    return (chart.kind === 'return' ? index[k] - 1 : index[k] / highs[k] - 1) * 100;
  }));
}
function legend(values) {
  const node = $('legend');
  const unit = chart.kind === 'equity' ? '' : '\u2009%';
  const key = chart.names.join() + theme();
  if (node.dataset.key !== key) {
    node.dataset.key = key;
    node.replaceChildren(...chart.names.map((name, i) => {
      const swatch = make('span', { className: 'swatch' });
      swatch.style.background = colour(chart.slots[i]);
      return make('span', {}, swatch, make('span', { textContent: name }), make('span', { className: 'val' }));
    }));
  }
  [...node.children].forEach((item, i) => {
    const v = values?.[i + 1];
    set(item.lastChild, v === undefined || v === null ? '' : ` ${chart.kind === 'equity' ? groups(v.toFixed(2)) : (v > 0 ? '+' : '') + v.toFixed(3).replace('-', '\u2212')}${unit}`);
  });
}
function drawChart(force) {
  const now = performance.now();
  if (!window.Dygraph || chart.rows.length < 2 || (!force && now - chart.drawn < 450)) return;
  chart.drawn = now;
  const css = getComputedStyle(document.documentElement);
  const rows = chartRows();
  chart.shown = rows;
  const options = {
    file: rows, labels: ['t', ...chart.names], colors: chart.slots.map(colour),
    gridLineColor: css.getPropertyValue('--line').trim(), axisLineColor: css.getPropertyValue('--line').trim(),
    fillGraph: chart.kind === 'drawdown',
  };
  if (chart.graph && chart.graph.numColumns() === chart.names.length + 1) chart.graph.updateOptions(options);
  else {
    chart.graph?.destroy();
    chart.graph = new window.Dygraph($('chart'), rows, {
      ...options, labelsUTC: true, strokeWidth: 1.6, fillAlpha: 0.12, connectSeparatedPoints: true, highlightCircleSize: 3, legend: 'never',
      axisLabelWidth: 62, xRangePad: 4, yRangePad: 10, gridLineWidth: 0.6,
      axes: { y: { axisLabelFormatter: v => (chart.kind === 'equity' ? groups(String(Math.round(v * 100) / 100)) : `${+v.toFixed(4)} %`).replace('-', '\u2212') }, x: { drawGrid: false } },
      highlightCallback: (e, x, points, row) => legend(chart.shown[row]),
      unhighlightCallback: () => legend(chart.last),
    });
  }
  chart.last = rows.at(-1);
  legend(chart.last);
}
async function loadChart() {
  const response = await fetch(api + 'equity', { headers: bearer() });
  if (!response.ok) return;
  const all = await response.json();
  const agents = agentList().filter(a => Number(a.capital) > 0 && all[a.name]);
  chart.names = agents.map(a => a.name);
  chart.slots = agents.map(a => a.slot);
  const times = new Map();
  agents.forEach((a, i) => all[a.name].forEach(([t, equity, capital]) => {
    if (!times.has(t)) times.set(t, [new Date(t), ...agents.map(() => null)]);
    times.get(t)[i + 1] = [equity, capital];
  }));
  chart.rows = [...times.values()].sort((a, b) => a[0] - b[0]);
  chart.at = chart.rows.length ? +chart.rows.at(-1)[0] : 0;
  drawChart(true);
}
function growChart() {
  const status = state.get('status');
  const agents = agentList().filter(a => Number(a.capital) > 0);
  if (!status || status.time === null) return;
  if (agents.map(a => a.name).join() !== chart.names.join()) { if (!chart.loading) { chart.loading = true; loadChart().finally(() => { chart.loading = false; }); } return; }
  if (status.t_ms <= chart.at) return;
  chart.at = status.t_ms;
  chart.rows.push([new Date(status.t_ms), ...agents.map(a => [Number(a.equity), Number(a.capital)])]);
  if (chart.rows.length > 2400) chart.rows = chart.rows.filter((_, i) => i % 2 === 0 || i === chart.rows.length - 1);
  drawChart(false);
}

// ---- what each key draws
const agentList = () => [...state].filter(([k]) => k.startsWith('agent/')).map(([, v]) => v).sort((a, b) => a.slot - b.slot);
const bookList = () => [...state].filter(([k]) => k.startsWith('book/')).map(([k, v]) => [Number(k.slice(5)), v]).sort((a, b) => a[0] - b[0]).map(([, v]) => v);
function drawStatus() {
  const s = state.get('status');
  $('state').dataset.state = s.state;
  set($('state'), s.state);
  $('state').title = s.halted_by ? `halted by ${s.halted_by}: ${s.halted_for}` : '';
  put('mode', s.mode + (s.speed !== 1 ? ` ${s.speed}×` : ''));
  put('time', s.time ? s.time.slice(0, 19).replace('T', ' ') : 'no time yet');
  put('equity', money(s.equity));
  put('result', signed(s.result), tone(s.result));
  put('fills-n', count(s.fills));
  put('open-n', count(s.open_orders));
  put('events-n', count(s.events));
  set($('halt'), ['halted', 'stopped', 'killed'].includes(s.state) ? 'Resume all' : 'Halt all');
  put('about', `Agon ${s.version} · run ${s.run} · up ${Math.floor(s.up_s / 60)} min · journal ${s.journal}, ${s.journal_class}${[s.rate_windows, s.not_comparable].filter(Boolean).map(t => ` · ${t}`).join('')}`);
  $('mode').title = [s.rate_windows, s.not_comparable].filter(Boolean).join('; ');
  document.title = `${s.state === 'running' ? '' : s.state + ' · '}${signed(s.result)} · Agon`;
}
let selected = null;
function drawAgentRows() {
  const all = agentList();
  const word = $('filter').value.trim().toLowerCase();
  const list = word ? all.filter(a => `${a.name} ${a.state} ${a.stage} ${a.kind}`.toLowerCase().includes(word)) : all;
  drawAgents(list, a => a.name);
  put('n-agents', `${all.filter(a => a.state === 'active').length} of ${all.length} active`);
  for (const row of $('t-agents').tBodies[0].rows) row.setAttribute('aria-selected', String(row.dataset.key === selected));
}
let symbol = store.get('localStorage', 'agon-symbol');
function drawBook() {
  const books = bookList();
  if (books.length === 0) return;
  const book = books.find(b => b.symbol === symbol) ?? books[0];
  const tabs = $('symbols');
  const names = books.map(b => b.symbol).join();
  if (tabs.dataset.names !== names) {
    tabs.dataset.names = names;
    tabs.replaceChildren(...books.map(b => make('button', { type: 'button', role: 'tab', textContent: b.symbol.replace(/USD[TC]$/, ''), title: b.symbol, onclick: () => chooseBook(b.symbol) })));
  }
  [...tabs.children].forEach((tab, i) => tab.setAttribute('aria-selected', String(books[i] === book)));
  const depth = 8;
  const node = $('book');
  if (node.children.length !== 2 * depth + 1) {
    const level = side => make('div', { className: `level ${side}` }, make('span'), make('span'));
    node.replaceChildren(...Array.from({ length: depth }, () => level('ask')), make('div', { className: 'mid' }, make('b'), make('span', { className: 'dim' })), ...Array.from({ length: depth }, () => level('bid')));
  }
  const asks = book.asks.slice(0, depth);
  const bids = book.bids.slice(0, depth);
  const most = Math.max(1e-12, ...asks.map(l => Number(l[1])), ...bids.map(l => Number(l[1])));
  const fill = (row, l) => {
    set(row.children[0], l ? money(l[0]) : '');
    set(row.children[1], l ? money(l[1]) : '');
    row.style.setProperty('--w', l ? `${(Number(l[1]) / most * 100).toFixed(1)}%` : '0%');
  };
  for (let i = 0; i < depth; i++) {
    fill(node.children[depth - 1 - i], asks[i]);
    fill(node.children[depth + 1 + i], bids[i]);
  }
  const mid = node.children[depth];
  const spread = Number(book.ask) - Number(book.bid);
  set(mid.children[0], money(book.mark));
  set(mid.children[1], book.state === 'live' ? `spread ${(spread / Number(book.mark) * 1e4).toFixed(2)} bps` : book.state);
  mid.children[1].className = book.state === 'live' ? 'dim' : 'warn';
}
function chooseBook(name) { symbol = name; store.set('localStorage', 'agon-symbol', name); drawBook(); }
function pairs(node, list) {
  if (node.children.length !== list.length) node.replaceChildren(...list.map(([k]) => make('div', {}, make('dt', { textContent: k }), make('dd'))));
  list.forEach(([k, v, name], i) => {
    const item = node.children[i];
    set(item.firstChild, k);
    set(item.lastChild, String(v));
    if (item.lastChild.className !== (name ?? '')) item.lastChild.className = name ?? '';
  });
}
let messages = null;
function drawFeed() {
  const f = state.get('feed');
  const now = performance.now();
  if (!messages || now - messages.at > 2000) messages = { at: now, n: f.messages, rate: messages ? (f.messages - messages.n) / (now - messages.at) * 1000 : null };
  $('health').dataset.state = f.health;
  set($('health'), f.health);
  pairs($('feed'), [
    ['Links', `${f.links_up} of ${f.links}`, f.links_up < f.links ? 'warn' : ''], ['Books live', `${f.books_live} of ${f.books}`, f.books_live < f.books ? 'warn' : ''],
    ['Messages/s', messages.rate === null ? '–' : count(Math.round(messages.rate))],
    ['Gaps', count(f.gaps), f.gaps ? 'warn' : 'dim'], ['Resyncs', count(f.resyncs), f.resyncs ? 'warn' : 'dim'], ['Reconnects', count(f.reconnects), f.reconnects ? 'warn' : 'dim'],
    ['Unconfirmed', count(f.unconfirmed), f.unconfirmed ? 'bad' : 'dim'], ['Queued', count(f.queued + f.held), f.queued ? 'warn' : 'dim'], ['API budget left', count(f.api_budget_left)],
    ['Bad', count(f.bad), f.bad ? 'bad' : 'dim'], ['Clock offset', span(Math.abs(f.clock_offset_us * 1000))], ['Orders', f.ready ? 'taken' : 'not yet', f.ready ? '' : 'warn'],
  ]);
}
const svgNS = 'http://www.w3.org/2000/svg';
function drawLatency() {
  const all = state.get('latency');
  const node = $('latency');
  for (const [key, title] of [['step', 'Engine step'], ['delivery', 'Wire to decision']]) {
    const h = all[key];
    let box = node.querySelector(`[data-key="${key}"]`);
    if (!box) {
      box = make('div', {}, make('div', { className: 'lat-head' }, make('span', { textContent: title }), make('span', { className: 'dim' })));
      box.dataset.key = key;
      const svg = document.createElementNS(svgNS, 'svg');
      svg.setAttribute('viewBox', '0 0 260 54');
      svg.setAttribute('preserveAspectRatio', 'none');
      svg.setAttribute('role', 'img');
      for (let i = 0; i < h.octaves.length; i++) svg.append(document.createElementNS(svgNS, 'rect'));
      box.append(svg, make('div', { className: 'axis' }, make('span', { textContent: '256 ns' }), make('span', { textContent: '65 µs' }), make('span', { textContent: '17 s' })));
      node.append(box);
    }
    const text = h.count ? `p50 ${span(h.p50_ns)} · p99 ${span(h.p99_ns)}` : 'none yet';
    set(box.firstChild.lastChild, text);
    box.querySelector('svg').setAttribute('aria-label', `${title}: ${text}`);
    // By the root of the count: rare and slow ones stay visible.
    const most = Math.sqrt(Math.max(1, ...h.octaves));
    [...box.querySelectorAll('rect')].forEach((rect, i) => {
      const height = Math.sqrt(h.octaves[i]) / most * 52;
      for (const [k, v] of Object.entries({ x: i * 10 + 1, width: 8, y: (54 - height).toFixed(1), height: height.toFixed(1), rx: 1 })) rect.setAttribute(k, v);
    });
  }
}
const limitNames = { equity: 'Equity, minimum', daily_loss: 'Daily loss', drawdown: 'Drawdown', gross: 'Gross', net: 'Net', venue: 'One venue', asset: 'One asset' };
const sums = ['gross', 'net', 'venue', 'asset'];
const limitText = (r, v) => (v === 'none' ? '–' : r.limit === 'drawdown' ? percent(v) : money(v));
// Near it from 80 % on; equity is the one that must stay above.
const limitTone = r => {
  const [used, at] = [Number(r.used), Number(r.at)];
  if (r.at === 'none' || !(at > 0)) return '';
  const share = r.limit === 'equity' ? at / Math.max(used, 1e-12) : used / at;
  return share >= 1 ? 'bad' : share >= 0.8 ? 'warn' : '';
};
const drawLimits = table('t-portfolio', [
  { title: 'Of all agents', class: 'l', text: r => limitNames[r.limit] ?? r.limit.replaceAll('_', ' ') },
  { title: 'Now', text: r => limitText(r, r.used), tone: limitTone },
  { title: 'Limit', text: r => limitText(r, r.at), tone: r => (r.at === 'none' ? 'dim' : '') },
], 'No limits.');
function drawPortfolio() {
  const p = state.get('portfolio');
  if (!p) return;
  $('breach').dataset.state = p.breached ? 'killed' : 'ok';
  set($('breach'), p.breached ? `${p.breached_by.replace('portfolio_', '').replaceAll('_', ' ')}: ${p.on_breach}` : 'within');
  // Sums over positions are kept by the host only while one of them is limited.
  const isKept = p.limits.some(r => sums.includes(r.limit) && r.at !== 'none');
  drawLimits(p.limits.map(r => (sums.includes(r.limit) && !isKept ? { ...r, used: 'none' } : r)), r => r.limit);
}
const drawPlan = table('t-tournament', [
  { title: 'Rank', text: r => r.rank || '–' }, { title: 'Agent', class: 'l', text: r => r.agent },
  { title: 'Verdict', class: 'l', text: r => r.verdict.replaceAll('_', ' '), tone: r => (r.verdict === 'ranked' ? '' : r.verdict === 'unloaded' ? 'bad' : 'warn') },
  { title: 'Score', text: r => r.score.toFixed(3) }, { title: 'Share', text: r => percent(r.share, 1) },
  { title: 'Sharpe', class: 'p3', text: r => (r.sharpe ?? null) === null ? '–' : r.sharpe.toFixed(2).replace('-', '\u2212') },
  { title: 'Drawdown', class: 'p3', text: r => ((r.drawdown ?? r.max_drawdown) ?? null) === null ? '–' : percent(r.drawdown ?? r.max_drawdown) },
  { title: 'Capital before', class: 'p2', text: r => money(r.before) }, { title: 'After', text: r => money(r.after) },
  { title: 'Flow', text: r => signed(r.change), tone: r => tone(r.change) },
], 'No plan yet.');
function drawTournament() {
  const t = state.get('tournament');
  $('s-tournament').hidden = !t;
  if (!t) return;
  put('tournament-note', `number ${t.number} · ${(t.time ?? '').slice(0, 16).replace('T', ' ')} · ${t.schedule}`);
  drawPlan([...t.rows].sort((a, b) => (a.rank || 99) - (b.rank || 99)), r => r.agent);
}
const drawChanges = table('t-reloads', [
  { title: 'Time', class: 'l', text: r => clock(r.time) }, { title: 'Agent', class: 'l', text: r => r.agent },
  { title: 'Kind', class: 'l', text: r => r.kind }, { title: 'From', text: r => String(r.from) }, { title: 'To', text: r => String(r.to) },
  { title: 'Pause', text: r => span(r.pause_ns) }, { title: 'All in all', class: 'p2', text: r => span(r.total_ns) },
  { title: 'State', class: 'p2', text: r => `${count(r.state_bytes)} B` }, { title: 'Code', class: 'l p2', text: r => r.code.slice(0, 8) },
], 'Nothing yet.');
function drawReloads() {
  const list = state.get('reloads');
  $('s-reloads').hidden = !list;
  document.querySelector('.left').classList.toggle('no-reloads', !list);
  if (!list) return;
  put('n-reloads', String(list.length));
  drawChanges(list, r => JSON.stringify([r.time, r.agent, r.to]));
}
function draw(keys) {
  const has = prefix => keys.some(k => k.startsWith(prefix));
  if (has('status')) drawStatus();
  if (has('agent/')) drawAgentRows();
  if (has('status') || has('agent/')) growChart();
  if (has('positions')) {
    const list = state.get('positions').filter(p => Number(p.quantity) !== 0 || Number(p.realised) !== 0);
    drawPositions(list, p => `${p.agent} ${p.symbol}`);
    put('n-positions', String(list.filter(p => Number(p.quantity) !== 0).length));
  }
  if (has('orders')) { const list = state.get('orders'); drawOrders(list, o => o.id); put('n-orders', String(list.length)); }
  if (has('fills')) { const list = state.get('fills'); drawFills(list, f => `${f.seq} ${f.order}`); put('n-fills', list.length ? `the last ${list.length}` : ''); }
  if (has('book/')) drawBook();
  if (has('feed')) drawFeed();
  if (has('portfolio')) drawPortfolio();
  if (has('latency')) drawLatency();
  if (has('tournament')) drawTournament();
  if (has('reloads')) drawReloads();
}

// ---- the connection
let retry = 500;
const bearer = () => ({ authorization: `Bearer ${store.get('sessionStorage', 'agon-token') || ''}` });
async function connect() {
  // A refused socket does not say why: the status does.
  let status = 0;
  try { status = (await fetch(api + 'status', { headers: bearer() })).status; } catch { /* the host is away */ }
  if (status === 401) { store.set('sessionStorage', 'agon-token', ''); if (await token()) { connect(); return; } }
  const socket = new WebSocket(`ws://${location.host}${api}live?token=${encodeURIComponent(store.get('sessionStorage', 'agon-token') || '')}`);
  socket.onmessage = event => {
    const message = JSON.parse(event.data);
    const keys = Object.keys(message.set);
    if (message.type === 'snapshot') {
      for (const key of [...state.keys()]) if (!(key in message.set)) { state.delete(key); keys.push(key); }
      retry = 500;
      $('lost').hidden = true;
    }
    for (const key of keys) if (key in message.set) state.set(key, message.set[key]);
    for (const key of message.removed) { state.delete(key); keys.push(key); }
    draw(keys);
  };
  socket.onclose = () => {
    $('lost').hidden = false;
    $('state').dataset.state = 'lost';
    set($('state'), 'lost');
    setTimeout(connect, retry);
    retry = Math.min(retry * 2, 8000);
  };
}

// ---- orders to the host
function toast(text, failed) {
  const node = $('toast');
  node.textContent = text;
  node.className = failed ? 'on failed' : 'on';
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { node.className = ''; }, failed ? 6000 : 2500);
}
const dialog = async id => {
  const node = $(id);
  node.returnValue = '';
  node.showModal();
  await new Promise(done => node.addEventListener('close', done, { once: true }));
  return node.returnValue;
};
async function token() {
  let value = store.get('sessionStorage', 'agon-token');
  if (!value && await dialog('d-token') === 'yes') {
    value = $('token').value.trim();
    $('token').value = '';
    if (value) store.set('sessionStorage', 'agon-token', value);
  }
  return value;
}
async function order(verb, args = []) {
  const secret = await token();
  if (!secret) return;
  try {
    const response = await fetch(api + verb, {
      method: 'POST', body: JSON.stringify({ args }),
      headers: { 'content-type': 'application/json', authorization: `Bearer ${secret}`, 'idempotency-key': crypto.randomUUID() },
    });
    const answer = await response.json();
    if (response.status === 401) store.set('sessionStorage', 'agon-token', '');
    toast(response.ok ? `${answer.on ?? ''} ${answer.done ?? 'done'}`.trim() : answer.error, !response.ok);
  } catch {
    toast('The host does not answer.', true);
  }
}
async function sure(title, text, yes) {
  set($('d-ask-title'), title);
  set($('d-ask-text'), text);
  set($('d-ask-yes'), yes);
  return await dialog('d-ask') === 'yes';
}
async function haltAll() {
  const s = state.get('status')?.state;
  if (s === 'killed') {
    if (await sure('Lift the kill switch?', 'Agents may send orders again at once.', 'Lift it')) await order('resume', ['kill']);
  } else await order(s === 'halted' || s === 'stopped' ? 'resume' : 'halt', ['all']);
}
async function killAll() {
  if (await sure('Throw the kill switch?', 'Every open order is cancelled and every new one is refused, until it is lifted. Positions stay.', 'Kill')) await order('kill');
}

// ---- one agent
function select(name) {
  selected = name;
  for (const row of $('t-agents').tBodies[0].rows) {
    const is = row.dataset.key === name;
    row.setAttribute('aria-selected', String(is));
    if (is) row.focus({ preventScroll: false });
  }
}
function move(step) {
  const rows = [...$('t-agents').tBodies[0].rows].filter(r => r.dataset.key);
  const at = rows.findIndex(r => r.dataset.key === selected);
  const next = rows[Math.min(rows.length - 1, Math.max(0, at + step))];
  if (next) select(next.dataset.key);
}
async function openAgent(name) {
  let all;
  try {
    const response = await fetch(`${api}agent/${encodeURIComponent(name)}`, { headers: bearer() });
    all = await response.json();
    if (!response.ok) { toast(all.error, true); return; }
  } catch { toast('The host does not answer.', true); return; }
  const a = all.agent;
  set($('d-agent-name'), name);
  const facts = make('dl', { className: 'grid' });
  pairs(facts, [
    ['State', a.state.toLowerCase(), stateTone(a.state)], ['Stage', a.stage.toLowerCase()], ['Kind', `${a.kind}, ${a.runner}`], ['Generation', a.generation],
    ['Equity', money(a.equity)], ['Result', signed(a.result), tone(a.result)], ['Drawdown', percent(a.drawdown)], ['Sharpe', a.sharpe ? a.sharpe.toFixed(2).replace('-', '\u2212') : '–'],
    ['Fills', count(a.fills)], ['Wins, losses', `${count(a.wins)}, ${count(a.losses)}`], ['Intents', count(a.intents)], ['Refused', count(a.refused), a.refused ? 'warn' : ''],
  ]);
  const limits = make('dl', { className: 'grid' });
  const l = all.limits;
  pairs(limits, [
    ['Capital', money(l.capital)], ['Order at most', money(l.order)], ['Position at most', money(l.position)], ['Daily loss', Number(l.daily_loss) ? money(l.daily_loss) : 'none'],
    ['Drawdown', l.drawdown ? percent(l.drawdown, 1) : 'none'], ['Open orders', l.open_orders], ['Orders/s', l.orders_per_second], ['Code', a.code],
  ]);
  $('d-agent-body').replaceChildren(facts, make('h3', { textContent: 'Limits' }), limits,
    ...(a.failure ? [make('h3', { textContent: 'Why it ended' }), make('p', { className: 'bad', textContent: a.failure })] : []));
  const act = verb => () => { $('d-agent').close(); order(verb, [name]); };
  $('a-halt').onclick = act('halt');
  $('a-resume').onclick = act('resume');
  $('a-cancel').onclick = act('cancel');
  $('a-flatten').onclick = async () => {
    $('d-agent').close();
    if (await sure(`Flatten ${name}?`, 'Its open orders are cancelled and its positions are closed at the market.', 'Flatten')) order('flatten', [name]);
  };
  $('d-agent').showModal();
}

// ---- keys, tabs, theme
function chooseChart(kind) {
  chart.kind = kind;
  document.querySelectorAll('[data-chart]').forEach(tab => tab.setAttribute('aria-selected', String(tab.dataset.chart === kind)));
  drawChart(true);
}
function turnTheme() {
  const next = theme() === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  store.set('localStorage', 'agon-theme', next);
  drawAgentRows();
  drawChart(true);
}
document.querySelectorAll('[data-chart]').forEach(tab => tab.addEventListener('click', () => chooseChart(tab.dataset.chart)));
document.querySelectorAll('[data-close]').forEach(b => b.addEventListener('click', () => b.closest('dialog').close()));
$('halt').addEventListener('click', haltAll);
$('kill').addEventListener('click', killAll);
$('theme').addEventListener('click', turnTheme);
$('help').addEventListener('click', () => $('d-help').showModal());
$('filter').addEventListener('input', drawAgentRows);
matchMedia('(prefers-color-scheme: light)').addEventListener('change', () => { drawAgentRows(); drawChart(true); });
addEventListener('keydown', event => {
  const typing = event.target.closest?.('input, dialog');
  if (event.key === 'Escape' && event.target === $('filter')) { $('filter').value = ''; $('filter').blur(); drawAgentRows(); return; }
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  const next = (list, now) => list[(list.indexOf(now) + 1) % list.length];
  const keys = {
    j: () => move(1), k: () => move(-1), K: killAll, h: haltAll, t: turnTheme, '?': () => $('d-help').showModal(), '/': () => $('filter').focus(),
    c: () => chooseChart(next(['return', 'equity', 'drawdown'], chart.kind)),
    b: () => { const names = bookList().map(x => x.symbol); if (names.length) chooseBook(next(names, symbol ?? names[0])); },
    x: () => { const a = agentList().find(v => v.name === selected); if (a) order(a.state === 'halted' ? 'resume' : 'halt', [a.name]); },
    Enter: () => { if (selected && event.target.closest('#t-agents')) openAgent(selected); },
  };
  if (keys[event.key] && !(event.key === 'Enter' && !event.target.closest('#t-agents'))) { event.preventDefault(); keys[event.key](); }
});
const saved = store.get('localStorage', 'agon-theme');
if (saved === 'dark' || saved === 'light') document.documentElement.dataset.theme = saved;
const given = new URLSearchParams(location.hash.slice(1)).get('token');
if (given) {
  // Out of the address at once, so that it is neither seen nor kept.
  store.set('sessionStorage', 'agon-token', given);
  history.replaceState(null, '', location.pathname);
}
drawReloads();
drawTournament();
connect();
