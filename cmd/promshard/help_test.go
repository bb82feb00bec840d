package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kingpin/v2"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// commands returns every command that does something by itself, but for help.
func commands() []*kingpin.CmdModel {
	var leaves []*kingpin.CmdModel
	for _, c := range newApp(strings.NewReader(""), io.Discard, io.Discard).kingpin.Model().FlattenedCommands() {
		if c.Name != "help" {
			leaves = append(leaves, c)
		}
	}
	return leaves
}

// exampleArgs returns the arguments of each example of a command.
func exampleArgs(t *testing.T, c *kingpin.CmdModel) [][]string {
	t.Helper()
	var examples [][]string
	for line := range strings.Lines(c.HelpLong) {
		line, ok := strings.CutPrefix(strings.TrimSpace(line), "promshard ")
		require.True(t, ok, "%s: an example must run promshard: %q", c.FullCommand, line)
		examples = append(examples, shellWords(line))
	}
	return examples
}

// shellWords splits at spaces that are not between single quotes, as a shell does.
func shellWords(line string) []string {
	var words []string
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			words[len(words)-1] += part
			continue
		}
		words = append(words, strings.Fields(part)...)
	}
	return words
}

func TestEveryCommandHasHelpWithAnExampleThatParses(t *testing.T) {
	require.Greater(t, len(commands()), 60)
	for _, c := range commands() {
		t.Run(c.FullCommand, func(t *testing.T) {
			help := mustRun(t, append(strings.Fields(c.FullCommand), "--help")...)
			assert.Contains(t, help, "usage: promshard "+c.FullCommand)
			assert.Contains(t, help, "Example:\n  promshard "+strings.Fields(c.FullCommand)[0])
			examples := exampleArgs(t, c)
			require.NotEmpty(t, examples)
			for _, args := range examples {
				a := newApp(strings.NewReader(""), io.Discard, io.Discard)
				_, err := a.kingpin.Parse(args)
				assert.NoError(t, err, args)
				assert.NotNil(t, a.selected)
			}
			for _, f := range c.Flags {
				assert.NotEmpty(t, f.Help, f.Name)
			}
			for _, arg := range c.Args {
				assert.NotEmpty(t, arg.Help, arg.Name)
			}
		})
	}
}

// TestExamplesWork runs the examples of all commands that work on the inventory alone, in an order in which each finds
// what it needs.
func TestExamplesWork(t *testing.T) {
	t.Setenv("PROMSHARD_DATABASE", "sqlite://"+filepath.Join(t.TempDir(), "x.db"))
	examples := map[string][][]string{}
	for _, c := range commands() {
		examples[c.FullCommand] = exampleArgs(t, c)
	}
	run := func(command string) {
		require.NotEmpty(t, examples[command], command)
		for _, args := range examples[command] {
			mustRun(t, args...)
		}
	}
	nouns := []string{
		"shard", "server", "service", "project", "farm", "host", "exporter", "default-exporter", "probe", "url",
	}
	for _, noun := range nouns {
		for _, verb := range []string{"add", "show", "list", "rm", "add"} {
			run(noun + " " + verb)
		}
	}
	for _, noun := range nouns {
		run(noun + " set")
	}
	for _, command := range []string{"register-server", "register-host", "register-job", "register-exporter", "version"} {
		run(command)
	}
	mustRun(t, "migrate", "--status")
	for _, list := range []string{"targets", "urls"} {
		assert.True(t, strings.HasPrefix(mustRun(t, list, "--shard=prod"), "["))
	}
}

func TestTheHelpOfTheProgramNamesEveryCommandAndExitCode(t *testing.T) {
	help := mustRun(t, "--help")
	for _, c := range commands() {
		assert.Contains(t, help, strings.Fields(c.FullCommand)[0])
	}
	for _, code := range []int{exitOK, exitFailure, exitUsage, exitNotFound, exitConflict, exitUnavailable, exitDiffers, exitLeftOut, exitDenied, exitInterrupted} {
		assert.Contains(t, help, fmt.Sprintf("\n  %-5d", code))
	}
	assert.Contains(t, help, "--completion-script-bash")
}

// TestReference holds docs/reference-cli.md against the program. With -update the page is written anew.
func TestReference(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the page describes the program on Linux, which has --web.systemd-socket")
	}
	const page = "../../docs/reference-cli.md"
	want := reference()
	if *update {
		require.NoError(t, os.WriteFile(page, []byte(want), 0o644))
	}
	got, err := os.ReadFile(page)
	require.NoError(t, err)
	require.Equal(t, want, string(got), "run go test ./cmd/promshard -run TestReference -update")
}

// reference is the page that describes every command.
func reference() string {
	model := newApp(strings.NewReader(""), io.Discard, io.Discard).kingpin.Model()
	var b strings.Builder
	b.WriteString(referenceIntro)
	b.WriteString("\n## Exit codes\n\n| code | meaning |\n| --- | --- |\n")
	for _, row := range exitCodes {
		fmt.Fprintf(&b, "| %s | %s |\n", row[0], row[1])
	}
	b.WriteString("\n## Flags of every command\n\n")
	b.WriteString(flagTable(model.Flags))
	b.WriteString(referenceServer)
	b.WriteString(flagTable(serverFlagsOf(model)))
	b.WriteString("\n## Commands\n")
	for _, c := range model.Commands {
		if c.Name == "help" {
			continue
		}
		if len(c.Commands) == 0 {
			b.WriteString(commandSection("###", c))
			continue
		}
		fmt.Fprintf(&b, "\n### promshard %s\n\n%s%s\n", c.Name, c.Help, serverNote(c.Flags))
		for _, verb := range c.Commands {
			b.WriteString(commandSection("####", verb))
		}
	}
	return b.String()
}

const referenceIntro = `# The command line

<!-- Written by the test TestReference of cmd/promshard from the program itself; change the help texts there. -->

Results go to standard output, as text for people or, with ` + "`--output json`" + `, as JSON for programs. Errors go to
standard error as one line ` + "`promshard: …`" + `, with a second line ` + "`hint: …`" + ` where there is a next step to
suggest. Log messages of ` + "`serve`" + ` go to standard error as well.

Where a command names one thing, its arguments are its names, and ` + "`id:12`" + ` stands for all of them. A flag that is
on or off is spelled ` + "`--enabled`" + ` or ` + "`--no-enabled`" + `. What a ` + "`set`" + ` has no flag for stays as it is.
Every write to a database is journalled under the name of the local user, ` + "`local:NAME`" + `.

A SQLite database is created, and brought to the schema of the program, by the first command that works on it; only
` + "`export-targets`" + ` and ` + "`export-urls`" + ` want it to be there, so that a mistyped path cannot replace a good list
with an empty one. A PostgreSQL database is migrated by ` + "`promshard migrate`" + ` and by ` + "`promshard serve`" + ` alone.

Shell completion: ` + "`eval \"$(promshard --completion-script-bash)\"`" + ` for bash, and
` + "`eval \"$(promshard --completion-script-zsh)\"`" + ` for zsh.
`

func commandSection(level string, c *kingpin.CmdModel) string {
	var b strings.Builder
	usage := "promshard " + c.FullCommand
	if summary := c.FlagSummary(); summary != "" {
		usage += " " + summary
	}
	for _, arg := range c.Args {
		usage += " " + argument(arg)
	}
	fmt.Fprintf(&b, "\n%s promshard %s\n\n", level, c.FullCommand)
	if len(c.Aliases) > 0 {
		fmt.Fprintf(&b, "Also called `%s`. ", strings.Join(c.Aliases, "`, `"))
	}
	fmt.Fprintf(&b, "%s%s\n\n    %s\n", c.Help, serverNote(c.Flags), usage)
	if len(c.Args) > 0 {
		b.WriteString("\n| argument | meaning |\n| --- | --- |\n")
		for _, arg := range c.Args {
			fmt.Fprintf(&b, "| `%s` | %s |\n", argument(arg), cellText(arg.Help))
		}
	}
	if flags := slices.DeleteFunc(slices.Clone(c.Flags), isServerFlag); len(flags) > 0 {
		b.WriteString("\n" + flagTable(flags))
	}
	b.WriteString("\nExample:\n\n")
	for line := range strings.Lines(c.HelpLong) {
		b.WriteString("    " + strings.TrimSuffix(line, "\n") + "\n")
	}
	return b.String()
}

// referenceServer explains where an inventory is.
const referenceServer = `
## Where the inventory is

Commands work on the database that ` + "`--database`" + ` names, or with the same results and exit codes on a server:

    export PROMSHARD_SERVER=https://promshard.example PROMSHARD_TOKEN_FILE=~/.promshard-token
    promshard host list --project=shop-web

The flags below stand behind the command. A flag beats a variable: with ` + "`--database`" + ` the server's variables do not
count, with ` + "`--server`" + ` that of the database does not. Both flags, or both variables and neither flag, are an error.
` + "`serve` and `migrate`" + ` work on the database alone, ` + "`check`" + ` on a file.

Who asks is shown by a token, which is read from a file or a variable and never from the command line:
` + "`--token-file`" + `; else ` + "`$PROMSHARD_TOKEN_FILE`" + ` or ` + "`$PROMSHARD_TOKEN`" + `, the token itself; else what ` + "`--http.config.file`" + `
has (it comes before the variables). For a server on this machine (localhost, 127.0.0.1, ::1) without any of these, the first
token of a new database is taken from the file ` + "`promshard.db.admin-token`" + ` beside the SQLite file that ` + "`--database`" + ` would
name, if this user may read it. A write is journalled under the name of the token.

Several servers of one PostgreSQL database may be named, in ` + "`$PROMSHARD_SERVER`" + ` with commas between them: when one
cannot be reached, the next is asked. A write whose answer is lost is sent again only where that cannot do it twice; where it
could, the command fails with exit code 5 and says so. When there were too many requests, commands wait as long as the server asks for.

`

func isServerFlag(f *kingpin.FlagModel) bool { return slices.Contains(serverFlagNames, f.Name) }

// serverFlagsOf returns what commands that work on a server have in common.
func serverFlagsOf(model *kingpin.ApplicationModel) []*kingpin.FlagModel {
	for _, c := range model.Commands {
		if c.Name == shards.name {
			return c.Flags
		}
	}
	return nil
}

// serverNote says that a command, or all under a group, works on a server as well.
func serverNote(flags []*kingpin.FlagModel) string {
	if !slices.ContainsFunc(flags, func(f *kingpin.FlagModel) bool { return isServerFlag(f) && !f.Hidden }) {
		return ""
	}
	return " [Works on a server](#where-the-inventory-is) as well."
}

func flagTable(flags []*kingpin.FlagModel) string {
	var b strings.Builder
	b.WriteString("| flag | meaning | default |\n| --- | --- | --- |\n")
	for _, f := range flags {
		if f.Hidden {
			continue
		}
		name := "--" + f.Name
		switch {
		case f.IsBoolFlag() && f.Name != "help" && f.Name != "version":
			name = "--[no-]" + f.Name
		case !f.IsBoolFlag():
			name += "=" + strings.ToUpper(f.Name[strings.LastIndexByte(f.Name, '.')+1:])
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", name, cellText(f.HelpWithEnvar()), strings.Join(f.Default, ", "))
	}
	return b.String()
}

// cellText makes a help text fit into a cell of a table.
func cellText(s string) string { return strings.ReplaceAll(s, "|", `\|`) }
