//go:build !redlatch_system && !((linux || darwin) && (amd64 || arm64))

package core

var _ = redlatch_brings_no_library_for_this_platform__install_one_and_build_with_tags_redlatch_system
