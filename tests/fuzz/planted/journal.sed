# host/journal/reader.c: an event may be longer than the frame that holds it
/if (event_bytes(event) + FRAME_HEAD != n || event->sub != 0/s/event_bytes(event) + FRAME_HEAD != n || //
