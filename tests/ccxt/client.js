// SPDX-License-Identifier: Apache-2.0
// client: ccxt as its users have it against the simulated venue. Only `urls` and documented `options` are set.
//
//   node client.js spot|usdm ORIGIN     e.g. node client.js spot https://127.0.0.1:18080
//
// With https, NODE_EXTRA_CA_CERTS names what `agon sim --tls --ca-out` wrote.
// One table of steps for both markets; a step that one market lacks names the other. Each prints a line; the first that
// fails ends the run with its reason and exit code 1. Nothing is judged by time; LIMIT_MS finds what never comes.
import assert from 'node:assert/strict';
import dns from 'node:dns';
import ccxt from 'ccxt';
import {follow, near, refused, run, unhurried} from './common.js';

const KEY = 'agon-sim-key';
const SECRET = 'YWdvbi1zaW0tc2VjcmV0LWFnb24tc2ltLXNlY3JldC0wMDAwMDAwMA==';
const [kind, origin] = process.argv.slice(2);
const {protocol, port} = new URL(origin);
const secure = protocol === 'https:';
const ws = `ws${secure ? 's' : ''}://127.0.0.1:${port}`;

// ccxt knows by "https://fapi." and its hostname which market's error codes to read, so over TLS the venue is given a
// hostname and is api. and fapi. of it. Names below localhost are this machine (RFC 6761), which not every resolver
// knows.
const hostname = `localhost:${port}`;
const rest = (name) => secure ? `https://${name}.${hostname}` : `http://127.0.0.1:${port}`;
const lookup = dns.lookup;
dns.lookup = (name, ...more) => lookup(name.endsWith('.localhost') ? '127.0.0.1' : name, ...more);

// What stands where on one simulator. USD-M of ccxt puts /public, /market and /private before /ws by itself.
const MARKETS = {
    spot: {
        exchange: 'binance',
        symbol: 'BTC/USDT',
        amount: 0.01,
        api: {public: rest('api') + '/api/v3', private: rest('api') + '/api/v3', sapi: rest('api') + '/sapi/v1'},
        stream: {spot: ws + '/ws'},
        requests: {spot: ws + '/ws-api/v3'},
        options: {fetchMarkets: {types: ['spot']}},
    },
    usdm: {
        exchange: 'binanceusdm',
        symbol: 'BTC/USDT:USDT',
        amount: 0.01,
        api: {
            fapiPublic: rest('fapi') + '/fapi/v1', fapiPublicV2: rest('fapi') + '/fapi/v2', fapiPublicV3: rest('fapi') + '/fapi/v3',
            fapiPrivate: rest('fapi') + '/fapi/v1', fapiPrivateV2: rest('fapi') + '/fapi/v2',
            fapiPrivateV3: rest('fapi') + '/fapi/v3', fapiData: rest('fapi') + '/futures/data',
        },
        stream: {future: ws + '/ws'},
        requests: {future: ws + '/ws-fapi/v1'},
        options: {fetchMarkets: {types: ['linear']}, fetchCurrencies: false},
    },
};
const market = MARKETS[kind];
assert(market && /^https?:/.test(origin), 'usage: node client.js spot|usdm ORIGIN');
const symbol = market.symbol;

function client(more = {}) {
    const exchange = new ccxt.pro[market.exchange]({
        apiKey: KEY, secret: SECRET, hostname, enableRateLimit: false, newUpdates: true, ...unhurried,
        options: {...market.options, recvWindow: 60000}, ...more}); // the longest that the venue takes

    Object.assign(exchange.urls.api, market.api);
    Object.assign(exchange.urls.api.ws, market.stream);
    Object.assign(exchange.urls.api.ws['ws-api'], market.requests);
    return exchange;
}

const x = client();
if (!secure)
    await x.loadHttpProxyAgent(); // ccxt asks for it before a socket without TLS
const state = {}; // what later steps need of earlier ones

// A price that far (in per cent) from the middle, as the market's filter wants it.
async function price(per_cent) {
    const book = await x.fetchOrderBook(symbol, 5);

    return Number(x.priceToPrecision(symbol, (book.bids[0][0] + book.asks[0][0]) / 2 * (1 + per_cent / 100)));
}

// The id of an order that must not trade at once: the market may have moved there before it arrives.
async function waiting(make) {
    for (;;) {
        try {
            return (await make()).id;
        } catch (error) {
            if (!(error instanceof ccxt.OrderImmediatelyFillable) && !/"code":-5022\b/.test(error.message))
                throw error;
        }
    }
}

async function best(side) {
    const book = await x.fetchOrderBook(symbol, 5);

    return (side === 'buy' ? book.bids : book.asks)[0][0];
}

// Takes away what still stands of a step; there may be nothing, which the venue calls an error.
async function sweep(params = {}) {
    try {
        await x.cancelAllOrders(symbol, params);
    } catch (error) {
        if (!(error instanceof ccxt.OrderNotFound))
            throw error;
    }
}

const STEPS = [
    ['load markets', async () => {
        const markets = await x.loadMarkets();
        const m = markets[symbol];

        assert(m && m.active, 'the market is there and active');
        assert(m.precision.price > 0 && m.precision.amount > 0 && m.limits.cost.min > 0, 'filters');
        assert.equal(m.swap, kind === 'usdm');
    }],
    ['time and status', async () => {
        assert(Math.abs(await x.fetchTime() - Date.now()) < 60000);
    }],
    ['order book', async () => {
        const book = await x.fetchOrderBook(symbol, 20);

        assert(book.bids.length === 20 && book.asks.length === 20, 'twenty levels a side');
        assert(book.bids[0][0] < book.asks[0][0], 'not crossed');
        for (let i = 1; i < 20; i++)
            assert(book.bids[i][0] < book.bids[i - 1][0] && book.asks[i][0] > book.asks[i - 1][0], 'sorted');
    }],
    ['trades', async () => {
        const trades = await x.fetchTrades(symbol, undefined, 10);

        assert(trades.length > 0 && trades.length <= 10);
        for (const t of trades)
            assert(t.symbol === symbol && t.price > 0 && t.amount > 0 && /^(buy|sell)$/.test(t.side));
    }],
    ['candles', async () => {
        const bars = await x.fetchOHLCV(symbol, '1m', undefined, 50);

        assert.equal(bars.length, 50);
        bars.forEach(([t, o, h, l, c], i) => {
            assert(h >= Math.max(o, c) && l <= Math.min(o, c), 'high and low');
            assert(i === 0 || t === bars[i - 1][0] + 60000, 'a bar a minute');
        });
    }],
    ['ticker', async () => {
        const t = await x.fetchTicker(symbol);

        assert(t.symbol === symbol && t.last > 0 && t.high >= t.low && t.quoteVolume > 0);
        assert(symbol in await x.fetchTickers([symbol]));
    }],
    ['watchOrderBook', async () => {
        let book = await x.watchOrderBook(symbol), first = book.nonce;

        while (book.nonce === first)
            book = await x.watchOrderBook(symbol);
        assert(book.nonce > first && book.bids[0][0] < book.asks[0][0]);
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
        assert(state.before.USDT.free > 0 && state.before.USDT.total >= state.before.USDT.free);
    }],
    ['my streams open', async () => {
        state.orders = follow(() => x.watchOrders(symbol));
        state.fills = follow(() => x.watchMyTrades(symbol));
        state.balances = follow(() => x.watchBalance());
        if (kind === 'usdm')
            state.positions = follow(() => x.watchPositions([symbol]));
        // A probe order: the streams are open when it comes back.
        const probe = await x.createOrder(symbol, 'limit', 'buy', market.amount, await price(-8));

        await x.cancelOrder(probe.id, symbol);
    }],
    ['funding rate', async () => {
        const rate = await x.fetchFundingRate(symbol);

        assert(Number.isFinite(rate.fundingRate) && rate.markPrice > 0 && rate.fundingTimestamp > 0);
        assert((await x.fetchFundingRateHistory(symbol, undefined, 3)).every((r) => r.symbol === symbol));
    }, 'usdm'],
    ['leverage', async () => {
        assert.equal(Number((await x.setLeverage(5, symbol)).leverage), 5);
        assert.equal((await x.fetchLeverages([symbol]))[symbol].longLeverage, 5);
    }, 'usdm'],
    ['margin mode', async () => {
        await x.setMarginMode('isolated', symbol);
        await x.setMarginMode('cross', symbol);
    }, 'usdm'],
    ['limit order', async () => {
        const px = await price(-5);
        const order = await x.createOrder(symbol, 'limit', 'buy', market.amount, px);

        assert(order.status === 'open' && order.price === px && order.amount === market.amount && order.filled === 0);
        state.resting = order.id;
        const told = await state.orders.until((o) => o.id === order.id);
        assert(told.status === 'open' && told.price === px);
    }],
    ['query', async () => {
        const order = await x.fetchOrder(state.resting, symbol);

        assert(order.id === state.resting && order.status === 'open' && order.side === 'buy' && order.type === 'limit');
        assert((await x.fetchOpenOrders(symbol)).some((o) => o.id === state.resting));
        assert((await x.fetchBalance()).USDT.free < state.before.USDT.total, 'the order holds money back');
    }],
    ['edit', async () => {
        const px = await price(-6);
        const order = await x.editOrder(state.resting, symbol, 'limit', 'buy', 2 * market.amount, px);

        near((await x.fetchOrder(order.id, symbol)).price, px, 'price after the edit');
        near((await x.fetchOrder(order.id, symbol)).amount, 2 * market.amount, 'amount after the edit');
        if (kind === 'spot') { // there an edit is a new order in the old one's place
            assert.notEqual(order.id, state.resting);
            assert.equal((await x.fetchOrder(state.resting, symbol)).status, 'canceled');
        }
        state.resting = order.id;
    }],
    ['cancel', async () => {
        await x.cancelOrder(state.resting, symbol);
        assert.equal((await x.fetchOrder(state.resting, symbol)).status, 'canceled');
        await state.orders.until((o) => o.id === state.resting && o.status === 'canceled');
    }],
    ['post-only', async () => {
        const order = await x.createOrder(symbol, 'limit', 'sell', market.amount, await price(5), {postOnly: true});

        assert.equal((await x.fetchOrder(order.id, symbol)).status, 'open');
        assert.equal((await x.fetchOrder(order.id, symbol)).postOnly, true);
        await refused([ccxt.InvalidOrder], // of which OrderImmediatelyFillable is one
            async () => x.createOrder(symbol, 'limit', 'sell', market.amount, await price(-1), {postOnly: true}),
            'post-only through the book');
    }],
    ['stop', async () => {
        const px = await price(-4);
        const params = {stopLossPrice: px};
        const order = await x.createOrder(symbol, 'limit', 'sell', market.amount, await price(-5), params);
        const query = kind === 'usdm' ? {trigger: true} : {};
        const found = await x.fetchOrder(order.id, symbol, query);

        assert.equal(found.status, 'open');
        near(found.triggerPrice, px, 'trigger');
        if (kind === 'usdm')
            await x.cancelOrder(order.id, symbol, query);
    }],
    ['cancel all', async () => {
        assert((await x.fetchOpenOrders(symbol)).length >= 1);
        await x.cancelAllOrders(symbol);
        assert.equal((await x.fetchOpenOrders(symbol)).length, 0);
    }],
    ['market order fills', async () => {
        const order = await x.createOrder(symbol, 'market', 'buy', market.amount);
        const done = await x.fetchOrder(order.id, symbol);

        assert(done.status === 'closed' && done.filled === market.amount && done.average > 0);
        state.bought = order.id;
        await state.orders.until((o) => o.id === order.id && o.status === 'closed');
        const fill = await state.fills.until((t) => t.order === order.id);
        assert(fill.side === 'buy' && fill.takerOrMaker === 'taker' && fill.price > 0 && fill.fee.cost > 0);
        // A spot account tells what is free, a futures account what is in the wallet: less by the fee.
        const part = kind === 'spot' ? 'free' : 'total';
        await state.balances.until((b) => b.USDT[part] < state.before.USDT[part]);
        if (kind === 'usdm')
            await state.positions.until((p) => p.side === 'long' && p.contracts >= market.amount);
    }],
    ['limit through the book fills', async () => {
        const order = await x.createOrder(symbol, 'limit', 'buy', market.amount, await price(0.5));

        assert.equal((await x.fetchOrder(order.id, symbol)).status, 'closed');
    }],
    ['stop fires', async () => {
        // One on each side of the price: the market reaches one of them.
        const stop = async (side, per_cent) =>
            x.createOrder(symbol, 'market', side, market.amount, undefined, {stopLossPrice: await price(per_cent)});
        const before = state.fills.seen.length;
        const ids = [await waiting(() => stop('buy', 0.01)), await waiting(() => stop('sell', -0.01))];

        if (kind === 'spot') {
            const order = await state.orders.until((o) => ids.includes(o.id) && o.status === 'closed');
            assert.equal(order.filled, market.amount);
        } else { // there a stop is an order of the algo service, which places another when it fires
            const fill = await state.fills.until((t) => state.fills.seen.indexOf(t) >= before);
            assert.equal((await x.fetchOrder(fill.order, symbol)).filled, market.amount);
        }
        await sweep();
        if (kind === 'usdm')
            await sweep({trigger: true});
    }],
    ['resting order fills', async () => {
        // One on each side of the book: the market trades with one of them.
        const rest = async (side) =>
            x.createOrder(symbol, 'limit', side, market.amount, await best(side), {postOnly: true});
        const ids = [await waiting(() => rest('buy')), await waiting(() => rest('sell'))];
        const order = await state.orders.until((o) => ids.includes(o.id) && o.status === 'closed');

        assert.equal((await state.fills.until((t) => t.order === order.id)).takerOrMaker, 'maker');
        await sweep();
    }],
    ['orders over WebSocket', async () => {
        const order = await x.createOrderWs(symbol, 'limit', 'buy', market.amount, await price(-5));

        assert.equal((await x.fetchOrderWs(order.id, symbol)).status, 'open');
        await x.cancelOrderWs(order.id, symbol);
        assert.equal((await x.fetchOrder(order.id, symbol)).status, 'canceled');
    }, 'spot'],
    ['my trades', async () => {
        const trades = await x.fetchMyTrades(symbol);
        const mine = trades.filter((t) => t.order === state.bought);

        near(mine.reduce((sum, t) => sum + t.amount, 0), market.amount, 'amount of the trades');
        assert((await x.fetchOrders(symbol)).some((o) => o.id === state.bought));
    }],
    ['balance after', async () => {
        const after = await x.fetchBalance();

        if (kind === 'spot') {
            const bought = (await x.fetchMyTrades(symbol)).reduce(
                (sum, t) => sum + (t.side === 'buy' ? 1 : -1) * t.amount - (t.fee.currency === 'BTC' ? t.fee.cost : 0), 0);

            near(after.BTC.total - state.before.BTC.total, Number(bought.toFixed(8)), 'base held is base traded');
        }
        near(after.USDT.free + after.USDT.used, after.USDT.total, 'free and used');
    }],
    ['positions', async () => {
        await x.createOrder(symbol, 'market', 'buy', 5 * market.amount); // long, whatever came before
        const [position] = await x.fetchPositions([symbol]);

        assert(position.side === 'long' && position.contracts > 0 && position.entryPrice > 0);
        await x.createOrder(symbol, 'market', 'sell', position.contracts, undefined, {reduceOnly: true});
        assert.equal((await x.fetchPositions([symbol])).filter((p) => p.contracts > 0).length, 0);
    }, 'usdm'],
    ['bad signature', async () => {
        await refused([ccxt.AuthenticationError], () => client({secret: 'another'}).fetchBalance(), 'signature');
    }],
    ['unknown key', async () => {
        await refused([ccxt.AuthenticationError], () => client({apiKey: 'nobody'}).fetchBalance(), 'key');
    }],
    ['unknown order', async () => {
        await refused([ccxt.OrderNotFound], () => x.fetchOrder('987654321', symbol), 'query');
        await refused([ccxt.OrderNotFound], () => x.cancelOrder('987654321', symbol), 'cancel');
    }],
    ['insufficient funds', async () => {
        await refused([ccxt.InsufficientFunds],
            async () => x.createOrder(symbol, 'limit', 'buy', kind === 'spot' ? 90 : 900, await price(-1)), 'funds');
    }],
    ['off-filter price', async () => {
        // ccxt rounds to the tick by itself, so the raw call is taken, which it offers too.
        const raw = {symbol: x.market(symbol).id, side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: market.amount,
            price: (await price(-1)) + x.market(symbol).precision.price / 10};
        const call = kind === 'spot' ? () => x.privatePostOrder(raw) : () => x.fapiPrivatePostOrder(raw);

        await refused([ccxt.InvalidOrder, ccxt.BadRequest], call, 'price off the tick');
    }],
    ['unknown symbol', async () => {
        const call = kind === 'spot' ? x.publicGetDepth : x.fapiPublicGetDepth;

        await refused([ccxt.BadSymbol], () => call.call(x, {symbol: 'NOTHERE'}), 'symbol');
    }],
    // The last: afterwards this address is refused for a while.
    ['rate limit', async () => {
        await refused([ccxt.RateLimitExceeded, ccxt.DDoSProtection], async () => {
            for (let i = 0; i < 40; i++)
                await Promise.all(Array.from({length: 10}, () => x.fetchOrderBook(symbol, kind === 'spot' ? 5000 : 1000)));
        }, 'weight');
    }],
];

process.exit(await run(STEPS, kind, market.exchange));
