module github.com/redlatch/redlatch/go/rueidis

go 1.25.0

require (
	github.com/redis/rueidis v1.0.79
	github.com/redlatch/redlatch/go v0.0.0
)

require golang.org/x/sys v0.47.0 // indirect

// Releases name the version that they are tested with.
replace github.com/redlatch/redlatch/go => ../
