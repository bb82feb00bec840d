package httpsd

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/promshard/promshard/store"
)

// versionTag is the entity tag of a row of the inventory. A version is never given twice to what an address may stand for,
// since each is a revision.
func versionTag(version int64) string { return `"` + strconv.FormatInt(version, 10) + `"` }

// condition is what If-Match demands. The zero value demands nothing.
type condition struct {
	// tags are the entity tags of which one must be that of the row; nil when any will do.
	tags []string
}

// ifMatch reads If-Match. Something else than "*" or entity tags is refused: a condition that was passed over would be
// another write than was asked for.
func (c *call) ifMatch() (condition, error) {
	given := strings.Join(c.r.Header.Values("If-Match"), ",")
	rest := strings.Trim(given, " \t")
	if rest == "" || rest == "*" {
		return condition{}, nil
	}
	var cond condition
	for rest != "" {
		tag, after, ok := cutEntityTag(rest)
		if !ok {
			return condition{}, &store.Error{
				Kind: store.ErrInvalid, Noun: "header", Field: "If-Match", Value: shorten(given),
				Reason: `is neither * nor a list of entity tags; send the ETag of an answer, such as "17", with its quotes`,
			}
		}
		if !strings.HasPrefix(rest, "W/") { // a weak tag is never equal, RFC 9110, section 13.1.1
			cond.tags = append(cond.tags, tag)
		} else {
			cond.tags = append(cond.tags, "")
		}
		rest = strings.TrimLeft(after, " \t,")
	}
	return cond, nil
}

// demand returns the version that a write must find, 0 for any, or store.ErrStale when it cannot be the one that it has now.
func (cond condition) demand(noun string, version int64) (int64, error) {
	if cond.tags == nil {
		return 0, nil
	}
	for _, tag := range cond.tags {
		if tag == versionTag(version) {
			return version, nil
		}
	}
	if len(cond.tags) == 1 {
		if n, err := strconv.ParseInt(strings.Trim(cond.tags[0], `"`), 10, 64); err == nil && n > 0 {
			return n, nil // the inventory refuses it, and says what has changed
		}
	}
	return 0, &store.Error{
		Kind: store.ErrStale, Noun: prose(noun), Field: "version", Value: shorten(strings.ReplaceAll(strings.Join(cond.tags, ", "), `"`, "")),
		Reason: fmt.Sprintf("has changed since; it is now at version %d", version),
		Hint:   "read it again, and repeat the change if it still applies",
	}
}

// refuseCondition is for writes that no condition goes with.
func (c *call) refuseCondition() error {
	if c.r.Header.Get("If-Match") == "" {
		return nil
	}
	return &store.Error{
		Kind: store.ErrInvalid, Noun: "header", Field: "If-Match", Value: shorten(c.r.Header.Get("If-Match")),
		Reason: "goes with changes and deletions of one thing alone",
	}
}
