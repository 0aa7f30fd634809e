# SPDX-License-Identifier: Apache-2.0
# npm_install FROM TO: what FROM/package-lock.json names is in TO/node_modules: checked by its hashes, without scripts of
# packages, once; and FROM's own programs are in TO, whole at any moment. Two at once: one waits. Fails with the reason in
# TO/install.log.
npm_install() {
    mkdir -p "$2" || return 1
    (
        flock 9
        for npm_file in "$1"/*.js "$1"/*.mjs; do
            npm_to=$2/${npm_file##*/}
            [ ! -e "$npm_file" ] || cmp -s "$npm_file" "$npm_to" || { cp "$npm_file" "$npm_to.new" && mv "$npm_to.new" "$npm_to"; } || exit 1
        done
        cmp -s "$1/package-lock.json" "$2/.installed" && exit 0
        cp "$1/package.json" "$1/package-lock.json" "$2/" || exit 1
        (cd "$2" && npm ci --ignore-scripts --no-audit --no-fund --fetch-retries 1 --fetch-timeout 20000) >"$2/install.log" 2>&1 || exit 1
        cp "$1/package-lock.json" "$2/.installed"
    ) 9>"$2/.lock"
}
