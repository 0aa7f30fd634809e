# host/venue/binance/decode.c: a trade of nothing passes
/if (trade->px <= 0 || trade->px > symbol->limit_px || trade->qty <= 0)/s/ || trade->qty <= 0//
