//go:build !redlatch_system

package core

/*
#cgo linux,amd64 LDFLAGS: -L${SRCDIR}/../../lib/linux_amd64
#cgo linux,arm64 LDFLAGS: -L${SRCDIR}/../../lib/linux_arm64
#cgo darwin,amd64 LDFLAGS: -L${SRCDIR}/../../lib/darwin_amd64
#cgo darwin,arm64 LDFLAGS: -L${SRCDIR}/../../lib/darwin_arm64
#cgo LDFLAGS: -lredlatch_c -lm
#cgo linux LDFLAGS: -ldl -lpthread
#cgo darwin LDFLAGS: -framework Security -framework CoreFoundation
*/
import "C"
