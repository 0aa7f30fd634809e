// SPDX-License-Identifier: Apache-2.0
/* embedded: files of the tree that the program carries with it, so that the demo needs none. [any]
 */
#ifndef DEMO_EMBEDDED_H
#define DEMO_EMBEDDED_H

#include <stddef.h>

/* configs/venues/binance.yaml and binance_um.yaml. Return their lengths. */
size_t embedded_venue(const char **bytes);
size_t embedded_venue_um(const char **bytes);

#endif
