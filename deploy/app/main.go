// A small service that counts visits. It is deployed once and follows every rotation.
//
//	POST /visits/PAGE   one more; answers how many there were
//	GET  /readyz        200 if Redis answers, else 503 with the code of the failure and what to do
//	GET  /livez         200 as long as the process serves; does not ask Redis
//	GET  /status        what is trusted, which generation of it, and for how long
//
// REDIS_HOST, REDIS_PORT, REDIS_CA_CERT and REDIS_PASSWORD_FILE say where Redis is. LISTEN is the
// address (0.0.0.0:8080); POLL_INTERVAL is how often the files are looked at (10s).
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	redlatch "github.com/redlatch/redlatch/go"
)

func main() {
	poll, err := time.ParseDuration(or(os.Getenv("POLL_INTERVAL"), "10s"))
	check(err)
	rdb, err := redlatch.FromEnv(&redlatch.Options{PollInterval: poll})
	check(err)
	defer rdb.Close()

	http.HandleFunc("/livez", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, map[string]any{"live": true}, nil)
	})
	http.HandleFunc("/readyz", func(w http.ResponseWriter, r *http.Request) {
		err := rdb.Ping(r.Context()).Err()
		answer(w, map[string]any{"ready": true}, err)
	})
	http.HandleFunc("/visits/", func(w http.ResponseWriter, r *http.Request) {
		page := strings.TrimPrefix(r.URL.Path, "/visits/")
		if page == "" || r.Method != http.MethodPost {
			http.NotFound(w, r)
			return
		}
		visits, err := rdb.Incr(r.Context(), "visits:"+page).Result()
		answer(w, map[string]any{"visits": visits}, err)
	})
	http.HandleFunc("/status", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, status(rdb.Status()), nil)
	})

	ctx, end := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer end()
	listener, err := net.Listen("tcp", or(os.Getenv("LISTEN"), "0.0.0.0:8080"))
	check(err)
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second}
	go func() {
		<-ctx.Done()
		server.Shutdown(context.Background())
	}()
	fmt.Println("listening on", listener.Addr().(*net.TCPAddr).Port)
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
}

func status(of redlatch.Status) map[string]any {
	certificates := [][2]any{}
	for _, it := range of.Trust.Certificates {
		certificates = append(certificates, [2]any{it.Subject, it.DaysLeft})
	}
	return map[string]any{
		"pid": os.Getpid(), "state": of.State,
		"trust":       map[string]any{"generation": of.Trust.Generation, "certificates": certificates},
		"credentials": map[string]any{"generation": of.Credentials.Generation},
	}
}

func answer(w http.ResponseWriter, document map[string]any, err error) {
	w.Header().Set("Content-Type", "application/json")
	var failure *redlatch.Error
	if errors.As(err, &failure) {
		w.WriteHeader(http.StatusServiceUnavailable)
		document = map[string]any{"code": failure.Code, "remedy": failure.Remedy}
	}
	json.NewEncoder(w).Encode(document)
}

func or(value, fallback string) string {
	if value == "" {
		return fallback
	}
	return value
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
