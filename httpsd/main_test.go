package httpsd

import (
	"context"
	"fmt"
	"os"
	"testing"

	"github.com/promshard/promshard/store"
	"github.com/promshard/promshard/store/storetest"
)

// writerURL, when it is set in the environment, makes the test binary another process that registers the host
// writerHost in the project "shop" of that database, and ends.
const (
	writerURL  = "PROMSHARD_TEST_WRITER_URL"
	writerHost = "PROMSHARD_TEST_WRITER_HOST"
)

func TestMain(m *testing.M) {
	if databaseURL := os.Getenv(writerURL); databaseURL != "" {
		if err := registerHost(databaseURL, os.Getenv(writerHost)); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	storetest.Main(m)
}

func registerHost(databaseURL, host string) error {
	s, err := store.Open(context.Background(), databaseURL, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	_, _, err = s.RegisterHost(context.Background(), "shop", host)
	return err
}
