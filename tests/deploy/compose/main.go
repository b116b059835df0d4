// Reads a compose file the way `docker compose config` does: schema, interpolation, references. Prints
// it as JSON.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	options, err := cli.NewProjectOptions(os.Args[1:], cli.WithOsEnv, cli.WithConsistency(true), cli.WithResolvedPaths(true))
	check(err)
	project, err := options.LoadProject(context.Background())
	check(err)
	document, err := project.MarshalJSON()
	check(err)
	fmt.Println(string(document))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
