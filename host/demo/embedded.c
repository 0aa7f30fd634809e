// SPDX-License-Identifier: Apache-2.0
#include "demo/embedded.h"

#include "base/embed.h"

// AGON_VENUE_DIR comes from the build.

EMBED(venue_file, AGON_VENUE_DIR "/binance.yaml");
EMBED(venue_um_file, AGON_VENUE_DIR "/binance_um.yaml");

size_t embedded_venue(const char **bytes)
{
    *bytes = venue_file;
    return (size_t)(venue_file_end - venue_file);
}

size_t embedded_venue_um(const char **bytes)
{
    *bytes = venue_um_file;
    return (size_t)(venue_um_file_end - venue_um_file);
}
