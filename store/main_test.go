package store_test

import (
	"os"
	"testing"

	"github.com/promshard/promshard/store/storetest"
)

func TestMain(m *testing.M) {
	if name := os.Getenv(childVariable); name != "" {
		runChild(name)
	}
	storetest.Main(m)
}
