# host/nn/trees_read.c: a child may stand one behind the last node
s/from, -1, rows->n - 1,/from, -1, rows->n,/
