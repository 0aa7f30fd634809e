// SPDX-License-Identifier: Apache-2.0
/* fair: a table in which nothing can be won, to standard output.
 * usage: fair SEED bars|trades ROWS [even [START NEIGHBOUR]] */
#include <stdlib.h>

#include "lab/martingale.h"

int main(int argc, char **argv)
{
    struct martingale fair = {.t_start = (agon_ns_t)1767225600 * 1000000000,
                              .length_s = 60,
                              .px_exp = 4,
                              .qty_exp = 3,
                              .start_px = 500000,
                              .unit_qty = 50000};

    if (argc < 4)
        return 2;
    fair.seed = strtoull(argv[1], NULL, 10);
    fair.kind = strcmp(argv[2], "bars") == 0 ? TAPE_BARS : TAPE_TRADES;
    fair.n_rows = (uint32_t)strtoul(argv[3], NULL, 10);
    fair.is_even = argc > 4 && strcmp(argv[4], "even") == 0;
    if (argc > 6) {
        fair.start_px = strtoll(argv[5], NULL, 10);
        fair.neighbour = (uint32_t)strtoul(argv[6], NULL, 10);
    }
    return martingale_write(&fair, stdout) == 0 ? 0 : 1;
}
