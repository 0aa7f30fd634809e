// SPDX-License-Identifier: Apache-2.0
/* A schema as JSON Schema (2020-12), for editors and whoever checks files without the program. It
 * takes all that the parser takes; what it cannot say of a text with a unit (its range) or between
 * two values is the parser's alone.
 *
 * A plain scalar has no type of its own here (config.h), and one for whoever reads YAML into JSON:
 * where a text is wanted numbers and true and false are taken too. */
#include "base/num.h"
#include "config/schema.h"

#define NUMBER "-?[0-9]+(\\\\.[0-9]+)?([eE][-+]?[0-9]+)?"
#define COUNT  "[0-9]+(\\\\.[0-9]+)?([eE][-+]?[0-9]+)?"
#define TEXTS  "\"type\": [\"string\", \"number\", \"boolean\"]"

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

/* Each begins behind what stands before it in the same object. */
static void print_object(const struct schema *schema, FILE *out, int depth);

static void print_range(const struct schema_field *field, FILE *out)
{
    char low[NUM_TEXT], high[NUM_TEXT];
    int exp = field->type == SCHEMA_DECIMAL ? field->exp : 0;
    int64_t min, max;

    schema_range(field, &min, &max);
    num_format_short(min, exp, low);
    num_format_short(max, exp, high);
    // Not 2^64 - 1, which many who read JSON have no number for.
    if (field->type == SCHEMA_U64 && field->max == 0)
        fprintf(out, "\"minimum\": %s", low);
    else
        fprintf(out, "\"minimum\": %s, \"maximum\": %s", low, high);
}

static void print_lengths(const struct schema_field *field, FILE *out)
{
    fprintf(out, ", \"minLength\": %lld, \"maxLength\": %u",
            field->min > 1 ? (long long)field->min : 1LL, field->room - 1);
}

static void print_choices(const struct schema_choice *choices, FILE *out)
{
    fputs("\"enum\": [", out);
    for (uint32_t i = 0; choices[i].name; i++) {
        fputs(i ? ", " : "", out);
        print_text(choices[i].name, out);
    }
    fputs("]", out);
}

static void print_scalar(const struct schema_field *field, FILE *out)
{
    int64_t min, max;

    schema_range(field, &min, &max);
    switch (field->type) {
    case SCHEMA_BOOL:
        fputs("\"type\": \"boolean\"", out);
        return;
    case SCHEMA_INT:
    case SCHEMA_U64:
        fputs("\"type\": \"integer\", ", out);
        print_range(field, out);
        return;
    case SCHEMA_REAL:
    case SCHEMA_DECIMAL:
        fputs("\"type\": \"number\", ", out);
        print_range(field, out);
        return;
    case SCHEMA_SHARE:
        fprintf(out, "\"type\": \"string\", \"pattern\": \"^%s(%%|bps)$\"",
                min < 0 ? NUMBER : COUNT);
        return;
    case SCHEMA_DURATION:
        fputs("\"type\": \"string\", \"pattern\": \"^" COUNT "(ns|us|ms|s|m|h|d)$\"", out);
        return;
    case SCHEMA_SIZE:
        fputs("\"type\": [\"string\", \"integer\"], ", out);
        print_range(field, out);
        fputs(", \"pattern\": \"^" COUNT "(B|KiB|MiB|GiB|TiB)?$\"", out);
        return;
    case SCHEMA_MONEY:
        fputs("\"type\": \"string\", \"pattern\": \"^" NUMBER " [A-Z0-9]{1,15}$\"", out);
        return;
    case SCHEMA_TIME:
        fputs("\"type\": \"string\", \"pattern\": "
              "\"^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\\\.[0-9]{1,9})?)?Z?)?$"
              "\"",
              out);
        return;
    case SCHEMA_WEEKLY:
        fputs("\"type\": \"string\", \"pattern\": "
              "\"^(Sun|Mon|Tues|Wednes|Thurs|Fri|Satur)day [0-2][0-9]:[0-5][0-9]$\"",
              out);
        return;
    case SCHEMA_CHOICE:
        print_choices(field->choices, out);
        return;
    case SCHEMA_NAME:
        fputs(TEXTS ", \"pattern\": \"^[A-Za-z0-9][A-Za-z0-9_.-]*$\"", out);
        break;
    case SCHEMA_SYMBOL:
        fputs(TEXTS ", \"pattern\": \"^[A-Za-z0-9]([A-Za-z0-9_./-]*[A-Za-z0-9_.-])?$\"", out);
        break;
    case SCHEMA_PATH:
        fputs(TEXTS ", \"pattern\": \"^[^/~]\", \"not\": {\"pattern\": \"(^|/)\\\\.\\\\.(/|$)\"}",
              out);
        break;
    default:
        fputs(TEXTS, out);
    }
    print_lengths(field, out);
}

/* The keyword of the parser's own: ${NAME} in the place of any plain value. */
static int is_text(const struct schema_field *field)
{
    return field->type == SCHEMA_TEXT;
}

static void print_value(const struct schema_field *field, FILE *out, int depth)
{
    if (field->type == SCHEMA_MAP) {
        print_object(field->sub, out, depth);
    } else if (field->type == SCHEMA_ANY && field->sub != NULL) {
        fputs("\"type\": \"object\", \"additionalProperties\": {", out);
        print_object(field->sub, out, depth + 1);
        fputs("}", out);
    } else if (field->type == SCHEMA_ANY) {
        fputs("\"type\": \"object\", \"additionalProperties\": {" TEXTS "}", out);
    } else if (is_text(field)) {
        print_scalar(field, out);
    } else {
        fputs("\"anyOf\": [{", out);
        print_scalar(field, out);
        fputs("}, {\"$ref\": \"#/$defs/environment\"}]", out);
    }
}

static void print_field(const struct schema_field *field, FILE *out, int depth)
{
    fprintf(out, "\n%*s", 2 * depth, "");
    print_text(field->key, out);
    fputs(": {\"description\": ", out);
    print_text(field->doc, out);
    if (field->preset) {
        fputs(", \"default\": ", out);
        // As it would stand in the file: a number and a yes or no without quotes.
        if (field->type == SCHEMA_BOOL || field->type == SCHEMA_INT || field->type == SCHEMA_U64 ||
            field->type == SCHEMA_REAL || field->type == SCHEMA_DECIMAL)
            fputs(field->preset, out);
        else
            print_text(field->preset, out);
    }
    fputs(", ", out);
    if (field->list_max > 0) {
        fprintf(out, "\"type\": \"array\", \"minItems\": %u, \"maxItems\": %u, \"items\": {",
                field->list_min, field->list_max);
        print_value(field, out, depth + 1);
        fputs("}", out);
    } else {
        print_value(field, out, depth + 1);
    }
    fputs("}", out);
}

static void print_object(const struct schema *schema, FILE *out, int depth)
{
    int n = 0;

    fputs("\"type\": \"object\", \"additionalProperties\": false, \"properties\": {", out);
    for (const struct schema_field *field = schema_fields(schema); field->key; field++) {
        if (field->retired)
            continue;
        fputs(n++ > 0 ? "," : "", out);
        print_field(field, out, depth);
    }
    fputs("}, \"required\": [", out);
    n = 0;
    for (const struct schema_field *field = schema_fields(schema); field->key; field++)
        if (field->is_required) {
            fputs(n++ > 0 ? ", " : "", out);
            print_text(field->key, out);
        }
    fputs("]", out);
    if (schema->either[0] != NULL)
        fprintf(out, ", \"oneOf\": [{\"required\": [\"%s\"]}, {\"required\": [\"%s\"]}]",
                schema->either[0], schema->either[1]);
}

static const char head[] = "{\"$schema\": \"https://json-schema.org/draft/2020-12/schema\", ";
static const char environment[] =
    "\"environment\": {\"type\": \"string\", \"pattern\": \"^\\\\$\\\\{[A-Z_][A-Z0-9_]*\\\\}$\", "
    "\"description\": \"the value of a variable of the environment\"}";

void schema_print_json(const struct schema *schema, FILE *out)
{
    fprintf(out, "%s\"title\": ", head);
    print_text(schema->name, out);
    fputs(", ", out);
    print_object(schema, out, 1);
    fprintf(out, ",\n\"$defs\": {%s}}\n", environment);
}

void schema_print_all(const struct schema_kind *kinds, FILE *out)
{
    fprintf(out, "%s\"title\": \"a file of agon\", \"anyOf\": [", head);
    for (const struct schema_kind *kind = kinds; kind->name; kind++)
        fprintf(out, "%s{\"$ref\": \"#/$defs/%s\"}", kind == kinds ? "" : ", ", kind->name);
    fprintf(out, "],\n\"$defs\": {%s", environment);
    for (const struct schema_kind *kind = kinds; kind->name; kind++) {
        fprintf(out, ",\n\"%s\": {\"title\": ", kind->name);
        print_text(kind->schema->name, out);
        fputs(", ", out);
        print_object(kind->schema, out, 1);
        fputs("}", out);
    }
    fputs("}}\n", out);
}
