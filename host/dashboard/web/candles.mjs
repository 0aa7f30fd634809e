// SPDX-License-Identifier: Apache-2.0
// Candles of an instrument's mark price, with what an agent, or all, did there: fills as triangles, working orders and the entry as
// lines. The host has looked at the price four times a second; the last candle goes on with the live one.
import { axis, chart, timeAxis } from './chart.mjs';
import { get } from './connection.mjs';
import { card, colour, count, css, make, money, tabs } from './kit.mjs';

const LENGTHS = [['60', '1m'], ['900', '15m'], ['14400', '4h']];

// What was traded in each candle: bars from below, up to a fifth of the height. A candle of which nothing is known has none.
function drawVolume(u, body) {
  const { ctx, bbox } = u;
  const [xs, open, , , close, volume] = u.data;
  const { min, max } = u.scales.x;
  const most = Math.max(0, ...volume.filter((v, i) => v !== null && xs[i] >= min && xs[i] <= max));
  if (!(most > 0)) return;
  ctx.save();
  ctx.globalAlpha = 0.32;
  xs.forEach((t, i) => {
    if (!(volume[i] > 0)) return;
    const high = Math.max(1, volume[i] / most * bbox.height * 0.2);
    ctx.fillStyle = css(close[i] >= open[i] ? 'good' : 'bad');
    ctx.fillRect(Math.round(u.valToPos(t, 'x', true) - body / 2), Math.round(bbox.top + bbox.height - high), Math.round(body), Math.round(high));
  });
  ctx.restore();
}
// Of a volume: four digits that count.
const traded = v => (v === null || v === undefined ? '–' : money(v >= 1000 ? v.toFixed(0) : String(Number(v.toPrecision(4)))));

// Of an agent's own lines, by their place: none that is a candle's or the entry's.
const LINE_COLOURS = [1, 4, 5, 3, 6, 10, 11, 8];
const lineColour = k => colour(LINE_COLOURS[k % LINE_COLOURS.length]);
// What its plugin says are prices of the instrument: from candle to candle, over them.
function drawLines(u, lines) {
  const { ctx } = u;
  const [xs] = u.data;
  ctx.lineWidth = 1.5 * (window.devicePixelRatio || 1);
  ctx.lineJoin = 'round';
  lines.forEach(({ values }, k) => {
    ctx.strokeStyle = lineColour(k);
    ctx.beginPath();
    let is_on = false;
    values.forEach((v, i) => {
      if (v === null || xs[i] === undefined) { is_on = false; return; }
      const at = [u.valToPos(xs[i], 'x', true), u.valToPos(v, 'y', true)];
      if (is_on) ctx.lineTo(...at); else ctx.moveTo(...at);
      is_on = true;
    });
    ctx.stroke();
  });
}

function draw(layers, own) {
  return u => {
    const { ctx, bbox } = u;
    const [xs, open, high, low, close] = u.data;
    if (!xs?.length) return;
    const dpr = window.devicePixelRatio || 1;
    const y = v => u.valToPos(v, 'y', true);
    const step = xs.length > 1 ? Math.abs(u.valToPos(xs.at(-1), 'x', true) - u.valToPos(xs.at(-2), 'x', true)) : 8 * dpr;
    const body = Math.max(1, Math.min(11 * dpr, step * 0.66));
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    for (let i = 0; i < xs.length; i++) {
      const x = u.valToPos(xs[i], 'x', true);
      if (x < bbox.left - body || x > bbox.left + bbox.width + body) continue;
      ctx.strokeStyle = ctx.fillStyle = css(close[i] >= open[i] ? 'good' : 'bad');
      ctx.lineWidth = Math.max(1, dpr);
      ctx.beginPath();
      ctx.moveTo(Math.round(x) + 0.5, y(high[i]));
      ctx.lineTo(Math.round(x) + 0.5, y(low[i]));
      ctx.stroke();
      const top = Math.min(y(open[i]), y(close[i]));
      ctx.fillRect(Math.round(x - body / 2), top, Math.round(body), Math.max(1, Math.abs(y(open[i]) - y(close[i]))));
    }
    drawVolume(u, body);
    drawLines(u, own());
    const { fills = [], orders = [], entry } = layers();
    const line = (value, colour, dash) => {
      ctx.strokeStyle = colour;
      ctx.setLineDash(dash.map(d => d * dpr));
      ctx.beginPath();
      ctx.moveTo(bbox.left, Math.round(y(value)) + 0.5);
      ctx.lineTo(bbox.left + bbox.width, Math.round(y(value)) + 0.5);
      ctx.stroke();
      ctx.setLineDash([]);
    };
    ctx.globalAlpha = 0.75;
    const resting = orders.filter(o => Number(o.price) > 0).slice(0, 24);
    for (const o of resting) line(Number(o.price), css(o.side === 'buy' ? 'good' : 'bad'), [2, 4]);
    ctx.globalAlpha = 1;
    if (entry) line(entry.price, css('accent'), [6, 4]);
    const width = Number(u.candleSeconds ?? 60);
    for (const f of fills) {
      // Within its candle, as far along as it was in that time.
      const t = Date.parse(f.time) / 1000;
      const begins = Math.floor(t / width) * width;
      const x = u.valToPos(begins, 'x', true) + ((t - begins) / width - 0.5) * body;
      if (x < bbox.left || x > bbox.left + bbox.width) continue;
      const at = y(Number(f.price));
      const up = f.side === 'buy' ? 1 : -1;
      ctx.fillStyle = css(f.side === 'buy' ? 'good' : 'bad');
      ctx.strokeStyle = css('panel');
      ctx.lineWidth = dpr;
      ctx.beginPath();
      ctx.moveTo(x, at);
      ctx.lineTo(x - 5 * dpr, at + up * 9 * dpr);
      ctx.lineTo(x + 5 * dpr, at + up * 9 * dpr);
      ctx.closePath();
      ctx.fill();
      ctx.stroke();
    }
    ctx.restore();
    // What a line is of stands on the axis, beside the candles: the price of now first, then the entry, then orders where there is room.
    ctx.save();
    ctx.font = `${11 * dpr}px system-ui, "Liberation Sans", sans-serif`;
    ctx.textBaseline = 'middle';
    const taken = [];
    const tag = (value, colour, is_moved) => {
      const half = 8 * dpr;
      let at = y(value);
      if (at < bbox.top - half || at > bbox.top + bbox.height + half) return;
      for (const other of taken) if (Math.abs(at - other) < 2 * half) { if (!is_moved) return; at = at <= other ? other - 2 * half : other + 2 * half; }
      taken.push(at);
      ctx.fillStyle = colour;
      ctx.fillRect(bbox.left + bbox.width + 1, at - half, 74 * dpr, 2 * half);
      ctx.fillStyle = css('panel');
      ctx.fillText(money(value.toFixed(u.candleDigits ?? 2)), bbox.left + bbox.width + 5 * dpr, at);
    };
    tag(close.at(-1), css('dim'));
    if (entry) tag(entry.price, css('accent'), true);
    if (resting.length <= 4) for (const o of resting) tag(Number(o.price), css(o.side === 'buy' ? 'good' : 'bad'));
    ctx.restore();
  };
}

/* layers(symbol): { fills, orders, entry, n_fills, n_known }; of n_fills of all instruments n_known are known here. choose: called with a symbol that was chosen. grows: as a chart's. owner: whose lines are
 * drawn, by name; ownLines(symbol): what they are now, [{ line, value }]. */
export function candleCard({ title = 'Price', layers, choose, grows, owner, ownLines = () => [] }) {
  const box = card(title, { name: 'candles' });
  const symbols = make('div', { className: 'tabs', role: 'group', ariaLabel: 'Instrument' });
  const note = make('output', { className: 'legend' });
  const host = make('div');
  let length = '60';
  let symbol = null;
  let data = [[], [], [], [], [], []];
  let lines = []; // of the owner: { line, values }, a value for each candle
  let digits = 2; // of a price there
  let asked = 0;
  let lastAsked = 0;
  let is_asking = false;
  let whole = 0; // s; up to this candle all are the host's
  let pointed = null; // the candle under the pointer
  box.bar.append(tabs(LENGTHS, length, key => { length = key; load(); }, 'Length of a candle'), note);
  symbols.classList.add('symbols');
  const key = make('p', { className: 'key dim' });
  box.body.append(make('div', { className: 'symbol-row' }, symbols, key), host);
  const paint = draw(() => layers(symbol), () => lines);
  const none = { colour: () => 'transparent', width: 0 };
  const plot = chart(host, {
    name: 'Candles of the mark price', height: 300, grows, padding: [8, 8, 0, 22],
    series: [...['Open', 'High', 'Low', 'Close'].map(label => ({ ...none, label })), { ...none, label: 'Volume', scale: 'v' }],
    axes: () => [timeAxis(), axis({ side: 1, size: 76, values: (u, v) => { const texts = v.map(x => String(+x.toPrecision(10))); const most = Math.max(...texts.map(t => (t.split('.')[1] ?? '').length)); return v.map(x => money(x.toFixed(most))); } })],
    scales: { x: { time: true, range: (u, low, high) => [low - Number(length) * 0.6, high + Number(length) * 0.6] }, v: { range: () => [0, 1] },
      // Where there is volume it has the lowest fifth to itself. A line has room as far as the candles stay the larger part.
      y: { range: (u, low_, high_) => { const near = lines.flatMap(l => l.values.filter((v, i) => v !== null && data[0][i] >= u.scales.x.min && data[0][i] <= u.scales.x.max)); const by = (high_ - low_) * 0.6; const low = Math.min(low_, Math.max(low_ - by, ...near.length ? [Math.min(...near)] : [])); const high = Math.max(high_, Math.min(high_ + by, ...near.length ? [Math.max(...near)] : [])); const pad = (high - low || high * 0.001) * 0.08; return [low - pad * (data[5].some(v => v > 0) ? 3.4 : 1), high + pad]; } } },
    plugins: [{ hooks: { draw: u => { u.candleSeconds = length; u.candleDigits = digits; paint(u); }, setCursor: u => { pointed = u.cursor.idx ?? null; say(pointed); } } }],
  });
  function say(index) {
    const i = index ?? data[0].length - 1;
    note.textContent = i < 0 ? 'no price yet' : [...['O', 'H', 'L', 'C'].map((k, n) => `${k} ${data[n + 1][i] === undefined ? '' : money(data[n + 1][i].toFixed(digits))}`), ...(hasVolume() ? [`V ${traded(data[5][i])}`] : [])].join('  ');
    sayKey(i);
  }
  const hasVolume = () => data[5].some(v => v !== null);
  // What the lines and triangles are; and where there is no volume, why.
  function sayKey(index = data[0].length - 1) {
    const { fills = [], orders = [], entry, n_fills = 0, n_known = n_fills } = layers(symbol);
    const resting = orders.filter(o => Number(o.price) > 0).length;
    key.replaceChildren(...[entry && ['entry', `╌ entry: ${entry.text}`], resting && ['', `┄ ${resting} ${resting === 1 ? 'order' : 'orders'}`], fills.length && ['', n_fills > n_known ? `▲▼ fills, the newest ${count(n_known)} of ${count(n_fills)}` : '▲▼ fills'],
      hasVolume() ? ['volume', '▂▅ volume'] : data[0].length && ['volume', 'no volume: nobody here reads its trades or bars']]
      .filter(Boolean).map(([name, text]) => make('span', { className: name, textContent: text })),
    ...lines.map(({ line, values }, k) => {
      const swatch = make('i', { className: 'swatch' });
      swatch.style.background = lineColour(k);
      const v = values[index];
      return make('span', { className: 'own' }, swatch, v === null || v === undefined ? line : `${line} ${money(v.toFixed(digits))}`);
    }));
  }
  async function load() {
    if (!symbol) return;
    asked = performance.now();
    const list = await get(`candles/${encodeURIComponent(symbol)}/${length}`);
    if (!list) return;
    digits = (list[0]?.open.split('.')[1] ?? '').length;
    data = [list.map(c => c.t_ms / 1000), ...['open', 'high', 'low', 'close'].map(k => list.map(c => Number(c[k]))), list.map(c => (c.volume === undefined ? null : Number(c.volume)))];
    lines = [];
    whole = data[0].at(-1) ?? 0;
    await loadLines(list[0]?.t_ms ?? 0);
    plot.set(data);
    say(null);
  }
  // Of each line that its owner has, the value of each candle; null: it had none.
  async function loadLines(since) {
    const mine = [symbol, length, owner?.()].join();
    const list = owner?.() ? await get(`lines/${encodeURIComponent(owner())}/${encodeURIComponent(symbol)}/${length}/${since}`) : null;
    if (!list || mine !== [symbol, length, owner()].join()) return;
    const place = new Map(data[0].map((t, i) => [t, i]));
    const all = new Map();
    for (const { line, t_ms, price } of list) {
      if (!all.has(line)) all.set(line, data[0].map(() => null));
      if (place.has(t_ms / 1000)) all.get(line)[place.get(t_ms / 1000)] = Number(price);
    }
    lines = [...all].map(([line, values]) => ({ line, values })).filter(l => l.values.some(v => v !== null));
  }
  function tickLines() {
    for (const { line, value } of ownLines(symbol)) {
      if (!lines.some(l => l.line === line)) lines.push({ line, values: data[0].map(() => null) });
      lines.find(l => l.line === line).values[data[0].length - 1] = value;
    }
  }
  // The last ones again, as the host has them: what was traded in them, and those that nobody saw here. The newest goes on live.
  async function loadLast() {
    lastAsked = performance.now();
    is_asking = true;
    const mine = [symbol, length].join();
    const list = await get(`candles/${encodeURIComponent(symbol)}/${length}/${Math.round(Math.min(data[0].at(-8) ?? 0, whole) * 1000)}`);
    is_asking = false;
    if (!list || mine !== [symbol, length].join()) return;
    for (const c of list) {
      const t = c.t_ms / 1000;
      const row = [t, ...['open', 'high', 'low', 'close'].map(k => Number(c[k])), c.volume === undefined ? null : Number(c.volume)];
      let i = data[0].lastIndexOf(t);
      if (i < 0 && t < data[0].at(-1)) {
        i = data[0].findIndex(other => other > t);
        data.forEach(d => d.splice(i, 0, null));
        lines.forEach(l => l.values.splice(i, 0, null));
      }
      if (i < 0) continue; // later than what is here: the next tick has it
      if (i === data[0].length - 1) {
        row[2] = Math.max(row[2], data[2][i]);
        row[3] = Math.min(row[3], data[3][i]);
        row[4] = data[4][i];
      }
      row.forEach((v, k) => { if (k < 5 || v !== null) data[k][i] = v; });
      whole = Math.max(whole, t);
    }
    if (list.length) await fillLines(list[0].t_ms);
  }
  // What lines were at candles that this page did not see.
  async function fillLines(since) {
    const mine = [symbol, length, owner?.()].join();
    const list = lines.length ? await get(`lines/${encodeURIComponent(owner())}/${encodeURIComponent(symbol)}/${length}/${since}`) : null;
    if (!list || mine !== [symbol, length, owner()].join()) return;
    const place = new Map(data[0].map((t, i) => [t, i]));
    for (const { line, t_ms, price } of list) {
      const values = lines.find(l => l.line === line)?.values;
      const i = place.get(t_ms / 1000);
      if (values && i !== undefined && values[i] === null) values[i] = Number(price);
    }
  }
  return {
    section: box.section,
    get symbol() { return symbol; },
    show(name) { if (name !== symbol) { symbol = name; mark(); load(); } },
    // Another owner: his lines are asked for.
    again() { lines = []; load(); },
    // Which there are.
    offer(names) {
      if (symbols.dataset.names !== names.join()) {
        symbols.dataset.names = names.join();
        symbols.replaceChildren(...names.map(name => make('button', { type: 'button', textContent: name, onclick: () => { this.show(name); choose?.(name); } })));
        symbols.hidden = names.length < 2;
        mark();
      }
      if (!names.includes(symbol) && names.length) this.show(names[0]);
    },
    // The live price: the last candle goes on; once a minute the host is asked for all of them.
    tick(t_ms, mark_px) {
      if (!symbol || performance.now() - asked > 60000) load();
      else if (data[0].length && performance.now() - Math.max(asked, lastAsked) > 5000) loadLast();
      const px = Number(mark_px);
      if (!(px > 0) || !data[0].length) return;
      const begins = Math.floor(t_ms / 1000 / Number(length)) * Number(length);
      if (begins > data[0].at(-1) + Number(length) && !is_asking && performance.now() - asked > 1000) loadLast(); // one between them was not seen
      if (begins > data[0].at(-1)) { [begins, px, px, px, px, hasVolume() ? 0 : null].forEach((v, i) => data[i].push(v)); lines.forEach(l => l.values.push(null)); if (data[0].length > 260) [...data, ...lines.map(l => l.values)].forEach(d => d.shift()); }
      const i = data[0].length - 1;
      data[2][i] = Math.max(data[2][i], px);
      data[3][i] = Math.min(data[3][i], px);
      data[4][i] = px;
      tickLines();
      plot.set(data);
      say(pointed);
    },
  };
  function mark() { for (const button of symbols.children) button.ariaPressed = String(button.textContent === symbol); }
}
