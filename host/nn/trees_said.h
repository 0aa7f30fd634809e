// SPDX-License-Identifier: Apache-2.0
/* trees_said: what a file of trees says of itself beside the trees: see served_said. */
#ifndef NN_TREES_SAID_H
#define NN_TREES_SAID_H

#include "nn/served.h"

#define trees_said    TYPED(trees_said)
#define trees_plain   TYPED(trees_plain)
#define trees_edition TYPED(trees_edition)

int trees_said(const char *text, size_t n, struct served_names *names, struct error *err);
/* Before memory is taken for it: JSON of no more depth and values than a model of that size has,
 * and none that takes more than 640 MiB to be read.
 * AGON_EINVAL. [any] */
int trees_plain(const char *text, size_t n, struct error *err);
/* agon.edition, of nets too: a whole number from 1 on. AGON_EINVAL. [any] */
int trees_edition(const char *text, uint32_t *edition, struct error *err);

#endif
