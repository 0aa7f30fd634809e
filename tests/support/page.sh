# SPDX-License-Identifier: Apache-2.0
# Sourced while a host runs and ctl asks it: get PATH FILE of its API, and page, whether this machine has a browser to look at it with.
url=$(ctl url)
token=$(cat "$WORK/run/token_read")
get() { # PATH FILE
    python3 -c 'import sys, urllib.request as u
print(u.urlopen(u.Request(sys.argv[1], headers={"authorization": "Bearer " + sys.argv[2]}), timeout=10).read().decode(), end="")' \
        "http://$(echo "$url" | sed 's|^http://||; s|/.*||')$1" "$token" >"$2"
}
. "$AGON_SOURCE_ROOT/tests/support/npm.sh"
has_page=
if command -v node >/dev/null && command -v npm >/dev/null && command -v chromium >/dev/null &&
    npm_install "$AGON_SOURCE_ROOT/tests/browser" "$AGON_BUILD_ROOT/tests/browser"; then
    has_page=1
fi
page() { [ -n "$has_page" ]; }
page || echo "the page is not looked at: there is no node, npm or chromium, or its driver cannot be installed"
