// SPDX-License-Identifier: Apache-2.0
// Orders that rest at a venue, and requests about them.
import { clock, make, money, orderPrice, put, rows, scrolls, sideTone, table } from '../kit.mjs';
import { cancelOrder } from '../orders.mjs';

export default {
  page: 'market', side: 'left', title: 'Our orders', keys: ['order/'],
  open({ bar, body, route }) {
    const note = make('span', { className: 'count', id: 'n-orders' });
    const node = make('table', { id: 't-orders' });
    bar.append(note);
    body.append(scrolls(make('div', { className: 'scroll tall' }, node), 'Our orders'));
    const draw = table(node, [
      { title: 'Agent', class: 'l', text: o => o.agent },
      { title: 'Side', class: 'l', text: o => o.side, tone: sideTone }, { title: 'Price', text: orderPrice },
      { title: 'Quantity', text: o => money(o.quantity) }, { title: 'Filled', class: 'p3', text: o => money(o.filled), tone: o => (Number(o.filled) > 0 ? '' : 'dim') },
      { title: 'State', class: 'l p2', text: o => (o.unconfirmed ? `${o.request} unconfirmed` : ({ replace: 'replacing', cancel: 'cancelling' })[o.request] ?? o.state), tone: o => (o.unconfirmed ? 'warn' : 'dim') },
      { title: 'Since', class: 'p3', text: o => clock(o.since), tone: () => 'dim' },
      { title: '', unseen: 'Action', class: 'act', draw: (cell, o) => { cell.firstChild ?? cell.append(make('button', { type: 'button', className: 'mini', textContent: 'Cancel' })); cell.firstChild.ariaLabel = `Cancel ${o.id}`; cell.firstChild.onclick = () => cancelOrder(o); } },
    ], 'No open orders here.');
    return state => {
      const all = rows(state, 'order/');
      const list = all.filter(o => o.symbol === route.shown);
      draw(list, o => o.id);
      put(note, `${list.length} of ${all.length}`);
    };
  },
};
