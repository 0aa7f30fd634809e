// SPDX-License-Identifier: Apache-2.0
// Orders that rest at a venue, and requests about them.
import { clock, make, money, put, sideTone, table } from '../kit.mjs';

export default {
  side: 'left', title: 'Open orders', keys: ['orders'],
  open({ bar, body }) {
    const note = make('span', { className: 'count', id: 'n-orders' });
    const node = make('table', { id: 't-orders' });
    bar.append(note);
    body.append(make('div', { className: 'scroll tall' }, node));
    const rows = table(node, [
      { title: 'Agent', class: 'l', text: o => o.agent }, { title: 'Symbol', class: 'l', text: o => o.symbol },
      { title: 'Side', class: 'l', text: o => o.side, tone: sideTone }, { title: 'Price', text: o => money(o.price) },
      { title: 'Quantity', text: o => money(o.quantity) }, { title: 'Filled', class: 'p2', text: o => money(o.filled), tone: o => (Number(o.filled) > 0 ? '' : 'dim') },
      { title: 'State', class: 'l p2', text: o => (o.unconfirmed ? `${o.request} unconfirmed` : ({ replace: 'replacing', cancel: 'cancelling' })[o.request] ?? o.state), tone: o => (o.unconfirmed ? 'warn' : 'dim') },
      { title: 'Since', class: 'p2', text: o => clock(o.since), tone: () => 'dim' },
    ], 'No open orders.');
    return state => {
      const list = state.get('orders') ?? [];
      rows(list, o => o.id);
      put(note, String(list.length));
    };
  },
};
