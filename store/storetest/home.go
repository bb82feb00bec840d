package storetest

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
)

// home is the folder of a private server, which is not there any more once the server is closed.
type home struct {
	dir   string
	owner *owner
	// keeper cleans up once its standard input ends: when close is called, or this process has died.
	keeper      *exec.Cmd
	keeperInput io.Closer
}

// newHome makes a folder, for the user whom servers run as.
func newHome(pattern string) (home, error) {
	who, err := serverOwner()
	if err != nil {
		return home{}, err
	}
	dir, err := os.MkdirTemp("", pattern)
	if err != nil {
		return home{}, err
	}
	return home{dir: dir, owner: who}, nil
}

// keep starts the keeper: a shell script, which has to remove the folder once its standard input ends.
func (h *home) keep(script string, args ...string) error {
	h.keeper = h.command("sh", append([]string{"-c", script, "keeper"}, args...)...)
	in, err := h.keeper.StdinPipe()
	if err != nil {
		return err
	}
	h.keeperInput = in
	return h.keeper.Start()
}

// close ends the keeper, and with it the server and the folder.
func (h *home) close() error {
	if h.keeperInput == nil {
		return os.RemoveAll(h.dir)
	}
	if err := h.keeperInput.Close(); err != nil {
		return err
	}
	// Its status is that of what stopped the server, which complains when that was stopped already.
	_ = h.keeper.Wait()
	if _, err := os.Stat(h.dir); !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("%s is still there", h.dir)
	}
	return nil
}

// command is one that runs in the folder, as its owner.
func (h *home) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = h.dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	h.owner.become(cmd)
	return cmd
}
