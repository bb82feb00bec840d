package httpsd

import "strings"

// acceptsType says whether the Accept headers of a request allow a media type (RFC 9110, section 12.5.1), given as type
// and subtype in lower case. The most specific range that fits counts; without a header everything is accepted.
func acceptsType(headers []string, mainType, subtype string) bool {
	if len(headers) == 0 {
		return true
	}
	best, weight := 0, 0.0
	for _, header := range headers {
		for element := range strings.SplitSeq(header, ",") {
			r, parameters, _ := strings.Cut(element, ";")
			if s := specificity(r, mainType, subtype); s > best {
				best, weight = s, weightOf(parameters)
			}
		}
	}
	return weight > 0
}

// specificity ranks a media range that fits above one that fits less closely; 0 does not fit.
func specificity(mediaRange, mainType, subtype string) int {
	switch strings.ToLower(strings.Trim(mediaRange, " \t")) {
	case mainType + "/" + subtype:
		return 3
	case mainType + "/*":
		return 2
	case "*/*":
		return 1
	default:
		return 0
	}
}

// weightOf is the weight among the parameters of a media range, 1 when there is none that makes sense.
func weightOf(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		key, value, _ := strings.Cut(strings.Trim(parameter, " \t"), "=")
		if strings.EqualFold(key, "q") {
			if weight, ok := parseWeight(value); ok {
				return weight
			}
		}
	}
	return 1
}
