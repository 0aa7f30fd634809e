// SPDX-License-Identifier: Apache-2.0
// Plots over time by uPlot: lines with a legend that shows what is under the pointer, ranges, marks of what happened. A chart takes its
// colours when it is drawn, so that dark and light can change, and its width from where it stands.
import { PHONE, css, make, set, stamp, tabs, zoned } from './kit.mjs';

export const RANGES = [['15m', '15m', 900], ['1h', '1h', 3600], ['6h', '6h', 21600], ['1d', '1d', 86400], ['1w', '1w', 604800], ['all', 'All', Infinity]];
export const rangeTabs = (chosen, choose) => tabs(RANGES, chosen, key => choose(RANGES.find(r => r[0] === key)[2]), 'Range');
const charts = new Set();
export const redrawAll = () => charts.forEach(chart => chart.remake());

const axisFont = '11px system-ui, "Liberation Sans", sans-serif';
export const axis = more => ({ stroke: () => css('dim'), grid: { stroke: () => css('line'), width: 1 }, ticks: { show: false }, font: axisFont, ...more });
// By the clock; where a day begins, the day.
const timeText = (u, splits, index, space, step) => splits.map(t => {
  const text = stamp(t * 1000);
  const is_day = step >= 86400 || text.slice(11) === '00:00:00';
  return is_day ? text.slice(5, 10) : text.slice(11, step < 60 ? 19 : 16);
});
export const timeAxis = () => axis({ grid: { show: false }, space: 74, size: 26, values: timeText });

/* Lines of what happened: { t (s), text, kind, go } each; the one next to the pointer is named, a click opens where more of it is. */
const markColour = kind => css(({ crash: 'bad', kill: 'bad', halt: 'warn', outage: 'warn', tournament: 'accent' })[kind] ?? 'dim');
function marksPlugin(marks, note) {
  const near = u => {
    let best = null;
    for (const mark of marks()) {
      const far = Math.abs(u.valToPos(mark.t, 'x') - u.cursor.left);
      if (far < 9 && (best === null || far < best.far)) best = { ...mark, far };
    }
    return best;
  };
  return { hooks: {
    draw: u => {
      const { ctx, bbox } = u;
      const dpr = window.devicePixelRatio || 1;
      ctx.save();
      const all = marks();
      const held = all.filter(m => m.kind === 'tournament').length;
      for (const mark of all) {
        const x = Math.round(u.valToPos(mark.t, 'x', true));
        if (x < bbox.left || x > bbox.left + bbox.width) continue;
        ctx.strokeStyle = ctx.fillStyle = markColour(mark.kind);
        if (mark.kind !== 'tournament' || held < 8) { // many of them would be a fence
          ctx.globalAlpha = 0.4;
          ctx.setLineDash([3 * dpr, 4 * dpr]);
          ctx.beginPath();
          ctx.moveTo(x + 0.5, bbox.top + 6 * dpr);
          ctx.lineTo(x + 0.5, bbox.top + bbox.height);
          ctx.stroke();
          ctx.globalAlpha = 1;
        }
        ctx.beginPath();
        ctx.arc(x + 0.5, bbox.top + 3 * dpr, 3 * dpr, 0, 7);
        ctx.fill();
      }
      ctx.restore();
    },
    setCursor: u => { const mark = u.cursor.left >= 0 ? near(u) : null; note(mark); u.over.classList.toggle('points', Boolean(mark)); },
    ready: u => u.over.addEventListener('click', () => near(u)?.go?.()),
  } };
}

/* host: where it is drawn. series: [{ label, colour(), width, fill, dash, stepped }]. format: of values. gaps: what is not there is not
 * the one before. grows: on a large screen it is taller, where its page has nothing else to fill that with. */
const TALL = matchMedia('(min-width: 1900px) and (min-height: 1100px)');
export function chart(host, { series, height = 240, format = String, axes, scales, marks, plugins = [], legend, padding, name = 'Chart', hold, gaps = false, grows = false }) {
  let plot = null;
  let data = [[], ...series.map(() => [])];
  let list = series;
  host.classList.add('plot');
  host.setAttribute('role', 'img');
  host.setAttribute('aria-label', name);
  const note = legend && make('span', { className: 'mark dim' });
  function writeLegend(index) {
    if (!legend) return;
    const key = list.map(s => s.label).join() + css('bg');
    if (legend.dataset.key !== key) {
      legend.dataset.key = key;
      legend.replaceChildren(make('time'), ...list.map(s => {
        const swatch = make('span', { className: 'swatch' });
        swatch.style.background = s.colour();
        return make('span', {}, swatch, make('span', { textContent: s.label }), make('b'));
      }), note);
    }
    const at = index ?? data[0].length - 1;
    set(legend.firstChild, index === null || index === undefined || data[0][at] === undefined ? '' : stamp(data[0][at] * 1000).slice(5));
    list.forEach((s, k) => {
      let v = data[k + 1]?.[at];
      for (let i = at; !gaps && (v === null || v === undefined) && i > 0; i--) v = data[k + 1]?.[i];
      set(legend.children[k + 1].lastChild, v === null || v === undefined ? (gaps ? ' –' : '') : ` ${(s.format ?? format)(v)}`);
    });
  }
  const width = () => Math.max(60, host.clientWidth);
  const tall = () => (grows && TALL.matches ? Math.round(height * 1.7) : PHONE.matches ? Math.round(height * 0.8) : height);
  function build() {
    plot?.destroy();
    plot = new window.uPlot({
      width: width(), height: tall(), padding: padding ?? [8, 30, 0, 0] /* half of the last time's label */, legend: { show: false },
      tzDate: ts => { const d = zoned(ts * 1000); return new Date(d.getTime() + d.getTimezoneOffset() * 60000); },
      cursor: { points: { size: 6 }, y: false, drag: { x: true, y: false } },
      scales: { x: { time: true }, ...scales },
      axes: axes?.() ?? [timeAxis(), axis({ size: 68, values: (u, values) => values.map(format) })],
      series: [{}, ...list.map(s => ({
        label: s.label, stroke: s.colour(), width: s.width ?? 1.5, dash: s.dash, fill: s.fill?.(), scale: s.scale ?? 'y', spanGaps: !gaps,
        points: { show: s.points ?? false }, paths: s.paths ?? (s.stepped ? window.uPlot.paths.stepped({ align: s.align ?? 1 }) : undefined),
      }))],
      plugins: [...plugins, ...(marks ? [marksPlugin(marks, mark => { if (note) set(note, mark ? mark.text : ''); })] : [])],
      hooks: { setCursor: [u => writeLegend(u.cursor.idx)] },
    }, data, host);
    writeLegend(null);
  }
  const self = {
    node: host,
    get plot() { return plot; },
    set(next, nextSeries) {
      const isOther = nextSeries && nextSeries.map(s => s.label).join() !== list.map(s => s.label).join();
      if (nextSeries) list = nextSeries;
      data = next;
      if (host.clientWidth === 0) return; // not in view
      if (!plot || isOther) build();
      else {
        const zoomed = hold?.() ?? false;
        plot.setData(data, !zoomed);
        if (plot.cursor.left < 0 || plot.cursor.left === undefined) writeLegend(null);
      }
    },
    remake() { if (plot && host.clientWidth > 0) build(); },
    redraw() { plot?.redraw(false); },
  };
  new ResizeObserver(() => {
    if (host.clientWidth === 0) return;
    if (!plot) { if (data[0].length) build(); } else if (plot.width !== width() || plot.height !== tall()) plot.setSize({ width: width(), height: tall() });
  }).observe(host);
  charts.add(self);
  return self;
}
