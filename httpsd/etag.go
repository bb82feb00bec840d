package httpsd

import "strings"

// entityTag is the strong tag of a list in one coding: tags of one content differ by their coding, as RFC 9110,
// section 8.8.3.3, wants of representations that differ in their bytes. tag is that of the identity coding, quoted.
func entityTag(tag string, c coding) string {
	if c == identity {
		return tag
	}
	return strings.TrimSuffix(tag, `"`) + "-" + c.String() + `"`
}

// noneMatch says whether If-None-Match holds: false means that the client has the content already, in whichever
// coding, so that the answer is 304. Tags are compared weakly (RFC 9110, section 13.1.2). After something that is no
// list of entity tags, the rest of that header is passed over.
func noneMatch(headers []string, tag string) bool {
	for _, header := range headers {
		if listsTag(header, tag) {
			return false
		}
	}
	return true
}

// listsTag says whether one header is "*" or names tag in any coding.
func listsTag(header, tag string) bool {
	rest := strings.Trim(header, " \t")
	if rest == "*" {
		return true
	}
	return namesTag(rest, tag)
}

// namesTag says whether one header names tag in any coding.
func namesTag(rest, tag string) bool {
	for {
		rest = strings.TrimLeft(rest, " \t,")
		candidate, after, ok := cutEntityTag(rest)
		if !ok {
			return false
		}
		for c := range codings {
			if candidate == entityTag(tag, c) {
				return true
			}
		}
		rest = after
	}
}

// cutEntityTag takes an entity tag from the start of s, without its weakness mark and with its quotes.
func cutEntityTag(s string) (tag, rest string, ok bool) {
	s = strings.TrimPrefix(s, "W/")
	if !strings.HasPrefix(s, `"`) {
		return "", "", false
	}
	end := strings.IndexByte(s[1:], '"')
	if end < 0 {
		return "", "", false
	}
	return s[:end+2], s[end+2:], true
}
