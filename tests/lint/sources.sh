#!/bin/sh
# Fails when a source named in lib/ or models/ is not listed in docs/references.md. Usage: sources.sh ROOT
cd "$1" || exit 2
[ -f docs/references.md ] || { echo "no docs/references.md"; exit 1; }
json_tags() {  # the words of every "source": "a" or "source": ["a", "b"]
    grep -rhoE '"(x-)?source": *("[^"]*"|\[[^]]*\])' models lib/busyhour/catalog/schemas --include='*.json' |
        sed 's/^[^:]*://' | grep -oE '"[^"]*"' | tr -d '"'
}
code_tags() {  # the word after "Source:" in a comment
    grep -rhoE 'Source: [a-z0-9.-]*[a-z0-9]' lib --include='*.h' --include='*.cpp' | cut -d' ' -f2
}
tags=$(mktemp)
trap 'rm -f "$tags"' EXIT
{ json_tags; code_tags; } | sort -u >"$tags"
bad=0
while IFS= read -r tag; do
    grep -qF -- "- \`$tag\`" docs/references.md || { echo "no reference: $tag"; bad=1; }
done <"$tags"
grep -rL --include='*.json' '"source"' models | sed 's/^/no source: /' | grep . && bad=1
exit "$bad"
