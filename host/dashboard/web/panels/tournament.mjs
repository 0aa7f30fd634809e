// SPDX-License-Identifier: Apache-2.0
// The last plan of the tournament: who is ranked, by which measures, and what capital moved.
import { make, measureText, money, percent, put, saver, scrolls, signed, table, titleCase, tone } from '../kit.mjs';

// A column for each measure that the host has: its name, unit and decimals come with the plan.
const columnsOf = measures => [
  { title: 'Rank', text: r => r.rank || '–' }, { title: 'Agent', class: 'l', text: r => r.agent },
  { title: 'Verdict', class: 'l', text: r => r.verdict.replaceAll('_', ' '), tone: r => (r.verdict === 'ranked' ? '' : r.verdict === 'unloaded' ? 'bad' : 'warn') },
  { title: 'Score', text: r => r.score.toFixed(3) }, { title: 'Share', class: 'p2', text: r => percent(r.share) },
  ...measures.map(m => ({ title: m.label === 't' ? m.label : titleCase(m.label), class: 'p3', tip: m.doc, text: r => measureText(m, r[m.name]) })),
  { title: 'Capital before', class: 'p2', text: r => money(r.before) }, { title: 'After', class: 'p2', text: r => money(r.after) },
  { title: 'Flow', text: r => signed(r.change), tone: r => tone(r.change) },
];

export default {
  page: 'tournament', side: 'wide', title: 'Tournament', keys: ['tournament'],
  open({ section, bar, body }) {
    const note = make('span', { className: 'count', id: 'tournament-note' });
    const node = make('table', { id: 't-tournament' });
    let rows = null;
    bar.append(note, saver(() => 'tournament', { csv: () => rows?.csv() ?? '' }));
    body.append(scrolls(make('div', { className: 'scroll' }, node), 'Tournament'));
    return state => {
      const t = state.get('tournament');
      section.hidden = !t;
      if (!t) return;
      put(note, `number ${t.number} · ${(t.time ?? '').slice(0, 16).replace('T', ' ')} · ${t.schedule}`);
      rows ??= table(node, columnsOf(t.measures), 'No plan yet.');
      rows([...t.rows].sort((a, b) => (a.rank || 99) - (b.rank || 99)), r => r.agent);
    };
  },
};
