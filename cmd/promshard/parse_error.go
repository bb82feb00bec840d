package main

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"github.com/alecthomas/kingpin/v2"
)

// namingFlag adds to an error of parsing args which flag, variable or argument it is about, and the value that was refused:
// kingpin returns what the value's parser says and no more.
func namingFlag(k *kingpin.Application, args []string, err error) error {
	parsed, parseErr := k.ParseContext(args)
	if parseErr != nil || strings.Contains(err.Error(), "--") {
		return err
	}
	refuses := func(v kingpin.Value, text string) bool {
		refused := v.Set(text)
		return refused != nil && refused.Error() == err.Error()
	}
	given := map[string]bool{}
	for _, element := range parsed.Elements {
		switch clause := element.Clause.(type) {
		case *kingpin.FlagClause:
			flag := clause.Model()
			given[flag.Name] = true
			if element.Value != nil && refuses(flag.Value, *element.Value) {
				return refusedValue("--"+flag.Name, *element.Value, err)
			}
		case *kingpin.ArgClause:
			told := element.Value == nil || strings.Contains(err.Error(), strconv.Quote(*element.Value))
			if arg := clause.Model(); !told && refuses(arg.Value, *element.Value) {
				return refusedValue("the argument "+arg.Name, *element.Value, err)
			}
		}
	}
	for _, flag := range flagsOf(k, parsed) {
		if text := os.Getenv(flag.Envar); flag.Envar != "" && text != "" && !given[flag.Name] && refuses(flag.Value, text) {
			return refusedValue(flag.Envar, text, err)
		}
	}
	return err
}

// flagsOf are the flags that go with what the command line names.
func flagsOf(k *kingpin.Application, parsed *kingpin.ParseContext) []*kingpin.FlagModel {
	flags := k.Model().Flags
	for _, element := range parsed.Elements {
		if clause, ok := element.Clause.(*kingpin.CmdClause); ok {
			flags = append(flags, clause.Model().Flags...)
		}
	}
	return flags
}

const notDuration = "not a duration such as 30s, 5m or 1h30m"

// refusedValue names what was refused. Of the error only the reason is kept, without what says where in which library it
// comes from.
func refusedValue(name, text string, err error) error {
	var number *strconv.NumError
	reason := err.Error()
	switch {
	case errors.As(err, &number) && errors.Is(number.Err, strconv.ErrRange):
		reason = "out of range"
	case errors.As(err, &number):
		reason = "not a number"
	case strings.HasPrefix(reason, "enum value "):
		reason, _, _ = strings.Cut(strings.TrimPrefix(reason, "enum value "), ", got ")
		reason = strings.ReplaceAll(reason, ",", ", ")
	case strings.HasPrefix(reason, "time: "):
		reason = notDuration
	case strings.HasPrefix(reason, "units: "):
		reason = "not a size such as 512KiB or 1MiB"
	}
	return fmt.Errorf("%s %q: %s", name, text, strings.TrimPrefix(reason, strconv.Quote(text)+" is "))
}
