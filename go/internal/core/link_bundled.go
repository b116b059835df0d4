//go:build !redlatch_system

package core

/*
#cgo linux,amd64,!musl LDFLAGS: ${SRCDIR}/../../lib/linux_amd64/libredlatch_c.a
#cgo linux,arm64,!musl LDFLAGS: ${SRCDIR}/../../lib/linux_arm64/libredlatch_c.a
#cgo linux,amd64,musl LDFLAGS: ${SRCDIR}/../../lib/linux_amd64_musl/libredlatch_c.a
#cgo linux,arm64,musl LDFLAGS: ${SRCDIR}/../../lib/linux_arm64_musl/libredlatch_c.a
#cgo darwin,amd64 LDFLAGS: ${SRCDIR}/../../lib/darwin_amd64/libredlatch_c.a
#cgo darwin,arm64 LDFLAGS: ${SRCDIR}/../../lib/darwin_arm64/libredlatch_c.a
#cgo LDFLAGS: -lm
#cgo linux LDFLAGS: -ldl -lpthread
#cgo darwin LDFLAGS: -framework Security -framework CoreFoundation
#cgo musl CPPFLAGS: -DREDLATCH_MUSL

#ifdef __linux__
#include <features.h>
#if !defined(__GLIBC__) && !defined(REDLATCH_MUSL)
#error "redlatch: this C library is musl, build with -tags musl"
#elif defined(__GLIBC__) && defined(REDLATCH_MUSL)
#error "redlatch: this C library is not musl, build without -tags musl"
#endif
#endif
*/
import "C"

import (
	// Empty, but `go mod vendor` takes only folders along that are imported.
	_ "github.com/redlatch/redlatch/go/lib/darwin_amd64"
	_ "github.com/redlatch/redlatch/go/lib/darwin_arm64"
	_ "github.com/redlatch/redlatch/go/lib/linux_amd64"
	_ "github.com/redlatch/redlatch/go/lib/linux_amd64_musl"
	_ "github.com/redlatch/redlatch/go/lib/linux_arm64"
	_ "github.com/redlatch/redlatch/go/lib/linux_arm64_musl"
)
