// SPDX-License-Identifier: Apache-2.0
/* A schema as JSON Schema, for editors. */
#include "base/num.h"
#include "config/node.h"
#include "config/schema.h"
#include "config/suggest.h"
#include "config/units.h"
#include <ctype.h>

static void print_text(const char *text, FILE *out)
{
    fputc('"', out);
    for (; text && *text; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', out);
        fputc(*text, out);
    }
    fputc('"', out);
}

static void print_object(const struct schema *schema, FILE *out, int depth);

static void print_type(const struct schema_field *field, FILE *out, int depth)
{
    int64_t min, max;

    schema_range(field, &min, &max);
    switch (field->type) {
    case SCHEMA_MAP:
        print_object(field->sub, out, depth);
        return;
    case SCHEMA_BOOL:
        fprintf(out, "{\"type\": \"boolean\"}");
        return;
    case SCHEMA_INT:
        fprintf(out, "{\"type\": \"integer\", \"minimum\": %lld, \"maximum\": %lld}",
                (long long)min, (long long)max);
        return;
    case SCHEMA_U64:
        fprintf(out, "{\"type\": \"integer\", \"minimum\": 0}");
        return;
    case SCHEMA_REAL:
    case SCHEMA_DECIMAL:
        fprintf(out, "{\"type\": \"number\"}");
        return;
    case SCHEMA_SHARE:
        fprintf(out, "{\"type\": \"string\", \"pattern\": \"^-?[0-9.]+(%%|bps)$\"}");
        return;
    case SCHEMA_DURATION:
        fprintf(out, "{\"type\": \"string\", \"pattern\": \"^[0-9.]+(ns|us|ms|s|m|h|d)$\"}");
        return;
    case SCHEMA_SIZE:
        fprintf(out, "{\"type\": [\"string\", \"integer\"], \"pattern\": "
                     "\"^[0-9.]+(B|KiB|MiB|GiB|TiB)?$\"}");
        return;
    case SCHEMA_MONEY:
        fprintf(out, "{\"type\": \"string\", \"pattern\": \"^-?[0-9.]+ [A-Z0-9]+$\"}");
        return;
    case SCHEMA_CHOICE:
        fprintf(out, "{\"enum\": [");
        for (uint32_t i = 0; field->choices[i].name; i++) {
            fputs(i ? ", " : "", out);
            print_text(field->choices[i].name, out);
        }
        fprintf(out, "]}");
        return;
    case SCHEMA_ANY:
        fprintf(out, "{}");
        return;
    default:
        fprintf(out, "{\"type\": \"string\"}");
    }
}

static void print_object(const struct schema *schema, FILE *out, int depth)
{
    int is_first = 1;

    fprintf(out, "{\"type\": \"object\", \"additionalProperties\": false, \"properties\": {");
    for (const struct schema_field *field = schema_fields(schema); field->key; field++) {
        if (field->retired)
            continue;
        fprintf(out, "%s\n%*s", is_first ? "" : ",", 2 * depth, "");
        is_first = 0;
        print_text(field->key, out);
        fprintf(out, ": {\"description\": ");
        print_text(field->doc, out);
        if (field->preset) {
            fprintf(out, ", \"default\": ");
            print_text(field->preset, out);
        }
        fprintf(out, ", \"allOf\": [");
        if (field->list_max > 0)
            fprintf(out, "{\"type\": \"array\", \"minItems\": %u, \"maxItems\": %u, \"items\": ",
                    field->list_min, field->list_max);
        print_type(field, out, depth + 1);
        fprintf(out, "%s]}", field->list_max > 0 ? "}" : "");
    }
    fprintf(out, "}, \"required\": [");
    is_first = 1;
    for (const struct schema_field *field = schema_fields(schema); field->key; field++)
        if (field->is_required) {
            fputs(is_first ? "" : ", ", out);
            print_text(field->key, out);
            is_first = 0;
        }
    fprintf(out, "]}");
}

void schema_print_json(const struct schema *schema, FILE *out)
{
    fprintf(out, "{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\", \"title\": ");
    print_text(schema->name, out);
    fprintf(out, ", \"allOf\": [");
    print_object(schema, out, 1);
    fprintf(out, "]}\n");
}
