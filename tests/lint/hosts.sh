#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# hosts: no address of a package registry or mirror, and no path of somebody's machine. What a build
# needs comes from where the system it runs on is told to look.
. "$(dirname "$0")/common.sh"

registries='registry[.]npmjs|registry[.]yarnpkg|pypi[.]org|pythonhosted[.]org|crates[.]io|proxy[.]golang'
registries+='|(deb|ftp|security|snapshot)[.][a-z.]*debian[.]org|archive[.]ubuntu|maven[.]org|repo[.]maven'
registries+='|repo1[.]maven|wrapdb[.]mesonbuild|rubygems[.]org|conda[.]anaconda'
paths='(^|[^a-zA-Z0-9_.$}])/(work|root|home|Users|mnt|scratch)/[a-zA-Z0-9_]{2}'
while IFS= read -r hit; do
    fault "$hit"
done < <(tracked_files | grep -vE '^(tests/lint/hosts\.sh|tests/fuzz/corpus/.*)$' |
    xargs grep -nIE "$registries|$paths" /dev/null | cut -c 1-160)
finish
