//go:build !race

package redlatch_test

const raceDetector = false
