package main

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"github.com/alecthomas/kingpin/v2"

	"github.com/promshard/promshard/store"
)

// noun is all that the five commands list, show, add, set and rm of one noun need to know. T is the noun, F its filter
// and U its update.
type noun[T, F, U any] struct {
	// name is that of the command, plural and help are for people.
	name, plural, help string
	// key are the arguments by which one is addressed.
	key []keyPart
	// columns are those of a list in text.
	columns []column[T]
	id      func(T) int64
	// title calls one by its name: `host "web1" of project "shop"`.
	title func(T) string

	// match returns the filter that picks what key addresses.
	match func(key []string) (F, error)
	// filter, create and change declare flags and return what makes use of them. create gets the same arguments that
	// address the noun afterwards, change the noun as it is.
	filter func(cmd *kingpin.CmdClause) func() F
	create func(cmd *kingpin.CmdClause) func(key []string) (T, error)
	change func(cmd *kingpin.CmdClause) func(current T) U

	get    func(store.Registry, context.Context, int64) (T, error)
	list   func(store.Registry, context.Context, F) ([]T, error)
	insert func(store.Registry, context.Context, *T) error
	update func(store.Registry, context.Context, int64, U) (T, error)
	remove func(store.Registry, context.Context, int64, store.DeleteOptions) error
	// cascades is true when others can hang on one: its rm then has --cascade.
	cascades bool

	example examples
}

// examples are the arguments and flags of one example per command.
type examples struct {
	// key addresses one; the others are put behind it, and list stands alone.
	key, add, set, list string
}

// keyPart is one of the arguments that address a noun.
type keyPart struct {
	name, help string
	// optional is for the last part alone.
	optional bool
}

// column is one column of a list in text.
type column[T any] struct {
	header string
	value  func(T) string
}

// byID is the other way to address any noun.
var byID = regexp.MustCompile(`^id:[0-9]+$`)

// add declares the five commands.
func (n *noun[T, F, U]) add(a *app) {
	group := a.kingpin.Command(n.name, n.help)
	a.addServer(group)
	n.addList(a, group)
	n.addShow(a, group)
	n.addAdd(a, group)
	n.addSet(a, group)
	n.addRemove(a, group)
}

// line is the command line of an example.
func (n *noun[T, F, U]) line(verb string, args ...string) string {
	return strings.TrimRight("promshard "+n.name+" "+verb+" "+strings.Join(args, " "), " ")
}

func (n *noun[T, F, U]) addList(a *app, group *kingpin.CmdClause) {
	help := "List " + n.plural + ", all or those that every flag fits."
	a.command(group, "list", help, n.line("list", n.example.list), func(cmd *kingpin.CmdClause) action {
		filter := n.filter(cmd)
		out := a.addOutput(cmd)
		return a.onInventory(func(ctx context.Context, inv inventory) error {
			list, err := n.list(inv, ctx, filter())
			if err != nil {
				return err
			}
			if list == nil {
				list = []T{} // null is no list to a program
			}
			return out.print(list, func() string { return n.table(list) })
		})
	})
}

func (n *noun[T, F, U]) addShow(a *app, group *kingpin.CmdClause) {
	help := "Show one " + n.singular() + "."
	a.command(group, "show", help, n.line("show", n.example.key), func(cmd *kingpin.CmdClause) action {
		key := n.addKey(cmd, true)
		out := a.addOutput(cmd)
		return onOne(a, key, func(ctx context.Context, inv inventory, at address[F]) error {
			one, err := n.find(ctx, inv, at)
			if err != nil {
				return err
			}
			return out.print(one, func() string { return n.details(one) })
		})
	})
}

func (n *noun[T, F, U]) addAdd(a *app, group *kingpin.CmdClause) {
	help := "Add a new " + n.singular() + "."
	a.command(group, "add", help, n.line("add", n.example.key, n.example.add), func(cmd *kingpin.CmdClause) action {
		key := n.addKey(cmd, false)
		create := n.create(cmd)
		out := a.addOutput(cmd)
		return onOne(a, key, func(ctx context.Context, inv inventory, at address[F]) error {
			one, err := create(at.parts)
			if err == nil {
				err = n.insert(inv, ctx, &one)
			}
			if err != nil {
				return err
			}
			return out.print(one, func() string { return n.done("Added", one) })
		})
	})
}

func (n *noun[T, F, U]) addSet(a *app, group *kingpin.CmdClause) {
	help := "Change " + n.article() + ": what has a flag is changed, the rest stays."
	a.command(group, "set", help, n.line("set", n.example.key, n.example.set), func(cmd *kingpin.CmdClause) action {
		key := n.addKey(cmd, true)
		change := n.change(cmd)
		a.addConfirm(cmd)
		out := a.addOutput(cmd)
		keyAndFlags := func() (address[F], error) {
			var none T
			if reflect.ValueOf(change(none)).IsZero() {
				return address[F]{}, &usageError{err: errors.New("nothing to change; give at least one flag")}
			}
			return key()
		}
		return onOne(a, keyAndFlags, func(ctx context.Context, inv inventory, at address[F]) error {
			before, err := n.find(ctx, inv, at)
			if err != nil {
				return err
			}
			after, err := n.update(inv, ctx, n.id(before), change(before))
			if err != nil {
				return err
			}
			verb := "Changed"
			if reflect.DeepEqual(before, after) {
				verb = "Unchanged:"
			}
			return out.print(after, func() string { return n.done(verb, after) })
		})
	})
}

func (n *noun[T, F, U]) addRemove(a *app, group *kingpin.CmdClause) {
	help := "Remove " + n.article() + "."
	if n.cascades {
		help += " While others hang on it that is refused, and the error says what would go with it."
	}
	a.command(group, "rm", help, n.line("rm", n.example.key), func(cmd *kingpin.CmdClause) action {
		key := n.addKey(cmd, true)
		var o store.DeleteOptions
		if n.cascades {
			cmd.Flag("cascade", "Remove what hangs on it as well.").BoolVar(&o.Cascade)
		}
		a.addConfirm(cmd)
		out := a.addOutput(cmd)
		return onOne(a, key, func(ctx context.Context, inv inventory, at address[F]) error {
			one, err := n.find(ctx, inv, at)
			if err != nil {
				return err
			}
			if err := n.remove(inv, ctx, n.id(one), o); err != nil {
				return withCascadeHint(err, n.cascades && !o.Cascade)
			}
			return out.print(one, func() string { return n.done("Removed", one) })
		})
	})
}

// withCascadeHint says how a refused removal is done all the same, unless the error has a hint of its own.
func withCascadeHint(err error, possible bool) error {
	if !possible || !errors.Is(err, store.ErrConflict) || errors.Is(err, store.ErrGuarded) || hintOf(err) != "" {
		return err
	}
	return &hinted{err: err, hint: "--cascade removes what hangs on it as well"}
}

// address is how the command line names one noun: by its parts, and the filter that picks what they fit, or when there
// are no parts by its id.
type address[F any] struct {
	parts  []string
	filter F
	id     int64
}

// addKey declares the arguments that address one, and returns what reads them once they are parsed.
func (n *noun[T, F, U]) addKey(cmd *kingpin.CmdClause, mayBeID bool) func() (address[F], error) {
	values := make([]*string, len(n.key))
	for i, part := range n.key {
		help, placeholder := part.help, strings.ToUpper(part.name)
		if i == 0 && mayBeID {
			help += " Or id:NUMBER, instead of all arguments."
		}
		if part.optional {
			placeholder = "[" + placeholder + "]"
		}
		// kingpin takes each for optional, since id:NUMBER replaces them all; named demands those that are missing.
		values[i] = cmd.Arg(part.name, help).PlaceHolder(placeholder).String()
	}
	return func() (address[F], error) {
		first := *values[0]
		switch {
		case !byID.MatchString(first):
			return n.named(values)
		case !mayBeID:
			return address[F]{}, &usageError{err: fmt.Errorf("%q looks like an id, which a new %s gets by itself", first, n.singular())}
		case len(values) > 1 && *values[1] != "":
			return address[F]{}, &usageError{err: fmt.Errorf("%q says which one; %q is too much", first, *values[1])}
		}
		id, err := strconv.ParseInt(first[len("id:"):], 10, 64)
		if err != nil {
			return address[F]{}, &usageError{err: fmt.Errorf("%q is no id", first)}
		}
		return address[F]{id: id}, nil
	}
}

// named returns the address whose parts are the arguments that were given: all of them, but for an optional one.
func (n *noun[T, F, U]) named(values []*string) (at address[F], err error) {
	for i, v := range values {
		switch {
		case *v != "":
			at.parts = append(at.parts, *v)
		case !n.key[i].optional:
			return at, &usageError{err: fmt.Errorf("the argument %s is missing", strings.ToUpper(n.key[i].name))}
		}
	}
	at.filter, err = n.match(at.parts)
	return at, err
}

// find returns the one at an address.
func (n *noun[T, F, U]) find(ctx context.Context, inv store.Registry, at address[F]) (T, error) {
	if at.parts == nil {
		return n.get(inv, ctx, at.id)
	}
	var none T
	found, err := n.list(inv, ctx, at.filter)
	switch {
	case err != nil:
		return none, err
	case len(found) == 0:
		return none, &store.Error{
			Kind: store.ErrNotFound, Noun: n.singular(), Value: strings.Join(at.parts, " "), Reason: "is not in the inventory",
			Hint: "promshard " + n.name + " list shows what is",
		}
	case len(found) > 1:
		return none, n.ambiguous(at.parts, found)
	}
	return found[0], nil
}

// ambiguous says which ones the arguments fit.
func (n *noun[T, F, U]) ambiguous(parts []string, found []T) error {
	ids := make([]string, len(found))
	for i, one := range found {
		ids[i] = fmt.Sprintf("id:%d (%s)", n.id(one), n.title(one))
	}
	return &store.Error{
		Kind: store.ErrConflict, Noun: n.singular(), Value: strings.Join(parts, " "),
		Reason: fmt.Sprintf("fits %d of them", len(found)),
		Hint:   "say which one: " + strings.Join(ids, ", "),
	}
}

// singular is the noun for people: "default exporter".
func (n *noun[T, F, U]) singular() string {
	if n.name == "url" {
		return "URL"
	}
	return strings.ReplaceAll(n.name, "-", " ")
}

// article is the noun behind "a" or "an".
func (n *noun[T, F, U]) article() string {
	if strings.HasPrefix(n.name, "e") {
		return "an " + n.singular()
	}
	return "a " + n.singular()
}

func (n *noun[T, F, U]) done(verb string, one T) string {
	return fmt.Sprintf("%s %s (id:%d)\n", verb, n.title(one), n.id(one))
}

func (n *noun[T, F, U]) table(list []T) string {
	header := make([]string, len(n.columns))
	for i, c := range n.columns {
		header[i] = c.header
	}
	rows := make([][]string, len(list))
	for i, one := range list {
		for _, c := range n.columns {
			rows[i] = append(rows[i], c.value(one))
		}
	}
	return table(header, rows)
}

// details returns one noun, a line a column.
func (n *noun[T, F, U]) details(one T) string {
	rows := make([][]string, len(n.columns))
	for i, c := range n.columns {
		rows[i] = []string{c.header, c.value(one)}
	}
	return table(rows[0], rows[1:])
}

// onInventory makes an action of what needs the inventory open.
func (a *app) onInventory(fn func(ctx context.Context, inv inventory) error) action {
	return func(ctx context.Context) error { return a.withInventory(ctx, a.openInventory, fn) }
}

// onOne makes an action of what needs the inventory open and one noun's address, which is read before anything is
// opened.
func onOne[F any](a *app, key func() (address[F], error), fn func(ctx context.Context, inv inventory, at address[F]) error) action {
	return func(ctx context.Context) error {
		at, err := key()
		if err != nil {
			return err
		}
		return a.withInventory(ctx, a.openInventory, func(ctx context.Context, inv inventory) error { return fn(ctx, inv, at) })
	}
}
