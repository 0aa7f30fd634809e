# host/venue/okx/market.c: a text may be longer than its room
/if (scan_once(scan, &seen, (int)i) < 0 || scan_string(scan, &value) < 0 ||/s/ ||$/)/
/^ *value.n >= texts\[i\].room)$/d
