# host/config/units.c: the month before January
/if (month < 1 || month > 12)/s/month < 1 || //
