// SPDX-License-Identifier: Apache-2.0
// A tournament's plan: who is ranked, by which measures, and what capital moved.
import { isEarlier, planOf } from '../plan.mjs';
import { fixed, make, measureName, measureText, money, percent, put, saver, scrolls, set, signed, table, titleCase, tone } from '../kit.mjs';

// A column for each measure that the host has: its name, unit and decimals come with the plan.
const columnsOf = measures => [
  { title: 'Rank', text: r => r.rank || '–' }, { title: 'Agent', class: 'l', text: r => r.agent },
  { title: 'Verdict', class: 'l', text: r => r.verdict.replaceAll('_', ' '), tone: r => (r.verdict === 'ranked' ? '' : r.verdict === 'unloaded' ? 'bad' : 'warn') },
  { title: 'Score', text: r => fixed(r.score, 3) }, { title: 'Share', class: 'p2', text: r => percent(r.share) },
  ...measures.map(m => ({ title: measureName(m), class: 'p3', tip: m.doc, text: r => measureText(m, r[m.name]) })),
  { title: 'Capital before', class: 'p2', text: r => money(r.before) }, { title: 'After', class: 'p2', text: r => money(r.after) },
  { title: 'Flow', text: r => (r.back ? 'undone' : signed(r.change)), hint: r => (r.back ? `${signed(r.change)} had moved` : ''), tone: r => (r.back ? 'warn' : tone(r.change)) },
];

export default {
  page: 'tournament', side: 'wide', title: 'Tournament', keys: ['tournament'],
  open({ section, bar, body, route }) {
    const note = make('span', { className: 'count', id: 'tournament-note' });
    const undone = make('p', { className: 'none warn', id: 'tournament-undone', hidden: true });
    const node = make('table', { id: 't-tournament' });
    let rows = null;
    const way = text => make('a', { className: 'way', textContent: text, hidden: true });
    const [before, after] = [way('Earlier'), way('Later')];
    bar.append(note, before, after, saver(() => `tournament-${shown}`, { csv: () => rows?.csv() ?? '' }));
    let shown = '';
    body.append(undone, scrolls(make('div', { className: 'scroll' }, node), 'Tournament'));
    const show = state => {
      const t = planOf(state, route, () => show(state));
      const last = state.get('tournament')?.number;
      section.hidden = !t;
      if (!t) return;
      shown = t.number;
      put(note, `number ${t.number}${isEarlier(state, route) ? ` of ${last}` : ''} · ${(t.time ?? '').slice(0, 16).replace('T', ' ')} · ${t.schedule}`);
      undone.hidden = !t.undone;
      if (t.undone) set(undone, `${titleCase(t.undone.text)} (at ${t.undone.time.slice(0, 19).replace('T', ' ')}, event ${t.undone.seq}).`);
      before.hidden = t.number <= 1;
      after.hidden = t.number >= last;
      before.href = `#/tournament/${t.number - 1}`;
      after.href = t.number + 1 < last ? `#/tournament/${t.number + 1}` : '#/tournament';
      rows ??= table(node, columnsOf(t.measures), 'No plan yet.');
      rows([...t.rows].map(r => ({ ...r, back: Boolean(t.undone) })).sort((a, b) => (a.rank || 99) - (b.rank || 99)), r => r.agent);
    };
    return show;
  },
};
