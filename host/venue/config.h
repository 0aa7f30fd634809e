// SPDX-License-Identifier: Apache-2.0
/* config: a venue's file (configs/venues/NAME.yaml) as a struct venue_config.
 *
 * Endpoints and limits stand only there; times and counts that are our own choice have presets.
 * Keys never do: the file names a credential, and the owner fills key and secret in from its store.
 * [any]
 */
#ifndef VENUE_CONFIG_H
#define VENUE_CONFIG_H

#include "config/schema.h"
#include "venue/gateway.h"

/* For `agon` to print as JSON Schema. */
extern const struct schema venue_schema;

/* Reads a whole file. AGON_EINVAL: config has the errors. venue, account and is_private (there is a
 * credential) are the owner's to set. */
int venue_config_read(struct config *config, struct venue_config *out);
/* Is it this machine's name or address for itself? */
int venue_is_loopback(const char *host);

#endif
