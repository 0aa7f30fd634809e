// SPDX-License-Identifier: Apache-2.0
/* audit: are the plugins that a roster names there, may they run where it puts them, and do they
 * take the parameters that it gives? Asked before anything of a host is made, so that whoever wrote
 * the roster reads all of it at once, with line and column.
 *
 * A plugin's own code tells what it is (its descriptor), in a sandboxed child that ends at once.
 * What only its create can judge, such as two parameters that do not fit each other, is not asked
 * here. [control] */
#ifndef ROSTER_AUDIT_H
#define ROSTER_AUDIT_H

#include "roster/roster.h"

/* Adds what is wrong to config, of which roster was read; plugins are below dir. The roster may be
 * one that was refused: what it lacks is passed over.
 *
 * slots: of a host that starts, as roster_resolve made them: each learns what its plugin is. Then a
 * plugin that may not be loaded is a matter of its slot alone, which is told so (unfit), and no
 * mistake of the roster. Where the roster has mistakes of its own nothing starts, and plugins are
 * said with them. NULL: everything is a mistake.
 *
 * is_first: nothing of that host has begun. Then a file that is not there is a mistake of the
 * roster, or of the folder: there is neither a position nor an order that would be left alone. */
void roster_audit(const struct roster *roster, const char *dir, struct crew_slot *slots,
                  int is_first, struct config *config);

/* Is all that a plugin requires served to its kind? AGON_ENOTSUP. [any] */
int audit_extensions(const struct plugin_info *info, struct error *err);

#endif
