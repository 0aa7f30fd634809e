#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# tags: every header that another library includes and that declares functions says which thread may
# call them.
. "$(dirname "$0")/common.sh"

# One pass over the sources: what leaves its library is known at the end.
while IFS= read -r line; do
    fault "$line"
done < <(tracked_files | grep -E '^host/.*\.[ch]$' | tr '\n' '\0' | xargs -0 awk '
    FNR == 1 { part_of = FILENAME; sub(/^host\//, "", part_of); sub(/\/.*/, "", part_of)
               is_header = FILENAME ~ /\.h$/
               if (is_header) headers[++n_headers] = FILENAME }
    { text = $0
      while (match(text, /#include "[^"]*"/)) {
          name = substr(text, RSTART + 10, RLENGTH - 11)
          text = substr(text, RSTART + RLENGTH)
          if (substr(name, 1, index(name "/", "/") - 1) != part_of) included["host/" name] = 1 } }
    !is_header { next }
    !/^(static|typedef|#)/ && !/\/\*/ && /^[a-z].*[a-z_0-9]\(.*(\)|,)/ { declares[FILENAME] = 1 }
    /\[(core|io|writer|sink|control|agent|any|producer|consumer|reader|owner|test)[],; ]/ ||
        /\[[a-z \047,]*thread/ { tagged[FILENAME] = 1 }
    END { for (i = 1; i <= n_headers; i++)
              if (headers[i] in included && headers[i] in declares && !(headers[i] in tagged))
                  print headers[i] ": no thread tag ([core], [io], [any], ...)" }')
finish
