// SPDX-License-Identifier: Apache-2.0
// Each venue by itself: how it is, how much of it stands, how fast it is heard, how long it was up.
import { count, lasted, make, percent, put, rows, scrolls, span, table } from '../kit.mjs';

const toneOf = v => ({ running: 'good', waiting: 'dim', degraded: 'warn', halted: 'warn' })[v.state] ?? 'bad';
const columns = [
  { title: 'Venue', class: 'l', text: v => v.venue },
  { title: 'State', class: 'l', text: v => v.state, tone: toneOf },
  { title: 'Links', class: 'p2', text: v => `${v.links_up}/${v.links}`, tone: v => (v.links_up < v.links ? 'warn' : '') },
  { title: 'Books', text: v => `${v.books_live}/${v.books}`, tone: v => (v.books_live < v.books ? 'warn' : '') },
  { title: 'p50', class: 'p2', tip: 'Wire to decision, since the host began', text: v => span(v.p50_ns) },
  { title: 'p99', tip: 'Wire to decision, since the host began', text: v => span(v.p99_ns) },
  { title: 'Budget', class: 'p2', tip: 'API budget left', text: v => count(v.api_budget_left) },
  { title: 'Unconfirmed', class: 'p2', text: v => count(v.unconfirmed), tone: v => (v.unconfirmed ? 'bad' : 'dim') },
  { title: 'Gaps', class: 'p2', tip: 'Since the host began', text: v => count(v.gaps), tone: v => (v.gaps ? 'warn' : 'dim') },
  { title: 'Up', tip: 'Of the time since it was up first', text: v => percent(v.uptime), hint: v => `${v.outages} outages, ${lasted(v.down_s)}`, tone: v => (v.outages ? 'warn' : '') },
];

export default {
  page: 'reliability', side: 'left', title: 'Venues', keys: ['venue/'],
  open({ bar, body }) {
    const note = make('span', { className: 'count', id: 'n-venues' });
    const node = make('table', { id: 't-venues' });
    bar.append(note);
    body.append(scrolls(make('div', { className: 'scroll' }, node), 'Venues'), make('p', { className: 'dim note window', textContent: 'State, links, books, budget and unconfirmed: now. Latency, gaps and up: since the host began.' }));
    const draw = table(node, columns, 'No venues.');
    return state => {
      const list = rows(state, 'venue/');
      draw(list, v => v.venue);
      put(note, `${list.filter(v => v.state === 'running').length} of ${list.length} running`);
    };
  },
};
