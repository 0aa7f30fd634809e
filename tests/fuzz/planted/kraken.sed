# host/venue/kraken/private.c: an order's text may be longer than its room
/if (key->n >= sizeof(txid) || key->is_raw)/s/key->n >= sizeof(txid) || //
