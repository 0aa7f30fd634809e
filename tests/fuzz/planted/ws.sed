# host/net/ws.c: a piece of a last frame is taken for all of it
/int is_whole = ws->is_fin/s/n == frame->payload_length \&\& //
