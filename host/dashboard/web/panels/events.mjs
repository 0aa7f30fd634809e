// SPDX-License-Identifier: Apache-2.0
// What happened, newest first: each names whose it is, and leads there.
import { make, moment, put, rows, scrolls, stamp, zoneName } from '../kit.mjs';

const TONES = { crash: 'bad', kill: 'bad', outage: 'bad', halt: 'warn', alert: 'warn', resume: 'good', back: 'good' };

// Whose it is stands before it already.
const said = e => (e.of && e.text.startsWith(`${e.of} `) ? e.text.slice(e.of.length + 1) : e.text);

export default {
  page: 'overview', side: 'right', title: 'Events', keys: ['event/'],
  open({ bar, body }) {
    const note = make('span', { className: 'count', id: 'n-events' });
    const list = make('ol', { className: 'event-list', id: 'l-events' });
    bar.append(note);
    body.append(scrolls(make('div', { className: 'scroll tall' }, list), 'Events'));
    return state => {
      // By when it was: the host hears of one thing later than of another, and what goes on is of its last time. Of one time, what came of
      // an event is above it, as the journal numbers them.
      const all = rows(state, 'event/').sort((a, b) => b.t_ms - a.t_ms || (a.seq && b.seq && b.seq - a.seq) || b.n - a.n);
      const known = new Set(rows(state, 'agent/').map(a => a.name));
      put(note, all.length ? `market time (${zoneName()})` : 'none yet');
      // The newest may be one that goes on: tournaments one behind the other are one event.
      const key = `${zoneName()} ${known.size} ${all.map(e => `${e.n} ${e.count} ${e.t_ms}`).join()}`;
      if (list.dataset.key === key) return;
      list.dataset.key = key;
      const day = e => moment(e.time).slice(0, 5);
      const days = new Set(all.map(day)).size > 1; // the clock alone does not say which one
      const dated = (row, date) => { if (date) row.dataset.day = date; return row; };
      const begins = (e, i) => days && (i === 0 || day(e) !== day(all[i - 1]));
      list.replaceChildren(...all.map((e, i) => dated(make('li', {},
        make('time', { className: 'dim', textContent: moment(e.time).slice(6), title: e.count ? `${moment(new Date(e.first_ms).toISOString())} to ${moment(e.time)}` : moment(e.time) }),
        make('span', { className: `kind ${TONES[e.kind] ?? ''}`, textContent: e.count ? `${e.kind} ×${e.count}` : e.kind }),
        make('span', { className: 'what' }, ...(e.of ? [known.has(e.of) ? make('a', { textContent: e.of, href: `#/agent/${encodeURIComponent(e.of)}` }) : make('b', { textContent: e.of }), ' '] : []), said(e))), begins(e, i) ? stamp(e.t_ms).slice(0, 10) : '')));
    };
  },
};
