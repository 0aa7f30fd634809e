# host/nn/trees_ubjson.c: a length may reach beyond the end by its own bytes
s/reader->n - reader->at - 1 - size_of(type))/reader->n - reader->at)/
