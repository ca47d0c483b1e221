package cli

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// barLength is how many characters the bar of a quota has.
const barLength = 20

// quotaLines show how much of each limit is used, the resources in alphabetical order.
func quotaLines(quota *corev1.ResourceQuota) []string {
	var names []string
	for name := range quota.Status.Hard {
		names = append(names, string(name))
	}
	slices.Sort(names)
	width := 0
	for _, name := range names {
		width = max(width, len(name))
	}
	var lines []string
	for _, name := range names {
		hard, used := quota.Status.Hard[corev1.ResourceName(name)], quota.Status.Used[corev1.ResourceName(name)]
		share := 0.0
		if limit := hard.AsApproximateFloat64(); limit > 0 {
			share = used.AsApproximateFloat64() / limit
		} else if !used.IsZero() {
			share = 1
		}
		lines = append(lines, fmt.Sprintf("%-*s %s %3.0f%%  %s of %s", width, name, bar(share), 100*share, used.String(), hard.String()))
	}
	return lines
}

func bar(share float64) string {
	full := min(max(int(share*barLength+0.5), 0), barLength)
	if full == 0 && share > 0 {
		full = 1 // A little is not nothing.
	}
	return strings.Repeat("█", full) + strings.Repeat("░", barLength-full)
}
