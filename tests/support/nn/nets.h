// SPDX-License-Identifier: Apache-2.0
/* nets: a small model of each architecture, for tests of all of them. */
#ifndef SUPPORT_NN_NETS_H
#define SUPPORT_NN_NETS_H

#include "nn/net.h"

#define NETS       5
#define NETS_OLDER 4 /* those before the policy, which remembers nothing and drops nothing out */
static const struct small_net {
    const char *arch;
    struct net_shape shape; /* its arch is set by small_net */
} small_nets[NETS] = {
    {"lstm/1", {.inputs = 3, .outputs = 2, .hidden = 5, .layers = 2}},
    {"tcn/1", {.inputs = 3, .outputs = 2, .hidden = 6, .layers = 3, .taps = 3}},
    {"transformer/1",
     {.inputs = 3, .outputs = 2, .hidden = 6, .layers = 2, .heads = 2, .span = 5, .feed = 7}},
    {"lstm/2", {.inputs = 3, .outputs = 2, .hidden = 5, .layers = 2, .head = 4}},
    {"policy/1", {.inputs = 3, .outputs = 2, .hidden = 6, .feed = 5}},
};

static inline int small_net(uint32_t i, struct net *net, struct error *err)
{
    struct net_shape shape = small_nets[i].shape;

    shape.arch = net_arch_find(small_nets[i].arch);
    REQUIRE(shape.arch != NULL);
    return net_init(&shape, net, err);
}

#endif
