# host/agent/setup.c: a section may be eight bytes longer than what is there
/skip > dec.n - dec.used)/s/dec.used)/dec.used + 8)/
