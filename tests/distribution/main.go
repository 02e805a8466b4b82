// Command distribution is the CNCF distribution registry with the parts that the tests use. It ends when its standard
// input does, so that no test leaves one behind, however it ends.
package main

import (
	"io"
	"os"

	"github.com/distribution/distribution/v3/registry"
	_ "github.com/distribution/distribution/v3/registry/auth/htpasswd"
	_ "github.com/distribution/distribution/v3/registry/auth/token"
	_ "github.com/distribution/distribution/v3/registry/storage/driver/filesystem"
)

func main() {
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(0)
	}()
	if err := registry.RootCmd.Execute(); err != nil {
		os.Exit(1)
	}
}
