# host/lab/tape.c: a trade of nothing passes
/if (of\.px <= 0 || of\.qty <= 0)/s/ || of\.qty <= 0//
