package rueidis_test

import (
	"context"
	"crypto/tls"
	"errors"
	"testing"
	"time"

	"github.com/redis/rueidis"

	redlatch "github.com/redlatch/redlatch/go"
	"github.com/redlatch/redlatch/go/internal/lab"
	adapter "github.com/redlatch/redlatch/go/rueidis"
)

func TestRotation(t *testing.T) {
	ctx, l := context.Background(), lab.Start(t)
	dialer, err := redlatch.NewDialer(&redlatch.Options{
		CAFile: l.CAFile, PasswordFile: l.PasswordFile, PollInterval: 50 * time.Millisecond, DistrustGrace: 200 * time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	defer dialer.Close()
	option := rueidis.ClientOption{InitAddress: []string{l.Addr()}, DisableCache: true}
	client, err := rueidis.NewClient(adapter.Use(option, dialer))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	number := func() int64 {
		// A read is repeated by rueidis where a connection ends.
		if err := client.Do(ctx, client.B().Get().Key("key").Build()).Error(); err != nil && !rueidis.IsRedisNil(err) {
			t.Fatal(err)
		}
		number, _ := client.Do(ctx, client.B().ClientId().Build()).AsInt64()
		return number
	}
	before := number()
	for _, step := range []string{"add-ca", "switch-leaf", "drop-ca", "rotate-password"} {
		l.Run(step)
	}
	// It stays until the grace is over, then there is another one.
	for after := before; after == before || after == 0; after = number() {
		time.Sleep(10 * time.Millisecond)
	}

	option.TLSConfig = &tls.Config{}
	if _, err := rueidis.NewClient(adapter.Use(option, dialer)); !errors.Is(err, adapter.ErrConflict) {
		t.Error(err)
	}
}
