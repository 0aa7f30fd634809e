// SPDX-License-Identifier: Apache-2.0
// The last fills.
import { clock, make, money, put, sideTone, table } from '../kit.mjs';

export default {
  side: 'left', title: 'Fills', keys: ['fills'],
  open({ bar, body }) {
    const note = make('span', { className: 'count', id: 'n-fills' });
    const node = make('table', { id: 't-fills' });
    bar.append(note);
    body.append(make('div', { className: 'scroll tall' }, node));
    const rows = table(node, [
      { title: 'Time', class: 'l', text: f => clock(f.time), tone: () => 'dim' }, { title: 'Agent', class: 'l', text: f => f.agent },
      { title: 'Symbol', class: 'l', text: f => f.symbol }, { title: 'Side', class: 'l', text: f => f.side, tone: sideTone },
      { title: 'Price', text: f => money(f.price) }, { title: 'Quantity', text: f => money(f.quantity) },
      { title: 'Role', class: 'l p2 role', text: f => f.role, tone: () => 'dim' },
      { title: 'Fee', class: 'p2', text: f => `${f.fee.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')} ${f.fee_asset}`, tone: () => 'dim' },
    ], 'No fills yet.');
    return state => {
      const list = state.get('fills') ?? [];
      rows(list, f => `${f.seq} ${f.order}`);
      put(note, list.length ? `the last ${list.length}` : '');
    };
  },
};
