// SPDX-License-Identifier: MIT
/* throws: a plugin in C++ that throws and catches, and has an object with a constructor: what
 * unwinds it has to find its tables, and its libraries are the system's. */
#include <agon/agon.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace
{
std::vector<std::string> words{"one", "two"};
thread_local std::string last = "none";

__attribute__((noinline)) void fail(uint64_t nth)
{
    last = words[nth % 2];
    throw std::runtime_error(last);
}

int on_event(void *, const agon_event_hdr *, uint64_t nth)
{
    try {
        fail(nth);
    } catch (const std::exception &error) {
        return last == error.what() ? AGON_OK : AGON_EINVAL;
    }
    return AGON_EINVAL;
}

void destroy(void *)
{
}

int create(const agon_host *, uint32_t, agon_agent *agent)
{
    agon_agent mine{};

    mine.size = sizeof(mine);
    mine.on_event = on_event;
    mine.destroy = destroy;
    return words.size() == 2 ? agon_agent_set(agent, &mine) : AGON_ESTATE;
}

agon_descriptor describe()
{
    agon_descriptor made{};

    made.size = sizeof(made);
    made.kind = AGON_STRATEGY;
    made.id = "org.example.throws";
    made.name = "throws";
    made.version = "1.0.0";
    made.event_mask = AGON_ON(AGON_EVENT_TRADE);
    return made;
}
const agon_descriptor descriptor = describe();
const agon_descriptor *const descriptors[] = {&descriptor};

agon_entry enter()
{
    agon_entry made{};

    made.size = sizeof(made);
    made.abi_major = AGON_ABI_MAJOR;
    made.abi_minor = AGON_ABI_MINOR;
    made.n_plugins = 1;
    made.plugins = descriptors;
    made.create = create;
    return made;
}
} // namespace

AGON_NOTE("org.example.throws", "1.0.0");
extern "C" AGON_EXPORT const agon_entry agon_plugin;
const agon_entry agon_plugin = enter();
