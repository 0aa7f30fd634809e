# host/roster/roster.c: a length of bars that there is none of passes
/bar_bit(slot->bars_ns\[k\]) < 0)/s/< 0)/< -1)/
