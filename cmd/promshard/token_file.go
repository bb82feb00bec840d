package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/promshard/promshard/store"
)

// tokenFileFor returns the file that has the first token of a database, for commands that find no other: beside a SQLite
// file, and empty for any other database.
func tokenFileFor(database string) string {
	file, err := store.DatabaseFile(database)
	if err != nil || file == "" {
		return ""
	}
	return file + ".admin-token"
}

// keepToken puts a secret into a file that only its owner may read, whole or not at all, and returns it. A file that is
// there already is left as it is: the secret that it holds is returned.
func keepToken(file, secret string) (string, error) {
	err := createWhole(file, secret+"\n")
	if errors.Is(err, fs.ErrExist) {
		return readToken(file)
	}
	if err != nil {
		return "", fmt.Errorf("writing the first token to %q: %w", file, err)
	}
	return secret, nil
}

// createWhole creates a file of mode 0600 with its content, or returns fs.ErrExist when there is one.
func createWhole(file, content string) error {
	temporary, err := os.CreateTemp(filepath.Dir(file), filepath.Base(file)+".*") // its mode is 0600
	if err != nil {
		return err
	}
	defer os.Remove(temporary.Name())
	_, err = temporary.WriteString(content)
	if err := errors.Join(err, temporary.Sync(), temporary.Close()); err != nil {
		return err
	}
	return os.Link(temporary.Name(), file)
}

// readToken returns the secret that a file holds, which nobody but its owner may be able to read.
func readToken(file string) (string, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return "", err
	}
	info, err := os.Stat(file)
	if err != nil {
		return "", err
	}
	secret := strings.TrimSpace(string(text))
	switch {
	case !store.ValidToken(secret):
		return "", fmt.Errorf("the file %q holds no token; move it away", file)
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return "", fmt.Errorf("the file %q holds a token that others may read (mode %o); move it away, or make its mode 600", file, info.Mode().Perm())
	}
	return secret, nil
}
