#!/bin/sh
# What a line at the end of ~/.bashrc does at each login: asks a service three questions about the address, one
# after the other, and posts a message. While it runs the person waits for the prompt.
#
#   login_notice.sh URL ADDRESS
set -eu
ask() { curl --silent --show-error --fail --max-time 10 --header 'Authorization: Bearer key' "$url/$1"; }
field() { printf '%s' "$1" | jq --raw-output "$2"; }

url=$1
risk=$(ask "assess/$2")
network=$(ask "$(field "$risk" .asn)")
place=$(ask "geo/$2")
text="$(id -un) on $(uname -n) from $2: $(field "$risk" .score) $(field "$risk" .risk) $(field "$risk" .reason), \
$(field "$network" .name), $(field "$place" .country) $(field "$place" .city)"
body=$(printf '%s' "$text" | jq --raw-input '{text: .}')
curl --silent --show-error --fail --max-time 10 --header 'Content-Type: application/json' --data "$body" "$url/message"
