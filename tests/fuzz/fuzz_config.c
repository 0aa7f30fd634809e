// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a configuration: refused with a place inside of the file, or read; never a crash,
 * and what is read twice is read alike.
 *
 * decodes: host/config/config.c host/config/error.c host/config/scan.c host/config/schema.c
 * host/config/schema_json.c host/config/suggest.c host/config/units.c */
#include <stdlib.h>

#include "config/schema.h"
#include "fuzz.h"

struct inner {
    char name[24];
    char text[64];
    char path[64];
    uint32_t share_ppm;
    uint16_t wait_ms;
    int64_t bytes, at_ns, weekly;
    struct schema_money money;
    uint8_t choice, is_on;
};
struct outer {
    uint64_t seed;
    int64_t count;
    double real;
    int64_t px;
    uint32_t n_all, n_words;
    struct inner all[6];
    char words[5][16];
    const struct config_node *any;
};

static const struct schema_choice choices[] = {{"process", 1}, {"inproc", 2}, {NULL, 0}};
static const struct schema_field inner_fields[] = {
    {"name", SCHEMA_NAME, SCHEMA_MEMBER(struct inner, name), .is_required = 1},
    {"text", SCHEMA_TEXT, SCHEMA_MEMBER(struct inner, text)},
    {"path", SCHEMA_PATH, SCHEMA_MEMBER(struct inner, path)},
    {"share", SCHEMA_SHARE, SCHEMA_MEMBER(struct inner, share_ppm), .preset = "3%"},
    {"wait", SCHEMA_DURATION, SCHEMA_MEMBER(struct inner, wait_ms), .preset = "250ms"},
    {"bytes", SCHEMA_SIZE, SCHEMA_MEMBER(struct inner, bytes)},
    {"at", SCHEMA_TIME, SCHEMA_MEMBER(struct inner, at_ns)},
    {"weekly", SCHEMA_WEEKLY, SCHEMA_MEMBER(struct inner, weekly)},
    {"money", SCHEMA_MONEY, SCHEMA_MEMBER(struct inner, money), .exp = 8},
    {"choice", SCHEMA_CHOICE, SCHEMA_MEMBER(struct inner, choice), .choices = choices},
    {"is_on", SCHEMA_BOOL, SCHEMA_MEMBER(struct inner, is_on)},
    {"gone", .retired = "'wait' since 0.1"},
    {NULL}};
static const struct schema inner_schema = {"an entry", sizeof(struct inner), inner_fields, NULL};
static const struct schema_field outer_fields[] = {
    {"seed", SCHEMA_U64, SCHEMA_MEMBER(struct outer, seed)},
    {"count", SCHEMA_INT, SCHEMA_MEMBER(struct outer, count), .min = -5, .max = 1000},
    {"real", SCHEMA_REAL, SCHEMA_MEMBER(struct outer, real)},
    {"px", SCHEMA_DECIMAL, SCHEMA_MEMBER(struct outer, px), .exp = 4},
    {"all", SCHEMA_MAP, SCHEMA_ARRAY(struct outer, all, n_all), .sub = &inner_schema},
    {"words", SCHEMA_NAME, SCHEMA_ARRAY(struct outer, words, n_words), .list_min = 1},
    {"any", SCHEMA_ANY, SCHEMA_MEMBER(struct outer, any)},
    {NULL}};
static const struct schema outer_schema = {"the file", sizeof(struct outer), outer_fields, NULL};

static const char *env(const char *name)
{
    return strcmp(name, "AGON_FUZZ") == 0 ? "value" : NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    struct config *config = config_new("fuzz.yaml", bytes, n, env);
    struct outer out;
    int rc;

    if (!config)
        return 0;
    rc = config_read(config, &outer_schema, &out);
    if ((rc == AGON_OK) != (config_error_count(config) == 0))
        abort();
    for (uint32_t i = 0; config_error_text(config, i); i++)
        if (config_error_line(config, i) < 1 || config_error_column(config, i) < 1)
            abort();
    if (rc == AGON_OK && (out.n_all > 6 || out.n_words > 5 || out.count < -5 || out.count > 1000))
        abort();
    config_free(config);
    return 0;
}
