// SPDX-License-Identifier: Apache-2.0
// The dashboard: its head, which page is in view, keys. A page (pages/) makes its nodes once and draws what changed while it is in view;
// panels (panels/, named by the host's table) stand on the page that they name. What is in view decides which keys the host sends.
import list from './panels.mjs';
import agent from './pages/agent.mjs';
import log from './pages/log.mjs';
import market from './pages/market.mjs';
import overview from './pages/overview.mjs';
import reliability from './pages/reliability.mjs';
import tournament from './pages/tournament.mjs';
import { redrawAll } from './chart.mjs';
import { connect, listen, state, want } from './connection.mjs';
import { ALL, day, grow, load, resultSince, week } from './history.mjs';
import { agents, baseText, chooseZone, count, gained, lasted, learnBase, make, money, put as putIn, rows, set, signed, stamp, store, theme, tone, zoneName } from './kit.mjs';
import { events, icon, isOn, turn } from './notify.mjs';
import { haltOrResume, order, sure, toast, token } from './orders.mjs';

const $ = id => document.getElementById(id);
const put = (id, text, className) => putIn($(id), text, className);
const ALWAYS = ['status', 'agent/', 'event/'];

// ---- pages, in the order of the keys 1 to 6
const pages = { overview, agent, market, tournament, reliability, log };
const names = Object.keys(pages);
for (const [i, name] of names.entries()) {
  const page = pages[name];
  const part = kind => make('div', { className: kind });
  page.node = make('div', { className: `page page-${name}`, id: `p-${name}`, hidden: true });
  page.parts = { top: part('top'), wide: part('wide'), left: part('left'), right: part('right') };
  page.lacks = make('p', { className: 'lacks', hidden: true });
  page.route = { name: null };
  page.panels = [];
  page.node.append(page.lacks, ...Object.values(page.parts));
  page.link = make('a', { href: `#/${name}`, textContent: page.title, title: `${page.title} (${i + 1})` });
  $('nav').append(page.link);
  $('main').append(page.node);
}
let current = null;
const draws = page => {
  page.draw ??= page.open({ ...page.parts, route: page.route });
  for (const panel of page.panels) {
    panel.draw ??= panel.open();
  }
};
// ---- panels: one file each, in the order of host/ops/panels.h. One without a page draws nothing itself: what it is sent is for others.
for (const [name, panel] of Object.entries(list)) {
  const page = pages[panel.page];
  if (!page) continue;
  page.panels.push({ name, keys: panel.keys, press: panel.press ?? {}, open: () => {
    const section = make('section', { className: name, id: `s-${name}` });
    const bar = make('div', { className: 'bar' }, make('h2', { id: `h-${name}`, textContent: panel.title }));
    section.setAttribute('aria-labelledby', `h-${name}`);
    section.append(bar);
    page.parts[panel.side].append(section);
    return panel.open({ section, bar, body: section, route: page.route });
  } });
}
function drawOne(name, draw) {
  // One that fails takes nothing from the others.
  try { draw(); } catch (error) { console.error(`${name}: ${error.stack ?? error}`); }
}
// An address may name what is not there: the page says so, with a way back, and shows nothing else in its place.
function isThere(page) {
  const missing = page.route.name !== null && state.has('status') ? page.missing?.(state, page.route.name) : null;
  if (missing && !page.route.is_named) page.route.name = null; // it has ended since, and is not asked for
  const is_there = !missing || !page.route.is_named;
  const was_there = page.lacks.hidden;
  page.lacks.hidden = is_there;
  for (const part of Object.values(page.parts)) part.hidden = !is_there;
  if (!is_there && page.lacks.dataset.text !== missing.text) {
    page.lacks.dataset.text = missing.text;
    page.lacks.replaceChildren(`${missing.text} `, ...missing.ways.flatMap(([href, text], i) => [i ? ' · ' : '', make('a', { href, textContent: text })]));
  }
  return { is_there, is_again: is_there && !was_there };
}
function drawPage(keys) {
  const page = pages[current];
  const { is_there, is_again } = isThere(page);
  if (!is_there) return;
  const has = prefix => keys.some(k => k.startsWith(prefix));
  const is_all = has('route') || is_again;
  drawOne(current, () => page.draw(state, prefix => is_all || has(prefix)));
  for (const panel of page.panels) if (is_all || panel.keys.some(has)) drawOne(`panel ${panel.name}`, () => panel.draw(state));
}
const wantedBy = page => {
  const own = typeof page.keys === 'function' ? page.keys({ state, name: page.route.name }) : page.keys;
  want([...ALWAYS, ...own, ...page.panels.flatMap(p => p.keys)]);
};
const plain = text => { try { return decodeURIComponent(text); } catch { return text; } };
function go() {
  const [, name, ...rest] = location.hash.split('/');
  const next = pages[name] ? name : 'overview';
  const page = pages[next];
  page.route.is_named = rest.length > 0 && rest[0] !== '';
  if (page.route.is_named) page.route.name = plain(rest.join('/'));
  for (const other of names) {
    pages[other].node.hidden = other !== next;
    if (other === next) pages[other].link.setAttribute('aria-current', 'page'); else pages[other].link.removeAttribute('aria-current');
  }
  const is_other = current !== next;
  current = next;
  draws(page);
  wantedBy(page);
  drawPage(['route']);
  if (is_other) scrollTo(0, 0);
}

// ---- the head
const lost = new Set();
function banner() {
  const down = rows(state, 'venue/').filter(v => ['down', 'banned', 'key refused'].includes(v.state)).map(v => `${v.venue} is ${v.state}`);
  const s = state.get('status');
  const venues = down.length ? down : (s?.venues ?? []).filter(v => ['down', 'banned', 'key refused'].includes(v.state)).map(v => `${v.venue}: ${v.state}`);
  const text = lost.has('connection') ? 'The connection to the host is lost; trying again. What is shown is old.' : lost.has('stale') ? 'The host has said nothing for more than 3 s. What is shown is old.' : venues.length ? `Outage: ${venues.join(', ')}.` : '';
  $('lost').hidden = !text;
  set($('lost'), text);
  document.body.classList.toggle('stale', lost.has('connection') || lost.has('stale'));
}
function drawStatus() {
  const s = state.get('status');
  if (!s) return;
  $('state').dataset.state = s.state;
  set($('state'), s.state);
  $('state').title = s.halted_by ? `halted by ${s.halted_by}: ${s.halted_for}` : '';
  icon(s.state);
  put('mode', s.mode + (s.speed !== 1 ? ` ${s.speed}×` : ''));
  put('time', s.time ? stamp(s.t_ms) : 'no time yet');
  learnBase(s.equity);
  put('equity', `${money(s.equity)} ${s.currency}`);
  $('equity').title = `agents ${money(s.equity_agents)} + pool ${money(s.pool)}${s.left_agents > 0 ? ` + unloaded agents ${money(s.left_equity)}` : ''}`;
  $('result').title = `gross ${money(s.gross)} − fees ${money(s.fees)} + rebates ${money(s.rebates)} + funding ${money(s.funding)}; slippage cost ${money(s.slippage)} is part of gross`;
  put('result', signed(s.result), tone(s.result));
  for (const [id, from] of [['today', day], ['week', week]]) {
    const r = s.time ? resultSince(ALL, from(s.t_ms), Number(s.result)) : null;
    put(id, r ? gained(r.amount) : '–', r ? tone(baseText(r.amount)) : '');
    $(id).title = r ? `since ${stamp(r.since)}` : '';
  }
  put('fills-n', count(s.fills));
  put('open-n', count(s.open_orders));
  put('events-n', count(s.events));
  set($('halt'), ['halted', 'stopped', 'killed'].includes(s.state) ? 'Resume all' : 'Halt all');
  put('about', `Agon ${s.version} · run ${s.run} · up ${lasted(s.up_s)} · journal ${s.journal}, ${s.journal_class}${[s.rate_windows, s.not_comparable].filter(Boolean).map(t => ` · ${t}`).join('')}`);
  $('mode').title = [s.rate_windows, s.not_comparable].filter(Boolean).join('; ');
  document.title = `${s.state === 'running' ? '' : s.state + ' · '}${signed(s.result)} · Agon`;
}
function changed(keys) {
  const has = prefix => keys.some(k => k.startsWith(prefix));
  if (has('status') || has('agent/')) { grow(state); drawStatus(); }
  if (has('event/')) events(rows(state, 'event/'));
  if (has('status') || has('venue/')) banner();
  drawPage(keys);
  if (typeof pages[current].keys === 'function') wantedBy(pages[current]);
}

// ---- orders of all
async function haltAll() {
  const s = state.get('status')?.state;
  if (s === 'killed') {
    if (await sure('Lift the kill switch?', 'Agents may send orders again at once.', 'Lift it', 'lift')) await order('resume', ['kill']);
  } else if (s === 'halted' || s === 'stopped') {
    if (await sure('Resume all?', 'Agents may send orders again at once.', 'Resume all', 'resume')) await order('resume', ['all']);
  } else if (await sure('Halt all?', 'No agent takes new risk until it is resumed; cancels pass. Positions stay.', 'Halt all', 'halt')) await order('halt', ['all']);
}
async function killAll() {
  if (await sure('Throw the kill switch?', 'Every open order is cancelled and every new one is refused, until it is lifted. Positions stay.', 'Kill', 'kill')) await order('kill');
}

// ---- rows by keys, theme, time zone
let selected = null;
function select(row) {
  for (const other of document.querySelectorAll('#t-agents tr[aria-selected]')) other.removeAttribute('aria-selected');
  selected = row.dataset.key;
  row.setAttribute('aria-selected', 'true');
  row.tabIndex = -1;
  row.focus({ preventScroll: false });
}
function move(step) {
  if (current !== 'overview') { location.hash = '#/overview'; return; }
  const all = [...$('t-agents').tBodies[0].rows].filter(r => r.dataset.key);
  const at = all.findIndex(r => r.dataset.key === selected);
  const next = all[Math.min(all.length - 1, Math.max(0, at + step))];
  if (next) select(next);
}
const everything = () => { redrawAll(); drawStatus(); drawPage(['route']); };
function turnTheme() {
  const next = theme() === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  store.set('localStorage', 'agon-theme', next);
  everything();
}
function turnZone() {
  chooseZone(zoneName() === 'UTC' ? 'local' : 'UTC');
  sayZone();
  everything();
}
function sayZone() {
  set($('zone'), zoneName() === 'UTC' ? 'UTC' : 'Local');
  put('time-zone', zoneName() === 'UTC' ? 'Market time, UTC' : 'Market time, local');
}
const sayBell = () => { $('bell').ariaPressed = String(isOn()); };
$('halt').addEventListener('click', haltAll);
$('kill').addEventListener('click', killAll);
$('theme').addEventListener('click', turnTheme);
$('zone').addEventListener('click', turnZone);
$('bell').addEventListener('click', async () => { toast(await turn() ? 'A halt, a crash or an outage is notified.' : 'No notifications.', false); sayBell(); });
$('help').addEventListener('click', () => $('d-help').showModal());
document.querySelectorAll('[data-close]').forEach(b => b.addEventListener('click', () => b.closest('dialog').close()));
matchMedia('(prefers-color-scheme: light)').addEventListener('change', everything);
addEventListener('hashchange', go);
let chord = 0;
addEventListener('keydown', event => {
  const typing = event.target.closest?.('input, select, textarea, dialog');
  if (event.key === 'Escape' && event.target.type === 'search') { event.target.value = ''; event.target.dispatchEvent(new Event('input')); event.target.blur(); return; }
  if (typing || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
  const is_chord = performance.now() - chord < 1200;
  const letters = { o: 'overview', a: 'agent', m: 'market', t: 'tournament', r: 'reliability', l: 'log' };
  if (is_chord && letters[event.key]) { chord = 0; event.preventDefault(); location.hash = `#/${letters[event.key]}`; return; }
  const page = pages[current];
  // Keys act on what is in view, and on nothing else: the agent of its page, or the row that is marked.
  const chosen = () => (current === 'agent' ? (page.lacks.hidden ? $('agent-name').value : null) : document.querySelector('#t-agents tr[aria-selected]')?.dataset.key);
  const has_controls = current === 'overview' || current === 'agent';
  const keys = {
    ...Object.fromEntries(names.map((name, i) => [String(i + 1), () => { location.hash = `#/${name}`; }])),
    g: () => { chord = performance.now(); },
    j: () => move(1), k: () => move(-1), K: killAll, t: turnTheme, z: turnZone, '?': () => $('d-help').showModal(),
    ...(has_controls ? { h: haltAll, x: () => { const a = agents(state).find(v => v.name === chosen()); if (a) haltOrResume(a); } } : {}),
    ...(event.target.closest('#t-agents tr') === event.target && selected ? { Enter: () => { location.hash = `#/agent/${encodeURIComponent(selected)}`; } } : {}),
    ...page.press, ...Object.assign({}, ...page.panels.map(panel => panel.press)),
  };
  if (keys[event.key]) { event.preventDefault(); keys[event.key](event); }
});

// ---- beginning
const saved = store.get('localStorage', 'agon-theme');
if (saved === 'dark' || saved === 'light') document.documentElement.dataset.theme = saved;
const given = new URLSearchParams(location.hash.slice(1)).get('token');
if (given) {
  // Out of the address at once, so that it is neither seen nor kept.
  store.set('sessionStorage', 'agon-token', given);
  history.replaceState(null, '', location.pathname);
}
sayZone();
sayBell();
listen({
  changed, token,
  back() { lost.delete('connection'); banner(); load(); },
  lost() { lost.add('connection'); $('state').dataset.state = 'lost'; set($('state'), 'lost'); icon('lost'); banner(); },
  stale(is) { if (is === lost.has('stale')) return; if (is) lost.add('stale'); else lost.delete('stale'); banner(); },
});
go();
connect();
