// SPDX-License-Identifier: Apache-2.0
#include "cli/train_device.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "card/away.h"
#include "kernels/cpu.h"

#define CARDS_MAX 1023

enum train_where train_device_where(const char *text, uint32_t *card)
{
    unsigned long number;
    char *end;

    *card = 0;
    if (strcmp(text, "cpu") == 0)
        return TRAIN_CPU;
    if (strncmp(text, "cuda", 4) != 0 || (text[4] != '\0' && text[4] != ':'))
        return TRAIN_NOWHERE;
    if (text[4] == '\0')
        return TRAIN_CUDA;
    number = strtoul(text + 5, &end, 10);
    *card = (uint32_t)number;
    return text[5] >= '0' && text[5] <= '9' && *end == '\0' && number <= CARDS_MAX ? TRAIN_CUDA
                                                                                   : TRAIN_NOWHERE;
}

static int is_on_card(const struct train_ask *ask)
{
    uint32_t card;

    return train_device_where(ask->device, &card) == TRAIN_CUDA;
}

struct device *train_device_open(const struct train_ask *ask, struct error *err)
{
    struct card_away_config config = card_away_preset("cuda");
    struct error why = {0};
    struct device *device;

    if (train_device_where(ask->device, &config.card) != TRAIN_CUDA) {
        device = cpu_device_new(CPU_BEST, (uint32_t)ask->n_threads);
        if (device == NULL)
            (void)error_set(err, AGON_ENOMEM, "no memory for a device");
        return device;
    }
    config.driver = ask->driver;
    config.nvrtc = ask->nvrtc;
    config.most = (uint64_t)ask->memory;
    config.limit_ns = ask->card_limit_ns;
    device = card_away_new(&config, &why);
    if (device == NULL)
        (void)error_set(err, AGON_EIO,
                        "--device %s: %s; expected a card of this machine (nvidia-smi lists them), "
                        "or --device cpu",
                        ask->device, why.text);
    return device;
}

const char *train_device_name(const struct train_ask *ask, const struct device *device)
{
    return is_on_card(ask) ? device->name : "cpu";
}

const char *train_device_why(const struct train_ask *ask, const struct device *device)
{
    return is_on_card(ask) ? card_away_why(device) : "";
}

int train_device_add(char devices[TRAIN_DEVICES], const char *name)
{
    size_t n = strlen(devices);
    size_t room = strlen(name);
    const char *last = n >= room ? devices + n - room : devices;

    int is_another = n > 0;

    if (n > 0 && strcmp(last, name) == 0 && (last == devices || last[-1] == ' '))
        return 0;
    // Of more than fit the first are of no interest any more.
    if (n > 0 && n + room + 3 > TRAIN_DEVICES)
        n = (size_t)snprintf(devices, TRAIN_DEVICES, "others");
    if (n > 0) {
        memcpy(devices + n, ", ", 2);
        n += 2;
    }
    room = room < TRAIN_DEVICES - n ? room : TRAIN_DEVICES - n - 1;
    memcpy(devices + n, name, room);
    devices[n + room] = '\0';
    return is_another;
}
