// SPDX-License-Identifier: Apache-2.0
// Orders to the host: each is asked for, those that cannot be taken back by the name of what they are of, and each is answered with the
// number that its event has in the journal.
import { api, bearer } from './connection.mjs';
import { orderPrice, set, store } from './kit.mjs';

const $ = id => document.getElementById(id);
export function toast(text, failed) {
  const node = $('toast');
  node.textContent = text;
  node.className = failed ? 'on failed' : 'on';
  clearTimeout(toast.timer);
  toast.timer = setTimeout(() => { node.className = ''; }, failed ? 7000 : 4000);
}
const dialog = async id => {
  const node = $(id);
  node.returnValue = '';
  node.showModal();
  await new Promise(done => node.addEventListener('close', done, { once: true }));
  return node.returnValue;
};
export async function token() {
  let value = store.get('sessionStorage', 'agon-token');
  if (!value && await dialog('d-token') === 'yes') {
    value = $('token').value.trim();
    $('token').value = '';
    if (value) store.set('sessionStorage', 'agon-token', value);
  }
  return value;
}
// name: it has to be typed.
export async function sure(title, text, yes, name) {
  set($('d-ask-title'), title);
  set($('d-ask-text'), text);
  set($('d-ask-yes'), yes);
  const box = $('d-ask-name');
  box.hidden = !name;
  $('d-ask-typed').value = '';
  set($('d-ask-word'), name ?? '');
  const judge = () => { $('d-ask-yes').disabled = Boolean(name) && $('d-ask-typed').value.trim() !== name; };
  $('d-ask-typed').oninput = judge;
  judge();
  return await dialog('d-ask') === 'yes' && (!name || $('d-ask-typed').value.trim() === name);
}
export async function order(verb, args = []) {
  const secret = await token();
  if (!secret) return null;
  try {
    const response = await fetch(api + verb, {
      method: 'POST', body: JSON.stringify({ args }),
      headers: { 'content-type': 'application/json', ...bearer(), 'idempotency-key': crypto.randomUUID() },
    });
    const answer = await response.json();
    if (response.status === 401) store.set('sessionStorage', 'agon-token', '');
    const number = Number.isInteger(answer.seq) ? ` · event ${answer.seq}` : '';
    toast(response.ok ? `${answer.on ?? ''} ${answer.done ?? 'done'}${number}`.trim() : answer.error, !response.ok);
    return response.ok ? answer : null;
  } catch {
    toast('The host does not answer.', true);
    return null;
  }
}
export const flatten = async name => {
  if (await sure(`Flatten ${name}?`, 'Its open orders are cancelled and its positions are closed at the market.', 'Flatten', name)) await order('flatten', [name]);
};
export const cancelOrder = async o => {
  if (await sure('Cancel this order?', `${o.agent}: ${o.side} ${o.quantity} ${o.symbol} at ${orderPrice(o)}`, 'Cancel it')) await order('order/cancel', [o.id]);
};
export const closePosition = async p => {
  if (await sure(`Close ${p.symbol} of ${p.agent}?`, `Its orders there are cancelled and ${p.quantity} is closed at the market.`, 'Close it', p.agent)) await order('position/close', [p.agent, p.symbol]);
};
