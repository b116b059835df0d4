package redlatch_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// The example that go-redis users start from, with another package name and the CA's path.
func TestExample(t *testing.T) {
	lab := startLab(t)
	command := exec.Command("go", "run", ".")
	command.Dir = "../tests/examples/go"
	command.Env = append(os.Environ(),
		"REDIS_HOST="+lab.Host, "REDIS_PORT="+itoa(lab.Port), "REDIS_AUTH="+lab.Password, "REDIS_CA_CERT="+lab.CAFile)
	output, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "Connected with TLS: PONG") {
		t.Fatalf("%v: %s", err, output)
	}
}
