// SPDX-License-Identifier: Apache-2.0
// Cards: memory, shares by class, heat, and the leases that are held or wait.
import { make, percent, scrolls, set, table, usage } from '../kit.mjs';

const gib = n => `${(n / 2 ** 30).toFixed(n < 2 ** 30 ? 2 : 1)} GiB`;
const stateTone = s => ({ scaled: 'warn', lost: 'bad', 'too hot': 'bad' })[s] ?? '';
const leaseTone = s => ({ waiting: 'warn', suspended: 'warn', leaving: 'warn' })[s] ?? '';
const share = (cell, has, most) => { usage(cell, most > 0 ? has / most : null, percent(has, 0)); };
const heatText = c => (c === null ? '–' : `${c.toFixed(0)} °C`);

export default {
  page: 'reliability', side: 'right', title: 'Cards', keys: ['cards', 'leases'],
  open({ section, bar, body }) {
    const split = make('span', { className: 'pill small', id: 'card-split', textContent: '–' });
    const cards = make('table', { id: 't-cards' });
    const leases = make('table', { id: 't-leases' });
    bar.append(split);
    body.append(scrolls(make('div', { className: 'scroll' }, cards), 'Cards'),
      scrolls(make('div', { className: 'scroll' }, leases), 'Leases of cards'));
    const cardRows = table(cards, [
      { title: 'Card', class: 'l', text: c => c.name, hint: c => c.device },
      { title: 'State', class: 'l', text: c => c.state, tone: c => stateTone(c.state) },
      { title: 'Memory', class: 'use', draw: (cell, c) => { usage(cell, c.leased_bytes / c.bytes, gib(c.leased_bytes)); }, hint: c => `of ${gib(c.bytes)}` },
      { title: 'Inference', class: 'use p3', draw: (cell, c) => { share(cell, c.inference, c.inference_max); } },
      { title: 'Training', class: 'use p3', draw: (cell, c) => { share(cell, c.training, c.training_max); } },
      { title: 'Heat', text: c => heatText(c.celsius), tone: c => (c.heat_step > 2 ? 'bad' : c.heat_step > 0 ? 'warn' : '') },
      { title: 'Waiting', class: 'p2', text: c => String(c.waiting) },
    ], 'No cards.');
    const leaseRows = table(leases, [
      { title: 'Lease', class: 'l', text: l => `${l.agent}.${l.name}`, hint: l => `${l.class}, priority ${l.priority}, ${l.budget}` },
      { title: 'State', class: 'l', text: l => l.state, tone: l => leaseTone(l.state), hint: l => l.waits_for },
      { title: 'On', class: 'l p2', text: l => l.card },
      { title: 'Memory', text: l => gib(l.bytes) },
      { title: 'Share', class: 'p3', text: l => percent(l.share, 0) },
      { title: 'Place', class: 'p4', text: l => (l.place === null ? '–' : String(l.place)) },
    ], 'No leases.');
    return state => {
      const view = state.get('cards');
      if (!view) return;
      section.hidden = !view.on;
      split.dataset.state = view.cards.some(c => c.state !== 'ok') ? 'halted' : 'ok';
      set(split, view.on ? `${view.split}${view.single ? ', one card left' : ''}` : 'none');
      cardRows(view.cards, c => c.card);
      leaseRows(state.get('leases') ?? [], l => l.lease);
    };
  },
};
