// SPDX-License-Identifier: Apache-2.0
#include "roster/tournament_preset.h"

#include <string.h>

#include "base/embed.h"
#include "config/config.h"
#include "config/suggest.h"
#include "roster/presets_stamp.h" // made anew when one of the files is

EMBED(tournament_bold, AGON_TOURNAMENT_DIR "/bold.yaml");
EMBED(tournament_cautious, AGON_TOURNAMENT_DIR "/cautious.yaml");
EMBED(tournament_default, AGON_TOURNAMENT_DIR "/default.yaml");

static const struct {
    const char *name, *bytes, *end;
} presets[] = {{"bold", tournament_bold, tournament_bold_end},
               {"cautious", tournament_cautious, tournament_cautious_end},
               {"default", tournament_default, tournament_default_end}};
#define PRESETS (sizeof(presets) / sizeof(presets[0]))

int tournament_preset_at(uint32_t i, const char **name, const char **bytes, size_t *n)
{
    if (i >= PRESETS)
        return 0;
    *name = presets[i].name;
    *bytes = presets[i].bytes;
    *n = (size_t)(presets[i].end - presets[i].bytes);
    return 1;
}

static const struct schema_field file_fields[] = {
    {"tournament", SCHEMA_MAP, 0, sizeof(struct tournament_words), .sub = &tournament_schema,
     .is_required = 1, .doc = "as the section of a roster"},
    {NULL}};
const struct schema tournament_file_schema = {
    "a preset of tournaments", sizeof(struct tournament_words), file_fields, .check = NULL};

int tournament_file_read(struct config *config, struct tournament_rules *rules)
{
    struct tournament_words words;

    if (config_read(config, &tournament_file_schema, &words) >= 0)
        tournament_rules_of(&words, config, rules);
    return config_error_count(config) > 0 ? AGON_EINVAL : AGON_OK;
}

static int read_preset(uint32_t i, struct tournament_rules *rules, struct error *err)
{
    struct config *config = config_new(presets[i].name, presets[i].bytes,
                                       (size_t)(presets[i].end - presets[i].bytes), NULL);
    int rc = AGON_ENOMEM;

    if (config != NULL) {
        rc = tournament_file_read(config, rules);
        if (rc < 0)
            error_set(err, rc, "%s", config_error_text(config, 0));
    }
    config_free(config);
    return rc;
}

int tournament_preset(const char *name, struct tournament_rules *rules, struct error *err)
{
    struct suggest suggest = {0};
    char all[64] = "";

    for (uint32_t i = 0; i < PRESETS; i++) {
        if (strcmp(name, presets[i].name) == 0)
            return read_preset(i, rules, err);
        snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i > 0 ? ", " : "",
                 presets[i].name);
        suggest_offer(&suggest, name, strlen(name), presets[i].name);
    }
    return error_set(err, AGON_ENOENT, "'%.32s' is not a preset; expected one of: %s%s%s%s", name,
                     all, suggest.best != NULL ? "; did you mean '" : "",
                     suggest.best != NULL ? suggest.best : "", suggest.best != NULL ? "'?" : "");
}
