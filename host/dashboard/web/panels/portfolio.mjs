// SPDX-License-Identifier: Apache-2.0
// Limits of all agents together: what is used of them, and where they are.
import { baseText, foldable, lossText, make, money, percent, scrolls, set, table, usage } from '../kit.mjs';

// What a limit is, and of which unit, the host says with it: one more is a row of its table.
const limitName = r => r.limit[0].toUpperCase() + r.limit.slice(1).replaceAll('_', ' ') + (r.is_minimum ? ', minimum' : '');
const limitText = (r, v) => (v === 'none' ? '–' : r.unit === 'share' ? percent(v) : money(v));
// How much of it is used; one that is a minimum is stayed above.
const limitShare = r => {
  const [used, at] = [Number(r.used), Number(r.at)];
  if (r.at === 'none' || !(at > 0)) return null;
  return r.is_minimum ? at / Math.max(used, 1e-12) : used / at;
};

// Money is lost once; a limit that follows the capital counts what was lost before it moved in proportion. What is below 0 is nothing used.
const usedText = r => (r.lost !== 'none' ? lossText(r.lost, r.used) : limitText(r, !r.is_minimum && Number(r.used) < 0 ? baseText(0) : r.used));

export default {
  page: 'overview', side: 'right', title: 'Limits of all', keys: ['portfolio'],
  open({ section, bar, body }) {
    const breach = make('span', { className: 'pill small', id: 'breach', textContent: '–' });
    const node = make('table', { id: 't-portfolio' });
    bar.append(breach);
    foldable('limits', [{ section, bar }]);
    body.append(scrolls(make('div', { className: 'scroll' }, node), 'Limits of all agents together'));
    // Bids of longs, asks of shorts: less than what the head has.
    body.append(make('p', { className: 'dim note', textContent: 'At prices to close at, without the pool. Scaled: what was lost before capital moved counts in proportion to it.' }));
    const rows = table(node, [
      { title: 'Of all agents', class: 'l', text: limitName, hint: r => r.text },
      { title: 'Now', class: 'use', draw: (cell, r) => { usage(cell, limitShare(r), usedText(r)); } },
      { title: 'Limit', text: r => limitText(r, r.at), tone: r => (r.at === 'none' ? 'dim' : '') },
    ], 'No limits.');
    return state => {
      const p = state.get('portfolio');
      if (!p) return;
      breach.dataset.state = p.breached ? 'killed' : 'ok';
      set(breach, p.breached ? `${p.breached_by.replace('portfolio_', '').replaceAll('_', ' ')}: ${p.on_breach}` : 'within');
      rows(p.limits, r => r.limit);
    };
  },
};
