// Package book names what the book's examples import, so that `go mod tidy` keeps it.
package book

import (
	_ "github.com/gomodule/redigo/redis"
	_ "github.com/redis/go-redis/v9"
	_ "github.com/redis/rueidis"
	_ "github.com/redlatch/redlatch/go"
	_ "github.com/redlatch/redlatch/go/goredis"
	_ "github.com/redlatch/redlatch/go/redigo"
	_ "github.com/redlatch/redlatch/go/rueidis"
)
