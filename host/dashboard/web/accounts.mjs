// SPDX-License-Identifier: Apache-2.0
// The money on each account, by asset: all of it, and what of it is the agents'.
import { get } from './connection.mjs';
import { card, fine, make, money, put, saver, scrolls, table } from './kit.mjs';

const AGAIN_MS = 10000;

export function accountsCard() {
  const box = card('Money', { name: 'accounts' });
  const note = make('span', { className: 'count' });
  const node = make('table', { id: 't-accounts' });
  let asked = -Infinity;
  const draw = table(node, [
    { title: 'Account', class: 'l', text: m => m.venue, hint: m => [`account ${m.account}`, m.credential].filter(Boolean).join(', ') }, { title: 'Asset', class: 'l', text: m => m.asset },
    { title: 'On it', tip: 'As the venue says', csv: m => m.total, text: m => fine(m.total), hint: m => `${money(m.total)} ${m.asset}` }, { title: 'Agents\u2019', tip: 'Of it, what is the agents\u2019', csv: m => m.agents, text: m => fine(m.agents), hint: m => `${money(m.agents)} ${m.asset}`, tone: m => (Number(m.agents) === 0 ? 'dim' : '') },
  ], 'Nothing yet.');
  box.bar.append(note, saver(() => 'money', draw));
  box.body.append(node);
  scrolls(box.body, 'Money').classList.add('scroll', 'tall');
  return { ...box, async draw() {
    if (performance.now() - asked < AGAIN_MS) return;
    asked = performance.now();
    const list = await get('accounts');
    if (!list) return;
    draw(list.flatMap(a => a.money.map(m => ({ ...a, ...m, agents: m.agents }))), m => `${m.account} ${m.asset}`);
    put(note, list.length === 1 ? 'one account' : `${list.length} accounts`);
  } };
}
