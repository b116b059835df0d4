//go:build redlatch_system

package core

// The library that is installed on this system, as pkg-config finds it: `-tags redlatch_system`. With
// what the static one needs, since it may be that.

// #cgo pkg-config: --static redlatch
import "C"
