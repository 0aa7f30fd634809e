// SPDX-License-Identifier: Apache-2.0
// Each agent's own newest fills, however much others trade: what the host sends by itself is the newest of all. It is asked for an agent's
// own when they are first looked at, and again once a minute where some were not seen.
import { get } from './connection.mjs';
import { agents, rows } from './kit.mjs';

const AGAIN_MS = 60000;
const KEPT = 300; // of each agent
const own = new Map(); // by agent: { n: how many of its fills were seen, asked, list: by event and order, oldest first }
let is_asking = false;
const keyOf = f => `${f.seq} ${f.order}`;
const newest = list => [...list.values()].sort((a, b) => b.seq - a.seq);

/* Those of all agents, newest first. again(): called when more have come. */
export function allFills(state, again) {
  for (const f of rows(state, 'fill/')) {
    const of = own.get(f.agent);
    if (!of || of.list.has(keyOf(f))) continue;
    of.list.set(keyOf(f), f);
    of.n++;
    if (of.list.size > 2 * KEPT) of.list = new Map(newest(of.list).slice(0, KEPT).map(x => [keyOf(x), x]));
  }
  for (const a of agents(state)) if (!own.has(a.name)) own.set(a.name, { n: 0, asked: -Infinity, list: new Map() });
  const due = agents(state).filter(a => a.fills > own.get(a.name).n && performance.now() - own.get(a.name).asked > AGAIN_MS);
  if (due.length && !is_asking) ask(due, again);
  return [...own.values()].flatMap(of => [...of.list.values()]).sort((a, b) => b.seq - a.seq);
}
async function ask(due, again) {
  is_asking = true;
  for (const a of due) {
    const list = await get(`fills/${encodeURIComponent(a.name)}`);
    const of = own.get(a.name);
    of.asked = performance.now();
    if (!list) continue;
    for (const f of list) of.list.set(keyOf(f), f);
    of.n = a.fills;
  }
  is_asking = false;
  again();
}
