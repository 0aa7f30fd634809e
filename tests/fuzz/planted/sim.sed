# host/sim/binance/subs.c: the end of a name of 80 letters lies behind its room
/for (size_t i = 0; i < n && used + 1 < room; i++) {/s/used + 1 < room/used < room/
