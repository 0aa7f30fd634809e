// SPDX-License-Identifier: Apache-2.0
// What the pages and panels share: how numbers, times and states are shown, tables, lists of facts, small drawings.
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
// As the host writes it: what lies exactly between two is shown as the even one, where toFixed takes the larger (only what has no more binary
// places than this does), and what rounds to nothing has no sign.
export const fixed = (x, digits) => {
  const at = Math.abs(x) * 10 ** digits, whole = Math.floor(at);
  const isBetween = Number.isInteger(x * 2 ** (digits + 1)) && at % 1 === 0.5;
  return (isBetween ? Math.sign(x) * (whole + whole % 2) / 10 ** digits : x).toFixed(digits).replace(/^-(?=[0.]*$)/, '');
};
// Of a decimal text, whose digits a number may not have: the nearest, a tie to the even one.
export const rounded = (text, digits) => {
  const [, sign, whole, part = ''] = /^(-?)(\d+)(?:\.(\d*))?$/.exec(text) ?? [];
  if (whole === undefined) return fixed(Number(text), digits);
  const kept = BigInt(whole + part.slice(0, digits).padEnd(digits, '0'));
  const rest = part.slice(digits);
  const half = '5'.padEnd(rest.length, '0');
  const all = String(kept + (rest > half || (rest === half && kept % 2n === 1n) ? 1n : 0n)).padStart(digits + 1, '0');
  return (Number(all) ? sign : '') + (digits ? `${all.slice(0, -digits)}.${all.slice(-digits)}` : all);
};
// Of any asset, as fine as a person reads it: two digits of thousands, else six at most.
export const fine = text => (Math.abs(Number(text)) >= 1000 ? money(rounded(String(text), 2)) : money(rounded(String(text), 6).replace(/\.?0+$/, '')));
// A mean price has two digits more than a price: they are shown where they are not 0.
export const short = text => (text === null || text === undefined ? '–' : money(text.includes('.') ? text.replace(/0{1,2}$/, '').replace(/\.$/, '') : text));
// An entry is a mean, and has more digits still: two more than `like` has.
export const price = (text, like) => {
  const digits = (String(like ?? '').split('.')[1] ?? '').length;
  return text === undefined || text === null || !digits ? money(text) : short(rounded(String(text), digits + 2));
};
// One without a limit has no price of its own.
export const orderPrice = o => (Number(o.price) > 0 ? money(o.price) : String(o.type ?? 'market').replaceAll('_', ' '));
export const signed = text => (Number(text) > 0 ? '+' : '') + money(text);
// Of the base currency: as many as the host shows its amounts with, 2 of dollars, 8 of coins.
let baseDigits = 2;
export const learnBase = text => { baseDigits = (String(text ?? '').split('.')[1] ?? '').length; };
export const baseText = x => fixed(x, baseDigits);
export const amount = (x, digits = baseDigits) => (x === null || x === undefined || !Number.isFinite(x) ? '–' : money(fixed(x, digits).replace(/^-(?=[0.]*$)/, '')));
// What was made, with its sign: none of what is shown as 0.
export const gained = (x, digits) => { const text = amount(x, digits); return (x > 0 && /[1-9]/.test(text) ? '+' : '') + text; };
// What was lost of a limit, for people: of a gain 0.00; what the limit counts where that is shown as another amount. As report/view_table.c has it.
export const lossText = (lost, counted) => {
  const [money_, scaled] = [lost, counted].map(text => money(Number(text) > 0 ? text : baseText(0)));
  return money_ === scaled ? money_ : `${money_}, scaled ${scaled}`;
};
export const tone = value => (Number(value) > 0 ? 'good' : Number(value) < 0 ? 'bad' : '');
export const count = n => groups(String(n ?? 0));
// A plugin's own figure, of which nothing is known: seven digits that count.
export const figure = x => money(Number.isInteger(x) && Math.abs(x) < 1e15 ? x : String(Number(x.toPrecision(7))));
export const percent = (x, digits = 2) => fixed(x * 100, digits).replace('-', '\u2212') + '\u2009%';
// Of a number by the digits that are shown of it: what is shown as 0 has no tone.
export const shareTone = (x, digits = 2) => tone(fixed(x * 100, digits));
export const number = x => (x === null || x === undefined ? '–' : fixed(x, 2).replace('-', '\u2212'));
// How long something took, as base/span.h of the host has it, in its two largest units; both are held to tests/data/spans/cases.txt.
const thin = (n, unit) => `${n}\u2009${unit}`;
export function span(ns) {
  const all = Math.abs(ns);
  const sign = ns < 0 ? '\u2212' : '';
  if (!(all > 0)) return thin(0, 's');
  const s = Math.floor((all < 6e10 ? all + 5e7 : all) / 1e9); // what a tenth of a second rounds up to a minute is one
  if (s >= 60) {
    const [length, name, parts, smaller] = [[86400, 'd', 24, 'h'], [3600, 'h', 60, 'min'], [60, 'min', 60, 's']].find(([of]) => s >= of);
    const part = Math.floor(s % length * parts / length);
    return sign + thin(Math.floor(s / length), name) + (part ? ` ${thin(part, smaller)}` : '');
  }
  if (all < 1000) return sign + thin(all, 'ns');
  const rounded = of => Math.floor((all + of / 2) / of);
  const [unit, name] = [[1e3, 'µs'], [1e6, 'ms'], [1e9, 's']].find(([of]) => of === 1e9 || rounded(of) < 1000);
  const tenths = rounded(unit / 10);
  return sign + thin(tenths >= 1000 || (name === 's' && tenths % 10 === 0) ? rounded(unit) : (tenths / 10).toFixed(1), name);
}
// The same of seconds.
export const lasted = s => (s === null || s === undefined ? '–' : span(Math.round(s * 1e9)));
/* A quantile of counts by octaves from 256 ns on: within an octave by its share. The first holds all that is shorter than 512 ns: shown so. */
export function quantile(octaves, q) {
  const whole = octaves.reduce((a, b) => a + b, 0);
  let sum = 0;
  for (let i = 0; i < octaves.length; i++) {
    if (octaves[i] && sum + octaves[i] >= q * whole) return i === 0 ? 256 : 256 * 2 ** (i + (q * whole - sum) / octaves[i]);
    sum += octaves[i];
  }
  return null;
}
export const quantileText = ns => (ns < 512 ? `< ${thin(512, 'ns')}` : span(Math.round(ns)));
export const store = {
  get: (kind, key) => { try { return window[kind].getItem(key); } catch { return null; } },
  set: (kind, key, value) => { try { window[kind].setItem(key, value); } catch { /* private mode: it is asked for again */ } },
};
export const sideTone = x => (x.side === 'buy' || x.side === 'long' ? 'good' : x.side === 'sell' || x.side === 'short' ? 'bad' : '');
export const stateTone = s => ({ ended: 'bad', killed: 'bad', QUARANTINED: 'bad', SUSPENDED: 'warn', halted: 'warn', 'daily loss': 'warn', drawdown: 'warn', floor: 'warn', waiting: 'dim' })[s] ?? '';
export const tText = a => (a.t === null ? '–' : `${number(a.t)} [${number(a.t_low)}, ${number(a.t_high)}]`);

// What a chart of returns is of.
export const BY_CAPITAL = 'Result by the capital of that time, as everywhere: capital that moves makes a step';
// A return is by the capital of now, and the drawdown's high moves with capital.
export const DEEPER = 'A larger share was lost than the deepest fall: capital was taken since, and a return is by the capital of now.';
export const isDeeper = a => a.return < 0 && Math.round(-a.return * 1e4) > Math.round(a.drawdown * 1e4);

// ---- time: UTC, or the viewer's own zone, as he chose
let zone = store.get('localStorage', 'agon-zone') === 'local' ? 'local' : 'UTC';
export const zoneName = () => zone;
export function chooseZone(name) { zone = name; store.set('localStorage', 'agon-zone', name); }
const two = n => String(n).padStart(2, '0');
// A date whose UTC fields are what is to be shown.
export const zoned = ms => (zone === 'UTC' ? new Date(ms) : new Date(ms - new Date(ms).getTimezoneOffset() * 60000));
export const stamp = ms => {
  const d = zoned(ms);
  return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())}`;
};
export const clock = iso => (iso ? stamp(Date.parse(iso)).slice(11) : '–');
export const moment = iso => (iso ? stamp(Date.parse(iso)).slice(5) : '–');

// A measure of the tournament: a ratio by next to nothing stops at a bound.
export const measureText = (m, v) => (v === null || v === undefined ? '–' : m.unit === 'share' ? percent(v) : Math.abs(v) >= 1000 ? `${v < 0 ? '≤ \u2212' : '≥ '}1000` : fixed(v, m.decimals).replace('-', '\u2212'));
// Keys, and an author's names, as words.
export const spaced = key => key.replaceAll('_', ' ');
export const TAG = 'The reason that the plugin gave its order (agon_intent.reason), by its name there';
export const titleCase = text => text.charAt(0).toUpperCase() + text.slice(1);
// The same word for two prices, where a fee is paid in what is bought.
export const ENTRY_COST = 'What a unit cost, with fees that were paid in it', ENTRY_MEAN = 'Mean price of the fills that opened it, before fees';
// The one name of a measure at the head of a column, in a legend and among the rules; a t has its own.
export const measureName = m => (m.label === 't' ? m.label : titleCase(m.label));

// ---- keys of the live state
export const rows = (state, prefix) => [...state].filter(([k]) => k.startsWith(prefix)).map(([, v]) => v);
// Is there a position that can be closed? What is less than a lot cannot be ordered: dust.
export const isHeld = p => Number(p.quantity) !== 0 && !p.is_dust;
// Which of its name: one that takes the place of another, or that has the name of one that left, is somebody else.
export const which = a => `${a.slot} ${a.place_seq}`;
export const agents = state => rows(state, 'agent/').sort((a, b) => a.slot - b.slot);

// ---- a box of a page
export function card(title, { name, tall } = {}) {
  const bar = make('div', { className: 'bar' }, make('h2', { textContent: title }));
  const body = make('div', { className: tall ? 'scroll tall' : 'body' });
  const section = make('section', { className: name ?? '', ariaLabel: title }, bar, body);
  if (tall) scrolls(body, title);
  return { section, bar, body };
}
// What scrolls can be reached by keys, and says what it is.
export const scrolls = (node, name) => Object.assign(node, { tabIndex: 0, role: 'group', ariaLabel: name });
/* On a phone a box is its head alone until it is opened there by its title, and the next time as it was left: what stands in the head (a count,
 * a state, the legend) is its main figure. boxes: those that stand in one place, of which title is one for all. Returns a function: whether they
 * fold at all. */
export const PHONE = globalThis.matchMedia?.('(max-width: 720px)'); // a test of numbers has no screen
export function foldable(name, boxes, whole) {
  let is_open = store.get('localStorage', `agon-open-${name}`) === 'yes';
  let is_on = true;
  const heads = boxes.map(({ section, bar }) => {
    const head = bar.querySelector('h2');
    const title = head.textContent;
    return { section, head, title, button: make('button', { type: 'button', className: 'fold', textContent: whole ?? title, onclick: () => {
      is_open = !is_open;
      store.set('localStorage', `agon-open-${name}`, is_open ? 'yes' : '');
      show();
    } }) };
  });
  const show = () => {
    const folds = is_on && PHONE.matches;
    for (const { section, head, title, button } of heads) {
      section.classList.toggle('folded', folds && !is_open);
      button.ariaExpanded = String(is_open);
      if (folds && button.parentElement !== head) head.replaceChildren(button);
      if (!folds && button.parentElement === head) head.replaceChildren(title);
    }
  };
  PHONE.addEventListener('change', show);
  show();
  return is => { if (is !== is_on) { is_on = is; show(); } };
}
export function tabs(names, chosen, choose, label) {
  const node = make('div', { className: 'tabs', role: 'group', ariaLabel: label });
  for (const [key, title] of names) {
    node.append(make('button', { type: 'button', textContent: title, ariaPressed: String(key === chosen), onclick: () => {
      for (const other of node.children) other.ariaPressed = String(other.dataset.key === key);
      choose(key);
    } }));
    node.lastChild.dataset.key = key;
  }
  return node;
}
// Boxes that stand in one place: each has tabs that lead to the others. all: [[key, title, box], ...]; the choice is kept under that name.
export function oneOf(all, name, onShow) {
  const kept = store.get('localStorage', `agon-tab-${name}`);
  const show = key => {
    store.set('localStorage', `agon-tab-${name}`, key);
    for (const [own, , box] of all) {
      box.section.hidden = own !== key;
      for (const button of box.choice.children) button.ariaPressed = String(button.dataset.key === own);
    }
    onShow?.(key);
  };
  for (const [own, title, box] of all) {
    box.choice = tabs(all.map(([key, text]) => [key, text]), own, show, title);
    box.bar.firstChild.classList.add('unseen');
    box.bar.firstChild.after(box.choice);
  }
  show(all.some(([key]) => key === kept) ? kept : all[0][0]);
}
export function pairs(node, list) {
  if (node.children.length !== list.length) node.replaceChildren(...list.map(([k]) => make('div', {}, make('dt', { textContent: k }), make('dd'))));
  list.forEach(([k, v, name], i) => {
    const item = node.children[i];
    set(item.firstChild, k);
    set(item.lastChild, String(v));
    if (item.lastChild.className !== (name ?? '')) item.lastChild.className = name ?? '';
  });
}
// How much of a limit is used: a bar in a cell. share null: there is no limit.
export function usage(cell, share, text) {
  if (!cell.firstChild) cell.append(make('span', { className: 'usage' }, make('i')), make('span', { className: 'val' }));
  const fill = cell.firstChild.firstChild;
  cell.firstChild.hidden = share === null;
  if (share !== null) {
    fill.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
    fill.className = share >= 1 ? 'bad' : share >= 0.8 ? 'warn' : '';
  }
  // Two amounts stand below each other where a box is narrow, each whole.
  if (cell.lastChild.textContent !== text) cell.lastChild.replaceChildren(...text.split(/(?<=,) /).flatMap((part, i) => [...(i ? [' '] : []), make('span', { className: 'whole', textContent: part })]));
}
const svgNS = 'http://www.w3.org/2000/svg';
export const svg = (tag, props = {}, ...kids) => {
  const node = document.createElementNS(svgNS, tag);
  for (const [k, v] of Object.entries(props)) node.setAttribute(k, v);
  node.append(...kids);
  return node;
};
export function spark(cell, values, name) {
  if (!cell.firstChild) cell.append(svg('svg', { class: 'spark', viewBox: '0 0 72 18', preserveAspectRatio: 'none', 'aria-hidden': 'true' }, svg('path')));
  const low = Math.min(...values);
  const high = Math.max(...values);
  const d = values.length < 2 ? '' : values.map((v, i) => `${i ? 'L' : 'M'}${(i / (values.length - 1) * 72).toFixed(1)} ${(high > low ? 16.5 - (v - low) / (high - low) * 15 : 9).toFixed(1)}`).join('');
  const path = cell.firstChild.firstChild;
  if (path.getAttribute('d') !== d) path.setAttribute('d', d);
  path.setAttribute('class', name);
}

// A symbol that names its venue: where there is little room the venue stands above it.
export function symbolCell(cell, text) {
  if (cell.textContent === text) return;
  const at = text.indexOf(':') + 1;
  cell.replaceChildren(...(at ? [make('span', { className: 'venue-of', textContent: text.slice(0, at) })] : []), text.slice(at));
}

// ---- what is listed, as a file: numbers plain, so that a spreadsheet takes them as such
const plain = value => {
  const text = String(value ?? '').replace(/\u2009/g, '').replace(/\u2212/g, '-').replace(/^(\u2013|NaN)$/, '').replace(/^\+(?=\d)/, '');
  return /[",\n]/.test(text) || /^[=@]/.test(text) ? `"${text.replace(/^(?=[=@])/, "'").replace(/"/g, '""')}"` : text;
};
export const csvOf = (columns, list) => {
  const taken = columns.filter(c => c.title && (c.csv || c.value || c.text));
  return [taken.map(c => plain(c.unit ? `${c.title} (${c.unit})` : c.title)), ...list.map(x => taken.map(c => plain((c.csv ?? c.value ?? c.text)(x))))].map(row => `${row.join()}\r\n`).join('');
};
export function saver(name, draw) {
  return make('button', { type: 'button', className: 'quiet save', textContent: 'CSV', title: 'What is listed here, as a file', ariaLabel: 'As CSV', onclick: () => {
    const link = make('a', { download: `agon-${name()}-${stamp(Date.now()).slice(0, 19).replace(/[: ]/g, '-')}.csv`, href: URL.createObjectURL(new Blob([draw.csv()], { type: 'text/csv' })) });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
  } });
}

// ---- lines of the log, newest first: what was said again and again is one line
export function foldLines(list) {
  const out = [];
  let again = 0;
  for (const l of list) {
    if (l.text === 'the last line again') { again += Number(l.times ?? 1); continue; }
    const top = out.at(-1);
    if (top && top.text === l.text && top.level === l.level) top.n += 1 + again; else out.push({ ...l, n: 1 + again });
    again = 0;
  }
  return out;
}

const ASKED = 'The host is asked \u2026';
function fillUnder(row, parts) {
  const key = JSON.stringify(parts);
  if (row.dataset.text === key) return;
  row.dataset.text = key;
  row.hidden = !parts.length;
  row.className = `under ${parts.map(([name]) => name).join(' ')}`;
  row.firstChild.replaceChildren(...parts.map(([className, textContent]) => make('span', { className, textContent })));
}
// ---- tables: rows are kept and only the cells that changed are written
// A column with value(item) can be sorted by; sorted: { key, down } is kept under that name. under(item): [[class, text], ...] for a line below its row,
// of what has no column where there is little room; a class says where (app.css).
export function table(node, columns, empty, onRow, sortName, under) {
  const body = make('tbody');
  const heads = columns.map(c => make('th', { className: c.class ?? '', scope: 'col', title: c.tip ?? '' }));
  const kept = sortName ? (store.get('localStorage', `agon-sort-${sortName}`) ?? '').split(' ') : [];
  let sort = columns.some(c => c.value && c.title === kept[0]) ? { key: kept[0], down: kept[1] === 'down' } : null;
  let last = [[], null];
  const mark = () => heads.forEach((head, i) => { head.ariaSort = sort?.key !== columns[i].title ? null : sort.down ? 'descending' : 'ascending'; });
  columns.forEach((c, i) => {
    if (c.unseen) { heads[i].append(make('span', { className: 'unseen', textContent: c.unseen })); return; }
    if (!sortName || !c.value) { heads[i].textContent = c.title; return; }
    heads[i].append(make('button', { type: 'button', className: 'sort', textContent: c.title, onclick: () => {
      sort = sort?.key !== c.title ? { key: c.title, down: true } : sort.down ? { key: c.title, down: false } : null;
      store.set('localStorage', `agon-sort-${sortName}`, sort ? `${sort.key} ${sort.down ? 'down' : 'up'}` : '');
      mark();
      if (last[1]) draw(...last);
    } }));
  });
  mark();
  node.append(make('thead', {}, make('tr', {}, ...heads)), body);
  const none = make('tr', { className: 'empty' }, make('td', { colSpan: columns.length, textContent: empty }));
  const kids = new Map();
  // isKnown: false while the host has not answered; then an empty table says so, and not that there is nothing.
  function draw(list, keyOf, isKnown = true) {
    last = [list, keyOf, isKnown];
    const seen = new Set();
    let at = body.firstElementChild;
    const by = sort && columns.find(c => c.title === sort.key)?.value;
    const ordered = by ? [...list].sort((a, b) => {
      const [x, y] = [by(a), by(b)];
      return (sort.down ? -1 : 1) * (typeof x === 'string' ? x.localeCompare(y) : (x ?? -Infinity) - (y ?? -Infinity));
    }) : list;
    for (const item of ordered) {
      const key = keyOf(item);
      let row = kids.get(key);
      if (!row) {
        row = make('tr', {}, ...columns.map(c => make('td', { className: c.class ?? '' })));
        row.dataset.key = key;
        kids.set(key, row);
        onRow?.(row, item);
        if (under) { row.under = make('tr', { className: 'under' }, make('td', { colSpan: columns.length })); }
      }
      seen.add(key);
      if (under) fillUnder(row.under, under(item));
      columns.forEach((c, i) => {
        const cell = row.children[i];
        if (c.draw) { c.draw(cell, item); return; }
        set(cell, String(c.text(item)));
        if (c.hint && cell.title !== c.hint(item)) cell.title = c.hint(item);
        const name = `${c.class ?? ''} ${c.tone ? c.tone(item) : ''}`.trim();
        if (cell.className !== name) cell.className = name;
      });
      for (const part of row.under ? [row, row.under] : [row]) if (part !== at) body.insertBefore(part, at); else at = at.nextElementSibling;
    }
    for (const [key, row] of kids) if (!seen.has(key)) { row.remove(); row.under?.remove(); kids.delete(key); }
    if (list.length === 0) { set(none.firstChild, isKnown ? empty : ASKED); body.append(none); } else none.remove();
  }
  draw([], () => '');
  draw.csv = () => csvOf(columns, last[0]);
  return draw;
}

// ---- colours
const palette = {
  dark: ['#7fb2ff', '#f0b35f', '#68cfa4', '#e58bb6', '#b9a3ff', '#79d0e0', '#d6d06a', '#f09071', '#9fb0c6', '#8fd067', '#cf9be8', '#e0c3a0'],
  light: ['#1f5fd0', '#b36a00', '#0b8457', '#b8407a', '#6b4fc8', '#0f7f94', '#7d7a10', '#c04f2b', '#5a6b82', '#3f8a1d', '#8d3fb0', '#8a6237'],
};
export const theme = () => document.documentElement.dataset.theme || (matchMedia('(prefers-color-scheme: light)').matches ? 'light' : 'dark');
export const colour = slot => palette[theme()][slot % palette.dark.length];
export const css = name => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
