package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/store"
)

// addGuardFlags declares how much one write may take away unconfirmed, for every command that opens a database.
func (a *app) addGuardFlags() {
	a.kingpin.Flag("guard.max-removal", "The share of a shard's targets, in percent, that one write may take away without --confirm; 100 asks for none. A shard can have a share of its own.").
		Envar("PROMSHARD_GUARD_MAX_REMOVAL").Default("30").PlaceHolder("30").IsSetByUser(&a.guardGiven[0]).SetValue(&boundedInt{into: &a.guard.MaxRemoval, least: 1, most: 100})
	a.kingpin.Flag("guard.min-targets", "How many targets of a shard have to go before --confirm is asked for, whatever their share.").
		Envar("PROMSHARD_GUARD_MIN_TARGETS").Default("20").PlaceHolder("20").IsSetByUser(&a.guardGiven[1]).SetValue(&boundedInt{into: &a.guard.MinTargets, least: 1, most: 1_000_000_000})
}

// addConfirm declares --confirm for a command whose writes can take targets away. Such a command writes with the context
// that it gets from withInventory.
func (a *app) addConfirm(cmd *kingpin.CmdClause) {
	cmd.Flag("confirm", "Take away as many targets as the error said that had this digest, and exactly those.").
		PlaceHolder("DIGEST").StringVar(&a.confirm)
}

// confirmed returns a context whose writes have what --confirm said.
func (a *app) confirmed(ctx context.Context) context.Context {
	if a.confirm == "" {
		return ctx
	}
	return store.WithConfirm(ctx, a.confirm)
}

// withConfirmHint adds the command that does what the guard refused.
func withConfirmHint(err error, args []string) error {
	var guarded *store.GuardError
	if !errors.As(err, &guarded) {
		return err
	}
	words := []string{"promshard"}
	for i := 0; i < len(args); i++ {
		switch {
		case args[i] == "--confirm":
			i++
		case !strings.HasPrefix(args[i], "--confirm="):
			words = append(words, quoted(withoutPassword(args[i])))
		}
	}
	return &hinted{err: err, hint: "if it is meant: " + strings.Join(append(words, "--confirm="+guarded.Digest), " ")}
}

// quoted is a word as a shell takes it.
func quoted(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:=@%+,", r)
	}
	if word != "" && strings.IndexFunc(word, func(r rune) bool { return !plain(r) }) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

// withoutPassword masks the password of a URL, behind the name of its flag as well.
func withoutPassword(arg string) string {
	name, value, ok := strings.Cut(arg, "=")
	if !ok || !strings.HasPrefix(name, "-") {
		name, value = "", arg
	}
	u, err := url.Parse(value)
	if err != nil || u.User == nil {
		return arg
	}
	if _, has := u.User.Password(); !has {
		return arg
	}
	if name != "" {
		name += "="
	}
	return name + u.Redacted()
}

// boundedInt is a flag for a whole number in a range. It implements kingpin.Value.
type boundedInt struct {
	into        *int
	least, most int
}

// Set implements kingpin.Value.
func (b *boundedInt) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < b.least || n > b.most {
		return fmt.Errorf("%q is not a whole number from %d to %d", s, b.least, b.most)
	}
	*b.into = n
	return nil
}

// String implements kingpin.Value.
func (b *boundedInt) String() string { return strconv.Itoa(*b.into) }
