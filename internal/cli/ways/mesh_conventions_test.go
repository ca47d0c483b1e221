package ways

import "testing"

func TestMatchesAsIstioDoes(t *testing.T) {
	for _, test := range []struct {
		pattern, value string
		want           bool
	}{
		{"eve", "eve", true}, {"eve", "Eve", false}, {"eve", "eve2", false},
		{"*@corp.com", "eve@corp.com", true}, {"*@corp.com", "eve@corp.com.evil", false},
		{"eve*", "eve@corp.com", true}, {"eve*", "xeve", false},
		{"*", "anything", true}, {"a*b", "axb", false}, {"a*b", "a*b", true},
	} {
		if got := matches(test.pattern, test.value); got != test.want {
			t.Errorf("matches(%q, %q) = %v", test.pattern, test.value, got)
		}
	}
}
