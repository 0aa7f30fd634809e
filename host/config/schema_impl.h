// SPDX-License-Identifier: Apache-2.0
/* schema_impl: what the files of the schema share. Not for other libraries. [any, one thread] */
#ifndef CONFIG_SCHEMA_IMPL_H
#define CONFIG_SCHEMA_IMPL_H

#include "config/node.h"
#include "config/offer.h"
#include "config/schema.h"

/* A number of any unit as the member holds it; its range is not looked at. */
int schema_parse(const struct schema_field *field, const struct config_node *node, int64_t *value,
                 struct error *err);
/* Would the field take this text? */
int schema_fits(const void *field, const char *text);
/* "a share from 0.1% to 20%, such as 3% or 12bps": what would have been right. */
void schema_say_expected(const struct config *config, const struct schema_field *field, char *text,
                         size_t room);
/* A right value near to what stands there. */
void schema_guess(const struct config *config, const struct schema_field *field,
                  const struct config_node *node, struct offer *offer);
/* What is wrong with the form of a value: "has no unit". */
const char *schema_what(const struct schema_field *field, const struct config_node *node);
/* In braces a ',' ends a value: {capital: 100,000 USDT} is an amount of 100 and a key "000 USDT".
 * The rest of such a number; NULL: none follows. */
const char *schema_cut_off(const struct config_node *node);

#endif
