// SPDX-License-Identifier: Apache-2.0
// The dashboard: one WebSocket sends what changes, by keys; each panel draws the keys that it names.
import list from './panels.mjs';
import { clock, count, figure, groups, make, money, pairs, percent, put as putIn, set, signed, store, table, tone } from './kit.mjs';

const $ = id => document.getElementById(id);
const put = (id, text, className) => putIn($(id), text, className);
const state = new Map();
const api = '/api/v1/';
const palette = {
  dark: ['#7fb2ff', '#f0b35f', '#68cfa4', '#e58bb6', '#b9a3ff', '#79d0e0', '#d6d06a', '#f09071', '#9fb0c6', '#8fd067', '#cf9be8', '#e0c3a0'],
  light: ['#1f5fd0', '#b36a00', '#0b8457', '#b8407a', '#6b4fc8', '#0f7f94', '#7d7a10', '#c04f2b', '#5a6b82', '#3f8a1d', '#8d3fb0', '#8a6237'],
};

const theme = () => document.documentElement.dataset.theme || (matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark');
const colour = slot => palette[theme()][slot % palette.dark.length];
const number = x => (x === null || x === undefined ? '–' : x.toFixed(2).replace('-', '\u2212'));
const tText = a => (a.t === null ? '–' : `${number(a.t)} [${number(a.t_low)}, ${number(a.t_high)}]`);
const stateTone = s => ({ ended: 'bad', killed: 'bad', QUARANTINED: 'bad', SUSPENDED: 'warn', halted: 'warn', waiting: 'dim' })[s] ?? '';
const drawAgents = table($('t-agents'), [
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
  { title: 'Return', class: 'p2', text: a => (Number(a.capital) > 0 ? percent(a.return) : '–'), tone: a => tone(a.result) },
  { title: 'Drawdown', class: 'p2', tip: 'Deepest fall from a high', text: a => (a.drawdown ? percent(a.drawdown) : '–') },
  { title: 'Sharpe', class: 'p3', tip: 'Of a year, from 30 daily returns up', text: a => number(a.sharpe), hint: a => (a.judgement ? `${a.judgement}: ${tText(a)}` : tText(a)) },
  { title: 'Open', class: 'p2', tip: 'Open orders', text: a => a.open },
  { title: 'Fills', class: 'p2', text: a => count(a.fills) },
  { title: 'Refused', class: 'p3', tip: 'Intents that the gate refused', text: a => count(a.refused), tone: a => (a.refused > 0 ? 'warn' : 'dim') },
  { title: 'Fees', class: 'p3', text: a => money(a.fees) },
  { title: 'Events', class: 'p3', tip: 'Delivered to the agent', text: a => count(a.events), tone: () => 'dim' },
], 'No agents yet.', (row, a) => {
  row.tabIndex = -1;
  row.addEventListener('click', () => { select(a.name); openAgent(a.name); });
});
// ---- chart
// The library's own legend writes inline styles, which this page's policy forbids; ours is below.
if (window.Dygraph) window.Dygraph.PLUGINS = window.Dygraph.PLUGINS.filter(plugin => !/Legend/.test(plugin.prototype.toString()));
// A row is a time and, for each agent, its equity and the capital it had then.
const chart = { kind: 'return', rows: [], names: [], slots: [], at: 0, graph: null, drawn: 0, shown: [] };
function chartRows() {
  if (chart.kind === 'equity') return chart.rows.map(r => r.map((v, i) => (i === 0 || v === null ? v : v[0])));
  // Reallocated capital is neither gain nor loss: returns are linked from point to point.
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
function drawStatus() {
  const s = state.get('status');
  $('state').dataset.state = s.state;
  set($('state'), s.state);
  $('state').title = s.halted_by ? `halted by ${s.halted_by}: ${s.halted_for}` : '';
  put('mode', s.mode + (s.speed !== 1 ? ` ${s.speed}×` : ''));
  put('time', s.time ? s.time.slice(0, 19).replace('T', ' ') : 'no time yet');
  put('equity', `${money(s.equity)} ${s.currency}`);
  $('equity').title = `agents ${money(s.equity_agents)} + pool ${money(s.pool)}`;
  $('result').title = `gross ${money(s.gross)} − fees ${money(s.fees)} + rebates ${money(s.rebates)} + funding ${money(s.funding)}; slippage ${money(s.slippage)} is part of gross`;
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
// ---- panels: one file each, in the order of host/ops/panels.h
const panels = [];
for (const [name, panel] of Object.entries(list)) {
  const section = make('section', { className: name, id: `s-${name}` });
  const bar = make('div', { className: 'bar' }, make('h2', { id: `h-${name}`, textContent: panel.title }));
  section.setAttribute('aria-labelledby', `h-${name}`);
  section.append(bar);
  document.querySelector(`.${panel.side}`).append(section);
  panels.push({ name, keys: panel.keys, press: panel.press ?? {}, draw: panel.open({ section, bar, body: section }) });
}
function drawPanel(panel) {
  // One that fails takes nothing from the others.
  try { panel.draw(state); } catch (error) { console.error(`panel ${panel.name}: ${error.stack ?? error}`); }
}
function draw(keys) {
  const has = prefix => keys.some(k => k.startsWith(prefix));
  if (has('status')) drawStatus();
  if (has('agent/')) drawAgentRows();
  if (has('status') || has('agent/')) growChart();
  for (const panel of panels) if (panel.keys.some(has)) drawPanel(panel);
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
    ['Equity', money(a.equity)], ['Result', signed(a.result), tone(a.result)], ['Return', percent(a.return), tone(a.result)], ['Drawdown', percent(a.drawdown)],
    ['Sharpe', number(a.sharpe)], ['t [95 %]', tText(a)], ['Gross', signed(a.gross)], ['Fees', money(a.fees)], ['Rebates', money(a.rebates)], ['Funding', signed(a.funding)],
    ['Slippage', money(a.slippage)], ['Judged', a.judgement ?? `of ${a.days} days`],
    ['Fills', count(a.fills)], ['Wins, losses', `${count(a.wins)}, ${count(a.losses)}`], ['Intents', count(a.intents)], ['Refused', count(a.refused), a.refused ? 'warn' : ''],
  ]);
  const limits = make('dl', { className: 'grid' });
  const l = all.limits;
  pairs(limits, [
    ['Capital', money(l.capital)], ['Order at most', money(l.order)], ['Position at most', money(l.position)], ['Daily loss', Number(l.daily_loss) ? money(l.daily_loss) : 'none'],
    ['Drawdown', l.drawdown ? percent(l.drawdown, 1) : 'none'], ['Open orders', l.open_orders], ['Orders/s', l.orders_per_second], ['Code', a.code],
  ]);
  const metrics = make('dl', { className: 'grid' });
  pairs(metrics, Object.entries(a.metrics ?? {}).map(([id, value]) => [id, figure(value)]));
  $('d-agent-body').replaceChildren(facts, make('h3', { textContent: 'Limits' }), limits,
    ...(metrics.children.length > 0 ? [make('h3', { textContent: 'Metrics' }), metrics] : []),
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
    ...Object.assign({}, ...panels.map(panel => panel.press)),
    j: () => move(1), k: () => move(-1), K: killAll, h: haltAll, t: turnTheme, '?': () => $('d-help').showModal(), '/': () => $('filter').focus(),
    c: () => chooseChart(next(['return', 'equity', 'drawdown'], chart.kind)),
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
panels.forEach(drawPanel);
connect();
