// SPDX-License-Identifier: Apache-2.0
/* term: what stands behind a descriptor people read. [any] */
#ifndef SYS_TERM_H
#define SYS_TERM_H

int term_is_tty(int fd);
/* Columns: of the terminal, else $COLUMNS, else 80; between 20 and 1000. */
int term_width(int fd);
int term_height(int fd); /* rows, else 24 */
/* A terminal that is not "dumb", with NO_COLOR unset or empty. */
int term_has_colour(int fd);

#endif
