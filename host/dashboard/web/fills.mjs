// SPDX-License-Identifier: Apache-2.0
// Each agent's own newest fills, however much others trade: what the host sends by itself is the newest of all, and only while a page is in
// view that wants it. By each agent's count of its fills it is seen that some are missing, and the host is asked for its own after the last that
// is known: of who lacks few first, and less often of who has many, as in ended.mjs. Of each once at once.
import { get } from './connection.mjs';
import { agents, rows, which } from './kit.mjs';

const CALM_MS = 4000;
const ROW_MS = 330; // about as many bytes
const KEPT = 300; // of each agent
const own = new Map(); // by agent: { which, n: how many of its fills were seen, due, list: by event and order, sure: all up to that event are here }
let is_asking = false;
let free = 0; // when the next may be asked for
const keyOf = f => `${f.seq} ${f.order}`;
const newest = list => [...list.values()].sort((a, b) => b.seq - a.seq);

/* Those of all agents, newest first. again(): called when more have come. */
export function allFills(state, again) {
  const all = agents(state);
  for (const a of all) if (own.get(a.name)?.which !== which(a)) own.set(a.name, { which: which(a), n: 0, due: 0, list: new Map(), sure: 0 });
  for (const f of rows(state, 'fill/')) {
    const of = own.get(f.agent);
    if (!of || of.list.has(keyOf(f))) continue;
    of.list.set(keyOf(f), f);
    of.n++;
    if (of.list.size > 2 * KEPT) of.list = new Map(newest(of.list).slice(0, KEPT).map(x => [keyOf(x), x]));
  }
  const now = performance.now();
  const lacks = a => a.fills - own.get(a.name).n;
  const may = of => of.due === 0 || (of.due <= now && now >= free);
  const next = is_asking ? null : all.filter(a => lacks(a) > 0 && may(own.get(a.name))).sort((a, b) => lacks(a) - lacks(b))[0];
  if (next) ask(next, again);
  return [...own.values()].flatMap(of => [...of.list.values()]).sort((a, b) => b.seq - a.seq);
}
async function ask(a, again) {
  is_asking = true;
  const of = own.get(a.name);
  const list = await get(`fills/${encodeURIComponent(a.name)}/${of.sure}`);
  const now = performance.now();
  const wait = of.due === 0 ? 0 : (list?.length ?? 0) * ROW_MS; // what there was before is the page's beginning
  is_asking = false;
  of.due = now + CALM_MS + wait;
  free = now + wait;
  if (!list) return;
  for (const f of list) { of.list.set(keyOf(f), f); of.sure = Math.max(of.sure, f.seq); }
  of.n = a.fills; // what came since then is sent, or is missing again
  again();
}

/* Of a list, newest first: the newest of all, and of each agent some, so that who trades much does not push out who trades little. */
export function fairly(list, shown, each) {
  const n = new Map();
  return list.filter((f, i) => { n.set(f.agent, (n.get(f.agent) ?? 0) + 1); return i < shown || n.get(f.agent) <= each; });
}
