// SPDX-License-Identifier: Apache-2.0
// One WebSocket: the host sends what changed of the keys that the page in view has asked for. What else is asked goes by HTTP.
import { store } from './kit.mjs';

export const state = new Map();
export const api = '/api/v1/';
export const bearer = () => ({ authorization: `Bearer ${store.get('sessionStorage', 'agon-token') || ''}` });
const STALE_MS = 3000;

let socket = null;
let wanted = [];
let retry = 500;
let heard = 0;
let listener = { changed() {}, lost() {}, back() {}, stale() {}, token: async () => null };
export const listen = to => { listener = { ...listener, ...to }; };

// Keys that end with / stand for all that begin so.
export function want(keys) {
  const next = [...new Set(keys)].sort();
  if (next.join() === wanted.join()) return;
  wanted = next;
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ keys: wanted }));
}
// The value; null where the host refuses or does not answer.
export async function get(path) {
  try {
    const response = await fetch(api + path, { headers: bearer() });
    return response.ok ? await response.json() : null;
  } catch { return null; }
}
function take(message) {
  const keys = new Set(Object.keys(message.set));
  if (message.type === 'snapshot') {
    for (const key of [...state.keys()]) if (!(key in message.set)) { state.delete(key); keys.add(key); }
    retry = 500;
    listener.back();
  }
  for (const key of message.removed) { state.delete(key); keys.add(key); }
  for (const [key, value] of Object.entries(message.set)) state.set(key, value);
  // Of what is not there no part is shown: whole it comes with the next snapshot.
  for (const [key, members] of Object.entries(message.merge ?? {})) if (state.has(key)) { state.set(key, { ...state.get(key), ...members }); keys.add(key); }
  if (keys.size) listener.changed([...keys]);
}
export async function connect() {
  // A refused socket does not say why: the status does.
  let status = 0;
  const tried = store.get('sessionStorage', 'agon-token');
  try { status = (await fetch(api + 'status', { headers: bearer() })).status; } catch { /* the host is away */ }
  if (status === 401) { store.set('sessionStorage', 'agon-token', ''); if (await listener.token(Boolean(tried))) { connect(); return; } }
  socket = new WebSocket(`ws://${location.host}${api}live?token=${encodeURIComponent(store.get('sessionStorage', 'agon-token') || '')}`);
  socket.onopen = () => socket.send(JSON.stringify({ keys: wanted }));
  socket.onmessage = event => {
    const message = JSON.parse(event.data);
    heard = performance.now();
    listener.stale(false);
    if (message.merge) take(message); // what was on its way before the host had read what is wanted has none
  };
  socket.onclose = () => {
    listener.lost();
    setTimeout(connect, retry);
    retry = Math.min(retry * 2, 8000);
  };
}
// The host says something once a second at least.
setInterval(() => { if (heard && performance.now() - heard > STALE_MS) listener.stale(true); }, 500);
