// SPDX-License-Identifier: Apache-2.0
// Who gets how much, and why: ranks over time, points by measure, gates, how capital moved, when the next is held. Of the last tournament, or by
// its number of an earlier one.
import { axis, chart, timeAxis } from '../chart.mjs';
import { get } from '../connection.mjs';
import { isMissing, planOf } from '../plan.mjs';
import { agents, amount, card, colour, fixed, lasted, make, measureName, measureText, money, pairs, percent, put, scrolls, set, signed, stamp, table, titleCase, tone } from '../kit.mjs';

const gateText = (g, v) => (g.unit === 'share' ? percent(v) : String(Number(v.toPrecision(3))).replace('-', '\u2212'));
// What is said of a gate, by how it judged.
const OUTCOMES = { passed: ['good', 'Passed'], failed: ['bad', 'Failed'], not_yet_judged: ['dim', 'Asked from 30 daily samples on'], not_asked: ['dim', 'Not asked: the agent was not judged'] };
// Why one stands where it does: the gates that it failed, or what its verdict stands for.
const reasonOf = r => {
  const failed = r.gates.filter(g => g.outcome === 'failed').map(g => `${g.gate.replaceAll('_', ' ')} is ${g.value === null ? 'not known' : gateText(g, g.value)}, not ${g.is} ${gateText(g, g.limit)}`);
  const verdict = r.verdict.replaceAll('_', ' ');
  return failed.length ? `${verdict}: ${failed.join('; ')}` : r.rank ? verdict : `${verdict}: ${r.reason}`;
};
// An agent's score as the parts that its measures add to it, then its gates.
function whyRow(r, measures) {
  const whole = measures.reduce((sum, m) => sum + m.weight, 0) || 1;
  const bar = make('div', { className: 'points', hidden: !r.rank }, ...measures.filter(m => m.weight > 0).map((m, i) => {
    const part = make('i', { title: `${measureName(m)}: ${fixed(r.points[m.name] ?? 0, 2)} points of 1, weight ${percent(m.weight / whole, 0)}; value ${measureText(m, r[m.name])}` });
    part.style.width = `${(r.points[m.name] ?? 0) * m.weight / whole * 100}%`;
    part.style.background = colour(i);
    return part;
  }));
  const gates = make('div', { className: 'gates' }, ...r.gates.map(g => make('span', {
    className: `gate ${OUTCOMES[g.outcome][0]}`, title: OUTCOMES[g.outcome][1],
    textContent: `${g.gate.replaceAll('_', ' ')} ${g.value === null ? (g.waits ? 'waits' : '–') : gateText(g, g.value)} (${g.is} ${gateText(g, g.limit)})`,
  })));
  // What held its capital where it is.
  const bounds = make('div', { className: 'gates bounds dim', hidden: !r.bounds.length }, ...r.bounds.map(b => make('span', { textContent: titleCase(b.text) })));
  return make('div', { className: 'why-row' }, make('div', { className: 'why-head' }, make('b', { textContent: r.rank ? `${r.rank}. ${r.agent}` : r.agent }), make('span', { className: 'dim', textContent: reasonOf(r) }), make('span', { className: 'score', textContent: r.rank ? fixed(r.score, 3) : '' })), bar, gates, bounds);
}

// What a plan gave, or took where that was more: the rest came from the pool or went there.
const movedBy = plan => Math.max(...[1, -1].map(sign => plan.rows.reduce((sum, r) => sum + Math.max(0, sign * (Number(r.after) - Number(r.before))), 0)));

export default {
  title: 'Tournament', keys: ['tournament', 'agent/'],
  missing: (state, name) => {
    const last = state.get('tournament')?.number;
    if (!isMissing(state, name)) return null;
    const was_held = /^[1-9]\d*$/.test(name) && Number(name) < (last ?? 0);
    return { text: was_held ? `Tournament ${name} is older than those that the host keeps: \`agon tournament show DIRECTORY --number ${name}\` has it.` : `No tournament '${name}' was held.`, ways: [['#/tournament', last ? `Tournament ${last}, the last one` : 'Tournaments'], ['#/overview', 'Overview']] };
  },
  open({ left, right, route }) {
    let plans = [];
    let number = null;
    let shown = null;
    let whyKey = '';
    const next = card('Next tournament', { name: 'next' });
    const big = make('div', { className: 'big', id: 'countdown' });
    const when = make('div', { className: 'dim' });
    next.body.append(big, when);
    // By which rules, as a tournament of now would have them: before the first there is nothing else to see.
    const rules = card('Rules', { name: 'rules' });
    const ruleList = make('dl', { className: 'grid two' });
    const ruleNote = make('p', { className: 'none dim', textContent: 'No tournament was held in this run yet.' });
    rules.body.append(ruleNote, ruleList);
    let ruled = false;
    async function askRules() {
      ruled = true;
      const plan = await get('plan');
      if (!plan) { ruled = false; return; }
      const whole = plan.measures.reduce((sum, m) => sum + m.weight, 0) || 1;
      const gates = new Map(plan.rows.flatMap(r => r.gates).map(g => [g.gate, g]));
      pairs(ruleList, [['Schedule', plan.schedule], ...plan.measures.filter(m => m.weight > 0).map(m => [`Weight of ${measureName(m)}`, percent(m.weight / whole, 0)]),
        ...[...gates.values()].map(g => [`Gate ${g.gate.replaceAll('_', ' ')}`, `${g.is} ${gateText(g, g.limit)}`])]);
    }
    const ranks = card('Ranks', { name: 'ranks' });
    const legend = make('output', { className: 'legend' });
    const host = make('div');
    const left_out = make('span', { className: 'count', id: 'ranks-undone' });
    const all = make('span', { className: 'count', id: 'ranks-moved' });
    ranks.bar.append(all, left_out, legend);
    ranks.body.append(host);
    let most = 1;
    // Who is not ranked has no rank, whatever it was before.
    const plot = chart(host, { name: 'Ranks over time', legend, height: 220, series: [], format: v => String(v), gaps: true, grows: true,
      scales: { y: { dir: -1, range: () => [0.5, most + 0.5] } },
      axes: () => [timeAxis(), axis({ size: 34, splits: () => Array.from({ length: most }, (_, i) => i + 1), values: (u, v) => v.map(String) })] });
    // What one would do now: asked for, and as of the moment in which it was.
    const dry = card('If it were held now', { name: 'dry' });
    const button = make('button', { type: 'button', className: 'mini', textContent: 'Work it out', onclick: async () => {
      button.disabled = true;
      const plan = await get('plan');
      button.disabled = false;
      set(button, 'Again');
      dryNote.hidden = Boolean(plan);
      set(dryNote, 'The host could not say.');
      dryBox.hidden = !plan;
      if (!plan) return;
      put(dryAt, stamp(Date.parse(plan.time)).slice(11));
      drawDry([...plan.rows].sort((a, b) => (a.rank || 99) - (b.rank || 99)), r => r.agent);
    } });
    const dryAt = make('span', { className: 'count' });
    const dryNote = make('p', { className: 'none dim', textContent: 'Ranks and capital by the rules and figures of this moment; nothing moves.' });
    const dryTable = make('table', { id: 't-dry' });
    const dryBox = scrolls(make('div', { className: 'scroll', hidden: true }, dryTable), 'If it were held now');
    const drawDry = table(dryTable, [
      { title: 'Rank', text: r => r.rank || '–' }, { title: 'Agent', class: 'l', text: r => r.agent, hint: r => r.verdict.replaceAll('_', ' '), tone: r => (r.verdict === 'ranked' ? '' : 'warn') },
      { title: 'Score', text: r => fixed(r.score, 3) }, { title: 'After', text: r => money(r.after) }, { title: 'Flow', text: r => signed(r.change), tone: r => tone(r.change) },
    ], 'No agents.');
    dry.bar.append(dryAt, make('span', { className: 'spring' }), button);
    dry.body.append(dryNote, dryBox);
    const flow = card('Capital moved', { name: 'flow' });
    const flows = make('div', { className: 'falls' });
    flow.body.append(flows);
    const why = card('Why', { name: 'why' });
    const key = make('output', { className: 'legend' });
    const list = make('div', { className: 'why-list' });
    why.bar.append(key);
    why.body.append(list);
    left.append(rules.section, ranks.section);
    left.parentElement.append(flow.section, why.section);
    for (const box of [flow, why]) box.section.classList.add('below');
    right.append(next.section, dry.section);
    async function load() {
      const last = plans.at(-1)?.number;
      const more = await get(last ? 'plans/4' : 'plans') ?? [];
      // All of them once; then those that are new.
      plans = !last || (more.length && more[0].number > last + 1) ? last ? await get('plans') ?? [] : more : [...plans, ...more.filter(p => p.number > last)].slice(-96);
      drawRanks();
    }
    let slots = new Map();
    function drawRanks() {
      // One that was taken back leaves a gap: its ranks moved nothing.
      const until = plans.filter(p => shown === null || p.number <= shown).map(p => (p.undone ? { ...p, rows: [] } : p));
      const back = plans.filter(p => p.undone && (shown === null || p.number <= shown)).map(p => p.number);
      const moves = until.map(movedBy).filter(x => x > 0);
      put(all, `${moves.length} of ${until.length} moved ${amount(moves.reduce((sum, x) => sum + x, 0))} in all`);
      put(left_out, back.length ? `without ${back.join(', ')}: undone` : '');
      const names = [...new Set(until.flatMap(p => p.rows.filter(r => r.rank).map(r => r.agent)))];
      ranks.section.hidden = until.length < 2 || names.length === 0;
      if (ranks.section.hidden) return;
      most = Math.max(1, ...until.flatMap(p => p.rows.map(r => r.rank)));
      plot.set([until.map(p => p.t_ms / 1000), ...names.map(n => until.map(p => p.rows.find(r => r.agent === n)?.rank || null))],
        names.map(n => ({ label: n, colour: () => colour(slots.get(n) ?? 0), points: true, width: 2 })));
    }
    const draw = state => {
      const s = state.get('status');
      const last = state.get('tournament');
      const t = planOf(state, route, () => draw(state));
      slots = new Map(agents(state).map(a => [a.name, a.slot]));
      const due = s?.tournament_next_ms;
      dry.section.hidden = !due;
      set(big, due ? lasted(Math.max(0, Math.floor((due - s.t_ms) / 1000))) : 'none is planned');
      set(when, due ? `${stamp(due).slice(0, 16)}, by the market's time${last ? ` · ${last.schedule}` : ''}` : '');
      rules.section.hidden = Boolean(last) || !due;
      if (!rules.section.hidden && !ruled) askRules();
      why.section.hidden = !t;
      flow.section.hidden = !t?.rows.some(r => Number(r.change) !== 0);
      if (!t) { ranks.section.hidden = true; return; }
      if (t.number !== shown) { shown = t.number; drawRanks(); }
      if (last.number !== number) { number = last.number; load(); }
      if (last.undone && plans.length && plans.at(-1).number === last.number && !plans.at(-1).undone) { plans.at(-1).undone = true; drawRanks(); }
      put(flow.bar.firstChild, t.undone ? 'Capital moved, and was taken back' : 'Capital moved');
      const sorted = [...t.rows].sort((a, b) => (a.rank || 99) - (b.rank || 99));
      const wkey = `${t.number} ${Boolean(t.undone)} ${document.documentElement.dataset.theme}`;
      if (wkey !== whyKey) {
        whyKey = wkey;
        const weighted = t.measures.filter(m => m.weight > 0);
        key.replaceChildren(...weighted.map((m, i) => { const sw = make('span', { className: 'swatch' }); sw.style.background = colour(i); return make('span', { title: m.doc }, sw, make('span', { textContent: measureName(m) })); }));
        list.replaceChildren(...sorted.map(r => whyRow(r, t.measures)));
        const whole = Math.max(1e-9, ...sorted.map(r => Math.abs(Number(r.change))));
        flows.replaceChildren(...sorted.filter(r => Number(r.before) || Number(r.after)).map(r => {
          const by = Number(r.change);
          const bar = make('i', { className: tone(by) });
          bar.style.left = `${by < 0 ? 50 - Math.abs(by) / whole * 50 : 50}%`;
          bar.style.width = `${Math.abs(by) / whole * 50}%`;
          return make('div', { className: 'step', title: `${money(r.before)} to ${money(r.after)}; equity ${money(r.equity)}, aimed at ${money(r.target)}, free ${money(r.free)}` }, make('span', { textContent: r.agent }), make('span', { className: 'track half' }, bar), make('span', { className: `val ${tone(by)}`, textContent: signed(r.change) }));
        }));
      }
      put(next.bar.firstChild, 'Next tournament');
    };
    return draw;
  },
};
