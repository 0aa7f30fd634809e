// SPDX-License-Identifier: Apache-2.0
// The page's icon says how the host is, also from another tab; and who wants it gets the browser's notification of a halt or a crash.
import { store } from './kit.mjs';

const LOUD = new Set(['crash', 'halt', 'kill', 'outage']);
const icons = { running: '#4cc38a', halted: '#e0a94a', stopped: '#e0a94a', waiting: '#8b98a9', journal: '#e0a94a', killed: '#f2747c', lost: '#f2747c' };
let shown = '';
let last = null;

export function icon(name) {
  if (name === shown) return;
  shown = name;
  const dot = icons[name] ?? '#e0a94a';
  const image = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#18202b"/><path d="M7 24 16 7l9 17M11.5 19h9" fill="none" stroke="#dbe2eb" stroke-width="3.2" stroke-linecap="round" stroke-linejoin="round"/><circle cx="25" cy="7" r="6" fill="${dot}" stroke="#18202b" stroke-width="2"/></svg>`;
  document.querySelector('link[rel=icon]').href = `data:image/svg+xml,${encodeURIComponent(image)}`;
}
export const isOn = () => store.get('localStorage', 'agon-notify') === 'on' && window.Notification?.permission === 'granted';
export async function turn() {
  if (isOn() || !window.Notification) { store.set('localStorage', 'agon-notify', 'off'); return isOn(); }
  if (await Notification.requestPermission() === 'granted') store.set('localStorage', 'agon-notify', 'on');
  return isOn();
}
// What happened since the page was opened.
export function events(list) {
  const newest = list.reduce((n, e) => Math.max(n, e.n), -1);
  if (last !== null && isOn()) {
    for (const e of list.filter(v => v.n > last && LOUD.has(v.kind))) new Notification(`Agon: ${e.kind} ${e.of}`, { body: e.text, tag: `agon-${e.n}` });
  }
  last = Math.max(newest, last ?? -1);
}
