package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/alecthomas/kingpin/v2"
	"github.com/prometheus/common/model"

	"github.com/promshard/promshard/store"
)

// optional is a flag that may be absent, which is not the same as empty. It implements kingpin.Value.
type optional[T any] struct {
	// value is nil while the flag is absent.
	value  *T
	parse  func(string) (T, error)
	isBool bool
}

// Set implements kingpin.Value.
func (o *optional[T]) Set(s string) error {
	v, err := o.parse(s)
	if err != nil {
		return err
	}
	o.value = &v
	return nil
}

// String implements kingpin.Value.
func (o *optional[T]) String() string {
	if o.value == nil {
		return ""
	}
	return fmt.Sprint(*o.value)
}

// IsBoolFlag makes kingpin accept --name and --no-name.
func (o *optional[T]) IsBoolFlag() bool { return o.isBool }

// or returns the value, or fallback when the flag is absent.
func (o *optional[T]) or(fallback T) T {
	if o.value == nil {
		return fallback
	}
	return *o.value
}

func optionalFlag[T any](cmd *kingpin.CmdClause, name, placeholder, help string, parse func(string) (T, error)) *optional[T] {
	o := &optional[T]{parse: func(s string) (T, error) {
		v, err := parse(s)
		if err != nil {
			return v, fmt.Errorf("--%s %q: %w", name, s, err)
		}
		return v, nil
	}}
	cmd.Flag(name, help).PlaceHolder(placeholder).SetValue(o)
	return o
}

func stringFlag(cmd *kingpin.CmdClause, name, help string) *optional[string] {
	return optionalFlag(cmd, name, strings.ToUpper(name), help, func(s string) (string, error) { return s, nil })
}

// filterFlag is a string that must not be empty: a script's variable that is empty by mistake must not pick everything.
func filterFlag(cmd *kingpin.CmdClause, name, help string) *optional[string] {
	return optionalFlag(cmd, name, strings.ToUpper(name), help, notEmpty)
}

func boolFlag(cmd *kingpin.CmdClause, name, help string) *optional[bool] {
	o := &optional[bool]{parse: strconv.ParseBool, isBool: true}
	cmd.Flag(name, help).SetValue(o)
	return o
}

func portFlag(cmd *kingpin.CmdClause, help string) *optional[int] {
	return optionalFlag(cmd, "port", "PORT", help, parsePort)
}

func countFlag(cmd *kingpin.CmdClause, name, help string) *optional[int64] {
	return optionalFlag(cmd, name, "NUMBER", help, func(s string) (int64, error) {
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil || n < 0 {
			return 0, errors.New("not a whole number from 0 upwards")
		}
		return n, nil
	})
}

func percentFlag(cmd *kingpin.CmdClause, name, help string) *optional[int] {
	return optionalFlag(cmd, name, "PERCENT", help, func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 || n > 100 {
			return 0, errors.New("not a whole number from 0 to 100")
		}
		return n, nil
	})
}

// durationFlag takes durations as Prometheus spells them, and 0 or nothing for none.
func durationFlag(cmd *kingpin.CmdClause, name, help string) *optional[model.Duration] {
	return optionalFlag(cmd, name, "DURATION", help, func(s string) (model.Duration, error) {
		if s == "" {
			return 0, nil
		}
		d, err := model.ParseDuration(s)
		if err != nil {
			return 0, errors.New(notDuration)
		}
		return d, nil
	})
}

func notEmpty(s string) (string, error) {
	if s == "" {
		return "", errors.New("is empty")
	}
	return s, nil
}

func parsePort(s string) (int, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	if err != nil || n == 0 {
		return 0, errors.New("not a port; 1 to 65535 are")
	}
	return int(n), nil
}

// labelFlag collects --label NAME=VALUE. An empty value takes the label away. It implements kingpin.Value.
type labelFlag struct {
	given map[string]string
}

func addLabels(cmd *kingpin.CmdClause, help string) *labelFlag {
	l := &labelFlag{given: map[string]string{}}
	cmd.Flag("label", help).PlaceHolder("NAME=VALUE").SetValue(l)
	return l
}

// Set implements kingpin.Value.
func (l *labelFlag) Set(s string) error {
	name, value, ok := strings.Cut(s, "=")
	if !ok || name == "" {
		return fmt.Errorf("--label %q: not of the form NAME=VALUE", s)
	}
	if _, twice := l.given[name]; twice {
		return fmt.Errorf("--label %q: the label is given twice", s)
	}
	l.given[name] = value
	return nil
}

// String implements kingpin.Value.
func (l *labelFlag) String() string { return "" }

// IsCumulative makes kingpin accept the flag more than once.
func (l *labelFlag) IsCumulative() bool { return true }

// applied returns current as the flags change it, nil when none was given.
func (l *labelFlag) applied(current store.Labels) *store.Labels {
	if len(l.given) == 0 {
		return nil
	}
	labels := store.Labels{}
	for name, value := range current {
		labels[name] = value
	}
	for name, value := range l.given {
		if value == "" {
			delete(labels, name)
			continue
		}
		labels[name] = value
	}
	return &labels
}

// labels returns what the flags give to something new.
func (l *labelFlag) labels() store.Labels {
	if labels := l.applied(nil); labels != nil {
		return *labels
	}
	return nil
}
