package store

import (
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/prometheus/common/model"
)

// The limits of what the inventory accepts. Those on names are Promgen's; the others are generous and keep one bad
// row from making a list that nobody can load.
const (
	maxName        = 128  // characters of a name
	maxHost        = 253  // characters of a host name, RFC 1035
	maxPath        = 1024 // bytes of an exporter's path with its query
	maxURL         = 2048 // bytes of a URL
	maxLabelValue  = 4096 // bytes of a label value
	maxLabels      = 64   // labels of one object
	maxDescription = 64 << 10
)

const (
	scrapeIntervalLabel = "__scrape_interval__"
	scrapeTimeoutLabel  = "__scrape_timeout__"
	paramPrefix         = "__param_"
)

// ownLabels are the label names without a leading "__" that promshard sets itself.
var ownLabels = []string{"farm", "job", "project", "service"}

// checker collects the first thing that is wrong with one noun, so that a validate method reads as a list of rules.
type checker struct {
	noun string
	err  *Error
}

// result is the first error, or nil.
func (c *checker) result() error {
	if c.err == nil {
		return nil
	}
	return c.err
}

// refuse notes an error unless there is one already.
func (c *checker) refuse(field, value, reason string, args ...any) {
	if c.err != nil {
		return
	}
	c.err = &Error{Kind: ErrInvalid, Noun: c.noun, Field: field, Value: shorten(value), Reason: fmt.Sprintf(reason, args...)}
}

// shorten cuts a value to what an error message can carry.
func shorten(s string) string {
	const most = 200
	if len(s) <= most {
		return s
	}
	cut := most
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// name checks what people call things, which is also a label value and a query parameter.
func (c *checker) name(field, v string) {
	switch {
	case v == "":
		c.refuse(field, v, "is missing")
	case !utf8.ValidString(v):
		c.refuse(field, v, "is not valid UTF-8")
	case utf8.RuneCountInString(v) > maxName:
		c.refuse(field, v, "is longer than %d characters", maxName)
	case strings.ContainsFunc(v, unicode.IsControl):
		c.refuse(field, v, "has a control character; letters, digits, punctuation and spaces are accepted")
	case strings.TrimSpace(v) != v:
		c.refuse(field, v, "begins or ends with white space")
	}
}

// text checks free text.
func (c *checker) text(field, v string, most int) {
	switch {
	case !utf8.ValidString(v):
		c.refuse(field, v, "is not valid UTF-8")
	case len(v) > most:
		c.refuse(field, v, "is longer than %d bytes", most)
	case strings.ContainsRune(v, 0):
		c.refuse(field, v, "has a NUL character")
	}
}

// host checks and normalises a host name or an IP address: brackets around an IPv6 address are taken away, and the
// address is put into its canonical form (RFC 5952).
func (c *checker) host(field string, v *string) {
	h := *v
	if strings.HasPrefix(h, "[") && strings.HasSuffix(h, "]") {
		h = h[1 : len(h)-1]
	}
	if addr, err := netip.ParseAddr(h); err == nil {
		if addr.Zone() != "" {
			c.refuse(field, *v, "has an IPv6 zone, which Prometheus cannot scrape")
			return
		}
		*v = addr.String()
		return
	}
	if reason := badHostName(h); reason != "" || h != *v {
		if reason == "" {
			reason = "has brackets, which only an IPv6 address may have"
		}
		c.refuse(field, *v, "%s", reason)
	}
}

// badHostName says what is wrong with a host name; empty when nothing is.
func badHostName(h string) string {
	if h == "" {
		return "is missing"
	}
	if len(h) > maxHost {
		return fmt.Sprintf("is longer than %d characters", maxHost)
	}
	if strings.Contains(h, ":") {
		return "is neither a host name nor an IP address; the port belongs to the exporter"
	}
	parts := strings.Split(strings.TrimSuffix(h, "."), ".")
	for _, part := range parts {
		if reason := badHostPart(part); reason != "" {
			return reason
		}
	}
	if last := parts[len(parts)-1]; strings.Trim(last, "0123456789") == "" {
		return "ends in a number like an IPv4 address, but is none"
	}
	return ""
}

// badHostPart says what is wrong with the part of a host name between two dots. Underscores are accepted, since
// resolvers do.
func badHostPart(part string) string {
	switch {
	case part == "":
		return "has an empty part; a host name is parts of letters, digits, - and _ with single dots between them"
	case len(part) > 63:
		return "has a part of more than 63 characters"
	case strings.HasPrefix(part, "-") || strings.HasSuffix(part, "-"):
		return `has a part that begins or ends with "-"`
	}
	for _, r := range part {
		if !isASCIIWord(r) && r != '-' {
			return fmt.Sprintf("has %q in it; a host name is letters, digits, -, _ and dots (write an international name in its xn-- form)", r)
		}
	}
	return ""
}

// isASCIIWord reports whether r may stand anywhere but first in a legacy label name.
func isASCIIWord(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// port checks a TCP port.
func (c *checker) port(field string, v int) {
	if v < 1 || v > 65535 {
		c.refuse(field, fmt.Sprint(v), "is not a port; 1 to 65535 are")
	}
}

// scheme checks a scheme and puts http where there is none.
func (c *checker) scheme(field string, v *string) {
	switch *v {
	case "":
		*v = "http"
	case "http", "https":
	default:
		c.refuse(field, *v, "is neither http nor https")
	}
}

// path checks an exporter's path with its query.
func (c *checker) path(field, v string) {
	if v == "" {
		return
	}
	if len(v) > maxPath {
		c.refuse(field, v, "is longer than %d bytes", maxPath)
		return
	}
	if _, _, err := SplitPath(v); err != nil {
		c.refuse(field, v, "%s", err)
	}
}

// Param is one query parameter of an exporter's path.
type Param struct {
	Name, Value string
}

// SplitPath takes an exporter's path apart into the metrics path and the query parameters, in the order written and
// unescaped. The error says what is wrong with the path and is of no particular kind.
func SplitPath(path string) (metricsPath string, params []Param, err error) {
	metricsPath, query, hasQuery := strings.Cut(path, "?")
	switch {
	case !strings.HasPrefix(metricsPath, "/"):
		return "", nil, fmt.Errorf(`does not begin with "/"`)
	case !utf8.ValidString(path):
		return "", nil, fmt.Errorf("is not valid UTF-8")
	case strings.ContainsFunc(path, unicode.IsControl):
		return "", nil, fmt.Errorf("has a control character")
	case strings.ContainsAny(metricsPath, "%#"):
		return "", nil, fmt.Errorf(`has %q before the query; Prometheus escapes a path itself, so write it plainly`, metricsPath[strings.IndexAny(metricsPath, "%#")])
	case !hasQuery:
		return metricsPath, nil, nil
	}
	for pair := range strings.SplitSeq(query, "&") {
		param, err := splitParam(pair)
		if err != nil {
			return "", nil, err
		}
		if slices.ContainsFunc(params, func(p Param) bool { return p.Name == param.Name }) {
			return "", nil, fmt.Errorf("has the query parameter %q twice; Prometheus's __param_%s label can hold one value", param.Name, param.Name)
		}
		params = append(params, param)
	}
	return metricsPath, params, nil
}

// splitParam takes one "name=value" of a query apart.
func splitParam(pair string) (Param, error) {
	name, value, _ := strings.Cut(pair, "=")
	if name == "" || strings.ContainsFunc(name, func(r rune) bool { return !isASCIIWord(r) }) {
		return Param{}, fmt.Errorf("has the query parameter %q; a name of letters, digits and _ fits into a __param_ label", name)
	}
	if strings.Contains(value, ";") || strings.Contains(value, "#") {
		return Param{}, fmt.Errorf("has an unescaped ; or # in the query parameter %q", name)
	}
	plain, err := url.QueryUnescape(value)
	switch {
	case err != nil:
		return Param{}, fmt.Errorf("has a bad escape in the query parameter %q", name)
	case plain == "":
		return Param{}, fmt.Errorf("has no value for the query parameter %q; an empty label would be dropped", name)
	case !utf8.ValidString(plain):
		return Param{}, fmt.Errorf("has a query parameter %q that is not valid UTF-8", name)
	}
	return Param{Name: name, Value: plain}, nil
}

// absoluteURL checks an http or https URL.
func (c *checker) absoluteURL(field, v string) {
	switch u, err := url.Parse(v); {
	case v == "":
		c.refuse(field, v, "is missing")
	case len(v) > maxURL:
		c.refuse(field, v, "is longer than %d bytes", maxURL)
	case !utf8.ValidString(v):
		c.refuse(field, v, "is not valid UTF-8")
	case strings.ContainsFunc(v, func(r rune) bool { return unicode.IsControl(r) || unicode.IsSpace(r) }):
		c.refuse(field, v, "has white space or a control character; write %%20 for a space")
	case err != nil:
		c.refuse(field, v, "is not a URL")
	case u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		c.refuse(field, v, "is not an absolute http or https URL, such as https://www.example.com/health")
	}
}

// scrapeTimes checks an interval and a timeout that go together.
func (c *checker) scrapeTimes(intervalField, timeoutField string, interval, timeout model.Duration) {
	for _, d := range []struct {
		field string
		value model.Duration
	}{{intervalField, interval}, {timeoutField, timeout}} {
		if d.value < 0 || time.Duration(d.value)%time.Millisecond != 0 {
			c.refuse(d.field, time.Duration(d.value).String(), "is not a whole, positive number of milliseconds, such as 30s")
		}
	}
	switch {
	case timeout > 0 && interval == 0:
		c.refuse(timeoutField, timeout.String(), "needs %s beside it, since Prometheus drops a target whose timeout exceeds its interval", intervalField)
	case timeout > interval:
		c.refuse(timeoutField, timeout.String(), "exceeds %s %s, and Prometheus would drop the target", intervalField, interval)
	}
}

// labels checks user labels. Those of services and projects reach URLs too, where __param_module is promshard's.
func (c *checker) labels(l Labels, reachesURLs bool) {
	if len(l) > maxLabels {
		c.refuse("labels", fmt.Sprint(len(l)), "are more than %d", maxLabels)
	}
	for _, name := range slices.Sorted(maps.Keys(l)) {
		value := l[name]
		c.labelName(name, reachesURLs)
		switch {
		case !utf8.ValidString(value):
			c.refuse("labels."+name, value, "is not valid UTF-8")
		case len(value) > maxLabelValue:
			c.refuse("labels."+name, value, "is longer than %d bytes", maxLabelValue)
		}
	}
	c.scrapeTimes("labels."+scrapeIntervalLabel, "labels."+scrapeTimeoutLabel,
		c.labelDuration(l, scrapeIntervalLabel), c.labelDuration(l, scrapeTimeoutLabel))
}

// labelName checks the name of a user label.
func (c *checker) labelName(name string, reachesURLs bool) {
	field := "labels"
	switch {
	case !model.LegacyValidation.IsValidLabelName(name):
		c.refuse(field, name, "is not a label name; [a-zA-Z_][a-zA-Z0-9_]* is, and Prometheus 2 refuses a whole list for another")
	case slices.Contains(ownLabels, name):
		c.refuse(field, name, "is set by promshard; choose another name")
	case name == paramPrefix+"module" && reachesURLs:
		c.refuse(field, name, "is set by promshard for URLs; put it on an exporter or a host")
	case name == scrapeIntervalLabel, name == scrapeTimeoutLabel:
	case strings.HasPrefix(name, paramPrefix) && len(name) > len(paramPrefix):
	case strings.HasPrefix(name, "__"):
		c.refuse(field, name, "begins with __, which is for Prometheus itself; of these __param_NAME, %s and %s are accepted", scrapeIntervalLabel, scrapeTimeoutLabel)
	}
}

// labelDuration reads a label that Prometheus parses as a duration; 0 when it is absent.
func (c *checker) labelDuration(l Labels, name string) model.Duration {
	value, ok := l[name]
	if !ok {
		return 0
	}
	d, err := model.ParseDuration(value)
	if err != nil || d == 0 {
		c.refuse("labels."+name, value, "is not a duration above 0, such as 30s or 1m30s")
	}
	return d
}
