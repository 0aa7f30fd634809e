// SPDX-License-Identifier: Apache-2.0
// The tournament that its page is of: the last one, which the host sends, or by its number in the address an earlier one, which is asked for once.
import { get } from './connection.mjs';

const earlier = new Map(); // by number: the plan, null: it is not kept, undefined: it is on its way
const waiting = new Map(); // by number: what is called when it is there, of each who asked for it
const held = (state, name) => /^[1-9]\d*$/.test(name) && Number(name) < (state.get('tournament')?.number ?? 0);
export const isEarlier = (state, route) => Boolean(route.is_named) && held(state, route.name);

/* Whether there is none of that number, or not any more. */
export const isMissing = (state, name) => String(state.get('tournament')?.number) !== name && (!held(state, name) || earlier.get(name) === null);

/* undefined: not yet. again(): called when it is there. */
export function planOf(state, route, again) {
  if (!isEarlier(state, route)) return state.get('tournament');
  const name = route.name;
  if (!earlier.has(name)) {
    earlier.set(name, undefined);
    waiting.set(name, []);
    get(`tournament/${name}`).then(plan => {
      earlier.set(name, plan);
      const all = waiting.get(name);
      waiting.delete(name);
      for (const one of all) one();
    });
  }
  waiting.get(name)?.push(again);
  return earlier.get(name) ?? undefined;
}
