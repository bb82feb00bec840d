package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"unicode"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/version"

	"github.com/promshard/promshard/store"
)

const (
	defaultDatabase      = "sqlite:data/promshard.db"
	defaultListenAddress = ":9780"
)

// app is one run of the program. It is used once.
type app struct {
	in       io.Reader
	out, err io.Writer

	kingpin  *kingpin.Application
	database string
	// databaseGiven says that --database was given, and not just its variable.
	databaseGiven bool
	server        serverFlags
	guard         store.GuardOptions
	// guardGiven says which of the guard's flags were given.
	guardGiven [2]bool
	// confirm is the digest of what a write may take away, empty when none was given.
	confirm string
	level   logLevel
	format  string

	// selected is what the command line asked for.
	selected action
}

// action is what a command does once its flags are parsed.
type action func(ctx context.Context) error

// commander is an application or a command that others are put under.
type commander interface {
	Command(name, help string) *kingpin.CmdClause
}

// exited carries an exit code out of kingpin, which would end the process otherwise.
type exited int

// newApp returns the program with all its commands.
func newApp(in io.Reader, out, err io.Writer) *app {
	kingpin.EnableFileExpansion = false // "@team" is an owner, not a file with arguments
	a := &app{in: in, out: out, err: err, kingpin: kingpin.New("promshard", appHelp)}
	a.kingpin.UsageTemplate(usageTemplate).UsageFuncs(usageFuncs).UsageWriter(out).ErrorWriter(err)
	a.kingpin.Terminate(func(code int) { panic(exited(code)) })
	a.kingpin.HelpFlag.Short('h')
	a.kingpin.HelpFlag.Help("Show help, of a command when one is given.")
	fillVersion()
	a.kingpin.Version(version.Print("promshard"))
	a.kingpin.VersionFlag.Help("Show the version and how it was built.")
	a.kingpin.Flag("database", "The inventory: sqlite:relative/path.db, sqlite:///absolute/path.db or postgres://user@host/database.").
		Envar(databaseVariable).IsSetByUser(&a.databaseGiven).Default(defaultDatabase).PlaceHolder("URL").StringVar(&a.database)
	a.addGuardFlags()
	a.addLogFlags()
	a.kingpin.Action(func(c *kingpin.ParseContext) error {
		if c.SelectedCommand == nil {
			return &usageError{err: errors.New("no command given")}
		}
		return nil
	})

	a.addServe()
	a.addMigrate()
	a.addVersion()
	a.addRegister()
	a.addImport()
	a.addImportCommands()
	a.addApply()
	a.addExports()
	a.addAgent()
	a.addNouns()
	a.addAccess()
	a.addHistory()
	a.addCheck()
	a.addCompare()
	a.addDemo()
	return a
}

// command adds a command that does what setup returns, which declares its flags and arguments.
func (a *app) command(parent commander, name, help, example string, setup func(cmd *kingpin.CmdClause) action) *kingpin.CmdClause {
	cmd := parent.Command(name, help)
	cmd.HelpLong(example)
	do := setup(cmd)
	return cmd.Action(func(*kingpin.ParseContext) error {
		a.selected = do
		return nil
	})
}

// run parses args, does what they ask for and returns the exit code.
func (a *app) run(ctx context.Context, args []string) (code int) {
	defer func() {
		switch r := recover().(type) {
		case nil:
		case exited:
			code = int(r)
		default:
			panic(r)
		}
	}()
	spelt := spellOutStdin(args)
	command, err := a.kingpin.Parse(spelt)
	if err != nil {
		var usage *usageError
		if !errors.As(err, &usage) {
			err = &usageError{command: commandOf(a.kingpin, args), err: namingFlag(a.kingpin, spelt, err)}
		}
		return a.fail(ctx, err)
	}
	if err := a.selected(ctx); err != nil {
		var usage *usageError
		if errors.As(err, &usage) && usage.command == "" {
			usage.command = command
		}
		return a.fail(ctx, withConfirmHint(err, args))
	}
	return exitOK
}

// fail prints err and returns the exit code that it stands for.
func (a *app) fail(ctx context.Context, err error) int {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		err = errInterrupted
	}
	fmt.Fprintf(a.err, "promshard: %s\n", oneLine(err.Error()))
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(a.err, "hint: %s\n", oneLine(hint))
	}
	return exitCode(err)
}

// oneLine makes a message one line, whatever a driver, a server or errors.Join put into it, and takes away what would
// move the cursor.
func oneLine(message string) string {
	lines := strings.FieldsFunc(message, func(r rune) bool { return r == '\n' || r == '\r' })
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, strings.Join(lines, "; "))
}

// logger returns the logger for a command that runs for long and tells what it does.
func (a *app) logger() *slog.Logger { return newLogger(a.err, a.format, a.level.level) }

// quietLogger returns the logger for a command that is over in a moment: it tells what goes wrong, and more when that
// was asked for.
func (a *app) quietLogger() *slog.Logger {
	if a.level.given {
		return a.logger()
	}
	return newLogger(a.err, a.format, slog.LevelWarn)
}

// stdinName stands for standard input where a file is asked for.
const stdinName = "/dev/stdin"

// spellOutStdin puts stdinName in the place of "-", which kingpin reads as an empty argument.
func spellOutStdin(args []string) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		if arg == "-" {
			args[i] = stdinName
		}
	}
	return args
}

// commandOf returns the commands among args, as far as they are known, so that a hint can name them.
func commandOf(k *kingpin.Application, args []string) string {
	var names []string
	commands := k.Model().CmdGroupModel
	for _, arg := range args {
		for _, c := range commands.Commands {
			if c.Name == arg || slices.Contains(c.Aliases, arg) {
				names = append(names, c.Name)
				commands = c.CmdGroupModel
				break
			}
		}
	}
	return strings.Join(names, " ")
}
