# host/agent/roster.c: an instrument without a venue passes
/if (colon == NULL || colon == slot->instruments\[k\]/s/colon == slot->instruments\[k\] || //
