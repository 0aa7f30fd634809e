// SPDX-License-Identifier: Apache-2.0
// Equity and capital over time, of each agent and of all: what the host has kept, and what came since. Capital that a tournament moved
// is neither gain nor loss.
import { get } from './connection.mjs';
import { agents, which } from './kit.mjs';

export const ALL = '(all)';
const POINTS = 3000;
const DAY = 86400000;
const kept = new Map(); // name: [[t, equity, capital, result as the host rounds it, return as the host has it], ...]; what the host has kept lacks the return, or both
const newest = new Map(); // name: the point of the last message, which a list that is asked for need not have yet
let born = null; // of a run directory's first run: when it began, with a result of 0
let loading = false;
let loaded = '';

export const points = name => kept.get(name) ?? [];
export async function load() {
  if (loading) return;
  loading = true;
  const all = await get('equity');
  if (all) {
    kept.clear();
    for (const [name, list] of Object.entries(all)) kept.set(name, list);
    for (const [name, point] of newest) push(name, point);
  }
  loading = false;
}
// Of one time the later point counts: a market that stands has results that change.
const push = (name, point) => {
  if (!kept.has(name)) kept.set(name, []);
  const list = kept.get(name);
  if (list.length && list.at(-1)[0] > point[0]) return;
  if (list.length && list.at(-1)[0] === point[0]) list.pop();
  list.push(point);
  // As the host thins its own: the last point of each day stays, and what that day brought is the same behind it.
  if (list.length > POINTS) kept.set(name, list.filter((one, i) => i % 2 === 0 || i > POINTS - 200 || day(one[0]) !== day(list[i + 1][0])));
};
// Behind each message. True: there is something new.
export function grow(state) {
  const status = state.get('status');
  if (!status?.time) return false;
  const list = agents(state);
  newest.clear();
  for (const a of list) newest.set(a.name, [status.t_ms, Number(a.equity), Number(a.capital), Number(a.result), a.return]);
  newest.set(ALL, [status.t_ms, Number(status.equity), Number(status.capital), Number(status.result), status.return]);
  born = status.run === 1 ? status.t_ms - status.up_s * 1000 * status.speed : null;
  if (loading) return false;
  const names = list.map(a => `${a.name} ${which(a)}`).join();
  if (names !== loaded) { loaded = names; load(); return false; }
  for (const [name, point] of newest) push(name, point);
  return true;
}
const won = point => point[3] ?? point[1] - point[2];
const returnOf = point => point[4] ?? (point[2] > 0 ? won(point) / point[2] : 0);
// With the last message's, also while a list is being loaded.
const upToNow = name => { const [list, last] = [points(name), newest.get(name)]; return last && !(list.at(-1)?.[0] >= last[0]) ? [...list, last] : list; };
// As the last message has it, also while a list is being loaded; null: nothing came yet.
export const resultNow = name => { const point = newest.get(name) ?? points(name).at(-1); return point ? { t: point[0], amount: won(point) } : null; };
// Result since a time: that of now less that of then. since: of when it is, where it begins later. Who began later has all of his.
// now: the newest, which a list that is being loaded does not have yet.
export function resultSince(name, t, now) {
  const list = points(name);
  if (list.length === 0) return null;
  now ??= won(list.at(-1));
  let low = 0;
  let high = list.length - 1;
  while (low < high) { const mid = (low + high) >> 1; if (list[mid][0] < t) low = mid + 1; else high = mid; }
  const from = list[low > 0 && list[low][0] > t ? low - 1 : low];
  return born !== null && born >= t ? { amount: now, since: born } : { amount: now - won(from), since: Math.max(from[0], t) };
}
export const day = t => Math.floor(t / DAY) * DAY;
export const week = t => Math.floor((t - 4 * DAY) / (7 * DAY)) * 7 * DAY + 4 * DAY; // Monday 00:00 UTC
const HOUR = 3600000;
const month = (t, more = 0) => { const d = new Date(t); return Date.UTC(d.getUTCFullYear(), d.getUTCMonth() + more, 1); };
// When the one begins that t is in, and when the next does; UTC.
export const PERIODS = { hour: [t => Math.floor(t / HOUR) * HOUR, t => t + HOUR], day: [day, t => t + DAY], week: [week, t => t + 7 * DAY], month: [t => month(t), t => month(t, 1)] };
// What each hour, day, week or month brought, oldest first: all of them together are the result since the first of them began.
export function resultsBy(name, period) {
  const list = points(name);
  const [begins, next] = PERIODS[period];
  if (list.length === 0) return [];
  const at = t => { let k = list.length - 1; while (k > 0 && list[k][0] > t) k--; return list[k]; };
  const out = [];
  for (let t = begins(list[0][0]); t <= list.at(-1)[0]; t = next(t)) {
    const from = born !== null && born >= t ? 0 : won(at(t));
    out.push({ t, from, amount: won(at(next(t))) - from });
  }
  return out;
}
// Columns for a chart: times, then a line each. kind: equity; total (equity, as if the capital of now had always been
// there: money that comes is not a result); return (as everywhere: the result by the capital that there was then, docs/figures.md); drawdown (how far
// below the highest, which moves with capital as the host's does; below 0).
export function columns(names, kind, from = 0) {
  const at = new Map();
  names.forEach((name, k) => {
    let before = null;
    let index = 1;
    let high = 1;
    const given = upToNow(name).at(-1)?.[2] ?? 0;
    for (const point of upToNow(name)) {
      const [t, equity, capital] = point;
      if (before === null || before[1] <= 0) index = before === null && capital > 0 ? equity / capital : index;
      else index *= (equity - (capital - before[2])) / before[1];
      before = [t, equity, capital];
      high = Math.max(high, index);
      if (t < from) continue;
      if (!at.has(t)) at.set(t, Array(names.length).fill(null));
      at.get(t)[k] = kind === 'equity' ? equity : kind === 'total' ? equity + given - capital : kind === 'return' ? returnOf(point) * 100 : (index / high - 1) * 100;
    }
  });
  const times = [...at.keys()].sort((a, b) => a - b);
  return [times.map(t => t / 1000), ...names.map((_, k) => times.map(t => at.get(t)[k]))];
}
export const shape = (name, n = 40) => {
  const list = points(name);
  const step = Math.max(1, Math.floor(list.length / n));
  const out = [];
  for (let i = 0; i < list.length; i += step) out.push(list[i][1] - list[i][2]);
  if (list.length) out.push(list.at(-1)[1] - list.at(-1)[2]);
  return out;
};
