// SPDX-License-Identifier: Apache-2.0
// The log's newest lines, by level and by words.
import { get } from '../connection.mjs';
import { card, foldLines, make, put, saver, scrolls, stamp, table, tabs, zoneName } from '../kit.mjs';

const LEVELS = ['debug', 'info', 'warn', 'error'];
const KNOWN = ['t', 'level', 'area', 'key', 'text'];
let focus = () => {};
// The line's fields as the log on a terminal has them, so that `agent=NAME` is found. Those whose value its sentence has are shown there alone.
const pairsOf = line => Object.entries(line).filter(([k]) => !KNOWN.includes(k));
const written = list => list.map(([k, v]) => `${k}=${v}`).join(' ');
const isSaid = (text, value) => value !== '' && new RegExp(`(^|[^\\w.-])${value.replace(/[^\w\s]/g, '\\$&')}(?![\\w-]|\\.\\w)`).test(text);

export default {
  title: 'Log', keys: [], press: { '/': () => focus() },
  open({ wide }) {
    let level = 'info';
    let word = '';
    let asked = -Infinity;
    let is_paused = false;
    const lines = new Map(); // by time and text
    const box = card('Log', { name: 'log' });
    const note = make('span', { className: 'count' });
    const field = make('input', { type: 'search', placeholder: 'Filter', ariaLabel: 'Filter lines', autocomplete: 'off', spellcheck: false, oninput: () => { word = field.value.trim().toLowerCase(); draw(); } });
    const pause = make('button', { type: 'button', textContent: 'Pause', onclick: () => { is_paused = !is_paused; put(pause, is_paused ? 'Follow' : 'Pause'); } });
    const node = make('table', { id: 't-log' });
    const save = saver(() => 'log', { csv: () => rowsOf.csv() });
    box.bar.append(tabs(LEVELS.map(l => [l, l]), level, key => { level = key; draw(); }, 'From this level on'), note, pause, save, field);
    box.body.append(node);
    scrolls(box.body, 'Log').classList.add('scroll', 'log-lines');
    wide.append(box.section);
    focus = () => field.focus();
    const rowsOf = table(node, [
      { title: 'Time', class: 'l', csv: l => stamp(l.at), text: l => stamp(l.at).slice(5), tone: () => 'dim' },
      { title: 'Level', class: 'l', text: l => l.level, tone: l => ({ error: 'bad', warn: 'warn' })[l.level] ?? 'dim' },
      { title: 'Part', class: 'l p2', text: l => l.area, tone: () => 'dim' },
      { title: 'What', class: 'l wrap', csv: l => [l.text, l.fields].filter(Boolean).join('  '), text: l => [l.n > 1 ? `${l.text} \u00d7${l.n}` : l.text, l.more].filter(Boolean).join('  '), hint: l => l.fields },
    ], 'No lines.');
    function draw() {
      const list = foldLines([...lines.values()].filter(l => LEVELS.indexOf(l.level) >= LEVELS.indexOf(level) && (!word || `${l.area} ${l.text} ${l.fields}`.toLowerCase().includes(word))).reverse()).slice(0, 400);
      rowsOf(list, l => l.key);
      put(note, `${list.reduce((sum, l) => sum + l.n, 0)} lines, wall clock (${zoneName()})`);
    }
    async function load() {
      asked = performance.now();
      for (const l of await get(`log/tail/${lines.size ? 40 : 400}`) ?? []) {
        const key = `${l.t} ${l.text}`;
        if (!lines.has(key)) lines.set(key, { ...l, key, fields: written(pairsOf(l)), more: written(pairsOf(l).filter(([, v]) => !isSaid(l.text, String(v)))), at: typeof l.t === 'number' ? l.t : Date.parse(l.t) });
      }
      while (lines.size > 1200) lines.delete(lines.keys().next().value);
      draw();
    }
    return () => { if (!is_paused && performance.now() - asked > 4000) load(); };
  },
};
