// SPDX-License-Identifier: Apache-2.0
// Orders that ended and trades that were closed, of each agent its own newest: the host is asked for those after the last that is known.
// Who has many is asked less often, so that all of it together stays below a KB a second.
import { get } from './connection.mjs';
import { clock, moment, money, short, sideTone, spaced, symbolCell, which } from './kit.mjs';

const CALM_MS = 4000;
const ROW_MS = 330; // about as many bytes
const KEPT = 400; // of each agent

function list(verb, keyOf) {
  const own = new Map(); // by agent: { which, due, seq, all: by key, isKnown: it was answered }
  let free = 0; // when the next may be asked for
  let is_asking = false;
  async function ask(name, again) {
    is_asking = true;
    const of = own.get(name);
    const more = await get(`${verb}/${encodeURIComponent(name)}/${of.seq}`);
    const now = performance.now();
    is_asking = false;
    of.due = now + CALM_MS + (more?.length ?? 0) * ROW_MS;
    free = Math.max(free, now) + (more?.length ?? 0) * ROW_MS;
    if (!more?.length) { if (more && !of.isKnown) { of.isKnown = true; again(); } return; }
    of.isKnown = true;
    for (const one of more) { of.all.set(keyOf(one), one); of.seq = Math.max(of.seq, one.seq); }
    if (of.all.size > KEPT) of.all = new Map([...of.all].sort(([, a], [, b]) => b.seq - a.seq).slice(0, KEPT / 2));
    again();
  }
  /* Those of some agents, newest first. again(): called when more have come. known(agents): has the host answered for one of them? */
  function newest(agents, again) {
    for (const a of agents) if (own.get(a.name)?.which !== which(a)) own.set(a.name, { which: which(a), due: 0, seq: 0, all: new Map(), isKnown: false });
    const now = performance.now();
    // Who is looked at for the first time is asked for at once: until then it would read as if it had none.
    const next = is_asking ? null : agents.find(a => own.get(a.name).due === 0 || (now >= free && own.get(a.name).due <= now));
    if (next) ask(next.name, again);
    return agents.flatMap(a => [...own.get(a.name).all.values()]).sort((a, b) => b.seq - a.seq);
  }
  newest.known = agents => agents.some(a => own.get(a.name)?.isKnown);
  return newest;
}
export const endedOrders = list('ended', o => o.id);
export const closedTrades = list('closed', t => `${t.seq} ${t.symbol}`);

const ENDS = { filled: 'good', cancelled: 'dim', expired: 'dim', refused: 'bad', 'never sent': 'warn' };
const madeFor = o => o.exit_reason || o.tag;
/* Of orders that ended: of one agent, or with its name. */
export const endedColumns = [
  { title: 'Ended', class: 'l', value: o => Date.parse(o.time), csv: o => o.time, text: o => clock(o.time), hint: o => `${moment(o.since)} to ${moment(o.time)}`, tone: () => 'dim' },
  { title: 'Symbol', class: 'l sym', value: o => o.symbol, csv: o => o.symbol, draw: (cell, o) => symbolCell(cell, o.symbol) }, { title: 'Side', class: 'l', value: o => o.side, text: o => o.side, tone: sideTone },
  { title: 'Type', class: 'l p3', value: o => o.type, text: o => o.type.replaceAll('_', ' '), tone: () => 'dim' }, { title: 'Price', class: 'limit', value: o => Number(o.price), csv: o => o.price, text: o => (Number(o.price) > 0 ? money(o.price) : '–') },
  { title: 'Quantity', class: 'p3', value: o => Number(o.quantity), text: o => money(o.quantity) }, { title: 'Filled', class: 'p2', value: o => Number(o.filled), csv: o => o.filled, text: o => (Number(o.filled) > 0 ? money(o.filled) : '–') },
  { title: 'Average', class: 'p2', value: o => Number(o.average), csv: o => o.average ?? '', text: o => short(o.average), hint: o => o.average ?? '' },
  { title: 'Fee', class: 'p3', value: o => Number(o.fee), csv: o => o.fee ?? '', text: o => (o.fee === null || !Number(o.filled) ? '–' : `${money(o.fee.replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, ''))} ${o.fee_asset}`), tone: () => 'dim' },
  { title: 'End', class: 'l', value: o => `${o.end} ${o.reason}`, csv: o => [o.end, o.reason].filter(Boolean).join(': '), text: o => o.end, hint: o => o.why, tone: o => ENDS[o.end] ?? '' },
  { title: 'Made for', class: 'l p2', tip: 'What the host made it for, else the reason that the plugin gave it', value: madeFor, csv: madeFor, text: o => spaced(madeFor(o)), hint: o => o.exit_why, tone: () => 'dim' },
  { title: 'Why', class: 'l why p4', csv: o => o.why, text: o => o.why, hint: o => o.why, tone: () => 'dim' },
];
// Why it ended, its limit and what it was for stand in a line of their own where there is no column for them.
export const endedUnder = o => [
  ...(o.why ? [['below-p4', o.why]] : []), ...(Number(o.price) > 0 ? [['below-limit', `limit ${money(o.price)}`]] : []),
  ...(Number(o.filled) === Number(o.quantity) ? [] : [['below-p3', `quantity ${money(o.quantity)}`]]),
  ...(Number(o.filled) > 0 ? [['below-p2', `filled ${money(o.filled)} at ${short(o.average)}`]] : []), ...(madeFor(o) ? [['below-p2', `for ${spaced(madeFor(o))}`]] : []),
];
