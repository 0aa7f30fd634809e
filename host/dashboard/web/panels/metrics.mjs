// SPDX-License-Identifier: Apache-2.0
// What plugins say of themselves, by their names, else by their authors' numbers: of the agent that is shown, and there only once it does. The trend is of
// what this page has seen.
import { figure, make, put, saver, scrolls, spaced, spark, table } from '../kit.mjs';

const POINTS = 240;

export default {
  page: 'agent', side: 'right', title: 'Metrics', keys: ['metrics'],
  open({ section, bar, body }) {
    const note = make('span', { className: 'count', id: 'n-metrics' });
    const node = make('table', { id: 't-metrics' });
    const seen = new Map(); // by agent and number
    const keyOf = r => JSON.stringify([r.agent, r.id]);
    bar.append(note);
    body.append(scrolls(make('div', { className: 'scroll tall' }, node), 'Metrics'));
    const rows = table(node, [
      { title: 'Agent', class: 'l', text: r => r.agent }, { title: 'Metric', class: 'l', csv: r => r.line ?? r.name ?? r.id, text: r => r.line ?? (r.name ? spaced(r.name) : `metric ${r.id}`), hint: r => `number ${r.id}: ${r.line ? `a price of ${r.symbol}` : r.name ? 'as its plugin names it' : 'not named by its plugin'}` },
      { title: 'Value', csv: r => r.value, text: r => figure(r.value) },
      { title: 'Trend', class: 'trend', tip: 'Since this page was opened', draw: (cell, r) => spark(cell, seen.get(keyOf(r)) ?? [], '') },
    ], 'None.');
    bar.append(saver(() => 'metrics', rows));
    return state => {
      const all = state.get('metrics') ?? [];
      for (const r of all) {
        const list = seen.get(keyOf(r)) ?? [];
        seen.set(keyOf(r), [...(list.length < POINTS ? list : list.slice(1)), r.value]);
      }
      const list = all.filter(r => r.agent === document.getElementById('agent-name').value);
      section.hidden = !list.length;
      put(note, String(list.length));
      rows(list, keyOf);
    };
  },
};
