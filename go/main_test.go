package redlatch_test

import (
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	redlatch "github.com/redlatch/redlatch/go"
	labs "github.com/redlatch/redlatch/go/internal/lab"
)

// Examples share a lab, which they have no test to end with.
var examples struct {
	once sync.Once
	lab  *labs.Lab
	end  func()
}

func TestMain(m *testing.M) {
	code := m.Run()
	if examples.end != nil {
		examples.end()
	}
	os.Exit(code)
}

func exampleOptions() *redlatch.Options {
	examples.once.Do(func() {
		dir, err := os.MkdirTemp("", "redlatch-examples")
		must(err)
		lab, end, err := labs.Up(filepath.Join(dir, "lab"))
		must(err)
		examples.lab = lab
		examples.end = func() {
			end()
			os.RemoveAll(dir)
		}
	})
	l := examples.lab
	return &redlatch.Options{
		Addr: l.Host + ":" + strconv.Itoa(l.Port), PasswordFile: l.PasswordFile, CAFile: l.CAFile,
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
