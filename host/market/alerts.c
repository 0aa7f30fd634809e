// SPDX-License-Identifier: Apache-2.0
#include "market/alerts.h"

#include "base/utf8.h"

static const struct alert_info infos[ALERT_KINDS] = {
#define ALERT_INFO_OF(number, symbol, name_, level_, unit_, text_)                                 \
    [number] = {.name = name_, .unit = unit_, .text = text_, .level = level_},
    ALERTS(ALERT_INFO_OF)
#undef ALERT_INFO_OF
};

const struct alert_info *alert_info(uint16_t kind)
{
    static const struct alert_info unknown = {.name = "unknown",
                                              .unit = "",
                                              .text = "an alert of another version",
                                              .level = ALERT_WARNING};

    return kind < ALERT_KINDS && infos[kind].name != NULL ? &infos[kind] : &unknown;
}

void alert_make(struct record_alert *alert, uint16_t kind, uint16_t slot,
                agon_instrument_t instrument, int64_t value, int64_t limit, const char *text)
{
    memset(alert, 0, sizeof(*alert));
    alert->hdr.type = EVENT_ALERT;
    alert->hdr.granules = sizeof(*alert) / EVENT_GRANULE;
    alert->hdr.instrument = instrument;
    alert->kind = kind;
    alert->level = alert_info(kind)->level;
    alert->slot = slot;
    alert->value = value;
    alert->limit = limit;
    text = text != NULL ? text : alert_info(kind)->text;
    if (strlen(text) < sizeof(alert->text))
        memcpy(alert->text, text, strlen(text));
    else // ends with "...", and with no half of a character
        (void)utf8_escape(text, strlen(text), alert->text, sizeof(alert->text));
}
