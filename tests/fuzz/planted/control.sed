# host/control/line.c: a word more than there is room for passes
/if (n == 0 || n > CONTROL_ARGS)/s/CONTROL_ARGS/CONTROL_ARGS + 1/
