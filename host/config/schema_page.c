// SPDX-License-Identifier: Apache-2.0
/* The tables of schemas as a page for people. */
#include <string.h>

#include "config/node.h"
#include "config/schema_impl.h"

#define EXPECTED 512

/* What may stand there, without the examples that a message has. */
static void print_expected(const struct config *config, const struct schema_field *field, FILE *out)
{
    char text[EXPECTED];
    char *examples;

    if (field->type == SCHEMA_ANY) {
        fputs(field->sub ? "a map of names and maps" : "a map of names and values", out);
        return;
    }
    if (field->list_max > 0)
        fprintf(out, "a list of %u to %u: ", field->list_min, field->list_max);
    if (field->type == SCHEMA_CHOICE) {
        fputs("one of", out);
        for (uint32_t i = 0; field->choices[i].name; i++)
            fprintf(out, "%s `%s`", i ? "," : "", field->choices[i].name);
        return;
    }
    schema_say_expected(config, field, text, sizeof(text));
    examples = strstr(text, ", such as");
    if (examples != NULL)
        *examples = '\0';
    for (const char *c = text; *c != '\0'; c++)
        if (*c == '|')
            fputs("\\|", out);
        else
            fputc(*c, out);
}

static void print_rows(const struct config *config, const struct schema *schema, const char *before,
                       FILE *out)
{
    char path[160];

    for (const struct schema_field *field = schema_fields(schema); field->key; field++) {
        if (field->retired)
            continue;
        fprintf(out, "| `%s%s` | ", before, field->key);
        if (field->type == SCHEMA_MAP)
            fputs(field->list_max > 0 ? "a list of maps" : "a map", out);
        else
            print_expected(config, field, out);
        fprintf(out, " | %s%s%s | %s |\n", field->preset ? "`" : "",
                field->preset        ? field->preset
                : field->is_required ? "required"
                                     : "",
                field->preset ? "`" : "", field->doc);
        if (field->sub == NULL)
            continue;
        snprintf(path, sizeof(path), "%s%s%s.", before, field->key,
                 field->type == SCHEMA_ANY ? ".NAME"
                 : field->list_max         ? "[]"
                                           : "");
        print_rows(config, field->sub, path, out);
    }
}

void schema_print_page(const struct schema_kind *kinds, FILE *out)
{
    static const char nothing[] = "nothing: 0\n";
    struct config *config = config_new("", nothing, sizeof(nothing) - 1, NULL);

    REQUIRE(config != NULL);
    for (const struct schema_kind *kind = kinds; kind->name; kind++) {
        fprintf(out, "\n## `%s`\n%s\n\n| key | what may stand there | default | |\n", kind->name,
                kind->doc);
        fputs("| --- | --- | --- | --- |\n", out);
        print_rows(config, kind->schema, "", out);
    }
    config_free(config);
}
