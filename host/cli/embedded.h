// SPDX-License-Identifier: Apache-2.0
/* embedded: files of the tree that the program carries with it, so that the demo needs none. [any]
 */
#ifndef CLI_EMBEDDED_H
#define CLI_EMBEDDED_H

#include <stddef.h>

/* configs/venues/binance.yaml and binance_um.yaml. Return their lengths. */
size_t embedded_venue(const char **bytes);
size_t embedded_venue_um(const char **bytes);
/* The dashboard's files; ends with a NULL path. */
struct control_file;
const struct control_file *embedded_web(void);

#endif
