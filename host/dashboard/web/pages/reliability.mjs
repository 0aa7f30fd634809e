// SPDX-License-Identifier: Apache-2.0
// How fast and how healthy the host is, now and over this run: latencies as histograms over time, feeds, the journal, orders of which
// nobody knows.
import { axis, chart, timeAxis } from '../chart.mjs';
import { get } from '../connection.mjs';
import { card, count, css, make, pairs, span } from '../kit.mjs';

let points = new Map();
let every = 5;

// A quantile of counts by octaves from `from` ns on: within an octave by its share.
function quantile(octaves, q, from) {
  const whole = octaves.reduce((a, b) => a + b, 0);
  let sum = 0;
  for (let i = 0; i < octaves.length; i++) {
    if (octaves[i] && sum + octaves[i] >= q * whole) return from * 2 ** (i + (q * whole - sum) / octaves[i]);
    sum += octaves[i];
  }
  return null;
}
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
        const bottom = u.valToPos(256 * 2 ** i, 'y', true);
        ctx.globalAlpha = 0.08 + 0.5 * Math.sqrt(n / max);
        ctx.fillRect(Math.max(bbox.left, x - width), top, Math.min(width, x - bbox.left), bottom - top);
      });
    }
    ctx.restore();
  };
}
function latencyCard(title, key) {
  const box = card(title, { name: 'heat' });
  const legend = make('output', { className: 'legend' });
  const host = make('div');
  box.bar.append(legend);
  box.body.append(host);
  const plot = chart(host, {
    name: `${title} over time`, height: 200, legend, format: v => span(Math.round(v)),
    series: [{ label: 'p50', colour: () => css('text'), width: 1.5 }, { label: 'p99', colour: () => css('warn'), width: 1.5 }],
    scales: { y: { distr: 3, log: 2, range: (u, low, high) => [Math.max(64, 2 ** Math.floor(Math.log2((low || 256) / 4))), 2 ** Math.ceil(Math.log2((high || 1e6) * 4))] } },
    axes: () => [timeAxis(), axis({ size: 68, splits: u => { const out = []; for (let v = 2 ** Math.ceil(Math.log2(u.scales.y.min)); v <= u.scales.y.max; v *= 8) out.push(v); return out; }, values: (u, v) => v.map(x => (x === null ? '' : span(Math.round(x)))) })],
    plugins: [{ hooks: { drawClear: heat(key) } }],
  });
  return { section: box.section, draw() {
    const list = [...points.values()];
    if (list.length > 1) plot.set([list.map(p => p.t_ms / 1000), list.map(p => quantile(p[key], 0.5, 256)), list.map(p => quantile(p[key], 0.99, 256))]);
  } };
}
function lineCard(title, key, format, name, tint) {
  const box = card(title, { name });
  const legend = make('output', { className: 'legend' });
  const host = make('div');
  box.bar.append(legend);
  box.body.append(host);
  const plot = chart(host, { name: `${title} over time`, height: 140, legend, format, series: [{ label: title, colour: () => css(tint), fill: () => css(`${tint}-bg`), stepped: true, align: -1 }],
    scales: { y: { range: (u, low, high) => [0, Math.max(1, high * 1.1)] } }, axes: () => [timeAxis(), axis({ size: 52, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6, 1e7], values: (u, v) => v.map(format) })] });
  return { section: box.section, draw() { const list = [...points.values()]; if (list.length > 1) plot.set([list.map(p => p.t_ms / 1000), list.map(key)]); } };
}

export default {
  title: 'Reliability', keys: ['venue/', 'feed', 'latency', 'reloads'],
  open({ left, right }) {
    let asked = -Infinity;
    const cards = [
      latencyCard('Engine step', 'step'), latencyCard('Wire to decision', 'delivery'),
      lineCard('Messages/s', p => p.messages / every, v => count(Math.round(v)), 'half', 'accent'), lineCard('Journal lag', p => p.journal_lag, v => count(Math.round(v)), 'half', 'warn'),
      lineCard('Unconfirmed', p => p.unconfirmed, v => count(Math.round(v)), 'half', 'bad'), lineCard('Gaps', p => p.gaps, v => count(Math.round(v)), 'half', 'bad'),
    ];
    const journal = card('Journal', { name: 'journal' });
    const facts = make('dl', { className: 'grid' });
    journal.body.append(facts);
    left.append(...cards.map(c => c.section));
    right.append(journal.section);
    async function load() {
      const is_first = points.size === 0;
      asked = performance.now();
      const answer = await get(is_first ? 'health' : 'health/3');
      if (!answer) return;
      if (!is_first && answer.every_s !== every) { points = new Map(); every = answer.every_s; asked = -Infinity; return; }
      every = answer.every_s;
      for (const p of answer.points) points.set(p.t_ms, p);
      while (points.size > 300) points.delete(points.keys().next().value);
      for (const c of cards) c.draw();
    }
    return (state, has) => {
      if (has('route')) for (const c of cards) c.draw();
      if (performance.now() - asked > 5000) load();
      const s = state.get('status');
      if (s) pairs(facts, [
        ['State', s.journal, s.journal === 'running' ? '' : 'bad'], ['Class', s.journal_class], ['Lag, events', count(s.seq - s.durable_seq)], ['Event', count(s.seq)], ['On disk', count(s.durable_seq)], ['Run', s.run],
        ['Clock', s.clock.state, s.clock.state === 'proven' ? '' : 'warn'], ['Follows', s.clock.follows], ['Up', `${Math.floor(s.up_s / 60)} min`],
      ]);
    };
  },
};
