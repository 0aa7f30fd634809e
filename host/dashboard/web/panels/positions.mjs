// SPDX-License-Identifier: Apache-2.0
// What each agent holds of each instrument, and a way out of it.
import { ENTRY_COST, isHeld, make, money, price, put, rows, scrolls, signed, saver, spaced, symbolCell, table, TAG, tone } from '../kit.mjs';
import { closePosition } from '../orders.mjs';

export default {
  page: 'overview', side: 'left', title: 'Positions', keys: ['position/'],
  open({ bar, body }) {
    const note = make('span', { className: 'count', id: 'n-positions' });
    const node = make('table', { id: 't-positions' });
    bar.append(note);
    body.append(scrolls(make('div', { className: 'scroll tall' }, node), 'Positions'));
    const draw = table(node, [
      { title: 'Agent', class: 'l', value: p => p.agent, text: p => p.agent }, { title: 'Symbol', class: 'l sym', value: p => p.symbol, draw: (cell, p) => symbolCell(cell, p.symbol) },
      { title: 'Quantity', tip: 'Short: below 0', text: p => money(p.quantity) }, { title: 'Entry', class: 'p2', tip: ENTRY_COST, text: p => price(p.entry, p.mark), hint: p => p.entry },
      { title: 'Break-even', class: 'p3', tip: 'Entry less what the open position has realised, after its fees', text: p => price(p.break_even, p.mark), hint: p => p.break_even },
      { title: 'Mark', class: 'p2', text: p => money(p.mark) },
      { title: 'Unrealised', tip: 'In the currency at the end', value: p => Number(p.unrealised), text: p => signed(p.unrealised), tone: p => tone(p.unrealised) },
      { title: 'Realised', class: 'p2', value: p => Number(p.realised), text: p => signed(p.realised), tone: p => tone(p.realised) },
      { title: 'In', class: 'l p3', text: p => p.currency },
      { title: 'Entry tag', class: 'l p3', tip: TAG, value: p => p.entry_tag, csv: p => p.entry_tag, text: p => spaced(p.entry_tag), tone: () => 'dim' },
      { title: '', unseen: 'Action', class: 'act', draw: (cell, p) => { cell.firstChild ?? cell.append(make('button', { type: 'button', className: 'mini', textContent: 'Close' })); cell.firstChild.ariaLabel = `Close ${p.symbol} of ${p.agent}`; cell.firstChild.onclick = () => closePosition(p); } },
    ], 'No positions.', undefined, 'positions');
    bar.append(saver(() => 'positions', draw));
    return state => {
      const all = rows(state, 'position/');
      const list = all.filter(isHeld);
      const dust = all.filter(p => p.is_dust).length;
      draw(list, p => `${p.agent} ${p.symbol}`);
      put(note, dust ? `${list.length}, and ${dust} of dust` : String(list.length));
      note.title = dust ? 'Dust is less than a lot: no order can sell it.' : '';
    };
  },
};
