// SPDX-License-Identifier: Apache-2.0
// What the page and its panels share: how numbers, times and states are shown, tables and lists of facts.
export const make = (tag, props = {}, ...kids) => {
  const node = Object.assign(document.createElement(tag), props);
  node.append(...kids);
  return node;
};
export const set = (node, text) => { if (node.textContent !== text) node.textContent = text; };
export const put = (node, text, className) => {
  set(node, text);
  if (className !== undefined && node.className !== className) node.className = className;
};
export const groups = text => text.replace(/\B(?=(\d{3})+(?!\d))/g, '\u2009');
// Amounts come as decimal texts: their digits stay as they are.
export const money = text => {
  if (text === undefined || text === null) return '–';
  const [whole, part] = String(text).replace('-', '\u2212').split('.');
  return groups(whole) + (part ? '.' + part : '');
};
export const signed = text => (Number(text) > 0 ? '+' : '') + money(text);
export const tone = value => (Number(value) > 0 ? 'good' : Number(value) < 0 ? 'bad' : '');
export const count = n => groups(String(n ?? 0));
// A plugin's own figure, of which nothing is known: seven digits that count.
export const figure = x => money(Number.isInteger(x) && Math.abs(x) < 1e15 ? x : String(Number(x.toPrecision(7))));
export const percent = (x, digits = 2) => (x * 100).toFixed(digits).replace(/^-(?=[0.]*$)/, '').replace('-', '\u2212') + '\u2009%';
export const clock = iso => (iso ? iso.slice(11, 19) : '–');
export const span = ns => (ns < 1e3 ? `${ns} ns` : ns < 1e6 ? `${(ns / 1e3).toFixed(1)} µs` : ns < 1e9 ? `${(ns / 1e6).toFixed(1)} ms` : `${(ns / 1e9).toFixed(1)} s`);
export const store = {
  get: (kind, key) => { try { return window[kind].getItem(key); } catch { return null; } },
  set: (kind, key, value) => { try { window[kind].setItem(key, value); } catch { /* private mode: it is asked for again */ } },
};

export const sideTone = x => (x.side === 'buy' || x.side === 'long' ? 'good' : x.side === 'sell' || x.side === 'short' ? 'bad' : '');
export function pairs(node, list) {
  if (node.children.length !== list.length) node.replaceChildren(...list.map(([k]) => make('div', {}, make('dt', { textContent: k }), make('dd'))));
  list.forEach(([k, v, name], i) => {
    const item = node.children[i];
    set(item.firstChild, k);
    set(item.lastChild, String(v));
    if (item.lastChild.className !== (name ?? '')) item.lastChild.className = name ?? '';
  });
}
// Rows are kept and only the cells that changed are written
export function table(node, columns, empty, onRow) {
  const body = make('tbody');
  node.append(make('thead', {}, make('tr', {}, ...columns.map(c => make('th', { className: c.class ?? '', scope: 'col', textContent: c.title, title: c.tip ?? '' })))), body);
  const none = make('tr', { className: 'empty' }, make('td', { colSpan: columns.length, textContent: empty }));
  const rows = new Map();
  return (list, keyOf) => {
    const seen = new Set();
    let at = body.firstElementChild;
    for (const item of list) {
      const key = keyOf(item);
      let row = rows.get(key);
      if (!row) {
        row = make('tr', {}, ...columns.map(c => make('td', { className: c.class ?? '' })));
        row.dataset.key = key;
        rows.set(key, row);
        onRow?.(row, item);
      }
      seen.add(key);
      columns.forEach((c, i) => {
        const cell = row.children[i];
        if (c.draw) { c.draw(cell, item); return; }
        set(cell, String(c.text(item)));
        if (c.hint && cell.title !== c.hint(item)) cell.title = c.hint(item);
        const name = `${c.class ?? ''} ${c.tone ? c.tone(item) : ''}`.trim();
        if (cell.className !== name) cell.className = name;
      });
      if (row !== at) body.insertBefore(row, at); else at = at.nextElementSibling;
    }
    for (const [key, row] of rows) if (!seen.has(key)) { row.remove(); rows.delete(key); }
    if (list.length === 0) body.append(none); else none.remove();
  };
}
