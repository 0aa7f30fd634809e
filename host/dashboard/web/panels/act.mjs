// SPDX-License-Identifier: Apache-2.0
// What a demo shows just now: the act, what is about to happen, where to look, what happened; of a demo that is kept, what each act came
// to. There only in a demo.
import { foldable, make, put } from '../kit.mjs';

export default {
  page: 'overview', side: 'top', title: 'Demo', keys: ['act'],
  open({ section, bar, body }) {
    const step = make('span', { className: 'count', id: 'n-act' });
    const lines = ['title', 'about', 'look', 'said', 'market'].map(key => [key, make('p', { className: `act-${key}` })]);
    bar.append(step);
    const past = make('dl', { id: 'acts-past', hidden: true });
    const [title, about, look, said, market] = lines.map(([, node]) => node);
    body.append(make('div', { id: 'act' }, title, past, about, look, said, market));
    const folds = foldable('act', [{ section, bar }]);
    const words = { about: 'Next: ', look: 'Look at: ', said: 'So far: ', market: 'Market: ' };
    return state => {
      const act = state.get('act');
      section.hidden = !act;
      if (!act) return;
      put(step, act.past ? 'its acts are over' : `act ${act.number} of ${act.of}`);
      folds(Boolean(act.past)); // what goes on is in view
      for (const [key, node] of lines) {
        node.hidden = !act[key];
        put(node, `${act.past && key === 'said' ? '' : words[key] ?? ''}${act[key]}`);
      }
      past.hidden = !act.past;
      const key = JSON.stringify(act.past);
      if (past.hidden || past.dataset.key === key) return;
      past.dataset.key = key;
      past.replaceChildren(...act.past.map((one, i) => make('div', {}, make('dt', { textContent: `${i + 1} ${one.title}` }), make('dd', { textContent: one.said }))));
    };
  },
};
