# host/engine/engine.c: a wish may be a granule longer than its room
/if (bytes <= ENGINE_WISH_BYTES) {/s/ENGINE_WISH_BYTES/ENGINE_WISH_BYTES + EVENT_GRANULE/
