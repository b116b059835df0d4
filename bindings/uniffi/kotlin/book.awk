# The examples of a page as functions of a lab, whose server takes the place of the reader's.
BEGIN { imports = "package io.github.redlatch\n" }
/^```kotlin$/ { on = 1; count++; body = body "\nprivate fun example" count "(lab: Lab) {\n"; next }
/^```$/ && on { on = 0; body = body "}\n"; next }
on && /^import / { if ($2 !~ /^io.github.redlatch/ && !known[$0]++) imports = imports "\n" $0; next }
on {
  gsub(/10\.0\.0\.3:6378/, "127.0.0.1:${lab.port}")
  gsub(/10\.0\.0\.3/, "127.0.0.1")
  gsub(/6378/, "lab.port")
  gsub(/\/etc\/redis-tls\/ca\.pem/, "${lab.caFile}")
  gsub(/\/etc\/redis\/password/, "${lab.passwordFile}")
  body = body "    " $0 "\n"
}
END {
  print imports "\n" body "\nval EXAMPLES: List<(Lab) -> Unit> = listOf("
  for (at = 1; at <= count; at++) print "    ::example" at ","
  print ")"
}
