//go:build bench && linux

package bench

import (
	"fmt"
	"os"
	"testing"

	"github.com/promshard/promshard/store/storetest"
)

func TestMain(m *testing.M) {
	if file := os.Getenv(bareFile); file != "" {
		exitWith(serveBare(file))
	}
	var err error
	if config, err = readSettings(); err == nil {
		err = os.MkdirAll(config.cache, 0o755)
	}
	if err == nil {
		// PostgreSQL waits for its disk here, as SQLite always does.
		err = os.Setenv("PROMSHARD_TEST_FSYNC", "1")
	}
	if err != nil {
		exitWith(err)
	}
	storetest.Main(m)
}

func exitWith(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
