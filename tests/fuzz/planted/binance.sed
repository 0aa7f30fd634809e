# host/venue/binance/decode.c: a change of the book may end before it begins
/if (depth->first_id > depth->last_id)/s/first_id > depth->last_id/last_id == 0/
