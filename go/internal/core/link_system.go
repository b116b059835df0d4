//go:build redlatch_system

package core

// The library that is installed on this system, as pkg-config finds it: `-tags redlatch_system`.

// #cgo pkg-config: redlatch
import "C"
