// SPDX-License-Identifier: Apache-2.0
/* schema_value: one value of a field: its number and its range, and how both are said: what would
 * have been right, and what was probably meant. */
#include <ctype.h>

#include "base/num.h"
#include "config/schema_impl.h"
#include "config/suggest.h"
#include "config/units.h"

void schema_range(const struct schema_field *field, int64_t *min, int64_t *max)
{
    *min = field->min;
    *max = field->max;
    if (*min == 0 && *max == 0) {
        *max = INT64_MAX;
        if (field->type == SCHEMA_REAL)
            *min = -(*max = 1000000000);
    }
    if (field->type == SCHEMA_REAL || field->type == SCHEMA_MONEY)
        return;
    if (field->room < 8) {
        int bits = 8 * (int)field->room - (*min < 0 ? 1 : 0);
        int64_t widest = (int64_t)((1ull << bits) - 1);

        if (*max > widest)
            *max = widest;
    }
}

/* Amounts of a file are in its base currency, where it has one. */
static const char *currency_of(const struct config *config)
{
    const struct config_node *node = config_get(config->root, "base_currency");

    return node != NULL && node->kind == NODE_SCALAR && node->n < UNITS_ASSET && node->n > 0
               ? node->text
               : "USDT";
}

/* One end of a range, as it would stand in the file. */
static void say_value(const struct config *config, const struct schema_field *field, int64_t value,
                      char *text, size_t room)
{
    char number[NUM_TEXT];

    switch (field->type) {
    case SCHEMA_SHARE:
        num_format_short(value, 4, number);
        snprintf(text, room, "%s%%", number);
        break;
    case SCHEMA_DURATION:
        units_say_duration(field->room < 8 ? num_mul(value, 1000000) : value, text, room);
        break;
    case SCHEMA_SIZE:
        units_say_size(value, text, room);
        break;
    case SCHEMA_MONEY:
        num_format_short(value, field->exp, number);
        snprintf(text, room, "%s %s", number, currency_of(config));
        break;
    case SCHEMA_DECIMAL:
        num_format_short(value, field->exp, number);
        snprintf(text, room, "%s", number);
        break;
    default:
        snprintf(text, room, "%lld", (long long)value);
    }
}

static const char *noun_of(const struct schema_field *field)
{
    switch (field->type) {
    case SCHEMA_MAP:
        return "a map: 'key: value' lines, indented";
    case SCHEMA_BOOL:
        return "true or false";
    case SCHEMA_INT:
    case SCHEMA_U64:
        return "a whole number";
    case SCHEMA_REAL:
    case SCHEMA_DECIMAL:
        return "a plain decimal number";
    case SCHEMA_SHARE:
        return "a share";
    case SCHEMA_DURATION:
        return "a duration";
    case SCHEMA_SIZE:
        return "a size";
    case SCHEMA_MONEY:
        return "an amount with its currency";
    case SCHEMA_TIME:
        return "a UTC time such as 2024-08-08T12:30:00Z";
    case SCHEMA_WEEKLY:
        return "a weekday and a UTC time such as Sunday 00:00";
    case SCHEMA_TEXT:
        return "a text";
    case SCHEMA_NAME:
        return "a name of letters, digits, '_', '-' and '.'";
    case SCHEMA_SYMBOL:
        return "a name of letters, digits, '_', '-', '.' and '/' inside";
    case SCHEMA_PATH:
        return "a path below this file's folder";
    case SCHEMA_CHOICE:
        return "one of";
    default:
        return "a value";
    }
}

/* A number of any unit as the member holds it. */
int schema_parse(const struct schema_field *field, const struct config_node *node, int64_t *value,
                 struct error *err)
{
    int rc;

    switch (field->type) {
    case SCHEMA_INT:
        return units_int(node->text, node->n, value, err);
    case SCHEMA_DECIMAL:
        return num_read(node->text, node->n, field->exp, value);
    case SCHEMA_SHARE:
        return units_ppm(node->text, node->n, value, err);
    case SCHEMA_SIZE:
        return units_size(node->text, node->n, value, err);
    case SCHEMA_TIME:
        return units_time(node->text, node->n, value, err);
    case SCHEMA_WEEKLY:
        return units_weekly(node->text, node->n, value, err);
    default:
        REQUIRE(field->type == SCHEMA_DURATION);
        rc = units_duration(node->text, node->n, value, err);
        if (rc == AGON_OK && field->room < 8) {
            if (*value % 1000000 != 0)
                return error_set(err, AGON_ERANGE, "whole milliseconds");
            *value /= 1000000;
        }
        return rc;
    }
}

/* Would the field take this text? */
int schema_fits(const void *ctx, const char *text)
{
    const struct schema_field *field = ctx;
    struct config_node node = {.kind = NODE_SCALAR, .text = text, .n = (uint32_t)strlen(text)};
    char asset[UNITS_ASSET];
    int64_t value, min, max;
    uint64_t u64;
    int rc;

    schema_range(field, &min, &max);
    switch (field->type) {
    case SCHEMA_U64:
        return units_u64(text, node.n, &u64, NULL) == AGON_OK &&
               (field->max == 0 || (u64 >= (uint64_t)min && u64 <= (uint64_t)max));
    case SCHEMA_REAL:
        rc = num_read(text, node.n, 0, &value); // whole ones are offered alone
        break;
    case SCHEMA_MONEY:
        rc = units_money(text, node.n, field->exp, &value, asset, NULL);
        break;
    case SCHEMA_INT:
    case SCHEMA_DECIMAL:
    case SCHEMA_SHARE:
    case SCHEMA_DURATION:
    case SCHEMA_SIZE:
        rc = schema_parse(field, &node, &value, NULL);
        break;
    default:
        return 1;
    }
    return rc == AGON_OK && value >= min && value <= max;
}

static void say_examples(const struct config *config, const struct schema_field *field, char *text,
                         size_t room)
{
    struct offer offer = {.fits = schema_fits, .ctx = field, .preset = field->preset};
    char amount[8 + UNITS_ASSET];
    const char *const amounts[] = {amount, NULL};

    text[0] = 0;
    snprintf(amount, sizeof(amount), "1000 %s", currency_of(config));
    switch (field->type) {
    case SCHEMA_SHARE:
        offer_examples(&offer, offer_shares, text, room);
        break;
    case SCHEMA_DURATION:
        offer_examples(&offer, offer_durations, text, room);
        break;
    case SCHEMA_SIZE:
        offer_examples(&offer, offer_sizes, text, room);
        break;
    case SCHEMA_MONEY:
        offer_examples(&offer, amounts, text, room);
        break;
    default:
        break;
    }
}

/* "a share from 0.1% to 20%, such as 3% or 12bps": what would have been right. */
void schema_say_expected(const struct config *config, const struct schema_field *field, char *text,
                         size_t room)
{
    char low[64], high[64], examples[128];
    int64_t min, max;
    size_t used;

    schema_range(field, &min, &max);
    if (field->type == SCHEMA_PATH && field->folder_option != NULL)
        used = (size_t)snprintf(text, room, "a path below the folder that %s names",
                                field->folder_option);
    else
        used = (size_t)snprintf(text, room, "%s", noun_of(field));
    switch (field->type) {
    case SCHEMA_CHOICE:
        for (uint32_t i = 0; field->choices[i].name && used < room; i++)
            used += (size_t)snprintf(text + used, room - used, "%s %s", i ? "," : ":",
                                     field->choices[i].name);
        return;
    case SCHEMA_TEXT:
    case SCHEMA_NAME:
    case SCHEMA_SYMBOL:
    case SCHEMA_PATH:
        snprintf(text + used, room - used, ", %lld to %u bytes",
                 (long long)(field->min > 1 ? field->min : 1), field->room - 1);
        return;
    case SCHEMA_U64:
        if (field->max == 0) {
            snprintf(text + used, room - used, " from 0 to 18446744073709551615");
            return;
        }
        // fall through
    case SCHEMA_INT:
    case SCHEMA_REAL:
    case SCHEMA_DECIMAL:
    case SCHEMA_SHARE:
    case SCHEMA_DURATION:
    case SCHEMA_SIZE:
    case SCHEMA_MONEY:
        say_value(config, field, min, low, sizeof(low));
        say_value(config, field, max, high, sizeof(high));
        say_examples(config, field, examples, sizeof(examples));
        if (max < INT64_MAX)
            snprintf(text + used, room - used, " from %s to %s%s", low, high, examples);
        else
            snprintf(text + used, room - used, " of at least %s%s", low, examples);
        return;
    default:
        return;
    }
}

/* ---- what was probably meant ---- */

/* In braces a ',' ends a value: {capital: 100,000 USDT} is an amount of 100 and a key of 000. The
 * rest of such a number; NULL: none follows. */
const char *schema_cut_off(const struct config_node *node)
{
    const struct config_node *next = node->next;

    return next != NULL && next->key != NULL && isdigit((unsigned char)next->key[0]) &&
                   next->kind == NODE_SCALAR && next->n == 0 && next->key_line == node->line
               ? next->key
               : NULL;
}

static void guess_number(const struct schema_field *field, const struct config_node *node,
                         struct offer *offer)
{
    const char *rest = schema_cut_off(node), *tail;
    char clean[48], whole[OFFER_TEXT - 3];
    size_t n = offer_number(node->text, clean, sizeof(clean), &tail);

    if (rest != NULL && field->type == SCHEMA_DECIMAL) {
        snprintf(whole, sizeof(whole), "%s.%.40s", clean, rest);
    } else {
        while (n > 1 && clean[0] == '0' && clean[1] != '.')
            memmove(clean, clean + 1, n--);
        snprintf(whole, sizeof(whole), "%s", clean);
        if (n == 0 || *tail || strchr(node->text, '-'))
            return;
    }
    if (schema_fits(field, whole) && (node->is_quoted || strcmp(whole, node->text) != 0))
        snprintf(offer->text, sizeof(offer->text), "'%s'", whole);
}

static void guess_money(const struct config *config, const struct schema_field *field,
                        const struct config_node *node, struct offer *offer)
{
    const char *rest = schema_cut_off(node), *tail;
    char clean[48], whole[OFFER_TEXT - 3], asset[UNITS_ASSET] = "";
    size_t n = offer_number(node->text, clean, sizeof(clean), &tail);

    // "1.000,5" could be two numbers, and of what "1%" would be a part is not known.
    if (n == 0 || (strchr(node->text, '.') && strchr(node->text, ',')) || strchr(tail, '%'))
        return;
    if (rest != NULL)
        tail = rest + strspn(rest, "0123456789 ");
    for (size_t i = 0; tail[i] != '\0' && i + 1 < sizeof(asset); i++)
        asset[i] = (char)toupper((unsigned char)tail[i]);
    snprintf(whole, sizeof(whole), "%s%.*s %s", clean,
             rest != NULL ? (int)strspn(rest, "0123456789") : 0, rest != NULL ? rest : "",
             asset[0] != '\0' ? asset : currency_of(config));
    if (schema_fits(field, whole) && strcmp(whole, node->text) != 0)
        snprintf(offer->text, sizeof(offer->text), "'%s'", whole);
}

/* A right value near to what stands there, in quotes; empty when there is none to offer. */
void schema_guess(const struct config *config, const struct schema_field *field,
                  const struct config_node *node, struct offer *offer)
{
    static const char *const yes[] = {"yes", "on", "y", "True", "TRUE", "1"};
    static const char *const no[] = {"no", "off", "n", "False", "FALSE", "0"};
    struct suggest suggest = {0};

    *offer = (struct offer){.fits = schema_fits, .ctx = field, .preset = field->preset};
    if (node->kind != NODE_SCALAR || node->n > 40 || node->is_env)
        return;
    switch (field->type) {
    case SCHEMA_BOOL:
        for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++)
            if (strcasecmp(node->text, yes[i]) == 0)
                snprintf(offer->text, sizeof(offer->text), "'true'");
            else if (strcasecmp(node->text, no[i]) == 0)
                snprintf(offer->text, sizeof(offer->text), "'false'");
        return;
    case SCHEMA_INT:
    case SCHEMA_U64:
    case SCHEMA_DECIMAL:
    case SCHEMA_REAL:
        guess_number(field, node, offer);
        return;
    case SCHEMA_SHARE:
        offer_share(offer, node->text);
        return;
    case SCHEMA_DURATION:
        offer_duration(offer, node->text);
        return;
    case SCHEMA_SIZE:
        offer_size(offer, node->text);
        return;
    case SCHEMA_MONEY:
        guess_money(config, field, node, offer);
        return;
    case SCHEMA_CHOICE:
        for (uint32_t i = 0; field->choices[i].name; i++)
            suggest_offer(&suggest, node->text, node->n, field->choices[i].name);
        if (suggest.best)
            snprintf(offer->text, sizeof(offer->text), "'%s'", suggest.best);
        return;
    default:
        return;
    }
}

/* What is wrong with the form of it. */
const char *schema_what(const struct schema_field *field, const struct config_node *node)
{
    int is_bare = node->n > 0 && strspn(node->text, "0123456789.") == node->n;

    if (is_bare && (field->type == SCHEMA_DURATION || field->type == SCHEMA_SHARE))
        return "has no unit";
    if (is_bare && field->type == SCHEMA_MONEY)
        return "has no currency";
    if (field->type == SCHEMA_MONEY && strchr(node->text, '%'))
        return "is a share and no amount";
    return "is not of that form";
}
