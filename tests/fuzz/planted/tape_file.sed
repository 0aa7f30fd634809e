# host/lab/tape_rows.c: a trade of nothing passes
/if (column(rows, 2) <= 0 || column(rows, 3) <= 0)/s/ || column(rows, 3) <= 0//
