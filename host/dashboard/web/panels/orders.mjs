// SPDX-License-Identifier: Apache-2.0
// Orders that rest at a venue, and requests about them; and those that ended, of each agent.
import { endedColumns, endedOrders, endedUnder } from '../ended.mjs';
import { agents, clock, make, money, orderPrice, put, rows, saver, scrolls, sideTone, spaced, table, tabs, TAG } from '../kit.mjs';
import { cancelOrder } from '../orders.mjs';

export default {
  page: 'market', side: 'left', title: 'Our orders', keys: ['order/', 'agent/'],
  open({ bar, body, route }) {
    const note = make('span', { className: 'count', id: 'n-orders' });
    const node = make('table', { id: 't-orders' });
    const endedNode = make('table', { id: 't-market-ended' });
    const openBox = scrolls(make('div', { className: 'scroll tall' }, node), 'Our orders');
    const endedBox = scrolls(make('div', { className: 'scroll tall', hidden: true }, endedNode), 'Our orders that ended');
    const drawEnded = table(endedNode, [{ title: 'Agent', class: 'l', value: o => o.agent, text: o => o.agent }, ...endedColumns.filter(c => c.title !== 'Symbol')], 'No order has ended here yet.', null, 'ended', endedUnder);
    const save = saver(() => `ended-orders-${route.shown}`, drawEnded);
    let now = null;
    save.hidden = true;
    bar.append(tabs([['open', 'Open'], ['ended', 'Ended']], 'open', key => { openBox.hidden = key !== 'open'; endedBox.hidden = save.hidden = key === 'open'; if (now) show(now); }, 'Open orders, or those that ended'), note, save);
    body.append(openBox, endedBox);
    const draw = table(node, [
      { title: 'Agent', class: 'l', text: o => o.agent },
      { title: 'Side', class: 'l', text: o => o.side, tone: sideTone }, { title: 'Price', text: orderPrice },
      { title: 'Quantity', text: o => money(o.quantity) }, { title: 'Filled', class: 'p3', text: o => money(o.filled), tone: o => (Number(o.filled) > 0 ? '' : 'dim') },
      { title: 'State', class: 'l p2', text: o => (o.unconfirmed ? `${o.request} unconfirmed` : ({ replace: 'replacing', cancel: 'cancelling' })[o.request] ?? o.state), tone: o => (o.unconfirmed ? 'warn' : 'dim') },
      { title: 'Tag', class: 'l p3', tip: TAG, text: o => spaced(o.tag), tone: () => 'dim' }, { title: 'Since', class: 'p3', text: o => clock(o.since), tone: () => 'dim' },
      { title: '', unseen: 'Action', class: 'act', draw: (cell, o) => { cell.firstChild ?? cell.append(make('button', { type: 'button', className: 'mini', textContent: 'Cancel' })); cell.firstChild.ariaLabel = `Cancel ${o.id}`; cell.firstChild.onclick = () => cancelOrder(o); } },
    ], 'No open orders here.');
    const show = state => {
      now = state;
      if (openBox.hidden) {
        const list = endedOrders(agents(state), () => show(now)).filter(o => o.symbol === route.shown);
        drawEnded(list.slice(0, 100), o => o.id, endedOrders.known(agents(state)));
        put(note, list.length ? `the newest ${Math.min(100, list.length)}` : '');
        return;
      }
      const all = rows(state, 'order/');
      const list = all.filter(o => o.symbol === route.shown);
      draw(list, o => o.id);
      put(note, `${list.length} of ${all.length}`);
    };
    return show;
  },
};
