// SPDX-License-Identifier: Apache-2.0
// The last fills in the instrument that is shown, of each agent its own.
import { allFills, fairly } from '../fills.mjs';
import { clock, make, money, put, saver, scrolls, sideTone, signed, table, tone } from '../kit.mjs';

const SHOWN = 60; // of all
const EACH = 12; // of each agent, whatever the others do

export default {
  page: 'market', side: 'left', title: 'Our fills', keys: ['fill/', 'agent/'],
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
    bar.append(saver(() => `fills-${route.shown}`, draw));
    const show = state => {
      const list = allFills(state, () => show(state)).filter(f => f.symbol === route.shown);
      const shown = fairly(list, SHOWN, EACH);
      draw(shown, f => `${f.seq} ${f.order}`);
      put(note, list.length ? `the last ${Math.min(SHOWN, list.length)}${shown.length > SHOWN ? `, and of each agent ${EACH}` : ''}` : '');
    };
    return show;
  },
};
