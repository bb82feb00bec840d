package main

import (
	"errors"
	"strings"

	"github.com/promshard/promshard/cmd/promshard/remote"
	"github.com/promshard/promshard/store"
)

// The exit codes, as the documentation of the command lists them.
const (
	exitOK          = 0
	exitFailure     = 1
	exitUsage       = 2
	exitNotFound    = 3
	exitConflict    = 4
	exitUnavailable = 5
	exitDiffers     = 6
	exitLeftOut     = 7
	exitDenied      = 8
	exitInterrupted = 130
)

// errInterrupted is what is left of an error that a signal has caused.
var errInterrupted = errors.New("interrupted")

// usageError is wrong use of the command line.
type usageError struct {
	// command is the one whose help is worth a look; empty means that of the program.
	command string
	err     error
}

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// hinted is an error with a next step for a person.
type hinted struct {
	err  error
	hint string
}

func (e *hinted) Error() string { return e.err.Error() }
func (e *hinted) Unwrap() error { return e.err }

// unavailable is an error of something other than the database that cannot be reached or used now.
type unavailable struct {
	err error
}

func (e *unavailable) Error() string   { return e.err.Error() }
func (e *unavailable) Unwrap() []error { return []error{e.err, store.ErrUnavailable} }

// unknown is an error about something that a server which was asked does not know.
type unknown struct {
	err error
}

func (e *unknown) Error() string   { return e.err.Error() }
func (e *unknown) Unwrap() []error { return []error{e.err, store.ErrNotFound} }

// errListsDiffer is what compare ends with when it has found a difference.
var errListsDiffer = errors.New("the lists differ")

// exitCode returns the code that err stands for.
func exitCode(err error) int {
	var usage *usageError
	var left *leftOutError
	var partly *partlyImportedError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &left), errors.As(err, &partly):
		return exitLeftOut
	case errors.Is(err, errInterrupted):
		return exitInterrupted
	case errors.As(err, &usage), errors.Is(err, store.ErrInvalid):
		return exitUsage
	case errors.Is(err, store.ErrNotFound):
		return exitNotFound
	case errors.Is(err, store.ErrConflict):
		return exitConflict
	case errors.Is(err, store.ErrUnavailable):
		return exitUnavailable
	case errors.Is(err, errListsDiffer):
		return exitDiffers
	case errors.Is(err, store.ErrForbidden), errors.Is(err, remote.ErrUnauthorized):
		return exitDenied
	}
	return exitFailure
}

// hintOf returns the next step that err knows of, empty when it knows none.
func hintOf(err error) string {
	var h *hinted
	var s *store.Error
	var usage *usageError
	switch {
	case errors.As(err, &h):
		return h.hint
	case errors.As(err, &s) && s.Hint != "":
		return s.Hint
	case errors.As(err, &usage):
		return strings.Join(strings.Fields("promshard "+usage.command+" --help"), " ") + " shows what is accepted"
	}
	return ""
}
