// SPDX-License-Identifier: Apache-2.0
// How fast and how healthy the host is, now and over this run: latencies as histograms over time, feeds, the journal, orders of which
// nobody knows.
import { axis, chart, timeAxis } from '../chart.mjs';
import { get } from '../connection.mjs';
import { card, colour, count, css, lasted, make, pairs, quantile, quantileText, set, span, stamp } from '../kit.mjs';
import { order } from '../orders.mjs';

let points = new Map();
let every = 5;
let venues = []; // in the order of a point's feeds

// Each stretch is a column, each octave a cell, the darker the more events it holds.
function heat(key) {
  return u => {
    const list = [...points.values()];
    const { ctx, bbox } = u;
    const width = list.length > 1 ? Math.abs(u.valToPos(list.at(-1).t_ms / 1000, 'x', true) - u.valToPos(list.at(-2).t_ms / 1000, 'x', true)) + 1 : 8;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.fillStyle = css('accent');
    for (const p of list) {
      const x = u.valToPos(p.t_ms / 1000, 'x', true);
      if (x < bbox.left || x > bbox.left + bbox.width + width) continue;
      const max = Math.max(1, ...p[key]);
      p[key].forEach((n, i) => {
        if (!n) return;
        const top = u.valToPos(256 * 2 ** (i + 1), 'y', true);
        const bottom = i ? u.valToPos(256 * 2 ** i, 'y', true) : bbox.top + bbox.height; // the first: all below 512 ns
        ctx.globalAlpha = 0.08 + 0.5 * Math.sqrt(n / max);
        ctx.fillRect(Math.max(bbox.left, x - width), top, Math.min(width, x - bbox.left), bottom - top);
      });
    }
    ctx.restore();
  };
}
// Of which stretch of time each point is: how says what it is of that.
const stretch = (box, how) => { const note = make('span', { className: 'count window' }); box.bar.append(note); return () => set(note, how.replace('*', lasted(every))); };
function latencyCard(title, key) {
  const box = card(title, { name: 'heat' });
  const said = stretch(box, 'of each *');
  const legend = make('output', { className: 'legend' });
  const host = make('div');
  box.bar.append(legend);
  box.body.append(host);
  const plot = chart(host, {
    name: `${title} over time`, height: 200, legend, format: quantileText,
    series: [{ label: 'p50', colour: () => css('text'), width: 1.5 }, { label: 'p99', colour: () => css('warn'), width: 1.5 }],
    scales: { y: { distr: 3, log: 2, range: (u, low, high) => [Math.max(64, 2 ** Math.floor(Math.log2((low || 256) / 4))), 2 ** Math.ceil(Math.log2((high || 1e6) * 4))] } },
    axes: () => [timeAxis(), axis({ size: 68, filter: (u, splits) => splits, splits: u => { const out = []; for (let v = 10 ** Math.ceil(Math.log10(u.scales.y.min)); v <= u.scales.y.max; v *= 10) out.push(v); return out; }, values: (u, v) => v.map(x => (x === null ? '' : span(Math.round(x)))) })],
    plugins: [{ hooks: { drawClear: heat(key) } }],
  });
  return { section: box.section, draw() {
    const list = [...points.values()];
    said();
    if (list.length > 1) plot.set([list.map(p => p.t_ms / 1000), list.map(p => quantile(p[key], 0.5)), list.map(p => quantile(p[key], 0.99))]);
  } };
}
function lineCard(title, how, key, format, name, tint, of, top) {
  const box = card(title, { name });
  const said = stretch(box, how);
  const legend = make('output', { className: 'legend' });
  const host = make('div');
  box.bar.append(legend);
  box.body.append(host);
  const plot = chart(host, { name: `${title} over time`, height: 140, legend, format, series: [{ label: title, colour: () => css(tint), fill: () => css(`${tint}-bg`), stepped: true, align: -1 }],
    scales: { y: { range: (u, low, high) => [0, top ?? Math.max(1, high * 1.1)] } }, axes: () => [timeAxis(), axis({ size: 52, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6, 1e7], values: (u, v) => v.map(format) })] });
  return { section: box.section, draw() {
    const list = [...points.values()];
    said();
    if (list.length < 2) return;
    const times = list.map(p => p.t_ms / 1000);
    // With several venues each has a line.
    if (of === undefined || venues.length < 2) plot.set([times, list.map(key)]);
    else plot.set([times, ...venues.map((_, i) => list.map(p => of(p.feeds[i] ?? [0, 0, 0])))], venues.map((label, i) => ({ label, colour: () => colour(i), stepped: true, align: -1 })));
  } };
}

export default {
  title: 'Reliability', keys: ['venue/', 'feed', 'latency', 'reloads'],
  open({ left, right }) {
    let asked = -Infinity;
    const cards = [
      latencyCard('Engine step', 'step'), latencyCard('Wire to decision', 'delivery'),
      lineCard('Messages/s', 'mean of each *', p => p.messages / every, v => count(Math.round(v)), 'half', 'accent', f => f[0] / every), lineCard('Journal lag, events', 'most in each *', p => p.journal_lag, v => count(Math.round(v)), 'half', 'warn'),
      lineCard('Unconfirmed', 'most in each *', p => p.unconfirmed, v => count(Math.round(v)), 'half', 'bad'), lineCard('Gaps', 'in each *', p => p.gaps, v => count(Math.round(v)), 'half', 'bad', f => f[1]),
      lineCard('Up', 'share of each *', p => 100 * (p.feeds.reduce((sum, f) => sum + f[2], 0) / Math.max(1, p.feeds.length)), v => `${+v.toFixed(1)}\u2009%`, 'venue-up', 'good', f => 100 * f[2], 105),
    ];
    const journal = card('Journal', { name: 'journal' });
    const facts = make('dl', { className: 'grid' });
    journal.bar.append(make('span', { className: 'count window', textContent: 'now' }));
    journal.body.append(facts);
    // Is every state that the journal vouches for reached again? Another process replays it.
    const proof = card('Replay', { name: 'replay' });
    const pill = make('span', { className: 'pill small', id: 'verified' });
    const button = make('button', { type: 'button', className: 'mini', textContent: 'Verify now', onclick: async () => { if (await order('verify')) verified(); } });
    const proofFacts = make('dl', { className: 'grid' });
    const proofNote = make('p', { className: 'none' });
    proof.bar.append(pill, button);
    proof.body.append(proofFacts, proofNote);
    let proofAsked = -Infinity;
    let proofRuns = false;
    async function verified() {
      proofAsked = performance.now();
      const v = await get('verification');
      if (!v) return;
      proofRuns = v.state === 'running';
      button.disabled = proofRuns;
      const is_bare = v.state === 'held' && !v.marks; // there was nothing to hold
      pill.dataset.state = is_bare ? 'waiting' : { held: 'ok', failed: 'killed', running: 'waiting' }[v.state] ?? '';
      set(pill, { held: is_bare ? 'read' : 'holds', failed: 'differs', running: 'running', never: 'not yet' }[v.state]);
      proofFacts.hidden = v.state === 'never' || v.state === 'failed';
      pairs(proofFacts, v.state === 'held'
        ? [['As of', stamp(Date.parse(v.time)).slice(11)], ['Events', count(v.events)], ['States reached', count(v.marks)], ['Up to event', count(v.last_seq)], ['Took', lasted(v.seconds)]]
        : [['Since', lasted(Math.floor(v.seconds ?? 0))], ['Up to event', count(v.seq)]]);
      proofNote.className = `none ${v.state === 'failed' ? 'bad' : 'dim'}`;
      set(proofNote, v.state === 'failed' ? v.said : is_bare ? 'Read without damage. It vouches for no state yet: the first is written with a snapshot, or at the end.' : v.state === 'never' ? 'Replays the journal beside the host: each state that it vouches for has to be reached again.' : '');
      proofNote.hidden = !proofNote.textContent;
    }
    left.append(...cards.map(c => c.section));
    right.append(journal.section, proof.section);
    async function load() {
      const is_first = points.size === 0;
      asked = performance.now();
      const answer = await get(is_first ? 'health' : 'health/3');
      if (!answer) return;
      if (!is_first && answer.every_s !== every) { points = new Map(); every = answer.every_s; asked = -Infinity; return; }
      every = answer.every_s;
      venues = answer.venues;
      for (const p of answer.points) points.set(p.t_ms, p);
      while (points.size > 300) points.delete(points.keys().next().value);
      for (const c of cards) c.draw();
    }
    return (state, has) => {
      if (has('route')) for (const c of cards) c.draw();
      if (performance.now() - asked > 5000) load();
      if (performance.now() - proofAsked > (proofRuns ? 1000 : 30000)) verified();
      const s = state.get('status');
      if (s) pairs(facts, [
        ['State', s.journal, s.journal === 'running' ? '' : 'bad'], ['Class', s.journal_class], ['Lag now, events', count(s.seq - s.durable_seq)], ['Event', count(s.seq)], ['On disk', count(s.durable_seq)], ['Run', s.run],
        ['Clock', s.clock.state, s.clock.state === 'proven' ? '' : 'warn'], ['Follows', s.clock.follows], ['Up', lasted(s.up_s)],
      ]);
    };
  },
};
