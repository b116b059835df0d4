module github.com/redlatch/redlatch/go/redigo

go 1.22

require (
	github.com/gomodule/redigo v1.9.3
	github.com/redlatch/redlatch/go v0.0.0
)

// Releases name the version that they are tested with.
replace github.com/redlatch/redlatch/go => ../
