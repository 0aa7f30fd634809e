# host/venue/scan.c: the last digit of an escape may lie behind the end
/if (end - at < 6)/s/6/5/
