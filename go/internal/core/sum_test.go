//go:build !redlatch_system

package core

import "testing"

// Without it a program keeps the library that it was first linked with.
func TestTheSumOfTheLibraryIsCompiledIn(t *testing.T) {
	if Sum == "" {
		t.Fatal("go/library.sh left no REDLATCH_SUM in the header")
	}
}
