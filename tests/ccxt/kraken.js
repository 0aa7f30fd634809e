// SPDX-License-Identifier: Apache-2.0
// kraken: ccxt as its users have it against the simulated Kraken. Only `urls` are set.
//
//   node kraken.js kraken ORIGIN     e.g. node kraken.js kraken https://127.0.0.1:18080
//
// With https, NODE_EXTRA_CA_CERTS names what `agon sim --tls --ca-out` wrote. Nothing is judged by time.
import assert from 'node:assert/strict';
import ccxt from 'ccxt';
import {follow, near, refused, run, unhurried} from './common.js';

const KEY = 'agon-sim-key';
const SECRET = 'YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==';
const [kind, origin] = process.argv.slice(2);
assert(/^https?:/.test(origin), 'usage: node kraken.js kraken ORIGIN');
const ws = origin.replace(/^http/, 'ws');
const symbol = 'BTC/USD';
const amount = 0.01;

function client(more = {}) {
    const exchange = new ccxt.pro.kraken({apiKey: KEY, secret: SECRET, enableRateLimit: false, newUpdates: true, ...unhurried, ...more});

    Object.assign(exchange.urls.api, {public: origin, private: origin});
    Object.assign(exchange.urls.api.ws, {private: ws, publicV2: `${ws}/v2`, privateV2: `${ws}/v2`});
    // A nonce is a millisecond here, and two requests may fall into one.
    let last = 0;
    exchange.nonce = () => last = Math.max(last + 1, Date.now());
    return exchange;
}

const x = client();
if (origin.startsWith('http:'))
    await x.loadHttpProxyAgent(); // ccxt asks for it before a socket without TLS
const state = {}; // what later steps need of earlier ones

// The key has a counter of calls, which falls with time: who is refused by it waits, as its users do.
async function patient(call) {
    for (;;) {
        try {
            return await call();
        } catch (error) {
            if (!/EAPI:Rate limit exceeded/.test(error.message))
                throw error;
            await new Promise((wake) => setTimeout(wake, 1000));
        }
    }
}

const order = (id) => patient(() => x.fetchOrder(id, symbol));
const place = (...what) => patient(() => x.createOrder(symbol, ...what));

// A price that far (in per cent) from the middle, at the tick.
async function price(per_cent) {
    const book = await x.fetchOrderBook(symbol, 5);

    return Number(x.priceToPrecision(symbol, (book.bids[0][0] + book.asks[0][0]) / 2 * (1 + per_cent / 100)));
}

async function best(side) {
    const book = await x.fetchOrderBook(symbol, 5);

    return (side === 'buy' ? book.bids : book.asks)[0][0];
}

// The id of an order that must not trade at once: the market may have moved there before it arrives.
async function waiting(make) {
    for (;;) {
        try {
            return (await make()).id;
        } catch (error) {
            if (!/EOrder:(Post only order|Invalid price)/.test(error.message))
                throw error;
        }
    }
}

const STEPS = [
    ['load markets', async () => {
        const m = (await x.loadMarkets())[symbol];

        assert(m && m.active && m.spot, 'the market is there and active');
        assert(m.id === 'XXBTZUSD' && m.altname === 'XBTUSD' && m.wsId === 'XBT/USD', 'names');
        assert(m.precision.price === 0.1 && m.precision.amount === 1e-8 && m.limits.cost.min === 0.5, 'filters');
        assert(m.maker === 0.0025 && m.taker === 0.004, 'fees');
    }],
    ['currencies', async () => {
        const currencies = await x.fetchCurrencies();

        assert(currencies.BTC.id === 'XXBT' && currencies.USD.id === 'ZUSD');
    }],
    ['time', async () => {
        assert(Math.abs(await x.fetchTime() - Date.now()) < 60000);
    }],
    ['status', async () => {
        assert.equal((await x.fetchStatus()).status, 'ok');
    }],
    ['order book', async () => {
        const book = await x.fetchOrderBook(symbol, 20);

        assert(book.bids.length === 20 && book.asks.length === 20, 'twenty levels a side');
        assert(book.bids[0][0] < book.asks[0][0], 'not crossed');
    }],
    ['trades', async () => {
        const trades = await x.fetchTrades(symbol, undefined, 10);

        assert(trades.length > 0);
        for (const t of trades)
            assert(t.symbol === symbol && t.price > 0 && t.amount > 0 && /^(buy|sell)$/.test(t.side));
    }],
    ['candles', async () => {
        const bars = await x.fetchOHLCV(symbol, '1m');

        assert(bars.length >= 700);
        bars.forEach(([t, o, h, l, c], i) => {
            assert(h >= Math.max(o, c) && l <= Math.min(o, c), 'high and low');
            assert(i === 0 || t === bars[i - 1][0] + 60000, 'a bar a minute');
        });
    }],
    ['ticker', async () => {
        const t = await x.fetchTicker(symbol);

        assert(t.symbol === symbol && t.last > 0 && t.high >= t.low && t.bid < t.ask);
        assert('ETH/USD' in await x.fetchTickers(['ETH/USD']));
    }],
    ['watchOrderBook', async () => {
        let book = await x.watchOrderBook(symbol, 10);

        for (let i = 0; i < 50; i++) {
            book = await x.watchOrderBook(symbol, 10);
            assert(book.bids.length === 10 && book.asks.length === 10, 'ten levels a side');
            assert(book.bids[0][0] < book.asks[0][0], 'not crossed');
        }
    }],
    ['watchTrades', async () => {
        const trades = await x.watchTrades(symbol);

        assert(trades.length > 0 && trades[0].symbol === symbol && trades[0].price > 0);
    }],
    ['watchOHLCV', async () => {
        const bars = await x.watchOHLCV(symbol, '1m');

        assert(bars.length > 0 && bars[0][2] >= bars[0][3]);
    }],
    ['watchTicker', async () => {
        assert((await x.watchTicker(symbol)).last > 0);
    }],
    ['balance', async () => {
        state.before = await x.fetchBalance();
        assert(state.before.USD.free > 0 && state.before.BTC.total > 0);
    }],
    ['trading fee', async () => {
        const fee = await x.fetchTradingFee(symbol);

        assert(fee.maker === 0.0025 && fee.taker === 0.004);
    }],
    ['my streams open', async () => {
        state.orders = follow(() => x.watchOrders());
        state.fills = follow(() => x.watchMyTrades());
        state.balances = follow(() => x.watchBalance());
        await state.balances.until((b) => b.USD.total > 0);
        // A probe order: the streams are open when it comes back.
        const probe = await place('limit', 'buy', amount, await price(-8));

        await x.cancelOrder(probe.id, symbol);
        await state.orders.until((o) => o.id === probe.id && o.status === 'canceled');
    }],
    ['limit order', async () => {
        const px = await price(-5);
        const placed = await place('limit', 'buy', amount, px, {clientOrderId: 'agon-1'});

        assert(placed.price === px && placed.amount === amount && placed.side === 'buy');
        state.resting = placed.id;
        const told = await state.orders.until((o) => o.id === placed.id);
        assert(told.price === px && told.symbol === symbol);
    }],
    ['query', async () => {
        const found = await order(state.resting);

        assert(found.status === 'open' && found.side === 'buy' && found.type === 'limit' && found.clientOrderId === 'agon-1');
    }],
    ['open orders', async () => {
        assert((await patient(() => x.fetchOpenOrders(symbol))).some((o) => o.id === state.resting));
        const mine = await patient(() => x.fetchOpenOrders(symbol, undefined, undefined, {clientOrderId: 'agon-1'}));
        assert(mine.length === 1 && mine[0].id === state.resting, 'by the id of its client');
        assert((await patient(() => x.fetchBalance())).USD.free < state.before.USD.total, 'the order holds money back');
    }],
    ['amend', async () => {
        const px = await price(-6);

        await x.editOrder(state.resting, symbol, 'limit', 'buy', 2 * amount, px);
        const found = await order(state.resting); // it keeps its id
        near(found.price, px, 'price after it');
        near(found.amount, 2 * amount, 'amount after it');
    }],
    ['cancel', async () => {
        await x.cancelOrder(state.resting, symbol);
        assert.equal((await order(state.resting)).status, 'canceled');
        await state.orders.until((o) => o.id === state.resting && o.status === 'canceled');
    }],
    ['post-only', async () => {
        const placed = await place('limit', 'sell', amount, await price(5), {postOnly: true});

        assert.equal((await order(placed.id)).postOnly, true);
        await refused([ccxt.ExchangeError],
            async () => place('limit', 'sell', amount, await price(-1), {postOnly: true}), 'post-only through the book');
    }],
    ['stop', async () => {
        const px = await price(-4);
        const placed = await place('limit', 'sell', amount, await price(-5), {stopLossPrice: px});
        const found = await order(placed.id);

        assert(found.status === 'open');
        near(found.stopLossPrice, px, 'trigger');
    }],
    ['cancel all', async () => {
        assert((await patient(() => x.fetchOpenOrders(symbol))).length >= 2);
        await x.cancelAllOrders();
        assert.equal((await patient(() => x.fetchOpenOrders(symbol))).length, 0);
    }],
    ['market order fills', async () => {
        const placed = await place('market', 'buy', amount);
        const done = await order(placed.id);

        assert(done.status === 'closed' && done.filled === amount && done.average > 0);
        state.bought = placed.id;
        await state.orders.until((o) => o.id === placed.id && o.status === 'closed');
        const fill = await state.fills.until((t) => t.order === placed.id);
        assert(fill.side === 'buy' && fill.takerOrMaker === 'taker' && fill.price > 0 && fill.fee.cost > 0);
    }],
    ['limit through the book fills', async () => {
        const placed = await place('limit', 'buy', amount, await price(0.5));

        assert.equal((await order(placed.id)).status, 'closed');
    }],
    ['market order by cost', async () => {
        const placed = await patient(() => x.createMarketBuyOrderWithCost(symbol, 500));
        const done = await order(placed.id);

        assert(done.status !== 'open' && done.cost > 490 && done.cost <= 500);
    }],
    ['stop fires', async () => {
        // One on each side of the price: the market reaches one of them.
        const stop = async (side, per_cent) =>
            place('market', side, amount, undefined, {stopLossPrice: await price(per_cent)});
        const ids = [await waiting(() => stop('buy', 0.01)), await waiting(() => stop('sell', -0.01))];

        await state.orders.until((o) => ids.includes(o.id) && o.status === 'closed');
        await x.cancelAllOrders();
    }],
    ['resting order fills', async () => {
        // One on each side of the book: the market trades with one of them.
        const rest = async (side) => place('limit', side, amount, await best(side), {postOnly: true});
        const ids = [await waiting(() => rest('buy')), await waiting(() => rest('sell'))];
        const done = await state.orders.until((o) => ids.includes(o.id) && o.status === 'closed');

        assert.equal((await state.fills.until((t) => t.order === done.id)).takerOrMaker, 'maker');
        await x.cancelAllOrders();
    }],
    ['orders over WebSocket', async () => {
        const placed = await x.createOrderWs(symbol, 'limit', 'buy', amount, await price(-5));

        assert.equal((await order(placed.id)).status, 'open');
        const px = await price(-6);
        await x.editOrderWs(placed.id, symbol, 'limit', 'buy', 3 * amount, px);
        near((await order(placed.id)).amount, 3 * amount, 'amount after an amendment');
        await x.cancelOrderWs(placed.id);
        assert.equal((await order(placed.id)).status, 'canceled');
        await refused([ccxt.OrderNotFound], () => x.cancelOrderWs(placed.id), 'a cancel of what is gone');
        await x.cancelAllOrdersWs();
    }],
    ['my trades', async () => {
        const mine = (await patient(() => x.fetchMyTrades(symbol))).filter((t) => t.order === state.bought);

        near(mine.reduce((sum, t) => sum + t.amount, 0), amount, 'amount of the trades');
    }],
    ['closed orders', async () => {
        const closed = await patient(() => x.fetchClosedOrders(symbol));

        assert(closed.some((o) => o.id === state.bought && o.status === 'closed'));
        assert(closed.some((o) => o.id === state.resting && o.status === 'canceled'));
    }],
    ['balance after', async () => {
        const after = await patient(() => x.fetchBalance());
        const trades = await patient(() => x.fetchMyTrades(symbol));
        const bought = trades.reduce((sum, t) => sum + (t.side === 'buy' ? t.amount : -t.amount), 0);
        const spent = trades.reduce((sum, t) => sum + (t.side === 'buy' ? t.cost : -t.cost) + t.fee.cost, 0);

        near(after.BTC.total - state.before.BTC.total, Number(bought.toFixed(8)), 'base held is base traded');
        assert(Math.abs(state.before.USD.total - after.USD.total - spent) < 1e-4, 'what was paid, and the fees');
    }],
    ['cancel all after', async () => {
        const placed = await place('limit', 'buy', amount, await price(-5));

        await x.cancelAllOrdersAfter(1000);
        await state.orders.until((o) => o.id === placed.id && o.status === 'canceled');
        await x.cancelAllOrdersAfter(0);
    }],
    ['bad signature', async () => {
        await refused([ccxt.ExchangeError], () => client({secret: 'YW5vdGhlcg=='}).fetchBalance(), 'signature');
    }],
    ['unknown key', async () => {
        await refused([ccxt.AuthenticationError], () => client({apiKey: 'nobody'}).fetchBalance(), 'key');
    }],
    ['nonce that does not rise', async () => {
        const stale = client();

        stale.nonce = () => 1;
        await refused([ccxt.InvalidNonce], () => stale.fetchBalance(), 'nonce');
    }],
    ['unknown order', async () => {
        await refused([ccxt.OrderNotFound], () => order('OAAAAA-AAAAA-AAAAAA'), 'query');
        await refused([ccxt.OrderNotFound], () => x.cancelOrder('OAAAAA-AAAAA-AAAAAA', symbol), 'cancel');
    }],
    ['insufficient funds', async () => {
        await refused([ccxt.InsufficientFunds], async () => place('limit', 'buy', 90, await price(-1)), 'funds');
    }],
    ['off-filter price and volume', async () => {
        const raw = {pair: 'XXBTZUSD', type: 'buy', ordertype: 'limit', volume: '0.01', price: `${(await price(-1)).toFixed(1)}01`};

        await refused([ccxt.ExchangeError], () => x.privatePostAddOrder(raw), 'price off the tick');
        await refused([ccxt.BadRequest, ccxt.InvalidOrder],
            () => x.privatePostAddOrder({...raw, price: '30000', volume: '0.00001'}), 'less than the least volume');
    }],
    ['unknown symbol', async () => {
        await refused([ccxt.ExchangeError], () => x.publicGetDepth({pair: 'NOTHERE'}), 'symbol');
    }],
    // The last: afterwards this key is refused for a while.
    ['rate limit', async () => {
        await refused([ccxt.RateLimitExceeded, ccxt.DDoSProtection], async () => {
            for (let i = 0; i < 40; i++)
                await x.fetchBalance();
        }, 'calls');
    }],
];

process.exit(await run(STEPS, kind, 'kraken'));
