// SPDX-License-Identifier: Apache-2.0
// What plugins say of themselves, by their authors' numbers; there only once one does.
import { figure, make, put, table } from '../kit.mjs';

export default {
  side: 'right', title: 'Metrics', keys: ['metrics'],
  open({ section, bar, body }) {
    const note = make('span', { className: 'count', id: 'n-metrics' });
    const node = make('table', { id: 't-metrics' });
    bar.append(note);
    body.append(make('div', { className: 'scroll tall' }, node));
    const rows = table(node, [
      { title: 'Agent', class: 'l', text: r => r.agent }, { title: 'Metric', text: r => String(r.id) },
      { title: 'Value', text: r => figure(r.value) },
    ], 'None.');
    return state => {
      const list = state.get('metrics');
      section.hidden = !list;
      if (!list) return;
      put(note, String(list.length));
      rows(list, r => JSON.stringify([r.agent, r.id]));
    };
  },
};
