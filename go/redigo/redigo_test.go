package redigo_test

import (
	"context"
	"testing"
	"time"

	"github.com/gomodule/redigo/redis"

	redlatch "github.com/redlatch/redlatch/go"
	"github.com/redlatch/redlatch/go/internal/lab"
	"github.com/redlatch/redlatch/go/redigo"
)

func TestRotation(t *testing.T) {
	l := lab.Start(t)
	dialer, err := redlatch.NewDialer(&redlatch.Options{
		CAFile: l.CAFile, PasswordFile: l.PasswordFile, PollInterval: 50 * time.Millisecond, DistrustGrace: 200 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer dialer.Close()
	pool := &redis.Pool{MaxIdle: 2, DialContext: redigo.Dial(dialer, l.Addr()), TestOnBorrow: func(c redis.Conn, _ time.Time) error {
		_, err := c.Do("PING")
		return err
	}}
	defer pool.Close()
	number := func() int {
		conn, err := pool.GetContext(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		number, err := redis.Int(conn.Do("CLIENT", "ID"))
		if err != nil {
			t.Fatal(err)
		}
		return number
	}
	before := number()
	for _, step := range []string{"add-ca", "switch-leaf", "drop-ca", "rotate-password"} {
		l.Run(step)
	}
	// It is left, then there is another one.
	for number() == before {
		time.Sleep(10 * time.Millisecond)
	}
}
