// Probes and metrics of a service: the first argument says where it listens, REDIS_URL and its kin
// where Redis is.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"

	redlatch "github.com/redlatch/redlatch/go"
)

func main() {
	rdb, err := redlatch.FromEnv()
	if err != nil {
		log.Fatal(err)
	}
	defer rdb.Close()

	mux := http.NewServeMux()
	// Whether this process serves. A restart would not bring the server back.
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]bool{"live": true})
	})
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, r *http.Request) {
		health := rdb.Health(r.Context())
		status := http.StatusOK
		if !health.OK {
			status = http.StatusServiceUnavailable
		}
		answer(w, status, health)
	})
	mux.HandleFunc("/metrics", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", redlatch.MetricsContentType)
		fmt.Fprint(w, rdb.Metrics())
	})

	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("listening on http://%s\n", listener.Addr())
	log.Fatal(http.Serve(listener, mux))
}

func answer(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(document)
}
