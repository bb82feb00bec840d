package store_test

import (
	"os"
	"testing"
	"time"

	"github.com/promshard/promshard/store/storetest"
)

const minute = time.Minute

func now() time.Time { return time.Now() }

func TestMain(m *testing.M) {
	if name := os.Getenv(childVariable); name != "" {
		runChild(name)
	}
	storetest.Main(m)
}
