// SPDX-License-Identifier: Apache-2.0
// Swaps of generations and restarts of this run; there only once there was one.
import { clock, count, make, put, scrolls, span, table } from '../kit.mjs';

export default {
  page: 'reliability', side: 'left', title: 'Reloads', keys: ['reloads'],
  open({ section, bar, body }) {
    const note = make('span', { className: 'count', id: 'n-reloads' });
    const node = make('table', { id: 't-reloads' });
    bar.append(note);
    body.append(scrolls(make('div', { className: 'scroll tall' }, node), 'Reloads'));
    const rows = table(node, [
      { title: 'Time', class: 'l', text: r => clock(r.time) }, { title: 'Agent', class: 'l', text: r => r.agent },
      { title: 'Kind', class: 'l', text: r => r.kind }, { title: 'From', text: r => String(r.from) }, { title: 'To', text: r => String(r.to) },
      { title: 'Pause', text: r => span(r.pause_ns) }, { title: 'All in all', class: 'p2', text: r => span(r.total_ns) },
      { title: 'State', class: 'p2', text: r => `${count(r.state_bytes)} B` }, { title: 'Code', class: 'l p2', text: r => r.code.slice(0, 8) },
    ], 'Nothing yet.');
    return state => {
      const list = state.get('reloads');
      section.hidden = !list;
      if (!list) return;
      put(note, String(list.length));
      rows(list, r => JSON.stringify([r.time, r.agent, r.to]));
    };
  },
};
