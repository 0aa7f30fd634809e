// SPDX-License-Identifier: Apache-2.0
// One instrument: its price, its book, its funding, our orders and fills there.
import { candleCard } from '../candles.mjs';
import { get } from '../connection.mjs';
import { allFills } from '../fills.mjs';
import { card, make, moment, money, pairs, percent, put, rows, scrolls, set, sideTone, stamp, store, table } from '../kit.mjs';

const LEVELS = 10;
const symbols = state => Object.keys(state.get('marks') ?? {});
let next = () => {};

function depthCard() {
  const box = card('Book', { name: 'book' });
  const note = make('span', { className: 'count' });
  const level = side => make('div', { className: `level ${side}` }, make('span'), make('span'));
  const node = make('div', { id: 'book' }, ...Array.from({ length: LEVELS }, () => level('ask')), make('div', { className: 'mid' }, make('b'), make('span', { className: 'dim' })), ...Array.from({ length: LEVELS }, () => level('bid')));
  box.bar.append(note);
  box.body.append(node);
  return { section: box.section, draw(book) {
    const asks = book?.asks.slice(0, LEVELS) ?? [];
    const bids = book?.bids.slice(0, LEVELS) ?? [];
    // How much there is up to that price, of the larger side.
    const sums = list => { let sum = 0; return list.map(l => (sum += Number(l[1]))); };
    const [askSums, bidSums] = [sums(asks), sums(bids)];
    const max = Math.max(1e-12, askSums.at(-1) ?? 0, bidSums.at(-1) ?? 0);
    const fill = (row, l, sum) => {
      set(row.children[0], l ? money(l[0]) : '');
      set(row.children[1], l ? money(l[1]) : '');
      row.style.setProperty('--w', l ? `${(Number(l[1]) / max * 100).toFixed(1)}%` : '0%');
      row.style.setProperty('--s', l ? `${(sum / max * 100).toFixed(1)}%` : '0%');
    };
    for (let i = 0; i < LEVELS; i++) {
      fill(node.children[LEVELS - 1 - i], asks[i], askSums[i]);
      fill(node.children[LEVELS + 1 + i], bids[i], bidSums[i]);
    }
    const [price, spread] = node.children[LEVELS].children;
    set(price, book ? money(book.mark) : '–');
    const gap = book ? (Number(book.ask) - Number(book.bid)) / Number(book.mark) * 1e4 : 0;
    set(spread, !book ? '' : book.state === 'live' ? `spread ${gap.toFixed(2)} bps` : book.state);
    spread.className = book?.state === 'live' ? 'dim' : 'warn';
    set(note, book ? `${LEVELS} levels` : '');
  } };
}

export default {
  title: 'Market',
  missing: (state, name) => (!symbols(state).length || symbols(state).includes(name) ? null : { text: `No instrument is called '${name}'.`, ways: symbols(state).slice(0, 6).map(s => [`#/market/${encodeURIComponent(s)}`, s]) }),
  keys: ({ state, name }) => {
    const all = symbols(state);
    const at = all.indexOf(name ?? store.get('localStorage', 'agon-symbol'));
    return ['marks', 'order/', 'fill/', `book/${Math.max(0, at) + 1}`];
  },
  press: { b: () => next() },
  open({ left, right, route }) {
    let now = new Map();
    const go = name => { store.set('localStorage', 'agon-symbol', name); location.hash = `#/market/${encodeURIComponent(name)}`; };
    const price = candleCard({ choose: go, grows: true, layers: symbol => ({ fills: allFills(now, () => {}).filter(f => f.symbol === symbol), orders: rows(now, 'order/').filter(o => o.symbol === symbol) }) });
    const depth = depthCard();
    const box = card('Instrument', { name: 'instrument' });
    const facts = make('dl', { className: 'grid many' });
    box.body.append(facts);
    // What others trade there, where it is listened to: the venue's own trades, newest first.
    const tape = card('Market trades', { name: 'tape' });
    const tapeNote = make('span', { className: 'count' });
    const tapeTable = make('table', { id: 't-tape' });
    tape.bar.append(tapeNote);
    tape.body.append(scrolls(make('div', { className: 'scroll tall' }, tapeTable), 'Market trades'));
    tape.section.hidden = true;
    const drawTape = table(tapeTable, [
      { title: 'Time', class: 'l', text: t => stamp(t.t_ms).slice(11), tone: () => 'dim' }, { title: 'Price', text: t => money(t.price), tone: sideTone }, { title: 'Quantity', text: t => money(t.quantity) },
    ], 'None yet.');
    let trades = [];
    let of = null;
    let asked = -Infinity;
    async function askTrades(name) {
      asked = performance.now();
      if (of !== name) { of = name; trades = []; }
      const more = await get(`trades/${encodeURIComponent(name)}/${trades[0]?.n ?? 0}`);
      if (of !== name || !more) return;
      trades = [...more, ...trades].slice(0, 40);
      tape.section.hidden = !trades.length;
      put(tapeNote, `the last ${trades.length}`);
      drawTape(trades, t => String(t.n));
    }
    left.append(price.section, box.section);
    right.append(depth.section, tape.section);
    next = () => { const all = symbols(now); if (all.length) go(all[(all.indexOf(price.symbol) + 1) % all.length]); };
    return state => {
      now = state;
      const all = symbols(state);
      if (!all.length) return;
      const kept = store.get('localStorage', 'agon-symbol');
      const name = all.includes(route.name) ? route.name : all.includes(kept) ? kept : all[0];
      route.shown = name;
      price.offer(all);
      price.show(name);
      const book = state.get(`book/${all.indexOf(name) + 1}`);
      price.tick(state.get('status')?.t_ms ?? 0, state.get('marks')[name]);
      depth.draw(book);
      if (of !== name || performance.now() - asked > 3000) askTrades(name);
      if (book) pairs(facts, [
        ['Venue', book.venue], ['Kind', book.kind], ['Book', book.state, book.state === 'live' ? '' : 'warn'], ['Mark', money(book.mark)], ['Bid', money(book.bid)], ['Ask', money(book.ask)],
        ['Base', book.base], ['Quote', book.quote], ...(book.funding_rate !== undefined ? [['Next funding', percent(Number(book.funding_rate), 4)], ['Paid', moment(book.funding_time)]] : []), ['Trading', book.halted ? 'halted' : 'open', book.halted ? 'warn' : ''],
      ]);
    };
  },
};
