package trustpolicy

import (
	"strings"
	"unicode/utf8"
)

// DefaultSizeLimit is IAM's quota for the trust policy of a role, in characters, where
// nobody has had it raised.
const DefaultSizeLimit = 2048

// Size returns the number of characters that IAM counts against the quota of a trust
// policy. "IAM doesn't count white space when calculating the size of a policy against
// these quotas" (IAM User Guide, "IAM and AWS STS quotas"). The guide does not say whether
// that includes white space inside strings, so that is counted: Size is never less than
// what IAM counts, and what is said to fit does fit. Subjects have none, so the difference
// can only come from what others wrote. An escape such as \u003a counts as it is spelled.
func Size(policy []byte) int {
	size, quoted := 0, false
	for i := 0; i < len(policy); i++ {
		c := policy[i]
		switch {
		case !quoted && strings.IndexByte(" \t\r\n", c) >= 0, !utf8.RuneStart(c):
			continue
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\' && i+1 < len(policy):
			i++
			size++
		}
		size++
	}
	return size
}

// Room returns how many more subjects of a length Grant can add to the policy until Size
// exceeds the limit, including what a statement for the first of them takes.
func Room(policy []byte, p Provider, audience string, limit, subjectLength int) (int, error) {
	if err := CheckAudience(audience); err != nil {
		return 0, err
	}
	if subjectLength < 1 {
		return 0, argumentError("length of a subject %d: want at least 1", subjectLength)
	}
	// Grant is asked twice, because the first subject may need a statement and the second
	// a list. From then on each takes its quotes and a comma.
	one, err := grant(policy, p, audience, []string{strings.Repeat("1", subjectLength)}, false)
	if err != nil {
		return 0, err
	}
	two, err := grant(one, p, audience, []string{strings.Repeat("2", subjectLength)}, false)
	if err != nil {
		return 0, err
	}
	switch {
	case Size(one) > limit:
		return 0, nil
	case Size(two) > limit:
		return 1, nil
	default:
		return 2 + (limit-Size(two))/(subjectLength+len(`"",`)), nil
	}
}
