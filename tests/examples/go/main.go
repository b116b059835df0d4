// main.go - Go Redis client with TLS encryption
package main

import (
	"context"
	"fmt"
	"os"

	redlatch "github.com/redlatch/redlatch/go"
)

func main() {
	ctx := context.Background()

	// Create the Redis client with TLS
	rdb := redlatch.NewClient(&redlatch.Options{
		Addr:     fmt.Sprintf("%s:%s", os.Getenv("REDIS_HOST"), os.Getenv("REDIS_PORT")),
		Password: os.Getenv("REDIS_AUTH"),
		CAFile:   os.Getenv("REDIS_CA_CERT"),
	})

	// Test the connection
	pong, err := rdb.Ping(ctx).Result()
	if err != nil {
		panic(err)
	}
	fmt.Println("Connected with TLS:", pong)
}
