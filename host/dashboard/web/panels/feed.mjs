// SPDX-License-Identifier: Apache-2.0
// What comes from the venue, and what goes there.
import { count, make, pairs, set, span } from '../kit.mjs';

export default {
  page: 'reliability', side: 'right', title: 'Venue feed', keys: ['feed'],
  open({ bar, body }) {
    const health = make('span', { className: 'pill small', id: 'health', textContent: '–' });
    const node = make('dl', { className: 'grid', id: 'feed' });
    let messages = null;
    bar.append(health, make('span', { className: 'count window', textContent: 'now' }));
    body.append(node, make('p', { className: 'dim note', textContent: 'Gaps, resyncs, reconnects and bad messages: since the host began. Messages/s: mean of the last 2 s.' }));
    return state => {
      const f = state.get('feed');
      if (!f) return;
      const now = performance.now();
      if (!messages || now - messages.at > 2000) messages = { at: now, n: f.messages, rate: messages ? (f.messages - messages.n) / (now - messages.at) * 1000 : null };
      health.dataset.state = f.health;
      set(health, f.health);
      pairs(node, [
        ['Links', `${f.links_up} of ${f.links}`, f.links_up < f.links ? 'warn' : ''], ['Books live', `${f.books_live} of ${f.books}`, f.books_live < f.books ? 'warn' : ''],
        ['Messages/s', messages.rate === null ? '–' : count(Math.round(messages.rate))],
        ['Gaps', count(f.gaps), f.gaps ? 'warn' : 'dim'], ['Resyncs', count(f.resyncs), f.resyncs ? 'warn' : 'dim'], ['Reconnects', count(f.reconnects), f.reconnects ? 'warn' : 'dim'],
        ['Unconfirmed', count(f.unconfirmed), f.unconfirmed ? 'bad' : 'dim'], ['Queued', count(f.queued + f.held), f.queued ? 'warn' : 'dim'], ['API budget left', count(f.api_budget_left)],
        ['Bad', count(f.bad), f.bad ? 'bad' : 'dim'], ['Clock offset', span(Math.abs(f.clock_offset_us * 1000))], ['Orders', f.ready ? 'taken' : 'not yet', f.ready ? '' : 'warn'],
      ]);
    };
  },
};
