# host/lab/tape.c: a row may lie a millisecond before the one above
/if (\*t < tape->report.t_last) {/s/\*t </*t + 1000000 </
