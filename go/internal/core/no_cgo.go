//go:build !cgo && (redlatch_system || ((linux || darwin) && (amd64 || arm64)))

package core

// One line of the compiler's instead of many of the linker's.
var _ = redlatch_needs_cgo__set_CGO_ENABLED_to_1_and_install_a_C_compiler
