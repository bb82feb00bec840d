//go:build !unix

package storetest

import (
	"fmt"
	"os/exec"
)

// owner stands for the user that PostgreSQL runs as.
type owner struct{}

func serverOwner() (*owner, error) {
	return nil, fmt.Errorf("%w: these tests start it on Unix alone", errNotInstalled)
}

func (*owner) take(string) error { return nil }

func (*owner) become(*exec.Cmd) {}
