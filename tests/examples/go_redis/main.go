// main.go - go-redis with TLS encryption that outlives its CA
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/redis/go-redis/v9"

	redlatch "github.com/redlatch/redlatch/go"
	"github.com/redlatch/redlatch/go/goredis"
)

func main() {
	ctx := context.Background()

	// TLS and login: REDIS_CA_CERT, which is watched, and REDIS_AUTH
	dialer, err := redlatch.DialerFromEnv()
	if err != nil {
		panic(err)
	}
	defer dialer.Close()

	// Create the Redis client with it
	rdb := redis.NewClient(goredis.Use(&redis.Options{
		Addr: fmt.Sprintf("%s:%s", os.Getenv("REDIS_HOST"), os.Getenv("REDIS_PORT")),
	}, dialer))
	defer rdb.Close()

	// Test the connection
	pong, err := rdb.Ping(ctx).Result()
	if err != nil {
		panic(err)
	}
	fmt.Println("Connected with TLS:", pong)

	// Stay connected, whatever becomes of the CA
	for message := range rdb.Subscribe(ctx, "news").Channel() {
		fmt.Println("Heard:", message.Payload)
	}
}
