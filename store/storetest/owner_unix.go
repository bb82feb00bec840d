//go:build unix

package storetest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
)

// owner is the user that PostgreSQL runs as: it refuses to run as root. Nil means the user of this process.
type owner struct{ uid, gid int }

// serverOwner returns nil unless this process runs as root, then one of the users postgres and nobody.
func serverOwner() (*owner, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.Atoi(u.Uid)
		gid, err2 := strconv.Atoi(u.Gid)
		return &owner{uid: uid, gid: gid}, errors.Join(err1, err2)
	}
	return nil, fmt.Errorf("%w: it does not run as root, and there is no user postgres or nobody", errNotInstalled)
}

// take gives the folder to the owner.
func (o *owner) take(dir string) error {
	if o == nil {
		return nil
	}
	return os.Chown(dir, o.uid, o.gid)
}

// become makes cmd run as the owner, out of reach of the terminal's signals.
func (o *owner) become(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if o != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(o.uid), Gid: uint32(o.gid)}
	}
}
