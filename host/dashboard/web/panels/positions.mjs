// SPDX-License-Identifier: Apache-2.0
// What each agent holds of each instrument.
import { make, money, put, signed, table, tone } from '../kit.mjs';

export default {
  side: 'left', title: 'Positions', keys: ['positions'],
  open({ bar, body }) {
    const note = make('span', { className: 'count', id: 'n-positions' });
    const node = make('table', { id: 't-positions' });
    bar.append(note);
    body.append(make('div', { className: 'scroll' }, node));
    const rows = table(node, [
      { title: 'Agent', class: 'l', text: p => p.agent }, { title: 'Symbol', class: 'l', text: p => p.symbol },
      { title: 'Quantity', tip: 'Short: below 0', text: p => money(p.quantity), tone: p => (Number(p.quantity) === 0 ? 'dim' : '') }, { title: 'Entry', class: 'p2', text: p => money(p.entry) },
      { title: 'Break-even', class: 'p3', tip: 'Entry less what the open position has realised, after its fees', text: p => money(p.break_even) },
      { title: 'Mark', class: 'p2', text: p => money(p.mark) },
      { title: 'Unrealised', tip: 'In the currency at the end', text: p => signed(p.unrealised), tone: p => tone(p.unrealised) },
      { title: 'Realised', class: 'p2', text: p => signed(p.realised), tone: p => tone(p.realised) },
      { title: '', class: 'l p3', text: p => p.currency },
    ], 'No positions.');
    return state => {
      const list = (state.get('positions') ?? []).filter(p => Number(p.quantity) !== 0 || Number(p.realised) !== 0);
      rows(list, p => `${p.agent} ${p.symbol}`);
      put(note, String(list.filter(p => Number(p.quantity) !== 0).length));
    };
  },
};
