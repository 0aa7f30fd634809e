// SPDX-License-Identifier: Apache-2.0
/* What there is to be said of a table of verbs, whoever writes it down: routes, arguments, statuses
 * and the objects that answers are made of. */
#include <ctype.h>
#include <string.h>

#include "control/impl.h"

static const struct control_field error_fields[] = {
    {"error", CONTROL_TEXT, "what was wrong and, where that is known, what to do",
     .example = "\"no agent is called 'emma'; there are ema, grid; did you mean 'ema'?\""},
    {NULL}};
const struct control_shape describe_error = {"Error", "Any answer with a status of 400 and above",
                                             error_fields};

static const char *const health_words[] = {"ok", NULL};
static const struct control_field health_fields[] = {
    {"status", CONTROL_TEXT, "there is an answer, so it is well", .words = health_words}, {NULL}};
const struct control_shape describe_health = {"Health", "The host serves", health_fields};

/* ---- arguments */

// The nth word of a usage without its brackets, into text.
static int nth_word(const char *usage, int nth, char *text, size_t room)
{
    size_t n;

    for (; nth > 1 && usage != NULL; nth--) {
        usage = strchr(usage, ' ');
        usage = usage != NULL ? usage + 1 : NULL;
    }
    if (usage == NULL || *usage == '\0')
        return 0;
    n = strcspn(usage, " ");
    if (*usage == '[') {
        usage++;
        n -= 2;
    }
    snprintf(text, room, "%.*s", (int)n, usage);
    return 1;
}

int describe_arg(const struct control_port *port, const struct control_verb *verb, int nth,
                 struct describe_arg *arg)
{
    char text[64];

    if (nth > verb->args_max)
        return 0;
    if (nth_word(verb->usage, nth, text, sizeof(text))) {
        for (arg->word = port->words; arg->word != NULL && arg->word->usage != NULL; arg->word++) {
            if (strcmp(arg->word->usage, text) == 0)
                return 1;
        }
    }
    snprintf(arg->text, sizeof(arg->text), "arg%d", nth);
    arg->own =
        (struct control_word){.usage = "", .name = arg->text, .doc = verb->usage, .example = "x"};
    arg->word = &arg->own;
    return 1;
}

/* ---- routes */

void describe_in_path(const struct control_verb *verb, int *least, int *most)
{
    *least = verb->scope == CONTROL_READ ? verb->args_min : 0;
    *most = verb->scope == CONTROL_READ ? verb->args_max : 0;
}

void describe_path(const struct control_port *port, const struct control_verb *verb, int n_args,
                   char path[160])
{
    struct describe_arg arg;
    int used = snprintf(path, 160, "/api/v1/%s", verb->name);

    for (int i = 0; i < used; i++)
        path[i] = path[i] == ' ' ? '/' : path[i];
    for (int i = 1; i <= n_args && used < 160 && describe_arg(port, verb, i, &arg); i++)
        used += snprintf(path + used, 160 - (size_t)used, "/{%s}", arg.word->name);
}

void describe_id(const struct control_port *port, const struct control_verb *verb, int n_args,
                 char id[64])
{
    struct describe_arg arg;
    int used = 0;

    for (const char *c = verb->name; *c != '\0' && used < 40; c++)
        id[used++] = isalnum((unsigned char)*c) ? *c : '_';
    id[used] = '\0';
    if (verb->scope == CONTROL_READ && n_args > verb->args_min &&
        describe_arg(port, verb, n_args, &arg))
        snprintf(id + used, 64 - (size_t)used, "_by_%.20s", arg.word->name);
}

const struct control_field *describe_gives(const struct control_verb *verb, int n_args)
{
    return verb->gives_one != NULL && n_args == verb->args_max ? verb->gives_one : verb->gives;
}

int describe_is_first(const struct control_port *port, const struct control_verb *verb)
{
    const struct control_verb *first = port->verbs;

    if (verb->scope == CONTROL_CLIENT)
        return 0;
    while (first->scope == CONTROL_CLIENT || strcmp(port->group(first), port->group(verb)) != 0)
        first++;
    return first == verb;
}

const struct control_verb describe_all = {
    .scope = CONTROL_OPERATE, .args_max = 1, .is_slow = 1, .usage = "", .name = ""};

/* Which routes may answer with it. */
enum { OF_ALL = 1, OF_ARGS = 2, OF_POST = 4, OF_SLOW = 8, OF_FILE = 16, OF_OPTION = 32 };
static const struct {
    struct describe_status is;
    unsigned of;
} statuses[] = {
    {{400, "BadRequest", "An argument is wrong, or there are too few or too many"},
     OF_ARGS | OF_POST},
    {{401, "Unauthorized", "No token, or a wrong one"}, OF_ALL},
    {{403, "Forbidden",
      "The reader's token, where something is changed; a page of another site; or what this host "
      "must not do"},
     OF_ALL},
    {{404, "NotFound", "There is no agent, instrument, venue, order or file of that name"},
     OF_ARGS | OF_POST},
    {{409, "Conflict",
      "Not in this state, not at this time, or a command that was taken before (Idempotency-Key)"},
     OF_POST | OF_SLOW},
    {{415, "UnsupportedMediaType", "The content type is not application/json"}, OF_POST},
    {{421, "MisdirectedRequest", "Asked under another name than the loopback address"}, OF_ALL},
    {{422, "UnprocessableContent", "A file that was named is damaged, or of another version"},
     OF_FILE},
    {{429, "TooManyRequests", "More than ten wrong tokens in a minute"}, OF_ALL},
    {{500, "InternalServerError", "The host could not; its log says why"}, OF_ALL},
    {{501, "NotImplemented", "This host, or this agent's plugin, has no such thing"},
     OF_OPTION | OF_POST},
    {{503, "ServiceUnavailable", "Too many requests or commands wait; try again"}, OF_ALL},
};

const struct describe_status *describe_status(const struct control_verb *verb, int n_args,
                                              uint32_t nth)
{
    unsigned of = OF_ALL;

    if (verb != NULL)
        of |= (n_args > 0 ? OF_ARGS : 0u) | (verb->is_slow ? OF_SLOW : 0u) |
              (verb->args_max > 0 ? OF_OPTION : 0u) |
              (verb->scope == CONTROL_OPERATE ? OF_POST : 0u) |
              (verb->scope == CONTROL_OPERATE && verb->is_slow ? OF_FILE : 0u);
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if ((statuses[i].of & of) != 0 && nth-- == 0)
            return &statuses[i].is;
    }
    return NULL;
}

/* ---- objects */

int describe_member(const struct control_shape *shape, uint32_t nth, struct control_field *field)
{
    for (; shape != NULL; shape = shape->also) {
        for (uint32_t i = 0; shape->fields != NULL && shape->fields[i].key != NULL; i++) {
            if (nth-- == 0) {
                *field = shape->fields[i];
                return 1;
            }
        }
        for (uint32_t i = 0; shape->row != NULL; i++) {
            memset(field, 0, sizeof(*field));
            if (!shape->row(i, field))
                break;
            if (nth-- == 0)
                return 1;
        }
    }
    return 0;
}

const char *describe_word(const struct control_field *field, uint32_t nth)
{
    if (field->word != NULL)
        return field->word(nth);
    if (field->words == NULL)
        return NULL;
    for (uint32_t i = 0; i < nth; i++) {
        if (field->words[i] == NULL)
            return NULL;
    }
    return field->words[nth];
}

static void add_shape(const struct control_shape *shape,
                      const struct control_shape *shapes[DESCRIBE_SHAPES], uint32_t *n);

static void add_of(const struct control_field *field,
                   const struct control_shape *shapes[DESCRIBE_SHAPES], uint32_t *n)
{
    for (; field != NULL; field = field->items) {
        if (field->of != NULL)
            add_shape(field->of, shapes, n);
    }
}

static void add_shape(const struct control_shape *shape,
                      const struct control_shape *shapes[DESCRIBE_SHAPES], uint32_t *n)
{
    struct control_field field;

    for (uint32_t i = 0; i < *n; i++) {
        if (shapes[i] == shape)
            return;
    }
    REQUIRE(*n < DESCRIBE_SHAPES);
    shapes[(*n)++] = shape;
    for (uint32_t i = 0; describe_member(shape, i, &field); i++)
        add_of(&field, shapes, n);
}

uint32_t describe_shapes(const struct control_port *port,
                         const struct control_shape *shapes[DESCRIBE_SHAPES])
{
    uint32_t n = 0;

    add_shape(&describe_error, shapes, &n);
    add_shape(&describe_health, shapes, &n);
    if (port->ready_shape != NULL)
        add_shape(port->ready_shape, shapes, &n);
    for (const struct control_verb *verb = port->verbs; verb->name != NULL; verb++) {
        add_of(verb->gives, shapes, &n);
        add_of(verb->gives_one, shapes, &n);
    }
    return n;
}
