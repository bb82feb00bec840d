//go:build bench && linux

package bench

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// quantile returns the value below which the share q of the values lies. There must be values.
func quantile[T cmp.Ordered](values []T, q float64) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[min(int(q*float64(len(sorted))), len(sorted)-1)]
}

func median[T cmp.Ordered](values []T) T { return quantile(values, 0.5) }

// pairedRatio is the median of the ratios of values that were measured one right after the other, so that a machine
// which is slower for a while is slower for both.
func pairedRatio[T ~int64 | ~float64](values, against []T) float64 {
	ratios := make([]float64, len(values))
	for i := range ratios {
		ratios[i] = float64(values[i]) / float64(against[i])
	}
	return median(ratios)
}

// formatDuration writes three significant digits.
func formatDuration(d time.Duration) string {
	switch {
	case d >= time.Second:
		return significant(d.Seconds()) + " s"
	case d >= time.Millisecond:
		return significant(d.Seconds()*1e3) + " ms"
	default:
		return significant(d.Seconds()*1e6) + " µs"
	}
}

func formatBytes[T int64 | uint64](n T) string {
	switch {
	case n >= 1<<20:
		return significant(float64(n)/(1<<20)) + " MiB"
	case n >= 1<<10:
		return significant(float64(n)/(1<<10)) + " KiB"
	default:
		return fmt.Sprint(n, " B")
	}
}

// formatCount puts commas between thousands.
func formatCount[T int | int64](n T) string {
	digits := fmt.Sprint(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

func formatRate(perSecond float64) string {
	if perSecond >= 1000 {
		return formatCount(int64(perSecond+0.5)) + "/s"
	}
	return significant(perSecond) + "/s"
}

// formatRatio writes small ratios as "1/1,234".
func formatRatio(ratio float64) string {
	if ratio > 0 && ratio < 0.05 {
		return "1/" + formatCount(int64(1/ratio+0.5))
	}
	return significant(ratio)
}

// significant writes three significant digits of a positive number, and no exponent.
func significant(x float64) string {
	switch {
	case x >= 100:
		return formatCount(int64(x + 0.5))
	case x >= 10:
		return fmt.Sprintf("%.1f", x)
	default:
		return fmt.Sprintf("%.2f", x)
	}
}
