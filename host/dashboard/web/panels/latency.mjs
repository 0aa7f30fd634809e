// SPDX-License-Identifier: Apache-2.0
// How long the engine's steps take, and from the wire to a decision.
import { make, set, span } from '../kit.mjs';

const svgNS = 'http://www.w3.org/2000/svg';

export default {
  page: 'reliability', side: 'right', title: 'Latency', keys: ['latency'],
  open({ bar, body }) {
    bar.append(make('span', { className: 'count window', textContent: 'since the host began' }));
    const node = make('div', { id: 'latency' });
    body.append(node);
    return state => {
      const all = state.get('latency');
      if (!all) return;
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
          box.append(svg, make('div', { className: 'axis' }, make('span', { textContent: '< 512 ns' }), make('span', { textContent: '65 µs' }), make('span', { textContent: '17 s' })));
          node.append(box);
        }
        const text = h.count ? `p50 ${span(h.p50_ns)} · p99 ${span(h.p99_ns)}` : 'none yet';
        set(box.firstChild.lastChild, text);
        box.querySelector('svg').setAttribute('aria-label', `${title}: ${text}`);
        // By the root of the count: rare and slow ones stay visible.
        const max = Math.sqrt(Math.max(1, ...h.octaves));
        [...box.querySelectorAll('rect')].forEach((rect, i) => {
          const height = Math.sqrt(h.octaves[i]) / max * 52;
          for (const [k, v] of Object.entries({ x: i * 10 + 1, width: 8, y: (54 - height).toFixed(1), height: height.toFixed(1), rx: 1 })) rect.setAttribute(k, v);
        });
      }
    };
  },
};
