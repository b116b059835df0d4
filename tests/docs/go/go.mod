module redlatch-book

go 1.26.0

require (
	github.com/gomodule/redigo v1.9.3
	github.com/redis/go-redis/v9 v9.23.0
	github.com/redis/rueidis v1.0.79
	github.com/redlatch/redlatch/go v0.0.0
	github.com/redlatch/redlatch/go/goredis v0.0.0
	github.com/redlatch/redlatch/go/redigo v0.0.0
	github.com/redlatch/redlatch/go/rueidis v0.0.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
)

replace (
	github.com/redlatch/redlatch/go => ../../../go
	github.com/redlatch/redlatch/go/goredis => ../../../go/goredis
	github.com/redlatch/redlatch/go/redigo => ../../../go/redigo
	github.com/redlatch/redlatch/go/rueidis => ../../../go/rueidis
)
