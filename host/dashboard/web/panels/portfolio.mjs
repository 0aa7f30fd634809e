// SPDX-License-Identifier: Apache-2.0
// Limits of all agents together: what is used of them, and where they are.
import { make, money, percent, set, table } from '../kit.mjs';

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

export default {
  side: 'right', title: 'Portfolio', keys: ['portfolio'],
  open({ bar, body }) {
    const breach = make('span', { className: 'pill small', id: 'breach', textContent: '–' });
    const node = make('table', { id: 't-portfolio' });
    bar.append(breach);
    body.append(make('div', { className: 'scroll' }, node));
    const rows = table(node, [
      { title: 'Of all agents', class: 'l', text: r => limitNames[r.limit] ?? r.limit.replaceAll('_', ' ') },
      { title: 'Now', text: r => limitText(r, r.used), tone: limitTone },
      { title: 'Limit', text: r => limitText(r, r.at), tone: r => (r.at === 'none' ? 'dim' : '') },
    ], 'No limits.');
    return state => {
      const p = state.get('portfolio');
      if (!p) return;
      breach.dataset.state = p.breached ? 'killed' : 'ok';
      set(breach, p.breached ? `${p.breached_by.replace('portfolio_', '').replaceAll('_', ' ')}: ${p.on_breach}` : 'within');
      // Sums over positions are kept by the host only while one of them is limited.
      const isKept = p.limits.some(r => sums.includes(r.limit) && r.at !== 'none');
      rows(p.limits.map(r => (sums.includes(r.limit) && !isKept ? { ...r, used: 'none' } : r)), r => r.limit);
    };
  },
};
