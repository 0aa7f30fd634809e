// SPDX-License-Identifier: Apache-2.0
// What each hour, day, week or month brought, of all agents or of one, as bars: gains up, losses down.
import { axis, chart, timeAxis } from './chart.mjs';
import { PERIODS, resultNow, resultsBy } from './history.mjs';
import { amount, baseText, card, css, gained, make, stamp, tabs, tone } from './kit.mjs';

const SHOWN = 60;
const NAMES = [['hour', 'Hour'], ['day', 'Day'], ['week', 'Week'], ['month', 'Month']];

export function periodsCard(name) {
  const box = card('Result by', { name: 'periods' });
  const said = make('output', { className: 'legend' });
  const host = make('div');
  let period = null; // as the viewer chose; else the shortest of which there are not too many
  let list = [];
  let length = 1;
  let hovered = null;
  const chosen = () => period ?? NAMES.map(([key]) => key).find(key => resultsBy(name(), key).length <= 48) ?? 'month';
  const pick = tabs(NAMES, '', key => { period = key; draw(); }, 'Length of a bar');
  box.bar.append(pick, said);
  box.body.append(host);
  const bars = way => ({ label: way, colour: () => css(way === 'Gain' ? 'good' : 'bad'), fill: () => css(way === 'Gain' ? 'good' : 'bad'), width: 0, paths: window.uPlot.paths.bars({ size: [0.7, 44] }) });
  // A bar is named where it begins, and between two bars there is nothing to name.
  const begins = u => { const step = Math.max(1, Math.ceil(list.length * 74 / Math.max(74, u.width - 104))); return list.filter((_, i) => i % step === 0).map(p => p.t / 1000); };
  const named = (u, splits) => splits.map(t => { const text = stamp(t * 1000); return length > 8 * 86400 ? text.slice(0, 7) : length >= 86400 || text.slice(11) === '00:00:00' ? text.slice(5, 10) : text.slice(11, 16); });
  const plot = chart(host, {
    name: 'Result of each hour, day, week or month', height: 150, series: [bars('Gain'), bars('Loss')], format: v => amount(v),
    scales: { x: { time: true, range: (u, low, high) => [low - length * 0.6, high + length * 0.6] }, y: { range: (u, low, high) => { const [a, b] = [Math.min(0, low ?? 0), Math.max(0, high ?? 0)]; const pad = (b - a || 1) * 0.08; return [a < 0 ? a - pad : 0, b > 0 || a === 0 ? b + pad : 0]; } } },
    axes: () => [{ ...timeAxis(), splits: begins, values: named }, axis({ size: 74, values: (u, v) => v.map(x => amount(x, Math.abs(x) >= 1000 ? 0 : undefined)) })],
    plugins: [{ hooks: { setCursor: u => say(hovered = u.cursor.idx) } }],
  });
  function say(index) {
    const one = list[index ?? list.length - 1] ?? list.at(-1);
    said.replaceChildren(...(one ? [make('time', { textContent: length > 8 * 86400 ? stamp(one.t).slice(0, 7) : stamp(one.t).slice(5, length < 86400 ? 16 : 10) }), make('b', { className: tone(baseText(one.amount)), textContent: gained(one.amount) })] : []));
  }
  // Behind each message: the last bar is that of the moment; whole: all of them are worked out once more.
  function draw(whole = true) {
    const at = resultNow(name());
    if (!whole && list.length && at && at.t < list.at(-1).t + length * 1000) { list.at(-1).amount = at.amount - list.at(-1).from; show(); return; }
    const now = chosen();
    for (const tab of pick.children) tab.ariaPressed = String(tab.dataset.key === now);
    list = resultsBy(name(), now).slice(-SHOWN);
    length = list.length ? (PERIODS[now][1](list.at(-1).t) - list.at(-1).t) / 1000 : 1;
    show();
  }
  function show() {
    // One bar alone stands in the middle, between two empty places.
    const shown = list.length === 1 ? [{ t: list[0].t - length * 1000 }, list[0], { t: list[0].t + length * 1000 }] : list;
    plot.set([shown.map(p => p.t / 1000), shown.map(p => (p.amount > 0 ? p.amount : null)), shown.map(p => (p.amount < 0 ? p.amount : null))]);
    say(hovered);
  }
  return { ...box, draw };
}
