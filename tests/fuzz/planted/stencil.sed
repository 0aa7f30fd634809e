# host/venue/kraken/usual.c: a trade that looks as usual may be of nothing
s/ || value\[VALUE_QTY\] <= 0)/)/
