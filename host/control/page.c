// SPDX-License-Identifier: Apache-2.0
/* The API as a page of Markdown, from the same tables as the OpenAPI document. */
#include <ctype.h>
#include <string.h>

#include "control/impl.h"

// A bar would end the cell.
static void put_cell(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        fprintf(out, *text == '|' ? "\\|" : "%c", *text);
}

static void put_link(FILE *out, const struct control_shape *shape)
{
    fprintf(out, "[%s](#", shape->name);
    for (const char *c = shape->name; *c != '\0'; c++)
        fputc(tolower((unsigned char)*c), out);
    fputc(')', out);
}

static void put_type(FILE *out, const struct control_field *field)
{
    static const char *const types[] = {
        [CONTROL_TEXT] = "text",       [CONTROL_DECIMAL] = "decimal",
        [CONTROL_INTEGER] = "integer", [CONTROL_REAL] = "number",
        [CONTROL_BOOL] = "boolean",    [CONTROL_TIME] = "time",
        [CONTROL_OBJECT] = "",         [CONTROL_LIST] = "list of ",
        [CONTROL_MAP] = "map of ",     [CONTROL_EITHER] = "number or text",
        [CONTROL_ANY] = "object"};

    if (field == NULL) {
        fputs("anything", out);
        return;
    }
    if (field->n_items > 0)
        fprintf(out, "%d of ", field->n_items);
    else
        fputs(types[field->type], out);
    if (field->of != NULL)
        put_link(out, field->of);
    else if (field->items != NULL)
        put_type(out, field->items);
    if ((field->marks & CONTROL_NULL) != 0 || (field->of != NULL && field->of->is_null))
        fputs(" or null", out);
}

static void put_route(const struct control_port *port, const struct control_verb *verb, int n_args,
                      FILE *out)
{
    struct describe_arg arg;
    char path[160];

    describe_path(port, verb, n_args, path);
    fprintf(out, "| %s | `%s` | ", verb->scope == CONTROL_OPERATE ? "POST" : "GET", path);
    for (int i = 1; verb->scope == CONTROL_OPERATE && describe_arg(port, verb, i, &arg); i++)
        fprintf(out, "%s%s%s", i > 1 ? ", " : "", arg.word->name, i > verb->args_min ? "?" : "");
    fputs(" | ", out);
    put_type(out, describe_gives(verb, n_args));
    fputs(" | ", out);
    put_cell(out, verb->help);
    fputs(" |\n", out);
}

static void put_group(const struct control_port *port, const char *group, FILE *out)
{
    fprintf(out, "\n## %s\n\n| | path | args | answer | |\n| --- | --- | --- | --- | --- |\n",
            group);
    for (const struct control_verb *verb = port->verbs; verb->name != NULL; verb++) {
        int least, most;

        if (verb->scope == CONTROL_CLIENT || strcmp(port->group(verb), group) != 0)
            continue;
        describe_in_path(verb, &least, &most);
        for (int n = least; n <= most; n++)
            put_route(port, verb, n, out);
    }
}

static void put_arguments(const struct control_port *port, FILE *out)
{
    fputs("\n## Arguments\n\n| argument | | such as |\n| --- | --- | --- |\n", out);
    for (const struct control_word *word = port->words; word->usage != NULL; word++) {
        const struct control_word *first = port->words;

        while (strcmp(first->name, word->name) != 0 || strcmp(first->doc, word->doc) != 0)
            first++;
        if (first != word)
            continue;
        fprintf(out, "| `%s` | ", word->name);
        put_cell(out, word->doc);
        fprintf(out, " | `%s` |\n", word->example != NULL ? word->example : word->name);
    }
}

static void put_statuses(FILE *out)
{
    const struct describe_status *one;

    fputs(
        "\n## Statuses\n\n| status | |\n| --- | --- |\n| 200 | the answer; of a POST: it is taken, "
        "and `seq` is the event's number |\n",
        out);
    for (uint32_t i = 0; (one = describe_status(&describe_all, 1, i)) != NULL; i++)
        fprintf(out, "| %d | %s |\n", one->status, one->doc);
}

static void put_words(FILE *out, const struct control_field *field)
{
    const char *word;

    for (uint32_t i = 0; (word = describe_word(field, i)) != NULL; i++)
        fprintf(out, "%s`%s`", i > 0 ? ", " : ": ", word[0] != '\0' ? word : "(nothing)");
}

static void put_shape(const struct control_shape *shape, FILE *out)
{
    struct control_field field;

    fprintf(out, "\n### %s\n\n%s%s.\n\n| member | type | |\n| --- | --- | --- |\n", shape->name,
            shape->doc, shape->is_null ? "; or null" : "");
    for (uint32_t i = 0; describe_member(shape, i, &field); i++) {
        fprintf(out, "| `%s`%s | ", field.key, (field.marks & CONTROL_MAYBE) != 0 ? " ?" : "");
        put_type(out, &field);
        fputs(" | ", out);
        if (field.doc != NULL)
            put_cell(out, field.doc);
        if (field.unit != NULL)
            fprintf(out, " (%s)", field.unit);
        put_words(out, &field);
        fputs(" |\n", out);
    }
    if (shape->rest != NULL) {
        fputs("| any other | ", out);
        put_type(out, shape->rest);
        fprintf(out, " | %s |\n", shape->rest->doc);
    }
}

void control_page(const struct control_port *port, FILE *out)
{
    const struct control_shape *shapes[DESCRIBE_SHAPES];
    uint32_t n = describe_shapes(port, shapes);

    for (const struct control_verb *verb = port->verbs; verb->name != NULL; verb++) {
        if (describe_is_first(port, verb))
            put_group(port, port->group(verb), out);
    }
    put_arguments(port, out);
    put_statuses(out);
    fputs("\n## Objects\n", out);
    for (uint32_t i = 0; i < n; i++)
        put_shape(shapes[i], out);
}
