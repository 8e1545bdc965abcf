#!/bin/sh
# Fails when a file includes a header that its layer may not know. Usage: layers.sh ROOT
# The drawing is in docs/architecture.md.
cd "$1" || exit 2
bad=0

complain() {  # complain RULE: each line of stdin is a breach of RULE; true where there was one
    RULE=$1 awk '{ print ENVIRON["RULE"] ": " $0 } END { exit NR == 0 }'
}
includes() {  # includes PATTERN PATH...: "file:line:#include ..." of the headers that match
    pattern=$1; shift
    grep -rnE --include='*.h' --include='*.cpp' "#include [<\"]($pattern)" "$@"
}
may() {  # may FOLDER LAYER...: files of lib/FOLDER may include themselves, these, and busyhour/*.h
    folder=$1
    [ -d "lib/$folder" ] || return 0
    allowed="$(printf '%s[/"]|' "$@")busyhour/[a-z0-9_]+\\.h\""
    includes '(busyhour|engine|cli)/' "lib/$folder" | grep -vE "#include \"($allowed)" |
        complain "$folder may not include" && bad=1
}
only() {  # only PATTERN PATH...: these headers may stand only in files whose path matches
    pattern=$1; shift
    includes "$pattern" lib cli | grep -vE "^($(printf '%s|' "$@")none):" | complain "only in $*" && bad=1
}

may busyhour/model
may busyhour/cost
may busyhour/catalog busyhour/model busyhour/cost
may busyhour/plan    busyhour/model busyhour/cost busyhour/catalog
may busyhour/report  busyhour/cost busyhour/plan
# certificate.h: TLS (io) and DTLS-SRTP (rtp) make their own certificate in one place.
may engine/rtp       engine/clock.h engine/outbox.h engine/certificate.h
may engine/sip       engine/clock.h engine/outbox.h engine/handler.h
may engine/io        engine/clock.h engine/outbox.h engine/handler.h engine/certificate.h
may engine/measure   engine busyhour/cost
may engine/load      engine busyhour/cost
for file in lib/busyhour/*.h lib/busyhour/*.cpp; do
    includes '(busyhour/.*/|engine|cli)' /dev/null "$file"
done | complain "busyhour/*.h stands below every layer" && bad=1
includes '[a-z0-9_]+\.h"' lib | complain "lib/ is the include root" && bad=1

only 'Eigen/'      'lib/busyhour/model/growth\.cpp' 'lib/busyhour/cost/.*\.cpp'
only 'nlohmann/'   'lib/busyhour/(catalog|plan|report)/.*\.cpp' 'cli/.*\.cpp'
only 'fmt/'        '.*\.cpp'
only 'CLI/'        'cli/.*\.cpp'
only 'openssl/|srtp2' 'lib/engine/.*\.cpp'
only 'catch2/'     'tests/.*'
only '(sys/socket|sys/epoll|arpa/inet)\.h|netinet/' 'lib/engine/(io|load|measure)/.*'
only '(thread|mutex|shared_mutex|future|condition_variable)>|pthread' 'lib/engine/.*' 'cli/.*'
only '(iostream|fstream|filesystem|cstdio|stdio\.h)>' 'lib/engine/(load|measure)/.*' 'cli/.*'

# Time is an argument.
grep -rnE '_clock::now|clock_gettime|gettimeofday|sleep_(for|until)|usleep' lib \
    --include='*.h' --include='*.cpp' | grep -vE '^lib/engine/(io|load|measure)/' |
    complain "reads a clock" && bad=1
exit "$bad"
