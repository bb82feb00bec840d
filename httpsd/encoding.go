package httpsd

import (
	"strconv"
	"strings"
)

// coding is a content coding of a list.
type coding int

const (
	identity coding = iota
	gzipped
	zstandard
	codings
)

// String is the coding's name in Content-Encoding.
func (c coding) String() string {
	return [codings]string{"identity", "gzip", "zstd"}[c]
}

// preferences ranks the codings between which a client makes no difference.
var preferences = [codings]coding{zstandard, gzipped, identity}

// negotiate picks the coding of an answer by the Accept-Encoding headers of its request (RFC 9110, section 12.5.3):
// the one with the highest weight; zstd before gzip when both weigh the same. Without a header it is identity, since
// a client that says nothing may not know how to undo anything; so is a client that only refuses others. ok is false
// when the client refuses all that there is. What cannot be parsed is passed over.
func negotiate(headers []string) (best coding, ok bool) {
	weights := acceptedWeights(headers)
	bestWeight := 0.0
	for _, c := range preferences {
		if weights[c] > bestWeight {
			best, bestWeight = c, weights[c]
		}
	}
	return best, bestWeight > 0
}

// negotiateStreamable is negotiate without zstd, for what is compressed as it is sent.
func negotiateStreamable(headers []string) (best coding, ok bool) {
	weights := acceptedWeights(headers)
	switch {
	case weights[gzipped] > 0 && weights[gzipped] >= weights[identity]:
		return gzipped, true
	default:
		return identity, weights[identity] > 0
	}
}

// unsaid marks the weight of a coding that no header named; identityUnsaid is what identity then weighs: acceptable,
// yet less welcome than whatever was asked for.
const (
	unsaid         = -1.0
	identityUnsaid = 0.0001
)

// acceptedWeights returns the weight of each coding: 0 for one that the client does not take.
func acceptedWeights(headers []string) [codings]float64 {
	named := [codings]float64{unsaid, unsaid, unsaid}
	others := unsaid
	for _, header := range headers {
		for element := range strings.SplitSeq(header, ",") {
			name, weight, ok := parseElement(element)
			if !ok {
				continue
			}
			if name == "*" {
				others = weight
			} else if c, known := codingNamed(name); known {
				named[c] = weight
			}
		}
	}
	return fillUnsaid(named, others)
}

// fillUnsaid gives codings that were not named the weight of "*" when there was one.
func fillUnsaid(named [codings]float64, others float64) [codings]float64 {
	for c := range named {
		switch {
		case named[c] != unsaid:
		case others != unsaid:
			named[c] = others
		case coding(c) == identity:
			named[c] = identityUnsaid
		default:
			named[c] = 0
		}
	}
	return named
}

func codingNamed(name string) (c coding, known bool) {
	switch strings.ToLower(name) {
	case "gzip", "x-gzip":
		return gzipped, true
	case "zstd":
		return zstandard, true
	case "identity":
		return identity, true
	default:
		return identity, false
	}
}

// parseElement reads one element of Accept-Encoding: a name and, optionally, its weight.
func parseElement(element string) (name string, weight float64, ok bool) {
	name, parameter, weighted := strings.Cut(element, ";")
	name = strings.Trim(name, " \t")
	if name == "" {
		return "", 0, false
	}
	if !weighted {
		return name, 1, true
	}
	key, value, _ := strings.Cut(strings.Trim(parameter, " \t"), "=")
	if !strings.EqualFold(key, "q") {
		return "", 0, false
	}
	weight, ok = parseWeight(value)
	return name, weight, ok
}

// parseWeight reads a qvalue: 0 to 1 with at most three decimals.
func parseWeight(s string) (weight float64, ok bool) {
	if len(s) == 0 || len(s) > len("0.123") || strings.Trim(s, "0123456789.") != "" {
		return 0, false
	}
	weight, err := strconv.ParseFloat(s, 64)
	return weight, err == nil && weight <= 1
}
