# host/net/pack.c: a message may be one byte longer than its bound
/if (reader->total_out > pack->most)/s/pack->most/pack->most + 1/
