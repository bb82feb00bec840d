package main

import (
	"strings"
	"text/template"

	"github.com/alecthomas/kingpin/v2"
)

const appHelp = `promshard keeps the list of what Prometheus should scrape and serves each Prometheus its shard of it.`

// usageTemplate is kingpin's own with examples and exit codes, and with nouns that take one line, not five.
const usageTemplate = `{{define "Arguments"}}{{range .Args}} {{Argument .}}{{end}}{{end -}}
{{if .Context.SelectedCommand -}}
{{with .Context.SelectedCommand -}}
usage: promshard {{.FullCommand}}{{if .Commands}} <command>{{end}}{{if .FlagSummary}} {{.FlagSummary}}{{end}}{{template "Arguments" .}}

{{.Help|Wrap 0}}
{{if .HelpLong}}Example:
{{.HelpLong|Lines}}
{{end}}{{end}}{{else -}}
usage: promshard <command> [<flags>] [<args> ...]

{{.App.Help|Wrap 0}}
{{end -}}
{{if .Context.Flags -}}
Flags:
{{.Context.Flags|FlagsToTwoColumns|FormatTwoColumns}}
{{end -}}
{{if .Context.Args -}}
Args:
{{.Context.Args|ArgumentColumns|FormatTwoColumns}}
{{end -}}
{{if .Context.SelectedCommand -}}
{{if .Context.SelectedCommand.Commands -}}
Commands:
{{.Context.SelectedCommand.Commands|CommandColumns|FormatTwoColumns}}
{{end -}}
{{else -}}
Commands:
{{.App.Commands|CommandColumns|FormatTwoColumns}}
Exit codes:
{{ExitCodes|FormatTwoColumns}}
Shell completion:
  bash: eval "$(promshard --completion-script-bash)"
  zsh:  eval "$(promshard --completion-script-zsh)"

promshard help COMMAND shows a command's flags and an example.
{{end -}}
`

var usageFuncs = template.FuncMap{
	"Argument": argument,
	"ArgumentColumns": func(args []*kingpin.ArgModel) (rows [][2]string) {
		for _, a := range args {
			rows = append(rows, [2]string{argument(a), a.Help})
		}
		return rows
	},
	"CommandColumns": func(commands []*kingpin.CmdModel) (rows [][2]string) {
		for _, c := range commands {
			if !c.Hidden {
				rows = append(rows, [2]string{commandTitle(c), firstSentence(c.Help)})
			}
		}
		return rows
	},
	"ExitCodes": func() [][2]string { return exitCodes },
	"Lines":     func(s string) string { return "  " + strings.ReplaceAll(s, "\n", "\n  ") + "\n" },
}

// exitCodes says what each exit code means.
var exitCodes = [][2]string{
	{"0", "done"},
	{"1", "it failed for a reason that has no code of its own, or check found a file that Prometheus would refuse"},
	{"2", "wrong use of the command line, or a value that the inventory does not accept; nothing was changed"},
	{"3", "what was named is not in the inventory"},
	{"4", "the write contradicts what is there: a name is taken, others hang on what was to go, or it takes away so much that it must be confirmed"},
	{"5", "the database, or a server that was asked, cannot be reached or used now"},
	{"6", "compare found that the lists differ"},
	{"7", "done, but something was left out: import promgen or import prometheus has listed it"},
	{"8", "the server does not let you do that: the token is missing, is not valid, or has no role for it"},
	{"130", "interrupted by a signal"},
}

// argument spells one argument of a command: its placeholder says by itself whether it may be left out.
func argument(a *kingpin.ArgModel) string {
	switch {
	case a.PlaceHolder != "":
		return a.PlaceHolder
	case a.Required:
		return "<" + a.Name + ">"
	}
	return "[<" + a.Name + ">]"
}

// commandTitle is a command with its aliases, or with the commands under it.
func commandTitle(c *kingpin.CmdModel) string {
	names := append([]string{c.Name}, c.Aliases...)
	title := strings.Join(names, ", ")
	if len(c.Commands) == 0 {
		return title
	}
	verbs := make([]string, len(c.Commands))
	for i, v := range c.Commands {
		verbs[i] = v.Name
	}
	return title + " " + strings.Join(verbs, "|")
}

func firstSentence(s string) string {
	sentence, _, _ := strings.Cut(s, ". ")
	return strings.TrimSuffix(sentence, ".") + "."
}
