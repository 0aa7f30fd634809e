# host/lab/tape.c: a trade of nothing passes
/if (px <= 0 || qty <= 0)/s/ || qty <= 0//
