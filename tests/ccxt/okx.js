// SPDX-License-Identifier: Apache-2.0
// okx: ccxt as its users have it against the simulated OKX. Only `urls` are set.
//
//   node okx.js okx ORIGIN     e.g. node okx.js okx https://127.0.0.1:18080
//
// With https, NODE_EXTRA_CA_CERTS names what `agon sim --tls --ca-out` wrote. Nothing is judged by time.
import assert from 'node:assert/strict';
import ccxt from 'ccxt';
import {follow, near, refused, run, unhurried} from './common.js';

const KEY = 'agon-sim-key';
const SECRET = 'YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==';
const PHRASE = 'agon-sim-pass';
const [kind, origin] = process.argv.slice(2);
assert(/^https?:/.test(origin), 'usage: node okx.js okx ORIGIN');
const symbol = 'BTC/USDT';
const swap = 'BTC/USDT:USDT';
const amount = 0.01;

function client(more = {}) {
    const exchange = new ccxt.pro.okx({apiKey: KEY, secret: SECRET, password: PHRASE, enableRateLimit: false,
        newUpdates: true, ...unhurried, ...more});

    exchange.urls.api.rest = origin;
    exchange.urls.api.ws = `${origin.replace(/^http/, 'ws')}/ws/v5`;
    return exchange;
}

const x = client();
if (origin.startsWith('http:'))
    await x.loadHttpProxyAgent(); // ccxt asks for it before a socket without TLS
const state = {}; // what later steps need of earlier ones

// Each request has a limit for two seconds: who is refused by it waits, as its users do.
async function patient(call) {
    for (;;) {
        try {
            return await call();
        } catch (error) {
            if (!(error instanceof ccxt.RateLimitExceeded))
                throw error;
            await new Promise((wake) => setTimeout(wake, 500));
        }
    }
}

const order = (id) => patient(() => x.fetchOrder(id, symbol));
const place = (...what) => patient(() => x.createOrder(symbol, ...what));

// A price that far (in per cent) from the middle, at the tick.
async function price(per_cent) {
    const book = await patient(() => x.fetchOrderBook(symbol, 5));

    return Number(x.priceToPrecision(symbol, (book.bids[0][0] + book.asks[0][0]) / 2 * (1 + per_cent / 100)));
}

async function best(side) {
    const book = await patient(() => x.fetchOrderBook(symbol, 5));

    return (side === 'buy' ? book.bids : book.asks)[0][0];
}

const STEPS = [
    ['load markets', async () => {
        const markets = await x.loadMarkets();
        const m = markets[symbol];

        assert(m && m.active && m.spot && m.id === 'BTC-USDT', 'the market is there and active');
        assert(m.precision.price === 0.1 && m.precision.amount === 1e-8 && m.limits.amount.min === 0.00001, 'filters');
        const s = markets[swap];
        assert(s && s.swap && s.linear && s.contractSize === 0.01 && s.precision.amount === 0.01, 'the swap and its contract');
    }],
    ['currencies', async () => {
        assert('BTC' in await x.fetchCurrencies());
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
        const bars = await x.fetchOHLCV(symbol, '1m', undefined, 300);

        assert(bars.length >= 299);
        bars.forEach(([t, o, h, l, c], i) => {
            assert(h >= Math.max(o, c) && l <= Math.min(o, c), 'high and low');
            assert(i === 0 || t === bars[i - 1][0] + 60000, 'a bar a minute');
        });
    }],
    ['ticker', async () => {
        const t = await x.fetchTicker(symbol);

        assert(t.symbol === symbol && t.last > 0 && t.high >= t.low && t.bid < t.ask);
        assert('ETH/USDT' in await x.fetchTickers(['ETH/USDT']));
    }],
    ['swap: book, funding, mark', async () => {
        const book = await x.fetchOrderBook(swap, 5);

        assert(book.bids.length === 5 && book.bids[0][0] < book.asks[0][0]);
        assert.equal((await x.fetchFundingRate(swap)).fundingRate, 0.0001);
        assert((await x.fetchMarkPrice(swap)).markPrice > 0);
    }],
    ['watchOrderBook', async () => {
        let book = await x.watchOrderBook(symbol);

        for (let i = 0; i < 50; i++) {
            book = await x.watchOrderBook(symbol); // ccxt holds it to the chain of its ids
            assert(book.bids.length >= 10 && book.asks.length >= 10, 'levels on both sides');
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
    ['watchFundingRate', async () => {
        assert.equal((await x.watchFundingRate(swap)).fundingRate, 0.0001);
    }],
    ['balance', async () => {
        state.before = await x.fetchBalance();
        assert(state.before.USDT.free > 0 && state.before.BTC.total > 0);
    }],
    ['trading fee', async () => {
        const fee = await x.fetchTradingFee(symbol);

        assert(fee.maker === 0.0008 && fee.taker === 0.001);
    }],
    ['my streams open', async () => {
        state.balances = follow(() => x.watchBalance());
        await state.balances.until((b) => b.USDT.total > 0);
        state.orders = follow(() => x.watchOrders());
        state.fills = follow(() => x.watchMyTrades());
        // Probe orders: the streams are open when one comes back.
        for (let open = false; !open;) {
            const probe = await place('limit', 'buy', amount, await price(-8));

            await x.cancelOrder(probe.id, symbol);
            open = await Promise.race([
                state.orders.until((o) => o.id === probe.id && o.status === 'canceled').then(() => true),
                new Promise((wake) => setTimeout(() => wake(false), 500))]);
        }
    }],
    ['limit order', async () => {
        const px = await price(-5);
        const placed = await place('limit', 'buy', amount, px, {clientOrderId: 'agon1'});

        state.resting = placed.id;
        const told = await state.orders.until((o) => o.id === placed.id);
        assert(told.price === px && told.symbol === symbol && told.amount === amount && told.side === 'buy');
    }],
    ['query', async () => {
        const found = await order(state.resting);

        assert(found.status === 'open' && found.side === 'buy' && found.type === 'limit' && found.clientOrderId === 'agon1');
    }],
    ['query by the id of its client', async () => {
        assert.equal((await patient(() => x.fetchOrder('', symbol, {clientOrderId: 'agon1'}))).id, state.resting);
    }],
    ['duplicate id of a client', async () => {
        await refused([ccxt.InvalidOrder], async () => place('limit', 'buy', amount, await price(-5),
            {clientOrderId: 'agon1'}), 'the same clOrdId');
    }],
    ['id of a client that is none', async () => {
        await refused([ccxt.BadRequest], async () => place('limit', 'buy', amount, await price(-5),
            {clientOrderId: 'agon-1'}), 'a clOrdId with a dash');
    }],
    ['open orders', async () => {
        assert((await patient(() => x.fetchOpenOrders(symbol))).some((o) => o.id === state.resting));
        assert((await patient(() => x.fetchBalance())).USDT.free < state.before.USDT.total, 'the order holds money back');
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
        // One that would take is taken, and cancelled.
        const gone = await place('limit', 'sell', amount, await price(-1), {postOnly: true});
        assert.equal((await order(gone.id)).status, 'canceled');
    }],
    ['cancel several', async () => {
        const ids = [];

        for (let i = 0; i < 3; i++)
            ids.push((await place('limit', 'buy', amount, await price(-5 - i))).id);
        assert((await patient(() => x.fetchOpenOrders(symbol))).length >= 4);
        ids.push(...(await patient(() => x.fetchOpenOrders(symbol))).map((o) => o.id).filter((id) => !ids.includes(id)));
        await x.cancelOrders(ids, symbol);
        assert.equal((await patient(() => x.fetchOpenOrders(symbol))).length, 0);
    }],
    ['several orders at once', async () => {
        const px = await price(-5);
        const placed = await x.createOrders([1, 2].map((n) =>
            ({symbol, type: 'limit', side: 'buy', amount: n * amount, price: px})));

        assert(placed.length === 2 && placed.every((o) => o.id));
        await x.cancelOrders(placed.map((o) => o.id), symbol);
    }],
    ['market order fills', async () => {
        const placed = await place('market', 'buy', amount, undefined, {tgtCcy: 'base_ccy'});
        const done = await order(placed.id);

        assert(done.status === 'closed' && done.filled === amount && done.average > 0);
        state.bought = placed.id;
        await state.orders.until((o) => o.id === placed.id && o.status === 'closed');
        const fill = await state.fills.until((t) => t.order === placed.id);
        // ccxt hands on fillFee as it is: what is paid is below 0 there.
        assert(fill.side === 'buy' && fill.takerOrMaker === 'taker' && fill.price > 0 && fill.fee.cost < 0);
    }],
    ['limit through the book fills', async () => {
        const placed = await place('limit', 'buy', amount, await price(0.5));

        assert.equal((await order(placed.id)).status, 'closed');
    }],
    ['immediate or cancel', async () => {
        const placed = await place('limit', 'buy', amount, await price(-1), {timeInForce: 'IOC'});

        assert.equal((await order(placed.id)).status, 'canceled');
    }],
    ['market order by cost', async () => {
        const placed = await patient(() => x.createMarketBuyOrderWithCost(symbol, 500));
        const done = await order(placed.id);

        assert(done.status !== 'open' && done.cost > 490 && done.cost <= 500);
    }],
    ['resting order fills', async () => {
        // One on each side of the book: the market trades with one of them.
        const rest = async (side) => {
            for (;;) {
                const id = (await place('limit', side, amount, await best(side), {postOnly: true})).id;

                if ((await order(id)).status !== 'canceled')
                    return id;
            }
        };
        const ids = [await rest('buy'), await rest('sell')];
        const done = await state.orders.until((o) => ids.includes(o.id) && o.status === 'closed');

        assert.equal((await state.fills.until((t) => t.order === done.id)).takerOrMaker, 'maker');
        for (const o of await patient(() => x.fetchOpenOrders(symbol)))
            await x.cancelOrder(o.id, symbol).catch(() => {});
    }],
    ['orders over WebSocket', async () => {
        const placed = await x.createOrderWs(symbol, 'limit', 'buy', amount, await price(-5));

        assert.equal((await order(placed.id)).status, 'open');
        await x.editOrderWs(placed.id, symbol, 'limit', 'buy', 3 * amount, await price(-6));
        near((await order(placed.id)).amount, 3 * amount, 'amount after an amendment');
        await x.cancelOrderWs(placed.id, symbol);
        assert.equal((await order(placed.id)).status, 'canceled');
    }],
    ['my trades', async () => {
        const mine = (await patient(() => x.fetchMyTrades(symbol))).filter((t) => t.order === state.bought);

        near(mine.reduce((sum, t) => sum + t.amount, 0), amount, 'amount of the trades');
    }],
    ['closed orders', async () => {
        assert((await patient(() => x.fetchClosedOrders(symbol))).some((o) => o.id === state.bought));
        assert((await patient(() => x.fetchCanceledOrders(symbol))).some((o) => o.id === state.resting));
    }],
    ['balance after', async () => {
        const after = await patient(() => x.fetchBalance());
        const trades = await patient(() => x.fetchMyTrades(symbol));
        const bought = trades.reduce((sum, t) => sum + (t.side === 'buy' ? t.amount : -t.amount)
            - (t.fee.currency === 'BTC' ? t.fee.cost : 0), 0);
        const spent = trades.reduce((sum, t) => sum + (t.side === 'buy' ? t.cost : -t.cost)
            + (t.fee.currency === 'USDT' ? t.fee.cost : 0), 0);

        assert(Math.abs(after.BTC.total - state.before.BTC.total - bought) < 1e-7, 'base held is base traded, less the fees');
        assert(Math.abs(state.before.USDT.total - after.USDT.total - spent) < 1e-4, 'what was paid, and the fees');
    }],
    ['cancel all after', async () => {
        const placed = await place('limit', 'buy', amount, await price(-5));

        await x.cancelAllOrdersAfter(10000);
        await state.orders.until((o) => o.id === placed.id && o.status === 'canceled');
        await patient(() => x.cancelAllOrdersAfter(0));
    }],
    ['bad signature', async () => {
        await refused([ccxt.AuthenticationError], () => client({secret: 'another'}).fetchBalance(), 'signature');
    }],
    ['wrong pass-phrase', async () => {
        await refused([ccxt.AuthenticationError], () => client({password: 'another'}).fetchBalance(), 'pass-phrase');
    }],
    ['unknown key', async () => {
        await refused([ccxt.AuthenticationError], () => client({apiKey: 'nobody'}).fetchBalance(), 'key');
    }],
    ['old time stamp', async () => {
        const stale = client();

        stale.nonce = () => Date.now() - 60000;
        await refused([ccxt.InvalidNonce], () => stale.fetchBalance(), 'time stamp');
    }],
    ['unknown order', async () => {
        await refused([ccxt.OrderNotFound], () => order('1'), 'query');
        await refused([ccxt.OrderNotFound], () => x.cancelOrder('1', symbol), 'cancel');
    }],
    ['insufficient funds', async () => {
        await refused([ccxt.InsufficientFunds], async () => place('limit', 'buy', 90, await price(-1)), 'funds');
    }],
    ['off-filter price and size', async () => {
        const raw = {instId: 'BTC-USDT', tdMode: 'cash', side: 'buy', ordType: 'limit', sz: '0.01', px: `${(await price(-1)).toFixed(1)}01`};

        await refused([ccxt.InvalidOrder], () => x.privatePostTradeOrder({...raw}), 'price off the tick');
        await refused([ccxt.InvalidOrder], () => x.privatePostTradeOrder({...raw, px: '30000', sz: '0.000001'}), 'less than the least');
    }],
    ['unknown symbol', async () => {
        await refused([ccxt.BadSymbol], () => x.publicGetMarketBooks({instId: 'NOT-HERE'}), 'symbol');
    }],
    ['rate limit', async () => {
        await refused([ccxt.RateLimitExceeded], async () => {
            for (let i = 0; i < 40; i++)
                await x.fetchBalance();
        }, 'calls');
    }],
];

process.exit(await run(STEPS, kind, 'okx'));
