# host/venue/okx/market.c: a text may be longer than its room
/(begin == '"' ? scan_string(scan, &value) : scan_number(scan, &value)) < 0 ||/s/ ||$/)/
/^ *value.n >= texts\[i\].room)$/d
