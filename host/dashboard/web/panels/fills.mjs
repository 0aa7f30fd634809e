// SPDX-License-Identifier: Apache-2.0
// The last fills in the instrument that is shown.
import { clock, make, money, put, rows, scrolls, sideTone, signed, table, tone } from '../kit.mjs';

export default {
  page: 'market', side: 'left', title: 'Our fills', keys: ['fill/'],
  open({ bar, body, route }) {
    const note = make('span', { className: 'count', id: 'n-fills' });
    const node = make('table', { id: 't-fills' });
    bar.append(note);
    body.append(scrolls(make('div', { className: 'scroll tall' }, node), 'Our fills'));
    const draw = table(node, [
      { title: 'Time', class: 'l', text: f => clock(f.time), tone: () => 'dim' }, { title: 'Agent', class: 'l', text: f => f.agent },
      { title: 'Side', class: 'l', text: f => f.side, tone: sideTone },
      { title: 'Price', text: f => money(f.price) }, { title: 'Quantity', text: f => money(f.quantity) },
      { title: 'Result', class: 'p2', tip: 'Of what it closed', text: f => (f.result === null ? '' : signed(f.result)), tone: f => tone(f.result) },
      { title: 'Role', class: 'l p2 role', text: f => f.role, tone: () => 'dim' },
      { title: 'Fee', class: 'p3', text: f => `${f.fee.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '')} ${f.fee_asset}`, tone: () => 'dim' },
    ], 'No fills here yet.');
    return state => {
      const list = rows(state, 'fill/').filter(f => f.symbol === route.shown).sort((a, b) => b.seq - a.seq);
      draw(list, f => `${f.seq} ${f.order}`);
      put(note, list.length ? `the last ${list.length}` : '');
    };
  },
};
