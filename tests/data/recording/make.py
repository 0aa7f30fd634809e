# SPDX-License-Identifier: Apache-2.0
"""Writes the recordings of this folder: what Kraken (WebSocket v2) and OKX (v5) send, in the words of their pages, as a recorder
had it, and what they list. Numbers are chosen, so that what a reader has to see is known from the text; the sums of Kraken's
books are made here from the text of its levels, by its page's rule (ten asks, ten bids, without point and leading zeros, CRC-32).

    python3 tests/data/recording/make.py      in the repository's root; the files are kept beside it"""
import os
import zlib

HERE = os.path.dirname(os.path.abspath(__file__))
T0 = 1723161600  # 2024-08-09T00:00:00Z


def write(name, lines):
    with open(os.path.join(HERE, name), "w", encoding="ascii") as out:
        out.writelines(line + "\n" for line in lines)


def received(ms, text):  # a way of 20 ms
    return "%d%09d %s" % (T0 + ms // 1000, ms % 1000 * 1000000 + 20000000, text)


# --- Kraken: BTC/USD with one decimal, quantities of eight; ten levels a side


class Book:
    def __init__(self):
        self.bids = {59999.9 - i / 10: "%d.00000000" % (i + 1) for i in range(10)}
        self.asks = {60000.1 + i / 10: "%d.50000000" % (i + 1) for i in range(10)}
        self.bids = {"%.1f" % px: qty for px, qty in self.bids.items()}
        self.asks = {"%.1f" % px: qty for px, qty in self.asks.items()}

    def sides(self):
        bids = sorted(self.bids.items(), key=lambda level: -float(level[0]))
        return bids, sorted(self.asks.items(), key=lambda level: float(level[0]))

    def change(self, bids, asks):
        for side, levels in ((self.bids, bids), (self.asks, asks)):
            for px, qty in levels:
                if float(qty) == 0:
                    side.pop(px)
                else:
                    side[px] = qty
        bids, asks = self.sides()
        self.bids, self.asks = dict(bids[:10]), dict(asks[:10])  # what falls out is not told of

    def checksum(self):
        bids, asks = self.sides()
        text = "".join(n.replace(".", "").lstrip("0") for level in asks[:10] + bids[:10] for n in level)
        return zlib.crc32(text.encode())


def stamp(ms):
    return "2024-08-09T00:%02d:%02d.%06dZ" % (ms // 60000, ms // 1000 % 60, ms % 1000 * 1000)


def levels(side):
    return "[" + ",".join('{"price":%s,"qty":%s}' % level for level in side) + "]"


class Kraken:
    """What is said of BTC/USD, a line for each message."""

    def __init__(self):
        self.book, self.lines = Book(), []

    def raw(self, ms, text):
        self.lines.append(received(ms, text))

    def say(self, ms, channel, kind, records):
        self.raw(ms, '{"channel":"%s","type":"%s","data":[%s]}' % (channel, kind, ",".join(records)))

    def whole(self, ms):
        bids, asks = self.book.sides()
        self.say(ms, "book", "snapshot", ['{"symbol":"BTC/USD","bids":%s,"asks":%s,"checksum":%d}' % (levels(bids), levels(asks), self.book.checksum())])

    def part(self, ms, bids, asks, wrong=0):
        self.book.change(bids, asks)
        self.say(ms, "book", "update", ['{"symbol":"BTC/USD","bids":%s,"asks":%s,"checksum":%d,"timestamp":"%s"}' % (levels(bids), levels(asks), self.book.checksum() ^ wrong, stamp(ms))])

    @staticmethod
    def trade(ms, side, px, qty, number):
        return '{"symbol":"BTC/USD","side":"%s","price":%s,"qty":%s,"ord_type":"market","trade_id":%d,"timestamp":"%s"}' % (side, px, qty, number, stamp(ms))

    def trades(self, ms, *all_trades):
        self.say(ms, "trade", "update", [self.trade(*trade) for trade in all_trades])


def kraken():
    out = Kraken()
    out.raw(0, '{"channel":"status","type":"update","data":[{"version":"2.0.0","system":"online","api_version":"v2","connection_id":1}]}')
    out.raw(10, '{"method":"subscribe","result":{"channel":"book","depth":10,"snapshot":true,"symbol":"BTC/USD"},"success":true,"time_in":"%s","time_out":"%s"}' % (stamp(10), stamp(10)))
    out.whole(100)
    out.trades(200, (190, "buy", "60000.1", "0.25000000", 101), (195, "sell", "59999.9", "0.10000000", 102))
    out.part(300, [("59999.9", "0.90000000")], [("60000.1", "1.25000000")])
    out.say(400, "ticker", "update", ['{"symbol":"BTC/USD","bid":59999.9,"bid_qty":0.90000000,"ask":60000.1,"ask_qty":1.25000000,"last":59999.9,"volume":1.00000000,"vwap":60000.0,"low":59999.9,"high":60000.1,"change":0.0,"change_pct":0.00}'])
    out.raw(500, '{"channel":"heartbeat"}')
    # A better bid: the eleventh, 59999.0, falls out. An ask goes, and one behind the others comes.
    out.part(600, [("60000.0", "0.20000000")], [("60000.1", "0.00000000"), ("60001.1", "7.00000000")])
    # The sum is another book's: what is held is not what the venue has.
    out.part(700, [("60000.0", "0.30000000")], [], wrong=1)
    out.part(800, [("60000.0", "0.40000000")], [])
    out.trades(900, (890, "buy", "60000.2", "0.50000000", 103))
    out.whole(1000)
    out.part(1100, [("60000.0", "0.45000000")], [("60000.2", "2.25000000")])
    write("kraken_spot_BTCUSD.raw", out.lines)
    write("kraken_spot_AssetPairs.json", ['{"error":[],"result":{"XXBTZUSD":{"altname":"XBTUSD","wsname":"XBT/USD","aclass_base":"currency","base":"XXBT","aclass_quote":"currency","quote":"ZUSD","pair_decimals":1,"cost_decimals":5,"lot_decimals":8,"lot_multiplier":1,"ordermin":"0.00005","costmin":"0.5","tick_size":"0.1","status":"online"}}}'])


# --- OKX: BTC-USDT and BTC-USDT-SWAP, of which a contract is 0.01 BTC


class Okx:
    """What is said of one instrument, a line for each message."""

    def __init__(self, name):
        self.name, self.lines = name, []

    def raw(self, ms, text):
        self.lines.append(received(ms, text))

    def say(self, ms, channel, records, action=""):
        action = ',"action":"%s"' % action if action else ""
        self.raw(ms, '{"arg":{"channel":"%s","instId":"%s"}%s,"data":[%s]}' % (channel, self.name, action, ",".join(records)))

    def book(self, ms, bids, asks, prev, number, action="update"):
        def side(all_levels):
            return "[" + ",".join('["%s","%s","0","1"]' % level for level in all_levels) + "]"

        self.say(ms, "books", ['{"asks":%s,"bids":%s,"ts":"%d","checksum":0,"seqId":%d,"prevSeqId":%d}' % (side(asks), side(bids), T0 * 1000 + ms, number, prev)], action)

    def trades(self, ms, *all_trades):
        self.say(ms, "trades", ['{"instId":"%s","tradeId":"%d","px":"%s","sz":"%s","side":"%s","ts":"%d","count":"1"}' % (self.name, number, px, size, direction, T0 * 1000 + at) for at, direction, px, size, number in all_trades])


def okx(name, file, sizes):
    out = Okx(name)
    a, b, c, d = sizes
    out.raw(10, '{"event":"subscribe","arg":{"channel":"books","instId":"%s"},"connId":"a4d3ae55"}' % name)
    out.book(100, [("59999.9", a), ("59999.8", b)], [("60000.1", c), ("60000.2", d)], -1, 123456, "snapshot")
    out.trades(200, (190, "buy", "60000.1", b, 201), (195, "sell", "59999.9", c, 202))
    out.book(300, [("59999.9", "0"), ("59999.7", d)], [("60000.1", b)], 123456, 123458)
    out.say(400, "bbo-tbt", ['{"asks":[["60000.1","%s","0","1"]],"bids":[["59999.8","%s","0","1"]],"ts":"%d","seqId":123458}' % (b, b, T0 * 1000 + 400)])
    # Nothing has changed: that it lives is all this says.
    out.book(500, [], [], 123458, 123458)
    # One before this is missing.
    out.book(600, [("59999.6", a)], [], 123461, 123462)
    out.book(700, [("59999.5", a)], [], 123462, 123463)
    out.trades(800, (790, "buy", "60000.1", a, 203))
    out.book(900, [("59999.9", b)], [("60000.0", c)], -1, 123470, "snapshot")
    # After maintenance of the venue an id may be lower than the one before it.
    out.book(1000, [("59999.9", d)], [], 123470, 17)
    out.raw(1100, "pong")
    write(file, out.lines)


SPOT = '{"code":"0","msg":"","data":[{"instType":"SPOT","instId":"BTC-USDT","baseCcy":"BTC","quoteCcy":"USDT","ctVal":"","ctValCcy":"","ctType":"","settleCcy":"","lotSz":"0.00000001","minSz":"0.00001","tickSz":"0.1","maxLmtSz":"9999999999","maxMktSz":"1000000","state":"live"}]}'
SWAP = '{"code":"0","msg":"","data":[{"instType":"SWAP","instId":"BTC-USDT-SWAP","baseCcy":"","quoteCcy":"","ctVal":"0.01","ctValCcy":"BTC","ctType":"linear","settleCcy":"USDT","lotSz":"0.01","minSz":"0.01","tickSz":"0.1","maxLmtSz":"100000000","maxMktSz":"12000","state":"live"}]}'

if __name__ == "__main__":
    kraken()
    okx("BTC-USDT", "okx_spot_BTCUSDT.raw", ("4.00000001", "0.5", "2", "1.25"))
    okx("BTC-USDT-SWAP", "okx_swap_BTCUSDT.raw", ("415", "50.01", "200", "125"))
    write("okx_spot_instruments.json", [SPOT])
    write("okx_swap_instruments.json", [SWAP])
