package redlatch_test

import (
	"bufio"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	redlatch "github.com/redlatch/redlatch/go"
)

// Examples share a lab, which they have no test to end with.
var examples struct {
	once sync.Once
	lab  lab
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
		command := exec.Command(program(), "lab", "up", "--until-eof", "--dir", filepath.Join(dir, "lab"))
		input, err := command.StdinPipe()
		must(err)
		output, err := command.StdoutPipe()
		must(err)
		must(command.Start())
		_, err = bufio.NewReader(output).ReadString('\n')
		must(err)
		facts, err := os.ReadFile(filepath.Join(dir, "lab", "lab.json"))
		must(err)
		must(json.Unmarshal(facts, &examples.lab))
		examples.end = func() {
			input.Close()
			command.Wait()
			os.RemoveAll(dir)
		}
	})
	l := &examples.lab
	return &redlatch.Options{
		Addr: l.Host + ":" + strconv.Itoa(l.Port), PasswordFile: l.PasswordFile, CAFile: l.CAFile,
	}
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
