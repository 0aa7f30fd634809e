// SPDX-License-Identifier: Apache-2.0
// What plugins say of themselves, by their authors' numbers: of the agent that is shown, and there only once it does.
import { figure, make, put, scrolls, table } from '../kit.mjs';

export default {
  page: 'agent', side: 'right', title: 'Metrics', keys: ['metrics'],
  open({ section, bar, body }) {
    const note = make('span', { className: 'count', id: 'n-metrics' });
    const node = make('table', { id: 't-metrics' });
    bar.append(note);
    body.append(scrolls(make('div', { className: 'scroll tall' }, node), 'Metrics'));
    const rows = table(node, [
      { title: 'Agent', class: 'l', text: r => r.agent }, { title: 'Metric', text: r => String(r.id) },
      { title: 'Value', text: r => figure(r.value) },
    ], 'None.');
    return state => {
      const list = (state.get('metrics') ?? []).filter(r => r.agent === document.getElementById('agent-name').value);
      section.hidden = !list.length;
      put(note, String(list.length));
      rows(list, r => JSON.stringify([r.agent, r.id]));
    };
  },
};
