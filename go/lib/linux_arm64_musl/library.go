// Package library holds the core as a static library. It is a package so that `go mod vendor` takes the
// library along.
package library
