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
  if (!node.open) { // else it is answered for both
    node.returnValue = '';
    node.showModal();
  }
  await new Promise(done => node.addEventListener('close', done, { once: true }));
  return node.returnValue;
};
// is_refused: the one before was not right.
export async function token(is_refused = false) {
  let value = store.get('sessionStorage', 'agon-token');
  $('d-token-why').hidden = !is_refused;
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
  // The first button is the one that keeps all as it is: who has typed the name means the other.
  $('d-ask-typed').onkeydown = event => { if (event.key === 'Enter' && name && !$('d-ask-yes').disabled) { event.preventDefault(); $('d-ask').close('yes'); } };
  judge();
  return await dialog('d-ask') === 'yes' && (!name || $('d-ask-typed').value.trim() === name);
}
export async function order(verb, args = [], is_refused = false) {
  const secret = await token(is_refused);
  if (!secret) return null;
  try {
    const response = await fetch(api + verb, {
      method: 'POST', body: JSON.stringify({ args }),
      headers: { 'content-type': 'application/json', ...bearer(), 'idempotency-key': crypto.randomUUID() },
    });
    const answer = await response.json();
    if (response.status === 401) { // asked for again, and said why
      store.set('sessionStorage', 'agon-token', '');
      return await order(verb, args, true);
    }
    const number = Number.isInteger(answer.seq) ? ` · event ${answer.seq}` : '';
    toast(response.ok ? `${answer.on ?? ''} ${answer.done ?? 'done'}${number}`.trim() : answer.error, !response.ok);
    return response.ok ? answer : null;
  } catch {
    toast('The host does not answer.', true);
    return null;
  }
}
// a: an agent's row.
// What stopped at its drawdown a person lifts, as a halt.
export const canResume = a => a.state === 'halted' || a.stopped?.by === 'drawdown';
export const haltOrResume = async a => {
  if (canResume(a)) {
    if (await sure(`Resume ${a.name}?`, 'It may send orders again at once.', 'Resume', a.name)) await order('resume', [a.name]);
  } else if (await sure(`Halt ${a.name}?`, 'It takes no new risk until it is resumed; cancels pass. Its positions stay.', 'Halt', a.name)) await order('halt', [a.name]);
};
export const flatten = async name => {
  if (await sure(`Flatten ${name}?`, 'Its open orders are cancelled and its positions are closed at the market.', 'Flatten', name)) await order('flatten', [name]);
};
export const cancelOrder = async o => {
  if (await sure('Cancel this order?', `${o.agent}: ${o.side} ${o.quantity} ${o.symbol} at ${orderPrice(o)}`, 'Cancel it')) await order('order/cancel', [o.id]);
};
export const closePosition = async p => {
  if (await sure(`Close ${p.symbol} of ${p.agent}?`, `Its orders there are cancelled and ${p.quantity} is closed at the market.`, 'Close it', p.agent)) await order('position/close', [p.agent, p.symbol]);
};
