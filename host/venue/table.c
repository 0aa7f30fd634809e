// SPDX-License-Identifier: Apache-2.0
/* table: the exchanges that a gateway can speak to, one line each. */
#include <string.h>

#include "venue/wire.h"

#define VENUE_TABLE(X)                                                                             \
    /* X(name): venue_NAME in its folder */                                                        \
    X(binance_spot)                                                                                \
    X(binance_um)                                                                                  \
    X(binance_cm)                                                                                  \
    X(kraken_spot)                                                                                 \
    X(okx_spot)                                                                                    \
    X(okx_swap)                                                                                    \
    /* the next one stands above this line */

#define DECLARE(name) extern const struct venue_wire venue_##name;
VENUE_TABLE(DECLARE)

#define ENTRY(name) &venue_##name,
static const struct venue_wire *const table[] = {VENUE_TABLE(ENTRY)};

const struct venue_wire *venue_table_find(const char *name)
{
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (strcmp(table[i]->name, name) == 0)
            return table[i];
    }
    return NULL;
}

const struct venue_wire *venue_table_at(uint32_t i)
{
    return i < sizeof(table) / sizeof(table[0]) ? table[i] : NULL;
}

#define SEPARATORS "_-."

const struct venue_wire *venue_table_named(const char *path)
{
    const char *slash = path != NULL ? strrchr(path, '/') : NULL;
    const char *name = slash != NULL ? slash + 1 : path;

    for (size_t i = 0; name != NULL && i < sizeof(table) / sizeof(table[0]); i++) {
        const char *at = strstr(name, table[i]->name);
        size_t n = strlen(table[i]->name);

        if (at != NULL && (at == name || strchr(SEPARATORS, at[-1]) != NULL) && at[n] != '\0' &&
            strchr(SEPARATORS, at[n]) != NULL)
            return table[i];
    }
    return NULL;
}

const struct venue_wire *venue_table_of_recording(const char *path, uint8_t kind)
{
    const struct venue_wire *found = venue_table_named(path);

    for (size_t i = 0; found == NULL && i < sizeof(table) / sizeof(table[0]); i++)
        found = table[i]->kind == kind ? table[i] : NULL;
    return found;
}
