# host/venue/binance/usual.c: a trade that looks as usual may be of nothing
s/ || values\[TRADE_QTY\] <= 0)/)/
