# Adds up xUnit's XML reports: "+ project: …" a file, "- test: why" for each skip and failure, and the totals last.
# XML escapes '<' in text and attributes, so every record begins with a tag.
BEGIN { RS = "<" }

function attribute(name,    from) {
    if (!match($0, "[ \n]" name "=\"[^\"]*\"")) return ""
    from = RSTART + length(name) + 3
    return substr($0, from, RSTART + RLENGTH - 1 - from)
}
function plain(text) {
    gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text); gsub(/&quot;/, "\"", text); gsub(/&#xA;|&#xD;|\n/, " ", text)
    gsub(/&#x[0-9A-Fa-f]+;/, "?", text); gsub(/&amp;/, "\\&", text)
    return text
}

# How it ended and what came last: between them a script said what went well.
function ends(text) {
    return length(text) <= 1100 ? text : substr(text, 1, 200) " … " substr(text, length(text) - 899)
}

/^assembly / {
    name = FILENAME; sub(/.*\//, "", name); sub(/\.xml$/, "", name)
    bad = attribute("failed") + attribute("errors")
    passed += attribute("passed"); failed += bad; skipped += attribute("skipped")
    ran = ran sprintf("  %-10s %5d passed, %d failed, %d skipped, %d s\n", name, attribute("passed"), bad, attribute("skipped"), attribute("time"))
}
/^test / { test = attribute("name"); result = attribute("result") }
/^reason>/ && result == "Skip" { sub(/^reason>/, ""); why[plain($0)]++ }
/^message>/ && result == "Fail" { sub(/^message>/, ""); failures = failures "  " plain(test) ": " ends(plain($0)) "\n" }

END {
    # Projects whose executable ended without a report, as run.sh counted them.
    failed += lost
    printf "\nRan:\n%s", ran
    if (skipped) { print "Skipped, and why:"; for (reason in why) printf "  %5d  %s\n", why[reason], reason }
    if (failures != "") printf "Failed:\n%s", failures
    printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
    exit (failed > 0 || passed == 0)
}
