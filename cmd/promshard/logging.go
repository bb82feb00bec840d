package main

import (
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"

	kitlog "github.com/go-kit/log"
	sloggokit "github.com/tjhop/slog-gokit"
)

var (
	logLevels  = []string{"debug", "info", "warn", "error"}
	logFormats = []string{"logfmt", "json"}
)

// addLogFlags adds the log flags that every Prometheus component has.
func (a *app) addLogFlags() {
	a.kingpin.Flag("log.level", "Log messages of this severity and above. One of: ["+strings.Join(logLevels, ", ")+"]").
		Default("info").HintOptions(logLevels...).PlaceHolder("info").SetValue(&a.level)
	a.kingpin.Flag("log.format", "Format of log messages. One of: ["+strings.Join(logFormats, ", ")+"]").
		Default("logfmt").PlaceHolder("logfmt").EnumVar(&a.format, logFormats...)
}

// logLevel is the value of --log.level. It implements kingpin.Value.
type logLevel struct {
	level slog.Level
	// given is false as long as the flag has its default.
	given bool
}

// Set implements kingpin.Value.
func (l *logLevel) Set(s string) error {
	if !slices.Contains(logLevels, s) {
		return fmt.Errorf("enum value must be one of %s, got '%s'", strings.Join(logLevels, ","), s)
	}
	return l.level.UnmarshalText([]byte(s))
}

// String implements kingpin.Value.
func (l *logLevel) String() string { return strings.ToLower(l.level.String()) }

// newLogger returns a logger whose lines go-kit/log writes, in the format that is one of logFormats.
func newLogger(w io.Writer, format string, level slog.Level) *slog.Logger {
	w = kitlog.NewSyncWriter(w)
	lines := kitlog.NewLogfmtLogger(w)
	if format == "json" {
		lines = kitlog.NewJSONLogger(w)
	}
	return slog.New(sloggokit.NewGoKitHandler(lines, level))
}
