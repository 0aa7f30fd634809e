// SPDX-License-Identifier: Apache-2.0
// What a demo shows just now: the act, what is about to happen, where to look, what happened. There only in a demo.
import { make, put } from '../kit.mjs';

export default {
  page: 'overview', side: 'top', title: 'Demo', keys: ['act'],
  open({ section, bar, body }) {
    const step = make('span', { className: 'count', id: 'n-act' });
    const lines = ['title', 'about', 'look', 'said', 'market'].map(key => [key, make('p', { className: `act-${key}` })]);
    bar.append(step);
    body.append(make('div', { id: 'act' }, ...lines.map(([, node]) => node)));
    const words = { about: 'Next: ', look: 'Look at: ', said: 'So far: ', market: 'Market: ' };
    return state => {
      const act = state.get('act');
      section.hidden = !act;
      if (!act) return;
      put(step, `act ${act.number} of ${act.of}`);
      for (const [key, node] of lines) {
        node.hidden = !act[key];
        put(node, `${words[key] ?? ''}${act[key]}`);
      }
    };
  },
};
