// SPDX-License-Identifier: Apache-2.0
// The book of one instrument.
import { make, money, set, store } from '../kit.mjs';

const bookList = state => [...state].filter(([k]) => k.startsWith('book/')).map(([k, v]) => [Number(k.slice(5)), v]).sort((a, b) => a[0] - b[0]).map(([, v]) => v);
let symbol = store.get('localStorage', 'agon-symbol');
let last = new Map();
let redraw = () => {};
function choose(name) { symbol = name; store.set('localStorage', 'agon-symbol', name); redraw(last); }
function next() {
  const names = bookList(last).map(x => x.symbol);
  if (names.length) choose(names[(names.indexOf(symbol ?? names[0]) + 1) % names.length]);
}

export default {
  side: 'right', title: 'Book', keys: ['book/'], press: { b: next },
  open({ bar, body }) {
    const tabs = make('div', { className: 'tabs', id: 'symbols', role: 'tablist', ariaLabel: 'Instrument' });
    const node = make('div', { id: 'book' });
    bar.append(tabs);
    body.append(node);
    redraw = state => {
      last = state;
      const books = bookList(state);
      if (books.length === 0) return;
      const book = books.find(b => b.symbol === symbol) ?? books[0];
      const names = books.map(b => b.symbol).join();
      if (tabs.dataset.names !== names) {
        tabs.dataset.names = names;
        tabs.replaceChildren(...books.map(b => make('button', { type: 'button', role: 'tab', textContent: b.symbol.replace(/USD[TC]$/, ''), title: b.symbol, onclick: () => choose(b.symbol) })));
      }
      [...tabs.children].forEach((tab, i) => tab.setAttribute('aria-selected', String(books[i] === book)));
      const depth = 8;
      if (node.children.length !== 2 * depth + 1) {
        const level = side => make('div', { className: `level ${side}` }, make('span'), make('span'));
        node.replaceChildren(...Array.from({ length: depth }, () => level('ask')), make('div', { className: 'mid' }, make('b'), make('span', { className: 'dim' })), ...Array.from({ length: depth }, () => level('bid')));
      }
      const asks = book.asks.slice(0, depth);
      const bids = book.bids.slice(0, depth);
      const max = Math.max(1e-12, ...asks.map(l => Number(l[1])), ...bids.map(l => Number(l[1])));
      const fill = (row, l) => {
        set(row.children[0], l ? money(l[0]) : '');
        set(row.children[1], l ? money(l[1]) : '');
        row.style.setProperty('--w', l ? `${(Number(l[1]) / max * 100).toFixed(1)}%` : '0%');
      };
      for (let i = 0; i < depth; i++) {
        fill(node.children[depth - 1 - i], asks[i]);
        fill(node.children[depth + 1 + i], bids[i]);
      }
      const mid = node.children[depth];
      const spread = Number(book.ask) - Number(book.bid);
      set(mid.children[0], money(book.mark));
      set(mid.children[1], book.state === 'live' ? `spread ${(spread / Number(book.mark) * 1e4).toFixed(2)} bps` : book.state);
      mid.children[1].className = book.state === 'live' ? 'dim' : 'warn';
    };
    return redraw;
  },
};
