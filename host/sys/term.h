// SPDX-License-Identifier: Apache-2.0
/* term: what stands behind a descriptor people read. [any] */
#ifndef SYS_TERM_H
#define SYS_TERM_H

#include <agon/types.h>

int term_is_tty(int fd);
/* Columns: of the terminal, else $COLUMNS, else 80; between 20 and 1000. */
int term_width(int fd);
int term_height(int fd); /* rows, else 24 */
/* A terminal whose cursor can be moved: TERM is set, and not "dumb". */
int term_can_draw(int fd);
/* The same, with NO_COLOR unset or empty. */
int term_has_colour(int fd);

/* Keys come one by one and are not shown; is_on 0: as it was before. AGON_ENOTSUP: no terminal. One
 * terminal at a time. */
int term_keys(int fd, int is_on);
/* The next key that was pressed, or 0: none within wait_ns. */
int term_key(int fd, int64_t wait_ns);

#endif
